import type { IntakeMessage, Ledger, MessageOriginal } from '../ledger/port.ts'
import type { HrEvent } from '../model.ts'
import type { Disposition, Inbox, InboxMessage, Receiver } from '../ports.ts'
import { REPLAY_RUN } from '../report/replay-log.ts'
import { describeError, type Runtime, type Service } from '../runtime.ts'
import { decode, type Envelope, parseBody, type Rejection } from './decode.ts'
import { normalise } from './normalise.ts'
import type { Shaped, ShapeRules, SourceRules } from './sources.ts'

export interface IntakeSettings {
  /** Messages in one commit at the most. */
  readonly batchSize: number
  /** How long a message waits for company. */
  readonly batchMs: number
  readonly quietMs: number
  readonly maxWaitMs: number
  /** More than this many messages a second are a backlog being worked off. */
  readonly backlogPerSecond: number
  /** Messages that come in a vendor's own shape. Without it all are canonical. */
  readonly shapes?: ShapeRules
}

/** What a message comes to: its events, all of them or none, or why not. */
export interface TakenIn {
  readonly events: readonly HrEvent[]
  readonly rejected: Rejection | null
}

/** A message that is canonical already. */
export function takeIn(message: InboxMessage, sources: SourceRules): TakenIn {
  const decoded = decode(message)
  return decoded.kind === 'rejected' ? refused(decoded) : eventsOf(decoded.envelopes, message, sources)
}

/** A message in a vendor's own shape. */
export async function takeInShaped(message: InboxMessage, { name, shape, source }: Shaped): Promise<TakenIn> {
  const parsed = parseBody(message)
  if (parsed.kind === 'rejected') return refused(parsed)
  const shaped = await shape.apply(parsed.body, name)
  return shaped.kind === 'rejected' ? refused(shaped) : eventsOf(shaped.envelopes, message, () => source)
}

function eventsOf(envelopes: readonly Envelope[], message: InboxMessage, sources: SourceRules): TakenIn {
  const events: HrEvent[] = []
  for (const envelope of envelopes) {
    const event = normalise(envelope, message.enqueuedAt, sources, message.entity)
    if ('kind' in event) return refused(event)
    events.push(event)
  }
  return { events, rejected: null }
}

function refused(rejected: Rejection): TakenIn {
  return { events: [], rejected }
}

/**
 * Messages become events in the ledger, in micro-batches of one commit each; only then are they settled. When the ledger cannot take them
 * nothing is abandoned: the receiver stops at once, the locks lapse, and it opens again when the ledger answers.
 */
