import type { CorrelationField, RuleConfig, RuleFilter } from '../config.ts'
import { amqp, type Typed } from '../amqp/rhea-types.ts'
import type { Envelope } from '../wire/message.ts'
import { applicationProperties, withApplicationProperties } from '../wire/sections.ts'
import { systemProperties, type SystemProperties, withSystemProperties } from '../wire/properties.ts'
import { evaluate, type Lookup, matches, type Scalar } from './evaluate.ts'
import { type ActionStep, parseAction, parseFilter, type PropertyName } from './parse.ts'
import { unreachable } from '../unreachable.ts'

/** A rule ready to be applied. */
export interface Rule {
  readonly config: RuleConfig
  /** Whether the message belongs into the subscription. */
  matches(view: MessageView): boolean
  /** The message with the rule's action applied; the same one when there is none. */
  act(view: MessageView): Envelope
}

/**
 * Builds a rule; throws SqlSyntaxError when its filter or action is not in the documented language.
 */
export function buildRule(config: RuleConfig): Rule {
  const steps = config.action === undefined || config.action.trim() === '' ? [] : parseAction(config.action)
  return {
    config,
    matches: filterOf(config.filter),
    act: (view) => (steps.length === 0 ? view.envelope : applied(steps, view)),
  }
}

function filterOf(filter: RuleFilter): (view: MessageView) => boolean {
  switch (filter.kind) {
    case 'sql': {
      const expression = parseFilter(filter.expression)
      return (view) => matches(expression, view.lookup)
    }
    case 'correlation': {
      const system = Object.entries(filter.system)
      const user = Object.entries(filter.properties)
      return (view) =>
        system.every(([name, value]) => view.lookup({ scope: 'sys', name }) === value) &&
        user.every(
          ([name, value]) =>
            view.lookup({ scope: 'user', name }) === (typeof value === 'object' ? value.timestamp : value),
        )
    }
    default:
      return unreachable(filter)
  }
}

/**
 * The properties of a message as rules see them, read at most once however many rules there are.
 */
export class MessageView {
  readonly envelope: Envelope
  private system: SystemProperties | undefined
  private user: ReadonlyMap<string, Typed> | undefined

  constructor(envelope: Envelope) {
    this.envelope = envelope
  }

  readonly lookup: Lookup = ({ scope, name }) => {
    if (scope === 'user') return this.userProperty(name)
    this.system ??= systemProperties(this.envelope.bare)
    const field = FIELD_NAMES.get(name.toLowerCase())
    return field === undefined ? undefined : this.system[field]
  }

  /** Names are compared without regard to case, as the service documents for SQL filters. */
  private userProperty(name: string): Scalar | undefined {
    this.user ??= applicationProperties(this.envelope.bare)
    const exact = this.user.get(name)
    if (exact !== undefined) return scalar(exact)
    const key = name.toLowerCase()
    for (const [candidate, value] of this.user) if (candidate.toLowerCase() === key) return scalar(value)
    return undefined
  }
}

const FIELD_NAMES: ReadonlyMap<string, CorrelationField> = new Map<string, CorrelationField>([
  ['contenttype', 'contentType'],
  ['correlationid', 'correlationId'],
  ['label', 'label'],
  ['subject', 'label'],
  ['messageid', 'messageId'],
  ['replyto', 'replyTo'],
  ['replytosessionid', 'replyToSessionId'],
  ['sessionid', 'sessionId'],
  ['to', 'to'],
])

function scalar(value: Typed): Scalar | undefined {
  const plain = amqp.unwrap(value)
  if (plain instanceof Date) return plain.getTime()
  if (Buffer.isBuffer(plain) && plain.length === 8) return Number(plain.readBigInt64BE(0))
  return typeof plain === 'string' || typeof plain === 'number' || typeof plain === 'boolean'
    ? plain
    : undefined
}

function applied(steps: readonly ActionStep[], view: MessageView): Envelope {
  const user = new Map<string, Typed>()
  const removals: string[] = []
  const system: Partial<Record<CorrelationField, string | undefined>> = {}
  const changes = new Map<string, Scalar | undefined>()
  const keyOf = ({ scope, name }: PropertyName) => `${scope}.${name.toLowerCase()}`
  const lookup: Lookup = (property) =>
    changes.has(keyOf(property)) ? changes.get(keyOf(property)) : view.lookup(property)
  for (const step of steps) {
    const value = step.kind === 'set' ? evaluate(step.value, lookup) : undefined
    changes.set(keyOf(step.property), value)
    const { scope, name } = step.property
    if (scope === 'sys') {
      const field = FIELD_NAMES.get(name.toLowerCase())
      if (field !== undefined) system[field] = value === undefined ? undefined : String(value)
    } else if (value === undefined) {
      user.delete(name)
      removals.push(name)
    } else {
      user.set(
        name,
        typeof value === 'number' && Number.isSafeInteger(value) ? amqp.wrap_long(value) : amqp.wrap(value),
      )
    }
  }
  const bare = withSystemProperties(withApplicationProperties(view.envelope.bare, user, removals), system)
  return {
    ...view.envelope,
    bare,
    sessionId: 'sessionId' in system ? system.sessionId : view.envelope.sessionId,
    messageId: system.messageId ?? view.envelope.messageId,
  }
}
