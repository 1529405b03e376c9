import type { CorrelationField, CorrelationValue, RuleConfig, RuleFilter } from '../../config.ts'
import { BodyError, childOf, childrenOf, type Element, textOf } from './xml.ts'
import { unreachable } from '../../unreachable.ts'

/** The fields of a correlation filter by the names of their elements. */
const CORRELATION_FIELDS: readonly (readonly [CorrelationField, string])[] = [
  ['correlationId', 'CorrelationId'],
  ['messageId', 'MessageId'],
  ['to', 'To'],
  ['replyTo', 'ReplyTo'],
  ['label', 'Label'],
  ['sessionId', 'SessionId'],
  ['replyToSessionId', 'ReplyToSessionId'],
  ['contentType', 'ContentType'],
]

const XSD_NAMESPACE = 'http://www.w3.org/2001/XMLSchema'

/** Reads a rule's description. `name` is the rule's, where the URL says it. Throws BodyError. */
export function readRule(name: string | undefined, element: Element): RuleConfig {
  const ruleName = name ?? textOf(element, 'Name')
  if (ruleName === undefined || ruleName === '') throw new BodyError('The rule has no name.')
  const filter = childOf(element, 'Filter')
  const action = childOf(element, 'Action')
  if (action !== undefined) refuseParameters(action)
  const expression = action === undefined ? undefined : textOf(action, 'SqlExpression')
  return {
    name: ruleName,
    filter: filter === undefined ? { kind: 'sql', expression: '1=1' } : readFilter(filter),
    action: expression === '' ? undefined : expression,
  }
}

function readFilter(filter: Element): RuleFilter {
  const type = textOf(filter, '@type') ?? ''
  switch (type) {
    case 'TrueFilter':
      return { kind: 'sql', expression: '1=1' }
    case 'FalseFilter':
      return { kind: 'sql', expression: '1=0' }
    case 'SqlFilter': {
      refuseParameters(filter)
      const expression = textOf(filter, 'SqlExpression')
      if (expression === undefined || expression === '')
        throw new BodyError('The SQL filter has no expression.')
      return { kind: 'sql', expression }
    }
    case 'CorrelationFilter':
      return readCorrelation(filter)
    default:
      throw new BodyError(`'${type}' is not a kind of filter.`)
  }
}

/**
 * The double's SQL has no parameters: to ignore them would be a filter that means something else.
 */
function refuseParameters(element: Element): void {
  const parameters = childOf(element, 'Parameters')
  if (parameters !== undefined && childrenOf(parameters, 'KeyValueOfstringanyType').length > 0)
    throw new BodyError('Parameters of SQL expressions are not supported by this broker.')
}

function readCorrelation(filter: Element): RuleFilter {
  const system: Partial<Record<CorrelationField, string>> = {}
  for (const [field, name] of CORRELATION_FIELDS) {
    const value = textOf(filter, name)
    if (value !== undefined) system[field] = value
  }
  const list = childOf(filter, 'Properties')
  const pairs = list === undefined ? [] : childrenOf(list, 'KeyValueOfstringanyType')
  return { kind: 'correlation', system, properties: Object.fromEntries(pairs.map(readPair)) }
}

function readPair(pair: Element): [string, CorrelationValue] {
  const key = textOf(pair, 'Key')
  const value = childOf(pair, 'Value')
  if (key === undefined || value === undefined) throw new BodyError('A property lacks its key or its value.')
  const text = textOf(value, '#text') ?? ''
  const type = (textOf(value, '@type') ?? '').replace(/^.*:/, '')
  switch (type) {
    case 'string':
      return [key, text]
    case 'int':
    case 'long':
    case 'short':
    case 'double':
    case 'float':
    case 'decimal': {
      const number = Number(text)
      if (text.trim() === '' || Number.isNaN(number))
        throw new BodyError(`The value '${text}' of ${key} is not a number.`)
      return [key, number]
    }
    case 'boolean':
      return [key, text === 'true']
    case 'dateTime': {
      const timestamp = Date.parse(text)
      if (Number.isNaN(timestamp)) throw new BodyError(`The value '${text}' of ${key} is not a date.`)
      return [key, { timestamp }]
    }
    default:
      throw new BodyError(`Values of the type '${type}' are not supported in a correlation filter.`)
  }
}

export function ruleDescription({ name, filter, action }: RuleConfig, createdAt: number): Element {
  return {
    Filter: describedFilter(filter),
    Action:
      action === undefined
        ? { '@i:type': 'EmptyRuleAction' }
        : { '@i:type': 'SqlRuleAction', SqlExpression: action, CompatibilityLevel: 20 },
    CreatedAt: new Date(createdAt).toISOString(),
    Name: name,
  }
}

function describedFilter(filter: RuleFilter): Element {
  switch (filter.kind) {
    case 'sql':
      return {
        '@i:type': filter.expression === '1=1' ? 'TrueFilter' : 'SqlFilter',
        SqlExpression: filter.expression,
        CompatibilityLevel: 20,
      }
    case 'correlation': {
      const system = CORRELATION_FIELDS.flatMap(([field, name]) => {
        const value = filter.system[field]
        return value === undefined ? [] : [[name, value] as const]
      })
      const pairs = Object.entries(filter.properties).map(([key, value]) => ({
        Key: key,
        Value: {
          '@i:type': `d6p1:${typeName(value)}`,
          '@xmlns:d6p1': XSD_NAMESPACE,
          '#text': textOfValue(value),
        },
      }))
      return {
        '@i:type': 'CorrelationFilter',
        ...Object.fromEntries(system),
        ...(pairs.length > 0 && { Properties: { KeyValueOfstringanyType: pairs } }),
      }
    }
    default:
      return unreachable(filter)
  }
}

function typeName(value: CorrelationValue): string {
  if (typeof value === 'object') return 'dateTime'
  return typeof value === 'number' ? 'double' : typeof value
}

function textOfValue(value: CorrelationValue): string {
  return typeof value === 'object' ? new Date(value.timestamp).toISOString() : String(value)
}
