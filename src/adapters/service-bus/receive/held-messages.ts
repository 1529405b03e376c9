import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus'
import type { Runtime } from '../../../core/runtime.ts'
import { busCode } from '../client.ts'
import type { BusMessage } from '../message.ts'

interface Held {
  readonly message: BusMessage
  /** Whether its lock is renewed. False once it is being settled, or has lost its lock. */
  isLocked: boolean
  /** Lets the client grant credit for another message. */
  readonly letGo: () => void
}

/** The unsettled messages of one receiver. */
export interface HeldMessages {
  /** How many are unsettled. */
  readonly size: number
  /**
   * How many of the receiver's places are taken: the unsettled ones, and those settled since it
   * paused.
   */
  readonly taken: number
  add(message: BusMessage, letGo: () => void): void
  has(native: ServiceBusReceivedMessage): boolean
  /** From now on its lock is not renewed. */
  endLock(native: ServiceBusReceivedMessage): void
  /** It is settled. */
  release(native: ServiceBusReceivedMessage): void
  /** Those that have a lock and are not being settled. */
  locked(): readonly BusMessage[]
  /** Those of them whose lock is due for renewal. */
  due(): readonly BusMessage[]
  /** The receiver is closed, so the client may have all its handlers back. */
  clear(): void
}

/** `pausing` aborts when no more messages are wanted. */
export function heldMessages(pausing: AbortSignal, runtime: Pick<Runtime, 'now'>): HeldMessages {
  // By lock token: two messages may have the same messageId, or none.
  const held = new Map<string, Held>()
  /**
   * Callbacks of messages settled since the pause. To call them would grant credit for new
   * messages.
   */
  const spent: (() => void)[] = []
  /**
   * The longest lock that a message arrived with, in milliseconds. A message that this process
   * reads late arrives with only a rest of its lock, and half of a rest can be shorter than the
   * time to the next look.
   */
  let longestLockMs = 0
  const locked = (): readonly BusMessage[] =>
    [...held.values()].filter(({ isLocked }) => isLocked).map(({ message }) => message)
  return {
    get size() {
      return held.size
    },
    get taken() {
      return held.size + spent.length
    },
    add: (message, letGo) => {
      const until = lockedUntil(message)
      if (until !== null) longestLockMs = Math.max(longestLockMs, until - runtime.now())
      held.set(keyOf(message.native), { message, isLocked: until !== null, letGo })
    },
    has: (native) => held.has(keyOf(native)),
    endLock: (native) => {
      const one = held.get(keyOf(native))
      if (one) one.isLocked = false
    },
    release: (native) => {
      const one = held.get(keyOf(native))
      if (!one) return
      held.delete(keyOf(native))
      if (pausing.aborted) spent.push(one.letGo)
      else one.letGo()
    },
    locked,
    due: () =>
      locked().filter((message) => {
        const until = lockedUntil(message)
        return until !== null && until - runtime.now() <= longestLockMs / 2
      }),
    clear: () => {
      for (const letGo of [...[...held.values()].map((one) => one.letGo), ...spent]) letGo()
      held.clear()
    },
  }
}

function keyOf(native: ServiceBusReceivedMessage): string {
  return native.lockToken ?? String(native.sequenceNumber)
}

function lockedUntil({ native }: BusMessage): number | null {
  return native.lockedUntilUtc?.getTime() ?? null
}

const RENEW_AT_ONCE = 64

/**
 * Renews the locks that are due, several at a time: one by one would outlast the locks when the bus
 * is far away.
 */
export async function renewLocks(
  held: HeldMessages,
  receiver: () => Pick<ServiceBusReceiver, 'renewMessageLock'>,
  closing: AbortSignal,
  runtime: Pick<Runtime, 'log'>,
): Promise<void> {
  const renew = async ({ native }: BusMessage): Promise<void> => {
    if (!held.has(native)) return
    await receiver()
      .renewMessageLock(native)
      .catch((error: unknown) => {
        const code = busCode(error)
        // The message comes again; another renewal would only fail again.
        if (code === 'MessageLockLost') held.endLock(native)
        runtime.log.warn('inbox.renew.failed', { code })
      })
  }
  const due = held.due()
  for (let at = 0; at < due.length && !closing.aborted; at += RENEW_AT_ONCE)
    await Promise.all(due.slice(at, at + RENEW_AT_ONCE).map(renew))
}
