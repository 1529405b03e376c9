import { FUNCTIONS, type Node, type Scope, truth } from './expression-functions.ts'

export interface Expression {
  /** The source attributes it names. */
  readonly sources: readonly string[]
  evaluate(scope: Scope): string | undefined
}

/** The expression cannot be read, or uses a function that the double does not have. */
export class ExpressionError extends Error {}

/** Throws ExpressionError. */
export function parseExpression(source: string): Expression {
  const reader: Reader = { source, at: 0, sources: [] }
  const node = readComparison(reader)
  skipSpace(reader)
  if (reader.at < source.length) fail(reader, 'Something after the end')
  return { sources: reader.sources, evaluate: (scope) => node(scope) }
}

/** How far an expression has been read, and the source attributes found so far. */
interface Reader {
  readonly source: string
  at: number
  readonly sources: string[]
}

function fail({ source, at }: Reader, what: string): never {
  throw new ExpressionError(`${what} at position ${at} of the expression ${source}`)
}

const next = ({ source, at }: Reader): string => source.charAt(at)

function skipSpace(reader: Reader): void {
  while (/\s/.test(next(reader))) reader.at += 1
}

function takeIf(reader: Reader, mark: string): boolean {
  skipSpace(reader)
  if (!reader.source.startsWith(mark, reader.at)) return false
  reader.at += mark.length
  return true
}

function readComparison(reader: Reader): Node {
  const left = readPrimary(reader)
  if (takeIf(reader, '<>')) {
    const right = readPrimary(reader)
    return (scope) => truth((left(scope) ?? '') !== (right(scope) ?? ''))
  }
  if (takeIf(reader, '=')) {
    const right = readPrimary(reader)
    return (scope) => truth((left(scope) ?? '') === (right(scope) ?? ''))
  }
  return left
}

function readPrimary(reader: Reader): Node {
  if (takeIf(reader, '"')) return readString(reader)
  if (takeIf(reader, '[')) return readAttribute(reader)
  const word = /^(\w+)/.exec(reader.source.slice(reader.at))?.[1]
  if (word === undefined) return fail(reader, 'Nothing that can be read')
  reader.at += word.length
  if (takeIf(reader, '(')) return readCall(reader, word)
  return /^\d+$/.test(word) ? () => word : fail(reader, `The lone word ${word}`)
}

/** A quote in a string is written twice, or after a backslash. */
function readString(reader: Reader): Node {
  let value = ''
  for (;;) {
    const character = next(reader)
    if (character === '') return fail(reader, 'An open string')
    reader.at += 1
    if (character === '"') {
      if (next(reader) !== '"') return () => value
      reader.at += 1
    } else if (character === '\\' && /["\\]/.test(next(reader))) {
      value += next(reader)
      reader.at += 1
      continue
    }
    value += character
  }
}

function readAttribute(reader: Reader): Node {
  const start = reader.at
  for (let depth = 1; depth > 0; reader.at += 1) {
    const character = next(reader)
    if (character === '') return fail(reader, 'An open attribute')
    if (character === '[') depth += 1
    if (character === ']') depth -= 1
  }
  const path = reader.source.slice(start, reader.at - 1)
  reader.sources.push(path)
  return (scope) => scope.read(path)
}

function readCall(reader: Reader, name: string): Node {
  const lower = name.toLowerCase()
  const known = Object.hasOwn(FUNCTIONS, lower) ? FUNCTIONS[lower] : undefined
  if (known === undefined) return fail(reader, `The unknown function ${name}`)
  const args = readArguments(reader)
  return (scope) => known(args, scope)
}

/** Up to the closing parenthesis. An argument may be empty. */
function readArguments(reader: Reader): readonly Node[] {
  const args: Node[] = []
  while (!takeIf(reader, ')')) {
    skipSpace(reader)
    const isEmpty = next(reader) === ','
    args.push(isEmpty ? () => undefined : readComparison(reader))
    const hasMore = takeIf(reader, ',')
    skipSpace(reader)
    if (hasMore && next(reader) === ')') args.push(() => undefined)
    if (!hasMore && next(reader) !== ')') fail(reader, 'Something else than , or )')
  }
  return args
}
