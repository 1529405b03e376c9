import type { SourceMessage } from '../../src/core/ports.ts'
import { type Chance, FORMED, type PlainEvent, type Says, VENDOR } from './plain-event.ts'

export interface Impurity {
  readonly name: string
  /** The employee whose event id it takes. */
  readonly takesIdOf?: string
}

export interface ImpureContext {
  readonly event: PlainEvent
  readonly says: Says
  /** Pure events of earlier messages, the employee's own last. */
  readonly delivered: readonly PlainEvent[]
  /** The employee has an earlier message. */
  readonly own: boolean
  readonly chance: Chance
  readonly at: number
}

type Arrives = Omit<SourceMessage, 'enqueuedAt' | 'sequence'>
type Body = Readonly<Record<string, unknown>>

/** The message of an event, with something wrong if `isImpure`. */
export function impure(
  context: ImpureContext,
  isImpure: boolean,
): { readonly impurity: Impurity | null; readonly message: Arrives } {
  const { event, says, chance } = context
  if (!isImpure) return { impurity: null, message: plain(event) }
  // Half of what is wrong with a leaving is what only a leaving can have.
  const kinds = says === 'leave' && chance.oneIn(2) ? LEAVING : ANY
  const able = Object.keys(kinds) as [string, ...string[]]
  for (;;) {
    const name = chance.pick(able)
    const made = kinds[name]?.(context)
    if (!made) continue
    const { message = plain(made.event ?? event), takesIdOf } = made
    return { impurity: { name, ...(takesIdOf === undefined ? {} : { takesIdOf }) }, message }
  }
}

interface Made {
  readonly event?: PlainEvent
  readonly message?: Arrives
  readonly takesIdOf?: string
}
/** `null` where it cannot be done to this event. */
type Make = (context: ImpureContext) => Made | null

