import type { NewFinding } from '../findings/finding.ts'
import type { IntakeMessage } from '../ledger/port/intake.ts'
import type { RefusedLeaver } from '../ledger/port/leavers.ts'
import type { MessageOriginal } from '../ledger/port/dead-letters.ts'
import type { HrEvent, Json } from '../model.ts'
import { bare } from '../own.ts'
import type { SourceMessage } from '../ports.ts'
import { REPLAY_RUN } from '../report/replay/log.ts'
import { asUtf8, isContentEncoding } from './body/content-type.ts'
import { guessBody } from './body/guess.ts'
import { decode, type Envelope, parseBody, readTwice, type Rejection, suspectedEnvelopes } from './decode.ts'
import { normalise } from './event/normalise.ts'
import { refusedLeavers } from './event/refused-leavers.ts'
import { originallyEnqueuedAt } from './shape/message-view.ts'
import type { Shaped, Source, SourceRules } from './sources.ts'

/** All events of a message; or none, and why it is rejected. */
export interface TakenIn {
  readonly events: readonly HrEvent[]
  readonly rejected: Rejection | null
  /** Findings about the events, although they are accepted. */
  readonly findings: readonly NewFinding[]
  /** The leavings that a rejected message seems to contain. */
  readonly leavers: readonly RefusedLeaver[]
}

/** Reads a canonical message. */
export function takeIn(message: SourceMessage, sources: SourceRules): TakenIn {
  const decoded = decode(message)
  return decoded.kind === 'rejected'
    ? refuse(decoded, refusedLeavers(suspectedEnvelopes(message, decoded), message, sources))
    : eventsOf(decoded.envelopes, message, sources)
}

/** Reads a message in a vendor's own shape. */
export async function takeInShaped(
  message: SourceMessage,
  { name, shape, source }: Shaped,
): Promise<TakenIn> {
  const sources = (): Source => source
  const parsed = parseBody(message, shape)
  const shaped = parsed.kind === 'rejected' ? parsed : await shape.apply(parsed.body, name, message)
  if (shaped.kind === 'envelopes') return eventsOf(shaped.envelopes, message, sources)
  const suspects = await shape.suspects(bodyOf(parsed, message), name, message)
  const leavers = refusedLeavers(readTwice(suspects, message, shaped), message, sources)
  // Where the shape finds nothing, the names of a canonical event may still say it.
  return refuse(
    shaped,
    leavers.length > 0 ? leavers : refusedLeavers(suspectedEnvelopes(message, shaped), message, sources),
  )
}

/** The body, or what can be made out of one that cannot be parsed. */
function bodyOf(parsed: ReturnType<typeof parseBody>, message: SourceMessage): Json {
  if (parsed.kind === 'body') return parsed.body
  const [only = null, ...others] = guessBody(message)
  return others.length === 0 ? only : [only, ...others]
}

function eventsOf(envelopes: readonly Envelope[], message: SourceMessage, sources: SourceRules): TakenIn {
  const events: HrEvent[] = []
  const findings: NewFinding[] = []
  const receivedAt = originallyEnqueuedAt(message)
  for (const envelope of envelopes) {
    const normalised = normalise(envelope, receivedAt, sources, message.entity)
    if (normalised.kind === 'rejected')
      return refuse(
        { ...normalised, description: (envelope.at ?? '') + normalised.description },
        refusedLeavers(envelopes, message, sources),
      )
    events.push(normalised.event)
    findings.push(...normalised.findings)
  }
  return { events, rejected: null, findings, leavers: [] }
}

function refuse(rejected: Rejection, leavers: readonly RefusedLeaver[]): TakenIn {
  return { events: [], rejected, findings: [], leavers }
}

/** A message and its events, in the form that the ledger records. */
export function toIntakeMessage({
  message,
  events,
  rejected,
  findings,
  leavers,
}: TakenIn & { readonly message: SourceMessage }): IntakeMessage {
  const { entity, enqueuedAt, sequence, messageId, properties } = message
  const name = {
    entity,
    enqueuedAt,
    sequence,
    ...(messageId !== null && REPLAY_RUN in properties ? { copyId: messageId } : {}),
    ...(findings.length > 0 ? { findings } : {}),
    ...(leavers.length > 0 ? { leavers } : {}),
  }
  return rejected
    ? { ...name, events, rejected: rejected.code }
    : { ...name, events, original: originalOf(message), rejected: null }
}

/**
 * The message as it arrived, with its body as text: what said how its bytes were packed and encoded
 * is not true of the text. An accepted message always has text.
 */
export function originalOf(message: SourceMessage): MessageOriginal {
  const { messageId, sessionId, contentType, text, properties } = message
  const { subject = null, correlationId = null, replyTo = null } = message
  return {
    messageId,
    sessionId,
    contentType: asUtf8(contentType),
    ...(subject === null ? {} : { subject }),
    ...(correlationId === null ? {} : { correlationId }),
    ...(replyTo === null ? {} : { replyTo }),
    body: text ?? '',
    properties: mapValues(properties),
  }
}

function mapValues(properties: SourceMessage['properties']): MessageOriginal['properties'] {
  const plain = bare<string | number | boolean | null>()
  for (const [key, value] of Object.entries(properties)) {
    if (isContentEncoding(key)) continue
    plain[key] = value instanceof Date ? value.toISOString() : value
  }
  return plain
}
