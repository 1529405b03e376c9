import type {
  Disposition,
  OutboxMessage,
  Sender,
  SourceMessage,
  SourceQueue,
} from '../../../../src/core/ports.ts'
import type { Chance } from '../../../fakes/plain-event.ts'
import type { Clock, Instance } from '../clock.ts'
import { bodyOf, MINUTE, type Said } from '../story.ts'

const LOCK_MS = MINUTE
const MOST_DELIVERIES = 10

interface Held {
  readonly message: SourceMessage
  readonly said: Said
  state: 'active' | 'complete' | 'dead'
  deliveries: number
  /** Who holds it; a lock that was lost belongs to nobody, whatever its holder believes. */
  lock: { readonly holder: Opened; until: number } | null
}
interface Opened {
  readonly instance: Instance
  readonly onMessage: (message: SourceMessage) => void
  open: boolean
}

/** A message as it comes to the queue now. */
export function messageOn(
  clock: Clock,
  own: Pick<SourceMessage, 'sequence' | 'messageId' | 'text'>,
): SourceMessage {
  return {
    entity: 'hr-events',
    enqueuedAt: clock.now(),
    sessionId: null,
    contentType: 'application/cloudevents+json',
    properties: {},
    ...own,
  }
}

/** What the bus has seen settled, so that it can be held against the ledger. */
export interface Settled {
  readonly sequence: string
  readonly as: 'complete' | 'dead'
}

/**
 * A queue whose messages are locked while they are read, and come again when they are not settled.
 */
export interface SimulatedBus {
  arrive(said: Said): void
  queueOf(instance: Instance): SourceQueue
  /** What waits goes to whoever can take it now: an instance goes on. */
  deliver(): void
  /** Nobody is connected until then, and what was locked comes again. */
  drop(ms: number): void
  /** One message comes again although it is being worked on. */
  loseLock(): void
  /** The link of one process ends, and all that it held comes again at once, perhaps to another. */
  closeLink(instance: Instance): void
  /** Every settlement is refused until then. */
  beBusy(ms: number): void
  /** So many settlements never reach the bus. */
  loseSettlements(count: number): void
  readonly waiting: number
  said(sequence: string): Said | undefined
}