export function intake<M extends InboxMessage>(
  inbox: Inbox<M>,
  ledger: Pick<Ledger, 'record' | 'ping'>,
  sources: SourceRules,
  settings: IntakeSettings,
  runtime: Runtime,
  onRecorded: () => void,
): Service {
  const stopping = new AbortController()
  let running: Promise<void> | null = null

  /** Since the last commit. */
  let failures = 0

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const queue = new Queue<M>()
      let receiver: Receiver<M> | null = null
      try {
        receiver = await inbox.open((message) => queue.push(message))
        await pump(queue, receiver)
      } catch (error) {
        failures += 1
        runtime.log.error('intake.stopped', { ...describeError(error), what: 'nothing is lost: what is unsettled comes again' })
      }
      await receiver?.close()
      // The ledger may answer and still refuse, or it is the bus that is away: then this is all that keeps us from trying without a pause.
      await runtime.sleep(Math.min(10_000, 125 * 2 ** Math.min(failures, 7)), stopping.signal)
      if (!stopping.signal.aborted) await waitForLedger()
    }
  }

  /** Ends when asked to, or throws when the ledger does not take a batch. */
  const pump = async (queue: Queue<M>, receiver: Receiver<M>): Promise<void> => {
    const rate = rateOf(runtime)
    while (!stopping.signal.aborted) {
      await queue.some(stopping.signal)
      if (queue.length < settings.batchSize) await runtime.sleep(settings.batchMs, stopping.signal)
      const messages = queue.take(settings.batchSize)
      if (messages.length === 0) continue
      const dispositions = await commit(messages, rate(messages.length) > settings.backlogPerSecond)
      failures = 0
      onRecorded()
      // Not awaited: the next commit goes on while the bus answers. What is not settled comes again and is known.
      void receiver.settle(dispositions).catch((error: unknown) => runtime.log.warn('intake.settle.failed', describeError(error)))
    }
  }

  const commit = async (messages: readonly M[], backlog: boolean): Promise<Disposition<M>[]> => {
    const taken: Taken<M>[] = []
    for (const message of messages) {
      const shaped = settings.shapes?.(message) ?? null
      taken.push({ message, ...(shaped ? await takeInShaped(message, shaped) : takeIn(message, sources)) })
    }
    const links = taken.flatMap(({ events }) => events.flatMap((event) => event.traceparent ?? []))
    return runtime.telemetry.span(
      'rollcall.intake',
      { kind: 'consumer', links, attributes: { 'messaging.batch.message_count': messages.length } },
      async () => {
        const { quietMs, maxWaitMs } = settings
        const result = await ledger.record({ messages: taken.map(toIntakeMessage), now: runtime.now(), quietMs, maxWaitMs, backlog })
        runtime.telemetry.count('rollcall.events', result.fresh, { outcome: 'received' })
        runtime.telemetry.count('rollcall.events', result.duplicates, { outcome: 'duplicate' })
        runtime.telemetry.count('rollcall.events', result.replays, { outcome: 'replay' })
        runtime.telemetry.count('rollcall.messages', result.rejected, { outcome: 'rejected' })
        const refused = new Map((result.refused ?? []).map((refusal) => [refusal.message, refusal]))
        return taken.map(({ message, rejected }, place): Disposition<M> => {
          const why = rejected ?? refused.get(place)
          return why ? { kind: 'dead-letter', message, reason: why.code, description: why.description } : { kind: 'complete', message }
        })
      },
    )
  }

  const waitForLedger = async (): Promise<void> => {
    for (let restMs = 250; !stopping.signal.aborted; restMs = Math.min(10_000, restMs * 2)) {
      try {
        return await ledger.ping()
      } catch (error) {
        runtime.log.warn('intake.waits', { ...describeError(error), what: 'the ledger does not answer', retryInMs: restMs })
        await runtime.sleep(restMs, stopping.signal)
      }
    }
  }

  return {
    run: () => (running ??= run()),
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}

type Taken<M> = TakenIn & { readonly message: M }

function toIntakeMessage<M extends InboxMessage>({ message, events, rejected }: Taken<M>): IntakeMessage {
  const { entity, enqueuedAt, sequence, messageId, properties } = message
  const name = { entity, enqueuedAt, sequence, ...(messageId !== null && REPLAY_RUN in properties ? { copyId: messageId } : {}) }
  return rejected ? { ...name, events, rejected: rejected.code } : { ...name, events, original: originalOf(message), rejected: null }
}

/** What was rejected stays on the bus; what was taken in was text. */
export function originalOf({ messageId, sessionId, contentType, text, properties }: InboxMessage): MessageOriginal {
  return { messageId, sessionId, contentType, body: text ?? '', properties: mapValues(properties) }
}

function mapValues(properties: InboxMessage['properties']): MessageOriginal['properties'] {
  const plain: Record<string, string | number | boolean | null> = {}
  for (const key in properties) {
    const value = properties[key]
    if (value !== undefined) plain[key] = value instanceof Date ? value.toISOString() : value
  }
  return plain
}

/** Messages in the last second, counting those just taken. */
function rateOf(runtime: Runtime): (count: number) => number {
  const seen: { at: number; count: number }[] = []
  let sum = 0
  return (count) => {
    const now = runtime.now()
    seen.push({ at: now, count })
    sum += count
    for (let first = seen[0]; first && first.at <= now - 1_000; first = seen[0]) {
      sum -= first.count
      seen.shift()
    }
    return sum
  }
}

/** What has arrived and is not yet committed. Bounded by what the receiver lets be in flight. */
class Queue<M> {
  #messages: M[] = []
  #arrived: (() => void) | null = null
  get length(): number {
    return this.#messages.length
  }
  push(message: M): void {
    this.#messages.push(message)
    this.#arrived?.()
  }
  take(most: number): M[] {
    return this.#messages.splice(0, most)
  }
  /** Resolves when there is something, or when `signal` aborts. */
  async some(signal: AbortSignal): Promise<void> {
    if (this.#messages.length > 0 || signal.aborted) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#arrived = null
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#arrived = done
      signal.addEventListener('abort', done)
    })
  }
}
