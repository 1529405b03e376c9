import { decode, type Envelope, parseBody } from '../../intake/decode.ts'
import type { Shaped, ShapeOf, SourceRules } from '../../intake/sources.ts'
import type { Json, JsonObject } from '../../model.ts'
import { own } from '../../own.ts'
import type { SourceMessage, PeekedMessage } from '../../ports.ts'
import { type BusDeadLetter, type DeadLetter, busReason, NO_REASON, type ReadName } from './dead-letter.ts'

/** Reads the names in a message of a dead-letter queue. */
export type ReadMessage = (message: PeekedMessage) => Promise<BusLetter>
export type BusLetter = Extract<DeadLetter, { readonly store: 'bus' }>

/** More names of one message are not looked at. */
const MOST_EVENTS = 1_000

/**
 * Uses the sources and shapes of intake, so that names are read as intake reads them. Never throws:
 * names that cannot be read are `null`.
 */
export function messageReader(sources: SourceRules, shapes: ShapeOf): ReadMessage {
  return async (message) => {
    const events = (await envelopesOf(message, shapes))
      .slice(0, MOST_EVENTS)
      .map(({ attributes }) => nameOf(attributes, message, sources))
    const code = message.reason ?? NO_REASON
    const letter: BusDeadLetter = { message, code, events, stale: null, ...(events[0] ?? NAMELESS) }
    return { store: 'bus', reason: busReason(code), letter }
  }
}

const NAMELESS: ReadName = { source: null, id: null, type: null, employeeId: null }

async function envelopesOf(message: SourceMessage, shapes: ShapeOf): Promise<readonly Envelope[]> {
  const shaped = shapes(message)
  const decoded = shaped ? null : decode(message)
  if (decoded?.kind === 'envelopes') return decoded.envelopes
  const parsed = parseBody(message, shaped?.shape)
  if (parsed.kind === 'rejected') return []
  const made = shaped ? await shapedEnvelopes(shaped, parsed.body, message) : []
  if (made.length > 0) return made
  // Any object may have the names of an event.
  return (Array.isArray(parsed.body) ? parsed.body : [parsed.body]).flatMap((item: Json) =>
    isObject(item) ? [{ attributes: item, data: null }] : [],
  )
}

/** What a shape makes of a body, or what the body seems to say when the shape refuses it. */
async function shapedEnvelopes(
  { shape, name }: Shaped,
  body: Json,
  message: SourceMessage,
): Promise<readonly Envelope[]> {
  try {
    const answer = await shape.apply(body, name, message)
    return answer.kind === 'envelopes' ? answer.envelopes : await shape.suspects(body, name, message)
  } catch {
    // A shape that fails yields no names.
    return []
  }
}

function nameOf(
  attributes: Readonly<Record<string, unknown>>,
  { entity }: SourceMessage,
  sources: SourceRules,
): ReadName {
  const text = (name: string): string | null => {
    const value = own(attributes, name)
    return typeof value === 'string' && value !== '' && value.length <= 1_024 ? value : null
  }
  const source = text('source')
  const type = text('type')
  const types = source === null ? undefined : sources(source, entity)?.types
  const alias = types && type !== null ? own(types, type) : undefined
  return { source, id: text('id'), type: alias ?? type, employeeId: text('subject') }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