export function busOn(clock: Clock, chance: Chance, onSettled: (settled: Settled) => void): SimulatedBus {
  const messages = new Map<string, Held>()
  const opened: Opened[] = []
  let [downUntil, busyUntil] = [0, 0]
  let lost = 0
  const isDown = (): boolean => clock.now() < downUntil
  const receivers = (): readonly Opened[] => opened.filter(({ open, instance }) => open && instance.isAlive)

  const deliver = (): void => {
    if (isDown()) return
    const able = receivers()
    if (able.length === 0) return
    for (const held of messages.values()) {
      if (held.state !== 'active' || held.lock) continue
      if (held.deliveries >= MOST_DELIVERIES) {
        held.state = 'dead'
        continue
      }
      const holder = able[chance.below(able.length)] ?? able[0]
      if (!holder) return
      held.deliveries += 1
      const lock = { holder, until: clock.now() + LOCK_MS }
      held.lock = lock
      clock.at(lock.until, () => expire(held, lock))
      holder.onMessage(held.message)
    }
  }
  /** A process that lives renews its locks. */
  const expire = (held: Held, lock: NonNullable<Held['lock']>): void => {
    if (held.state !== 'active' || held.lock !== lock) return
    if (lock.holder.open && lock.holder.instance.isAlive && !isDown()) {
      lock.until = clock.now() + LOCK_MS
      clock.at(lock.until, () => expire(held, lock))
      return
    }
    held.lock = null
    deliver()
  }
  const settle = (holder: Opened, { kind, message }: Disposition<SourceMessage>): void => {
    const held = messages.get(message.sequence)
    if (!held || held.state !== 'active' || held.lock?.holder !== holder) return
    const isBusy = clock.now() < busyUntil
    if (isBusy || lost > 0) {
      if (!isBusy) lost -= 1
      // Its lock is renewed no more.
      const { lock } = held
      clock.at(lock.until, () => {
        if (held.lock === lock) held.lock = null
        deliver()
      })
      return
    }
    held.state = kind === 'complete' ? 'complete' : 'dead'
    held.lock = null
    onSettled({ sequence: message.sequence, as: held.state })
  }
  const release = (isHis: (holder: Opened) => boolean): void => {
    for (const held of messages.values()) if (held.lock && isHis(held.lock.holder)) held.lock = null
    deliver()
  }

  return {
    arrive: (said) => {
      const sequence = String(messages.size + 1)
      const message = messageOn(clock, { sequence, messageId: `m-${sequence}`, text: bodyOf(said) })
      messages.set(sequence, { message, said, state: 'active', deliveries: 0, lock: null })
      deliver()
    },
    queueOf: (instance) => ({
      open: (onMessage) =>
        instance.through(async () => {
          if (isDown()) throw new TypeError('the bus is away')
          const holder: Opened = { instance, onMessage, open: true }
          opened.push(holder)
          clock.at(clock.now() + 1, deliver)
          return {
            settle: (dispositions) =>
              instance.through(async () => {
                await clock.sleep(5)
                if (isDown()) throw new TypeError('the bus is away')
                for (const one of dispositions) settle(holder, one)
                if (clock.now() < busyUntil) throw new TypeError('the bus is busy')
              }),
            stopReceiving: async () => void (holder.open = false),
            handBack: async () => release((one) => one === holder),
            close: async () => void (holder.open = false),
          }
        }),
    }),
    deliver,
    drop: (ms) => {
      downUntil = clock.now() + ms
      for (const held of messages.values()) held.lock = null
      clock.at(downUntil + 1, deliver)
    },
    loseLock: () => {
      const locked = [...messages.values()].filter(({ lock }) => lock !== null)
      const held = locked[chance.below(Math.max(1, locked.length))]
      if (held) held.lock = null
      deliver()
    },
    closeLink: (instance) => release((holder) => holder.instance === instance),
    beBusy: (ms) => (busyUntil = clock.now() + ms),
    loseSettlements: (count) => (lost += count),
    get waiting() {
      return [...messages.values()].filter(({ state }) => state === 'active').length
    },
    said: (sequence) => messages.get(sequence)?.said,
  }
}

/** What one outcome said. */
export interface ToldOutcome {
  readonly event: string
  readonly revision: number
  readonly state: string
  readonly reason: string | null
  /** When it was decided, by the clock of the instance. */
  readonly at: number
}

/** The queue of outcomes. What it holds twice has to be the same. */
export interface OutcomeQueue {
  senderOf(instance: Instance): Sender
  /** The next calls fail after half of their messages. */
  fail(calls: number): void
  readonly told: readonly ToldOutcome[]
}

export function outcomeQueue(clock: Clock, onViolation: (what: string) => void): OutcomeQueue {
  const bodies = new Map<string, string>()
  const told: ToldOutcome[] = []
  let failing = 0
  const take = ({ id, body }: OutboxMessage): void => {
    const data = body['data'] as unknown as Omit<ToldOutcome, 'event'> & {
      readonly event: { readonly id: string }
    }
    const { revision, state, reason } = data
    const same = JSON.stringify([data.event, revision, state, reason])
    const before = bodies.get(id)
    if (before !== undefined && before !== same)
      onViolation(`two outcomes of one revision: ${before} and ${same}`)
    const at = Date.parse(body['time'] as string)
    if (before === undefined) told.push({ event: data.event.id, revision, state, reason, at })
    bodies.set(id, same)
  }
  return {
    senderOf: (instance) => ({
      send: (messages) =>
        instance.through(async () => {
          await clock.sleep(5)
          const fails = failing > 0
          if (fails) failing -= 1
          for (const message of fails ? messages.slice(0, messages.length / 2) : messages) take(message)
          if (fails) throw new TypeError('the bus is away')
        }),
    }),
    fail: (calls) => (failing += calls),
    told,
  }
}
