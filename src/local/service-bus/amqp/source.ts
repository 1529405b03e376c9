import type { QueueEntity } from '../entities/entity.ts'
import type { Consumer, MessageSource } from '../entities/consumer.ts'
import { REFUSALS } from '../errors.ts'
import type { Faults } from '../faults.ts'
import type { Outcome } from '../store/contract.ts'
import type { SessionDesk } from '../entities/session-desk.ts'
import type { BrokerSettings } from '../settings.ts'
import type { SessionGrant } from '../store/holdings/sessions.ts'

/**
 * A whole queue, subscription or dead-letter queue. Its locks outlive the link when
 * `locksAfterDetach` says so.
 */
export function entitySource(
  entity: QueueEntity,
  faults: Faults,
  locksAfterDetach: BrokerSettings['locksAfterDetach'],
): MessageSource {
  const { queue, address } = entity
  return {
    queue,
    get isEmpty() {
      return queue.readyCount === 0
    },
    offer: (consumer: Consumer) => entity.offer(consumer),
    withdraw: (consumer: Consumer) => entity.withdraw(consumer),
    settle: (token, outcome, now) =>
      queue.settle(queue.tokens.decode(token), twisted(outcome, address, faults), now),
    fate: () => faults.fate('settlements', address),
    lostRefusal: REFUSALS.messageLockLost(),
    orphaned: (token, now) => {
      if (locksAfterDetach === 'keep') return
      queue.settle(queue.tokens.decode(token), { kind: 'abandon', properties: new Map(), counts: true }, now)
    },
    closed: (consumer: Consumer) => entity.withdraw(consumer),
  }
}

/** One session under a grant: it goes with the link. */
export function sessionSource(desk: SessionDesk, grant: SessionGrant, faults: Faults): MessageSource {
  const { queue, sessions } = desk
  const { address } = queue.spec
  const { sessionId } = grant
  return {
    queue,
    get isEmpty() {
      return (sessions.get(sessionId)?.ready.size ?? 0) === 0
    },
    offer: (consumer: Consumer) => desk.offer(sessionId, consumer),
    withdraw: (consumer: Consumer) => desk.withdraw(sessionId, consumer),
    settle: (token, outcome, now) =>
      sessions.holding(grant, now) === undefined
        ? 'lock-lost'
        : queue.settle(queue.tokens.decode(token), twisted(outcome, address, faults), now),
    fate: () => faults.fate('settlements', address),
    lostRefusal: REFUSALS.sessionLockLost(sessionId),
    // What a session holds goes back with the session.
    orphaned: () => {},
    closed: () => desk.release(grant),
  }
}

/** Under the fault 'deliver-twice' a completion is only said to have happened. */
function twisted(outcome: Outcome, address: string, faults: Faults): Outcome {
  if (outcome.kind !== 'complete' || !faults.deliversTwice(address)) return outcome
  return { kind: 'abandon', properties: new Map(), counts: true }
}
