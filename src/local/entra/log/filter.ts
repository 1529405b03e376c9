/** A parsed `$filter`. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'compare'; readonly field: string; readonly operator: Operator; readonly value: Literal }
  | { readonly kind: 'contains' | 'startswith'; readonly field: string; readonly value: string }

export type Operator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le'
/** Times are epoch ms. */
export type Literal = string | number | boolean | null | Date

/** The filter cannot be read; the log answers 400. */
export class FilterError extends Error {}

type Token = { readonly kind: 'text' | 'word' | 'mark'; readonly value: string; readonly at: number }

const TOKEN_PATTERN = /\s*(?:'((?:[^']|'')*)'|([(),])|([^\s'(),]+))/y

function tokens(text: string): readonly Token[] {
  const found: Token[] = []
  TOKEN_PATTERN.lastIndex = 0
  while (text.slice(TOKEN_PATTERN.lastIndex).trim() !== '') {
    const at = TOKEN_PATTERN.lastIndex
    const match = TOKEN_PATTERN.exec(text)
    if (match === null) throw new FilterError(`Syntax error at position ${at} in the filter.`)
    if (match[1] !== undefined) found.push({ kind: 'text', value: match[1].replaceAll("''", "'"), at })
    else if (match[2] !== undefined) found.push({ kind: 'mark', value: match[2], at })
    else found.push({ kind: 'word', value: match[3] ?? '', at })
  }
  return found
}

const OPERATORS: ReadonlySet<string> = new Set<Operator>(['eq', 'ne', 'gt', 'ge', 'lt', 'le'])
const isOperator = (word: string): word is Operator => OPERATORS.has(word)
const DATE_TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/

function literal(token: Token): Literal {
  if (token.kind === 'text') return token.value
  if (token.value === 'null') return null
  if (token.value === 'true' || token.value === 'false') return token.value === 'true'
  if (DATE_TIME.test(token.value)) {
    const at = new Date(token.value)
    if (!Number.isNaN(at.getTime())) return at
  }
  if (/^-?\d+(\.\d+)?$/.test(token.value)) return Number(token.value)
  throw new FilterError(`'${token.value}' is not a literal.`)
}

/** A position in the tokens of a filter. */
interface Cursor {
  readonly peek: () => Token | undefined
  readonly take: () => Token
  /** Whether the next token is this word or mark, and no text. */
  readonly isNext: (value: string) => boolean
  readonly expect: (value: string) => void
}

function cursorOver(list: readonly Token[]): Cursor {
  let next = 0
  const peek = (): Token | undefined => list[next]
  const take = (): Token => {
    const token = list[next]
    if (token === undefined) throw new FilterError('The filter ends too early.')
    next += 1
    return token
  }
  return {
    peek,
    take,
    isNext: (value) => peek()?.value === value && peek()?.kind !== 'text',
    expect: (value) => {
      const token = take()
      if (token.value !== value || token.kind === 'text')
        throw new FilterError(`'${value}' is expected at position ${token.at}.`)
    },
  }
}

/**
 * Reads the part of OData's `$filter` that the provisioning log documents (`eq`, `contains`, `gt`,
 * `lt`, joined by `and`), and its near relations (`ne`, `ge`, `le`, `or`, `not`, `startswith`,
 * parentheses). Throws FilterError for anything else.
 */
export function parseFilter(text: string): Filter {
  const { peek, take, isNext, expect } = cursorOver(tokens(text))
  let depth = 0

  function any(): Filter {
    let left = all()
    while (isNext('or')) {
      take()
      left = { kind: 'or', left, right: all() }
    }
    return left
  }
  function all(): Filter {
    let left = one()
    while (isNext('and')) {
      take()
      left = { kind: 'and', left, right: one() }
    }
    return left
  }
  function one(): Filter {
    depth += 1
    if (depth > 50) throw new FilterError('The filter is nested too deeply.')
    const token = take()
    const filter = token.kind === 'text' ? undefined : clause(token)
    if (filter === undefined) throw new FilterError(`A clause is expected at position ${token.at}.`)
    depth -= 1
    return filter
  }
  function clause(token: Token): Filter | undefined {
    if (token.value === '(') {
      const inner = any()
      expect(')')
      return inner
    }
    if (token.value === 'not') return { kind: 'not', filter: one() }
    if (token.value === 'contains' || token.value === 'startswith') {
      expect('(')
      const field = take().value
      expect(',')
      const value = take()
      expect(')')
      if (value.kind !== 'text') throw new FilterError(`${token.value} takes a string.`)
      return { kind: token.value, field, value: value.value }
    }
    const operator = take().value
    if (token.kind !== 'word' || !isOperator(operator)) return undefined
    return { kind: 'compare', field: token.value, operator, value: literal(take()) }
  }

  const filter = any()
  const rest = peek()
  if (rest !== undefined) throw new FilterError(`Nothing more is expected at position ${rest.at}.`)
  return filter
}
