/**
 * What an expression sees: the text of a source attribute, and whether a value of the target
 * attribute is taken already.
 */
export interface Scope {
  read(path: string): string | undefined
  isTaken(value: string): boolean
}

export interface Expression {
  /** The source attributes it names. */
  readonly sources: readonly string[]
  evaluate(scope: Scope): string | undefined
}

/** The expression cannot be read, or uses a function that the double does not have. */
export class ExpressionError extends Error {}

type Node = (scope: Scope) => string | undefined
type Args = readonly Node[]

const text = (args: Args, index: number, scope: Scope): string => args[index]?.(scope) ?? ''
const truth = (value: boolean): string => (value ? 'True' : 'False')
const isTrue = (value: string | undefined): boolean => value?.toLowerCase() === 'true'

/**
 * A subset of the functions of attribute-mapping expressions, named as in Microsoft's "Reference
 * for writing expressions for attribute mappings in Microsoft Entra ID". A missing value is the
 * empty text, and an empty result flows as null.
 */
const functions: Readonly<Record<string, (args: Args, scope: Scope) => string | undefined>> = {
  append: (args, scope) => text(args, 0, scope) + text(args, 1, scope),
  coalesce: (args, scope) =>
    args.map((arg) => arg(scope)).find((value) => value !== undefined && value !== ''),
  iif: (args, scope) => (isTrue(args[0]?.(scope)) ? args[1]?.(scope) : args[2]?.(scope)),
  isnullorempty: (args, scope) => truth(text(args, 0, scope) === ''),
  ispresent: (args, scope) => truth(text(args, 0, scope) !== ''),
  join: (args, scope) =>
    args
      .slice(1)
      .map((arg) => arg(scope) ?? '')
      .filter((value) => value !== '')
      .join(text(args, 0, scope)),
  left: (args, scope) => text(args, 0, scope).slice(0, Number(text(args, 1, scope))),
  mid: (args, scope) => {
    const start = Number(text(args, 1, scope)) - 1
    return text(args, 0, scope).slice(start, start + Number(text(args, 2, scope)))
  },
  normalizediacritics: (args, scope) => text(args, 0, scope).normalize('NFD').replaceAll(/\p{M}/gu, ''),
  not: (args, scope) => truth(!isTrue(args[0]?.(scope))),
  replace: (args, scope) => text(args, 0, scope).replaceAll(text(args, 1, scope), text(args, 4, scope)),
  selectuniquevalue: (args, scope) =>
    args.map((arg) => arg(scope)).find((value) => value !== undefined && !scope.isTaken(value)),
  stripspaces: (args, scope) => text(args, 0, scope).replaceAll(' ', ''),
  switch: (args, scope) => {
    const value = text(args, 0, scope)
    for (let index = 2; index + 1 < args.length; index += 2) {
      if (text(args, index, scope) === value) return args[index + 1]?.(scope)
    }
    return args[1]?.(scope)
  },
  tolower: (args, scope) => text(args, 0, scope).toLowerCase(),
  toupper: (args, scope) => text(args, 0, scope).toUpperCase(),
  trim: (args, scope) => text(args, 0, scope).trim(),
  word: (args, scope) => {
    const delimiters = new Set(text(args, 2, scope))
    const words: string[] = ['']
    for (const character of text(args, 0, scope)) {
      if (delimiters.has(character)) words.push('')
      else words[words.length - 1] = (words.at(-1) ?? '') + character
    }
    return words.filter((word) => word !== '')[Number(text(args, 1, scope)) - 1]
  },
}

/** Throws ExpressionError. */
export function parseExpression(source: string): Expression {
  const sources: string[] = []
  let at = 0
  const fail = (what: string): never => {
    throw new ExpressionError(`${what} at position ${at} of the expression ${source}`)
  }
  const skipSpace = (): void => {
    while (/\s/.test(source.charAt(at))) at += 1
  }
  const takeIf = (mark: string): boolean => {
    skipSpace()
    if (!source.startsWith(mark, at)) return false
    at += mark.length
    return true
  }

  function quoted(): Node {
    let value = ''
    for (;;) {
      const character = source.charAt(at)
      if (character === '') return fail('An open string')
      at += 1
      if (character === '"') {
        if (source.charAt(at) !== '"') return () => value
        at += 1
      } else if (character === '\\' && /["\\]/.test(source.charAt(at))) {
        value += source.charAt(at)
        at += 1
        continue
      }
      value += character
    }
  }

  function attribute(): Node {
    const start = at
    for (let depth = 1; depth > 0; at += 1) {
      const character = source.charAt(at)
      if (character === '') return fail('An open attribute')
      if (character === '[') depth += 1
      if (character === ']') depth -= 1
    }
    const path = source.slice(start, at - 1)
    sources.push(path)
    return (scope) => scope.read(path)
  }

  function call(name: string): Node {
    const known = functions[name.toLowerCase()]
    if (known === undefined || !Object.hasOwn(functions, name.toLowerCase()))
      return fail(`The unknown function ${name}`)
    const args: Node[] = []
    while (!takeIf(')')) {
      skipSpace()
      const isEmpty = source.charAt(at) === ','
      args.push(isEmpty ? () => undefined : comparison())
      if (takeIf(',')) {
        skipSpace()
        if (source.charAt(at) === ')') args.push(() => undefined)
      } else {
        skipSpace()
        if (source.charAt(at) !== ')') fail('Something else than , or )')
      }
    }
    return (scope) => known(args, scope)
  }

  function primary(): Node {
    if (takeIf('"')) return quoted()
    if (takeIf('[')) return attribute()
    const word = /^(\w+)/.exec(source.slice(at))?.[1]
    if (word === undefined) return fail('Nothing that can be read')
    at += word.length
    if (takeIf('(')) return call(word)
    return /^\d+$/.test(word) ? () => word : fail(`The lone word ${word}`)
  }

  function comparison(): Node {
    const left = primary()
    if (takeIf('<>')) {
      const right = primary()
      return (scope) => truth((left(scope) ?? '') !== (right(scope) ?? ''))
    }
    if (takeIf('=')) {
      const right = primary()
      return (scope) => truth((left(scope) ?? '') === (right(scope) ?? ''))
    }
    return left
  }

  const node = comparison()
  skipSpace()
  if (at < source.length) fail('Something after the end')
  return { sources, evaluate: (scope) => node(scope) }
}
