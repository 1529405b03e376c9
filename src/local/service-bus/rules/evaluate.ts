import { randomUUID } from 'node:crypto'
import type { ArithmeticOperator, ComparisonOperator, Expression, PropertyName } from './parse.ts'
import { unreachable } from '../unreachable.ts'

export type Scalar = string | number | boolean

/** What an expression is evaluated over. Undefined: the message has no such property. */
export type Lookup = (property: PropertyName) => Scalar | undefined

/**
 * `unknown` (undefined here) is the third truth value of SQL: it comes from properties that are not
 * there and values that do not compare.
 */
type Truth = boolean | undefined

/**
 * Whether the filter lets the message through: only a condition that is true does, unknown does not
 * [documented].
 */
export function matches(expression: Expression, lookup: Lookup): boolean {
  return truth(expression, lookup) === true
}

function truth(expression: Expression, lookup: Lookup): Truth {
  switch (expression.kind) {
    case 'and': {
      const left = truth(expression.left, lookup)
      if (left === false) return false
      const right = truth(expression.right, lookup)
      return right === false ? false : left === undefined || right === undefined ? undefined : true
    }
    case 'or': {
      const left = truth(expression.left, lookup)
      if (left === true) return true
      const right = truth(expression.right, lookup)
      return right === true ? true : left === undefined || right === undefined ? undefined : false
    }
    case 'not':
      return invert(truth(expression.of, lookup))
    case 'exists':
      return lookup(expression.property) !== undefined
    case 'isNull':
      return (evaluate(expression.value, lookup) === undefined) !== expression.negated
    case 'compare':
      return compare(
        expression.operator,
        evaluate(expression.left, lookup),
        evaluate(expression.right, lookup),
      )
    case 'in': {
      const value = evaluate(expression.value, lookup)
      if (value === undefined) return undefined
      const found = expression.options.some(
        (option) => compare('=', value, evaluate(option, lookup)) === true,
      )
      return found !== expression.negated
    }
    case 'like': {
      const value = evaluate(expression.value, lookup)
      const pattern = evaluate(expression.pattern, lookup)
      if (typeof value !== 'string' || typeof pattern !== 'string') return undefined
      return likePattern(pattern, expression.escape).test(value) !== expression.negated
    }
    case 'constant':
    case 'property':
    case 'newid':
    case 'negate':
    case 'arithmetic': {
      const value = evaluate(expression, lookup)
      return typeof value === 'boolean' ? value : undefined
    }
    default:
      return unreachable(expression)
  }
}

/** The value of an expression; undefined when it is unknown. */
export function evaluate(expression: Expression, lookup: Lookup): Scalar | undefined {
  switch (expression.kind) {
    case 'constant':
      return expression.value
    case 'property':
      return lookup(expression.property)
    case 'newid':
      return randomUUID()
    case 'negate': {
      const value = evaluate(expression.of, lookup)
      return typeof value === 'number' ? -value : undefined
    }
    case 'arithmetic':
      return calculate(
        expression.operator,
        evaluate(expression.left, lookup),
        evaluate(expression.right, lookup),
      )
    case 'compare':
    case 'in':
    case 'like':
    case 'isNull':
    case 'exists':
    case 'not':
    case 'and':
    case 'or':
      return truth(expression, lookup)
    default:
      return unreachable(expression)
  }
}

function invert(value: Truth): Truth {
  return value === undefined ? undefined : !value
}

function compare(operator: ComparisonOperator, left: Scalar | undefined, right: Scalar | undefined): Truth {
  if (left === undefined || right === undefined || typeof left !== typeof right) return undefined
  switch (operator) {
    case '=':
      return left === right
    case '<>':
      return left !== right
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
    default:
      return unreachable(operator)
  }
}

function calculate(
  operator: ArithmeticOperator,
  left: Scalar | undefined,
  right: Scalar | undefined,
): Scalar | undefined {
  if (operator === '+' && typeof left === 'string' && typeof right === 'string') return left + right
  if (typeof left !== 'number' || typeof right !== 'number') return undefined
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return right === 0 ? undefined : left / right
    case '%':
      return right === 0 ? undefined : left % right
    default:
      return unreachable(operator)
  }
}

/**
 * `%` stands for any run of characters, `_` for one; the escape character takes that meaning away.
 */
function likePattern(pattern: string, escape: string | undefined): RegExp {
  let source = ''
  let escaped = false
  for (const character of pattern) {
    if (!escaped && character === escape) {
      escaped = true
      continue
    }
    if (!escaped && character === '%') source += '[^]*'
    else if (!escaped && character === '_') source += '[^]'
    else source += character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
    escaped = false
  }
  return new RegExp(`^${source}$`, 'u')
}
