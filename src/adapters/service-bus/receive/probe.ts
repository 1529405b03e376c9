import type { ServiceBusClient } from '@azure/service-bus'
import { closeWithin } from '../client.ts'
import { receiverAt } from '../address.ts'
import type { EntityAddress } from '../../../core/intake/entity.ts'

/** What a look at the queue over a client's own connection shows. */
export type Probed =
  /** The service answered. Whether messages are there; `null` when it did not say. */
  | { readonly kind: 'answered'; readonly waiting: boolean | null }
  /** No answer in time: the connection is open on this side only. */
  | { readonly kind: 'silent' }

const CLOSE_MS = 1_000

/**
 * Peeks, which takes no lock and changes nothing. An error that the service sends is an answer too.
 * Never rejects. Takes no longer than `withinMs` and a second.
 */
export async function probe(
  client: ServiceBusClient,
  address: EntityAddress,
  withinMs: number,
): Promise<Probed> {
  const late = Promise.withResolvers<'late'>()
  const cut = new AbortController()
  const timer = setTimeout(() => late.resolve('late'), withinMs)
  try {
    const receiver = receiverAt(client, address)
    const peeked = receiver.peekMessages(1, { abortSignal: cut.signal }).then(
      (messages): Probed => ({ kind: 'answered', waiting: messages.length > 0 }),
      (): Probed => ({ kind: 'answered', waiting: null }),
    )
    const answer = await Promise.race([peeked, late.promise])
    cut.abort()
    await closeWithin(CLOSE_MS, receiver.close())
    return answer === 'late' ? { kind: 'silent' } : answer
  } catch {
    // The client itself is already closed.
    return { kind: 'answered', waiting: null }
  } finally {
    clearTimeout(timer)
  }
}
