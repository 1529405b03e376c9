import { startBroker } from '../../../src/local/service-bus/broker.ts'
import { parseBrokerConfig } from '../../../src/local/service-bus/config.ts'
import type { Answer, Question } from './broker.ts'

/** The Service Bus double in a process of its own. `argv` is its configuration as JSON. */
const broker = await startBroker({ config: parseBrokerConfig(process.argv[2] ?? '{}') })
process.on('disconnect', () => process.exit())
process.on('message', ({ entity }: Question) => void answer(entity))
process.send?.({ connectionString: broker.connectionString })

async function answer(entity: string): Promise<void> {
  const { user, system } = process.cpuUsage()
  const reply: Answer = { counts: await broker.counts(entity), cpuMicroseconds: user + system }
  process.send?.(reply)
}
