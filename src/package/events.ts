/**
 * `rollcall/events`: reads messages of HR systems as Rollcall does, to test payloads where they are
 * made. It sends nothing and keeps nothing.
 */
import { expressionProcess } from '../adapters/expression-process/client.ts'
import { sha256 } from '../adapters/system.ts'
import { takeIn, takeInShaped } from '../core/intake/message.ts'
import { compileShape, type ShapeRules } from '../core/intake/shape.ts'
import { SHIPPED_SHAPES } from '../core/intake/shapes/shipped.ts'
import { DEFAULT_SOURCE, type Source } from '../core/intake/sources.ts'
import type { HrEvent } from '../core/model.ts'
import type { SourceMessage } from '../core/ports.ts'
import type { RejectionCode } from '../core/reasons.ts'

export type { EventName, HrEvent, Json, JsonObject, Mode, OrderValue } from '../core/model.ts'
export type { RejectionCode, ShapeRules, Source }
export { SHIPPED_SHAPES }

/** A message as it is on the bus. */
export interface Message {
  readonly body: string | object
  readonly contentType?: string
  readonly messageId?: string
  readonly subject?: string
  readonly applicationProperties?: SourceMessage['properties']
  /** Default: now. It dates an event without a time. */
  readonly enqueuedTimeUtc?: Date
}

export interface ReadOptions {
  /** The CloudEvents source of events that name none. Default `/hr`. */
  readonly name?: string
  /** The rules of the source. Default: UTC, ordered by version, the last day is exclusive. */
  readonly source?: Partial<Source>
  /** The name of a shipped shape, or rules of your own. Default: canonical events. */
  readonly shape?: string | ShapeRules
}

/** All events of a message; or none, and why it would be dead-lettered. */
export interface ReadResult {
  readonly events: readonly HrEvent[]
  /** `description` names the field and never quotes a value. */
  readonly rejected: {
    readonly code: RejectionCode
    readonly field: string | null
    readonly description: string
  } | null
  /** What a person should look at although the events are accepted. */
  readonly findings: readonly { readonly code: string; readonly detail: string | null }[]
}

/** Reads one message. Rejects for a shape that does not exist or does not compile. */
export async function readEvents(message: Message, options: ReadOptions = {}): Promise<ReadResult> {
  const { name = '/hr', shape } = options
  const source: Source = { ...DEFAULT_SOURCE, ...options.source }
  const delivered = deliveredAs(message)
  const rules = typeof shape === 'string' ? SHIPPED_SHAPES[shape] : shape
  if (typeof shape === 'string' && !rules)
    throw new Error(`there is no shape ${shape}; shipped are ${Object.keys(SHIPPED_SHAPES).join(', ')}`)
  const read = rules
    ? await takeInShaped(delivered, {
        name,
        source,
        shape: compileShape(name, rules, sha256, expressionProcess()),
      })
    : takeIn(delivered, () => source)
  const { events, rejected, findings } = read
  return {
    events,
    rejected: rejected && {
      code: rejected.code,
      field: rejected.field,
      description: rejected.description,
    },
    findings: findings.map(({ code, detail }) => ({ code, detail })),
  }
}

function deliveredAs(message: Message): SourceMessage {
  const { body, contentType = 'application/json', messageId = null, subject = null } = message
  return {
    entity: 'events',
    sequence: '1',
    enqueuedAt: (message.enqueuedTimeUtc ?? new Date()).getTime(),
    messageId,
    sessionId: null,
    contentType,
    subject,
    text: typeof body === 'string' ? body : JSON.stringify(body),
    properties: message.applicationProperties ?? {},
  }
}
