import { counting } from '../../adapters/telemetry/counters.ts'
import { maskedLocation } from '../../adapters/ledger-sql/driver/postgres/address.ts'
import { compose, type Composed } from '../../compose/connector.ts'
import { readConfig } from '../../compose/config.ts'
import { warnOfSkew } from '../../core/clock.ts'
import type { Loop } from '../../core/loops.ts'
import type { Probes } from '../../http/probes.ts'
import { outside, stopSignal, whenAborted } from '../support/process.ts'
import { serveProbes } from '../../http/serve.ts'

/** Runs the connector until it is told to stop. */
export async function run(environment: NodeJS.ProcessEnv, loops?: ReadonlySet<Loop>): Promise<number> {
  const config = readConfig(environment)
  const { runtime: plain, close } = await outside(config)
  const { telemetry, counters } = counting(plain.telemetry)
  const runtime = { ...plain, telemetry }
  const stop = stopSignal(runtime.log)
  let composed: Composed | null = null
  let probes: Probes | null = null
  try {
    probes = await serveProbes(config, () => composed, counters, runtime)
    composed = await compose(config, runtime, loops)
    runtime.log.info('started', {
      ledger: maskedLocation(config.LEDGER),
      ...(loops ? { loops: [...loops] } : {}),
      queues: config.rules.sourceAddresses.map(({ entity }) => entity),
      outcomes: config.OUTCOMES_QUEUE,
    })
    await warnOfSkew(composed.ledger, runtime)
    const running = composed.service.run()
    // It may end while it is being stopped for another reason, which is the one that is told.
    running.catch(() => {})
    try {
      await Promise.race([running, whenAborted(stop), composed.lost])
    } finally {
      await composed.service.stop()
    }
    await running
  } finally {
    await composed?.close()
    await probes?.close()
    runtime.log.info('stopped')
    await close()
  }
  return 0
}
