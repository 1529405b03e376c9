import type { CorrelationField, CorrelationValue, RuleConfig, RuleFilter } from '../config.ts'
import type { Reply } from '../amqp/control.ts'
import { REFUSALS } from '../errors.ts'
import { amqp, type Typed } from '../amqp/rhea-types.ts'
import { type Ask, type Body, failed, mapOf, numberOf, ok, textOf } from './answers.ts'
import { unreachable } from '../unreachable.ts'

/**
 * Descriptors of the lists in which rules travel (request/response part of the AMQP guide,
 * "Enumerate rules").
 */
const DESCRIPTORS = {
  description: 0x13700000004,
  emptyAction: 0x13700000005,
  sqlAction: 0x13700000006,
  sqlFilter: 0x1370000006,
  trueFilter: 0x1370000007,
  falseFilter: 0x1370000008,
  correlation: 0x1370000009,
}

/**
 * The fields of a correlation filter in the order of its list, with their names in an add-rule
 * request.
 */
const CORRELATION_FIELDS: readonly (readonly [CorrelationField, string])[] = [
  ['correlationId', 'correlation-id'],
  ['messageId', 'message-id'],
  ['to', 'to'],
  ['replyTo', 'reply-to'],
  ['label', 'label'],
  ['sessionId', 'session-id'],
  ['replyToSessionId', 'reply-to-session-id'],
  ['contentType', 'content-type'],
]

export function addRule({ entity, rules, body, now }: Ask): Reply {
  if (rules === undefined) return failed(400, REFUSALS.notAllowed(`'${entity.address}' has no rules.`))
  const name = textOf(body['rule-name'])
  const description = mapOf(body['rule-description'])
  const filter = filterOf(description)
  if (name === undefined || filter === undefined)
    return failed(400, REFUSALS.invalidField('rule-name or the filter is missing.'))
  const action = textOf(mapOf(description['sql-rule-action'])['expression'])
  const change = rules.add({ name, filter, action, createdAt: now })
  if (change === 'done') return { status: 201, description: 'Created' }
  if (change === 'exists') {
    return failed(409, {
      condition: 'com.microsoft:entity-already-exists',
      description: `The messaging entity '${entity.address}/rules/${name}' already exists.`,
    })
  }
  return failed(
    400,
    REFUSALS.invalidField(typeof change === 'object' ? change.invalid : 'The rule cannot be added.'),
  )
}

export function removeRule({ entity, rules, body }: Ask): Reply {
  const name = textOf(body['rule-name']) ?? ''
  if (rules?.remove(name) === 'done') return ok()
  return failed(404, REFUSALS.entityNotFound(`${entity.address}/rules/${name}`))
}

export function listRules({ rules, body }: Ask): Reply {
  const skip = numberOf(body['skip']) ?? 0
  const top = numberOf(body['top']) ?? 100
  // By name, as azure-sdk-for-js saw them in its live test "list rules by page".
  const all = (rules?.list() ?? []).toSorted((one, other) => (one.name < other.name ? -1 : 1))
  const page = all.slice(skip, skip + top)
  if (page.length === 0) return { status: 204, description: 'There are no rules.' }
  return ok({ rules: page.map((rule) => ({ 'rule-description': describedRule(rule) })) })
}

function filterOf(description: Body): RuleFilter | undefined {
  if ('sql-filter' in description) {
    const expression = textOf(mapOf(description['sql-filter'])['expression'])
    return expression === undefined ? undefined : { kind: 'sql', expression }
  }
  if (!('correlation-filter' in description)) return undefined
  const given = mapOf(description['correlation-filter'])
  const system: Partial<Record<CorrelationField, string>> = {}
  for (const [field, name] of CORRELATION_FIELDS) {
    const value = textOf(given[name])
    if (value !== undefined) system[field] = value
  }
  const properties: Record<string, CorrelationValue> = Object.create(null)
  for (const [name, value] of Object.entries(mapOf(given['properties']))) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      properties[name] = value
    else if (value instanceof Date) properties[name] = { timestamp: value.getTime() }
  }
  return { kind: 'correlation', system, properties }
}

function describedRule({ name, filter, action, createdAt }: RuleConfig): Typed {
  const described =
    action === undefined
      ? list(DESCRIPTORS.emptyAction, [])
      : list(DESCRIPTORS.sqlAction, [amqp.wrap_string(action), amqp.wrap_int(20)])
  return list(DESCRIPTORS.description, [
    describedFilter(filter),
    described,
    amqp.wrap_string(name),
    createdAt === undefined ? amqp.Null() : amqp.wrap_timestamp(createdAt),
  ])
}

function describedFilter(filter: RuleFilter): Typed {
  switch (filter.kind) {
    case 'sql':
      if (filter.expression === '1=1') return list(DESCRIPTORS.trueFilter, [])
      if (filter.expression === '1=0') return list(DESCRIPTORS.falseFilter, [])
      return list(DESCRIPTORS.sqlFilter, [amqp.wrap_string(filter.expression), amqp.wrap_int(20)])
    case 'correlation': {
      const fields = CORRELATION_FIELDS.map(([field]) => amqp.wrap(filter.system[field]))
      return list(DESCRIPTORS.correlation, [...fields, amqp.wrap_map(wireProperties(filter.properties))])
    }
    default:
      return unreachable(filter)
  }
}

function wireProperties(
  properties: Readonly<Record<string, CorrelationValue>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      typeof value === 'object' ? amqp.wrap_timestamp(value.timestamp) : value,
    ]),
  )
}

function list(descriptor: number, values: readonly Typed[]): Typed {
  return amqp.described(amqp.wrap_ulong(descriptor), amqp.List32(values))
}