/** What may be wrong with any message. */
const ANY: Readonly<Record<string, Make>> = {
  'invisible characters in the id': ({ event, chance: { pick } }) => {
    const { subject } = event
    const middle = Math.floor(subject.length / 2)
    const hidden = pick(['\u200b', '\u00ad', '\u2060', '\ufeff', '\u200e', '\u2800', '\u{e0020}', '\u180e'])
    return { event: { ...event, subject: subject.slice(0, middle) + hidden + subject.slice(middle) } }
  },
  'blanks around the id': ({ event, chance: { pick } }) => ({
    event: {
      ...event,
      subject: pick([` ${event.subject}`, `${event.subject}\u00a0`, `\t${event.subject}\u3000\n`]),
    },
  }),
  'other case': ({ event }) => ({
    event: {
      ...event,
      subject:
        event.subject.toLowerCase() === event.subject
          ? event.subject.toUpperCase()
          : event.subject.toLowerCase(),
    },
  }),
  'other padding': ({ event }) =>
    /^\d+$/.test(event.subject)
      ? {
          event: {
            ...event,
            subject:
              event.source === FORMED
                ? `00${event.subject}`.slice(-8)
                : event.subject.startsWith('0')
                  ? event.subject.replace(/^0+/, '')
                  : `0${event.subject}`,
          },
        }
      : null,
  'full width': ({ event }) => ({
    event: {
      ...event,
      subject: event.subject.replaceAll(/[!-~]/g, (c) =>
        String.fromCodePoint((c.codePointAt(0) ?? 0) + 0xfee0),
      ),
    },
  }),
  'a number as the id': ({ event }) =>
    /^[1-9]\d*$/.test(event.subject) && event.source !== VENDOR
      ? {
          message: textMessage(
            JSON.stringify(bodyOf(event)).replace(
              `"subject":"${event.subject}"`,
              `"subject":${event.subject}`,
            ),
            event,
          ),
        }
      : null,
  'a power of ten as the id': ({ event }) =>
    /^[1-9]\d*$/.test(event.subject) && event.source !== VENDOR
      ? {
          message: textMessage(
            JSON.stringify(bodyOf(event)).replace(
              `"subject":"${event.subject}"`,
              `"subject":${event.subject}e0`,
            ),
            event,
          ),
        }
      : null,
  'the id of an event of the same employee': ({ event, own, delivered }) => {
    const other = delivered.at(-1)
    return own && other ? { event: { ...event, id: other.id } } : null
  },
  'the id of an event of another employee': ({ event, delivered, chance }) => {
    const other = delivered[chance.below(delivered.length)]
    return other && other.source === event.source && other.source !== VENDOR
      ? { event: { ...event, id: other.id }, takesIdOf: other.id.replace(/\/\d+$/, '') }
      : null
  },
  'no version': ({ event }) => ({ event: { ...event, data: { ...event.data, version: null } } }),
  'an impossible version': ({ event, chance: { pick } }) => {
    const written = pick([
      '1e400',
      '12345678901234567890',
      '-0',
      '1.5',
      '"1e3"',
      '"²"',
      'true',
      '99999999999999999999999999999999999999999',
    ])
    const text = JSON.stringify(bodyOf(event)).replace(/"version":\d+/, `"version":${written}`)
    return { message: textMessage(text, event) }
  },
  'a placeholder as the date': ({ event, chance: { pick } }) => ({
    event: { ...event, data: { ...event.data, effectiveDate: pick(PLACEHOLDERS) } },
  }),
  'a placeholder as the time': ({ event, chance: { pick } }) => ({
    event: { ...event, time: `${pick(PLACEHOLDERS)}T00:00:00Z` },
  }),
  'a date that does not exist': ({ event, chance: { pick } }) => ({
    event: {
      ...event,
      data: {
        ...event.data,
        effectiveDate: pick(['2026-02-30', '', 'n/a', '31.12.2026', '2026-13-01', 20261231]),
      },
    },
  }),
  'a time that does not exist': ({ event, chance: { pick } }) => ({
    event: { ...event, time: pick(['2026-02-30T08:00:00Z', '', 'now', '2026-11-02T25:00:00Z']) },
  }),
  'a field that is missing': ({ event, says, chance: { pick } }) => {
    const field = pick(['id', 'source', 'subject', 'type', 'specversion', 'time', 'data'])
    if (event.source === VENDOR && field === 'source') return null
    // Without its type, the message has to say in another way that the employee leaves.
    const said =
      says === 'leave' && field === 'type'
        ? { ...event, data: { ...event.data, worker: { active: false } } }
        : event
    const body = { ...bodyOf(said) }
    delete body[field]
    return { message: message(body, event) }
  },
  'a field that is null': ({ event, chance: { pick } }) => ({
    message: message({ ...bodyOf(event), [pick(['id', 'subject', 'data'])]: null }, event),
  }),
  'the body is cut off': ({ event, chance: { below } }) => {
    const text = JSON.stringify(bodyOf(event))
    return { message: textMessage(text.slice(0, text.length - 1 - below(40)), event) }
  },
  'a key twice': ({ event, chance: { pick } }) => {
    const text = JSON.stringify(bodyOf(event))
    const key = pick(['id', 'type', 'subject', 'time'])
    const value = JSON.stringify(bodyOf(event)[key])
    const other = JSON.stringify(
      key === 'type' ? 'worker.updated' : key === 'time' ? '2026-01-01T00:00:00Z' : 'other',
    )
    const both = pick([
      [value, other],
      [other, value],
    ] as const)
    return {
      message: textMessage(
        text.replace(`"${key}":${value}`, `"${key}":${both[0]},"${key}":${both[1]}`),
        event,
      ),
    }
  },
  'a broken neighbour in the list': ({ event }) => {
    const broken = pickBroken(event)
    return { message: message([broken, bodyOf(event)], event) }
  },
  notice: ({ event, says }) =>
    event.source === VENDOR || says === 'start'
      ? null
      : { event: { ...event, data: { ...event.data, worker: undefined, mode: 'notice' } } },
}

