import type { TestContext } from 'node:test'
import { graphClient } from '../../../src/adapters/graph/client.ts'
import { localCredential } from '../../../src/adapters/graph/credential.ts'
import { parseEndpoint } from '../../../src/adapters/graph/endpoint.ts'
import { graphProvisioning } from '../../../src/adapters/graph/provisioning.ts'
import { systemRuntime } from '../../../src/adapters/system.ts'
import type { Provisioning } from '../../../src/core/ports.ts'
import { submitLoop } from '../../../src/core/provision/submit-loop.ts'
import { silentLogger, silentTelemetry } from '../../../src/core/runtime.ts'
import { startEntra } from '../../../src/local/entra/server.ts'
import { joiner, World } from '../conformance/ledger/world.ts'
import { memoryLedger, SUBMIT } from './site.ts'

export interface Pace {
  /** Calls a second after the first window, which is full at once. */
  readonly perSecond: number
  readonly calls: number
  readonly throttled: number
  /** The most calls the service counted in any 5 seconds, by their arrival. */
  readonly peak: number
}

/**
 * Real time, real sockets, the double with the service's own limits, and a way to it that takes
 * longer for one call than for another, there and back, so that calls arrive in another order and
 * closer together than they were sent.
 */
export async function measurePace(t: TestContext, forMs: number, jitterMs: number): Promise<Pace> {
  const entra = await startEntra({ settings: { cycleMs: 3_600_000, limits: { callsPerDay: 100_000 } } })
  t.after(() => entra.stop())
  const endpoint = parseEndpoint(entra.endpoint, true)
  const provisioning = graphProvisioning(graphClient(endpoint, localCredential, 10_000, Date.now), endpoint)
  const runtime = systemRuntime(silentLogger, silentTelemetry)
  const far: Provisioning = {
    upload: async (body, id) => {
      await runtime.sleep(Math.random() * jitterMs)
      const answer = await provisioning.upload(body, id)
      await runtime.sleep(Math.random() * jitterMs)
      return answer
    },
  }
  const { ledger } = await memoryLedger(t)
  const world = new World(ledger)
  world.now = Date.now()
  const employees = Math.ceil((forMs / 5_000 + 2) * 40) * 5
  await world.record(...Array.from({ length: employees }, (_, index) => joiner(`e${index}`, `p${index}`)))
  for (let planned = 1; planned > 0;) planned = (await world.plan()).length

  const settings = {
    ...SUBMIT,
    maxOperations: 5,
    fillMs: 0,
    limits: { perWindow: 40, windowMs: 5_000, perDay: Number.POSITIVE_INFINITY },
  }
  const began = Date.now()
  const loops = Array.from({ length: 4 }, (_, index) =>
    submitLoop(`submit.${index}`, { ledger, provisioning: far, settings, runtime }),
  )
  const running = loops.map((one) => one.run())
  await runtime.sleep(forMs)
  await Promise.all(loops.map((one) => one.stop()))
  await Promise.all(running)
  const { callTimes } = await ledger.readSubmissionStatus(Date.now())
  const after = callTimes.filter((at) => at > began + 5_000)
  const stats = await entra.stats()
  return {
    perSecond: after.length / ((forMs - 5_000) / 1_000),
    calls: stats.calls,
    throttled: stats.throttled,
    peak: stats.peakCallsPer5s,
  }
}
