import type { ServiceBusClient, ServiceBusSessionReceiver } from '@azure/service-bus'
import { nextSessionAt } from '../address.ts'
import { busCode, closeWithin } from '../client.ts'
import { paceReads } from './pace-reads.ts'
import { serve } from './session.ts'
import type { SessionPool } from './session-pool.ts'
import { isAnswer, type Outage, outageOf, pauseMs } from './trouble.ts'

const CLOSE_MS = 5_000
const REST_MS = 250
/**
 * After this many failures in a row the connection is replaced, unless the service itself sent the
 * refusal.
 */
const PATIENCE = 3

/**
 * Serves one session after the other until the receiver pauses. During an outage one worker tries,
 * after a pause; the others wait for its result.
 */
export async function work(pool: SessionPool): Promise<void> {
  const { runtime, pausing } = pool
  while (!pausing.signal.aborted) {
    const during: Outage | null = pool.outage
    if (during?.led) {
      await Promise.race([during.over.promise, pool.paused])
      continue
    }
    if (during) {
      during.led = true
      await runtime.sleep(pauseMs(during.failures, during.code, runtime.random()), pausing.signal)
      if (pausing.signal.aborted) return
    }
    const startedAt = runtime.now()
    const { client } = pool.connection
    try {
      const receiver = await nextSession(pool, client)
      if (receiver === null) continue
      recovered(pool)
      paceReads(client)
      await serve(pool, receiver)
    } catch (error) {
      await failed(pool, { code: busCode(error), client, startedAt, during })
    } finally {
      if (during) during.led = false
    }
  }
}

/**
 * `null` when the receiver pauses, or when the connection is given up first. A request for a
 * session cannot be cancelled, so a session that it still brings is given back.
 */
async function nextSession(
  pool: SessionPool,
  client: ServiceBusClient,
): Promise<ServiceBusSessionReceiver | null> {
  const asking = nextSessionAt(client, pool.settings)
  const answered = asking.then(
    (late) =>
      pool.pausing.signal.aborted || client !== pool.connection.client
        ? closeWithin(CLOSE_MS, late.close())
        : undefined,
    () => {},
  )
  pool.waiting.add(answered)
  void answered.then(() => pool.waiting.delete(answered))
  return await Promise.race([asking, pool.paused, pool.givenUp.promise])
}

function recovered(pool: SessionPool): void {
  pool.lastAnswerAt = pool.runtime.now()
  pool.outage?.over.resolve()
  pool.outage = null
  pool.trouble.over()
}

interface Failed {
  readonly code: string
  readonly client: ServiceBusClient
  readonly startedAt: number
  /** The outage in which this worker tried; `null` when none was known. */
  readonly during: Outage | null
}

async function failed(pool: SessionPool, { code, client, startedAt, during }: Failed): Promise<void> {
  const { runtime, pausing } = pool
  if (pausing.signal.aborted) return
  // No session has messages, or another receiver was quicker. An answer that comes at once must not
  // make this a busy loop.
  if (code === 'ServiceTimeout' || code === 'SessionCannotBeLocked') {
    if (during) recovered(pool)
    await runtime.sleep(REST_MS - (runtime.now() - startedAt), pausing.signal)
    return
  }
  pool.settings.onTrouble?.()
  pool.trouble.failed(code, { during: 'acceptSession' })
  if (pool.outage === null) {
    pool.outage = outageOf(code)
    return
  }
  pool.outage.code = code
  // Workers that asked before the outage was known do not count towards it.
  if (during !== pool.outage) return
  pool.outage.failures += 1
  if (pool.outage.failures % PATIENCE === 0 && !isAnswer(code)) pool.connection.replace(client)
}
