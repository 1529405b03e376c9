import { decode, type Envelope, parseBody } from '../../intake/decode.ts'
import type { ShapeOf, SourceRules } from '../../intake/sources.ts'
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
  const decoded = decode(message)
  if (decoded.kind === 'envelopes') return decoded.envelopes
  const parsed = parseBody(message)
  if (parsed.kind === 'rejected') return []
  try {
    const shaped = shapes(message)
    const answer = shaped && (await shaped.shape.apply(parsed.body, shaped.name, message))
    if (answer?.kind === 'envelopes') return answer.envelopes
  } catch {
    // A shape that fails yields no names.
  }
  // Any object may have the names of an event.
  return (Array.isArray(parsed.body) ? parsed.body : [parsed.body]).flatMap((item: Json) =>
    isObject(item) ? [{ attributes: item, data: null }] : [],
  )
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
