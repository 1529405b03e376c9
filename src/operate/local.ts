import { busAddress } from '../compose.ts'
import { closeWithin, connect } from '../adapters/service-bus/client.ts'
import { readConfig } from '../config.ts'
import { type DoublesOptions, startDoubles } from '../local/doubles.ts'
import { feed } from '../local/feed/feed.ts'
import { jsonLogger } from '../adapters/logger.ts'
import { printJson, progress } from './output.ts'
import { stopSignal, whenAborted } from './process.ts'

/** The doubles alone. One line of JSON on stdout says that they are ready and how to use them. */
export async function local(options: DoublesOptions): Promise<number> {
  const stop = stopSignal(jsonLogger('info'))
  const doubles = await startDoubles(options)
  try {
    process.stdout.write(
      `${JSON.stringify({ ready: true, busPort: doubles.bus.port, entraPort: doubles.entra.port, env: doubles.environment })}\n`,
    )
    await whenAborted(stop)
  } finally {
    await doubles.stop()
  }
  return 0
}

/** Sends a file of events to the configured queue. */
export async function feedFile(file: string, environment: NodeJS.ProcessEnv): Promise<number> {
  const config = readConfig(environment)
  const client = connect(busAddress(config))
  const line = progress()
  try {
    const sent = await feed(client, config.SERVICEBUS_QUEUE, file, (messages) => line.show(`sent ${messages}`))
    line.end()
    printJson({ sent, queue: config.SERVICEBUS_QUEUE })
  } finally {
    await closeWithin(5_000, client.close())
  }
  return 0
}
