import { lex, SqlSyntaxError, type Token } from './lex.ts'

export interface PropertyName {
  readonly scope: 'sys' | 'user'
  readonly name: string
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'
export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>='

export type Expression =
  | { readonly kind: 'constant'; readonly value: string | number | boolean }
  | { readonly kind: 'property'; readonly property: PropertyName }
  | { readonly kind: 'newid' }
  | { readonly kind: 'negate'; readonly of: Expression }
  | {
      readonly kind: 'arithmetic'
      readonly operator: ArithmeticOperator
      readonly left: Expression
      readonly right: Expression
    }
  | {
      readonly kind: 'compare'
      readonly operator: ComparisonOperator
      readonly left: Expression
      readonly right: Expression
    }
  | {
      readonly kind: 'in'
      readonly value: Expression
      readonly options: readonly Expression[]
      readonly negated: boolean
    }
  | {
      readonly kind: 'like'
      readonly value: Expression
      readonly pattern: Expression
      readonly escape: string | undefined
      readonly negated: boolean
    }
  | { readonly kind: 'isNull'; readonly value: Expression; readonly negated: boolean }
  | { readonly kind: 'exists'; readonly property: PropertyName }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }

export type ActionStep =
  | { readonly kind: 'set'; readonly property: PropertyName; readonly value: Expression }
  | { readonly kind: 'remove'; readonly property: PropertyName }

/**
 * Parses a filter
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-sql-filter).
 * Throws SqlSyntaxError.
 */
export function parseFilter(source: string): Expression {
  const parser = new Parser(lex(source), source)
  const expression = parser.condition()
  parser.finish()
  return expression
}

/** Parses an action: `SET` and `REMOVE` steps, separated by semicolons. Throws SqlSyntaxError. */
export function parseAction(source: string): ActionStep[] {
  const parser = new Parser(lex(source), source)
  return parser.action()
}

const ADDITIVE: readonly ArithmeticOperator[] = ['+', '-']
const MULTIPLICATIVE: readonly ArithmeticOperator[] = ['*', '/', '%']
const COMPARISONS: ReadonlyMap<string, ComparisonOperator> = new Map([
  ['=', '='],
  ['<>', '<>'],
  ['!=', '<>'],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
])

/** Recursive descent, loosest operator first: OR, AND, NOT, predicates, sums, products, signs. */
class Parser {
  private readonly tokens: readonly Token[]
  private readonly source: string
  private at = 0

  constructor(tokens: readonly Token[], source: string) {
    this.tokens = tokens
    this.source = source
  }

  action(): ActionStep[] {
    const steps: ActionStep[] = []
    while (this.peek().kind !== 'end') {
      if (this.keyword('SET')) {
        const property = this.property()
        this.expect('=')
        steps.push({ kind: 'set', property, value: this.sum() })
      } else if (this.keyword('REMOVE')) {
        steps.push({ kind: 'remove', property: this.property() })
      } else {
        throw this.unexpected()
      }
      while (this.symbol(';')) continue
    }
    return steps
  }

  condition(): Expression {
    let left = this.conjunction()
    while (this.keyword('OR')) left = { kind: 'or', left, right: this.conjunction() }
    return left
  }

  finish(): void {
    if (this.peek().kind !== 'end') throw this.unexpected()
  }

  private conjunction(): Expression {
    let left = this.negation()
    while (this.keyword('AND')) left = { kind: 'and', left, right: this.negation() }
    return left
  }

  private negation(): Expression {
    return this.keyword('NOT') ? { kind: 'not', of: this.negation() } : this.predicate()
  }

  private predicate(): Expression {
    if (this.keyword('EXISTS')) {
      this.expect('(')
      const property = this.property()
      this.expect(')')
      return { kind: 'exists', property }
    }
    const left = this.sum()
    const next = this.peek()
    const operator = next.kind === 'symbol' ? COMPARISONS.get(next.text) : undefined
    if (operator !== undefined) {
      this.at += 1
      return { kind: 'compare', operator, left, right: this.sum() }
    }
    if (this.keyword('IS')) {
      const negated = this.keyword('NOT')
      if (!this.keyword('NULL')) throw this.unexpected()
      return { kind: 'isNull', value: left, negated }
    }
    const negated = this.keyword('NOT')
    if (this.keyword('IN')) return { kind: 'in', value: left, options: this.list(), negated }
    if (this.keyword('LIKE')) {
      const pattern = this.sum()
      return {
        kind: 'like',
        value: left,
        pattern,
        escape: this.keyword('ESCAPE') ? this.text() : undefined,
        negated,
      }
    }
    if (negated) throw this.unexpected()
    return left
  }

