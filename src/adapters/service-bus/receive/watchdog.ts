import { reopen, type Receiving } from './link.ts'
import { probe } from './probe.ts'

/**
 * The watchdog's time has four parts, one each for the silence, the next check, the answer to it,
 * and opening a new link.
 */
export const PARTS = 4

/**
 * Checks the connection, because one that is open on this side only looks like an empty queue.
 * Replaces a connection that does not answer, and reopens a receiver that brings nothing from a
 * queue with messages.
 */
export async function watch(receiving: Receiving): Promise<void> {
  const { attempts, settings, runtime, entity, held, link } = receiving
  const now = runtime.now()
  if (attempts.isSteady) receiving.trouble.over()
  // While the client tries to open the link, the client notices the failure.
  if (!attempts.isOpen && Math.abs(now - attempts.triedAt) < settings.watchdogMs) return
  const lastSignAt = Math.max(receiving.lastArrivalAt, receiving.lastAnswerAt)
  if (Math.abs(now - lastSignAt) < settings.watchdogMs / PARTS) return
  const answer = await probe(link.client, settings, settings.watchdogMs / PARTS)
  if (receiving.pausing.signal.aborted) return
  if (answer.kind === 'silent') {
    settings.onTrouble?.()
    runtime.log.warn('inbox.unanswered', {
      queue: entity,
      what: 'the connection is open but the service does not answer on it: opening a new one',
    })
    receiving.connection.replace(link.client)
    void reopen(receiving)
    return
  }
  receiving.lastAnswerAt = runtime.now()
  const isIdle = held.size === 0 && Math.abs(now - receiving.lastArrivalAt) >= settings.watchdogMs
  if (answer.waiting !== true || !isIdle) return
  runtime.log.warn('inbox.silent', {
    queue: entity,
    what: 'the queue holds messages but none arrives: opening the receiver anew',
  })
  await reopen(receiving)
}
