import { compose } from '../compose.ts'
import { readConfig } from '../config.ts'
import { outside, stopSignal, whenAborted } from './process.ts'

/** Runs the connector until it is told to stop. */
export async function run(environment: NodeJS.ProcessEnv): Promise<number> {
  const config = readConfig(environment)
  const { runtime, close } = outside(config)
  const stop = stopSignal(runtime.log)
  const composed = await compose(config, runtime)
  try {
    runtime.log.info('started', {
      ledger: config.LEDGER,
      queues: config.rules.entrances.map(({ entity }) => entity),
      outcomes: config.OUTCOMES_QUEUE,
    })
    const running = composed.service.run()
    await Promise.race([running, whenAborted(stop)])
    await composed.service.stop()
    await running
  } finally {
    await composed.close()
    runtime.log.info('stopped')
    await close()
  }
  return 0
}