  private sum(): Expression {
    let left = this.product()
    for (let operator = this.operator(ADDITIVE); operator !== undefined; operator = this.operator(ADDITIVE)) {
      left = { kind: 'arithmetic', operator, left, right: this.product() }
    }
    return left
  }

  private product(): Expression {
    let left = this.sign()
    for (
      let operator = this.operator(MULTIPLICATIVE);
      operator !== undefined;
      operator = this.operator(MULTIPLICATIVE)
    ) {
      left = { kind: 'arithmetic', operator, left, right: this.sign() }
    }
    return left
  }

  private sign(): Expression {
    if (this.symbol('-')) return { kind: 'negate', of: this.sign() }
    if (this.symbol('+')) return this.sign()
    return this.primary()
  }

  private primary(): Expression {
    const token = this.peek()
    if (token.kind === 'text' || token.kind === 'number') {
      this.at += 1
      return { kind: 'constant', value: token.value }
    }
    if (this.symbol('(')) {
      const inner = this.condition()
      this.expect(')')
      return inner
    }
    if (this.keyword('TRUE')) return { kind: 'constant', value: true }
    if (this.keyword('FALSE')) return { kind: 'constant', value: false }
    if (this.call('NEWID')) {
      this.expect(')')
      return { kind: 'newid' }
    }
    if (this.call('PROPERTY') || this.call('P')) {
      const name = this.text()
      this.expect(')')
      return { kind: 'property', property: scoped(name) }
    }
    return { kind: 'property', property: this.property() }
  }

  private property(): PropertyName {
    const first = this.name()
    if (!this.symbol('.')) return { scope: 'user', name: first }
    const scope = first.toLowerCase()
    if (scope !== 'sys' && scope !== 'user')
      throw new SqlSyntaxError(`'${first}' is not a scope in '${this.source}'`)
    return { scope, name: this.name() }
  }

  private name(): string {
    const token = this.peek()
    if (token.kind !== 'word' && token.kind !== 'quoted') throw this.unexpected()
    this.at += 1
    return token.text
  }

  private text(): string {
    const token = this.peek()
    if (token.kind !== 'text') throw this.unexpected()
    this.at += 1
    return token.value
  }

  private list(): Expression[] {
    this.expect('(')
    const options = [this.sum()]
    while (this.symbol(',')) options.push(this.sum())
    this.expect(')')
    return options
  }

  private call(name: string): boolean {
    const next = this.tokens[this.at + 1]
    if (next?.kind !== 'symbol' || next.text !== '(' || !this.keyword(name)) return false
    this.at += 1
    return true
  }

  private keyword(name: string): boolean {
    const token = this.peek()
    if (token.kind !== 'word' || token.text.toUpperCase() !== name) return false
    this.at += 1
    return true
  }

  private symbol(text: string): boolean {
    const token = this.peek()
    if (token.kind !== 'symbol' || token.text !== text) return false
    this.at += 1
    return true
  }

  private operator(among: readonly ArithmeticOperator[]): ArithmeticOperator | undefined {
    return among.find((operator) => this.symbol(operator))
  }

  private expect(text: string): void {
    if (!this.symbol(text)) throw this.unexpected()
  }

  private peek(): Token {
    return this.tokens[this.at] ?? { kind: 'end' }
  }

  private unexpected(): SqlSyntaxError {
    const token = this.peek()
    const found = token.kind === 'end' ? 'the end' : `'${'text' in token ? token.text : String(token.value)}'`
    return new SqlSyntaxError(`unexpected ${found} in '${this.source}'`)
  }
}

function scoped(name: string): PropertyName {
  const match = /^(sys|user)\.(.+)$/i.exec(name)
  if (match?.[2] === undefined) return { scope: 'user', name }
  return { scope: match[1]?.toLowerCase() === 'sys' ? 'sys' : 'user', name: match[2] }
}