/** What may be wrong with a message that says that an employee leaves. */
const LEAVING: Readonly<Record<string, Make>> = {
  'a notice of what lies ahead': ({ event, at, chance: { below } }) =>
    event.source === VENDOR
      ? null
      : {
          event: {
            ...event,
            data: {
              ...event.data,
              worker: undefined,
              mode: 'notice',
              effectiveDate: new Date(at + 60_000 * (10 + below(110))).toISOString(),
            },
          },
        },
  'active is true although the type says otherwise': ({ event }) => ({
    event: { ...event, data: { ...event.data, worker: { active: true } } },
  }),
  'active is not a boolean': ({ event, chance: { pick } }) => ({
    event: {
      ...event,
      type: pick(['worker.updated', 'worker.snapshot', 'worker.terminated']),
      data: { ...event.data, worker: { active: pick(NOT_BOOLEAN) } },
    },
  }),
  'active twice': ({ event, chance: { pick } }) => {
    const text = JSON.stringify(
      bodyOf({ ...event, type: 'worker.updated', data: { ...event.data, worker: { active: false } } }),
    )
    const both = pick([
      '"active":false,"active":true',
      '"active":true,"active":false',
      '"active":"true","active" : false',
      '"\\u0061ctive":false,"active":true',
    ])
    return { message: textMessage(text.replace('"active":false', both), event) }
  },
  'an unknown type': ({ event, chance: { pick } }) => ({
    event: {
      ...event,
      type: pick(UNKNOWN_TYPES),
      data: { ...event.data, worker: pick([{}, { active: false }]) },
    },
  }),
  'an unknown type in another case': ({ event, chance: { pick } }) => ({
    event: {
      ...event,
      type: pick([
        'Worker.Terminated',
        'WORKER.TERMINATED',
        'worker.terminated ',
        'workers.terminated',
        'worker_terminated',
      ]),
    },
  }),
  'dated before the start': ({ event, chance: { pick } }) => ({
    event: {
      ...event,
      data: { ...event.data, effectiveDate: pick(['2019-12-31', '2001-01-01', '2025-01-01T00:00:00+02:00']) },
    },
  }),
  'active is false in an event of another type': ({ event }) => ({
    event: { ...event, type: 'worker.updated', data: { ...event.data, worker: { active: false } } },
  }),
}

const PLACEHOLDERS = [
  '0001-01-01',
  '1753-01-01',
  '1900-01-01',
  '1970-01-01',
  '9999-12-31',
  '2999-12-31',
] as const
const NOT_BOOLEAN = [
  'false',
  'False ',
  'no',
  'N',
  0,
  null,
  [false],
  [],
  {},
  '',
  'inactive',
  'Terminated',
  'left',
  'off',
  'resigned',
  -1,
  { value: false },
] as const
const UNKNOWN_TYPES = [
  'worker.offboarded',
  'employee.terminated',
  'worker.separated',
  'worker.exit',
  'worker.contract.ended',
  'Austritt',
  'worker.left',
  'worker.deactivated',
  'worker.disabled',
  'employment.ended',
] as const

function pickBroken(event: PlainEvent): Body {
  return { ...bodyOf(event), id: `${event.id}b`, type: 'worker.updated', subject: null }
}

function plain(event: PlainEvent): Arrives {
  return message(bodyOf(event), event)
}

function bodyOf(event: PlainEvent): Record<string, unknown> {
  return event.source === VENDOR ? vendorBody(event) : { specversion: '1.0', ...event }
}

/** How the vendor writes it: with a status in words. */
function vendorBody({ id, type, subject, time, data }: PlainEvent): Record<string, unknown> {
  const { worker, ...rest } = data
  const { active, ...attributes } = (worker ?? {}) as Record<string, unknown>
  const status =
    type === 'worker.terminated' && (active === undefined || active === true)
      ? 'Terminated'
      : active === true || type === 'worker.rehired'
        ? 'Active'
        : active === false
          ? 'Terminated'
          : active
  return {
    id,
    subject,
    type,
    time,
    data: rest,
    ...(active === undefined && type !== 'worker.terminated' && type !== 'worker.rehired' ? {} : { status }),
    attributes,
  }
}

function message(body: unknown, event: PlainEvent): Arrives {
  return textMessage(JSON.stringify(body), event)
}

function textMessage(text: string, { source }: PlainEvent): Arrives {
  const isVendor = source === VENDOR
  return {
    entity: isVendor ? 'hr-vendor' : 'hr-events',
    messageId: null,
    sessionId: null,
    contentType: isVendor ? 'application/json' : 'application/cloudevents+json; charset=utf-8',
    text,
    properties: {},
  }
}
