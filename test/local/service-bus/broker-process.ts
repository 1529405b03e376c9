import { startBroker } from '../../../src/local/service-bus/broker.ts'
import { parseBrokerConfig } from '../../../src/local/service-bus/config.ts'

/**
 * A broker in a process of its own, for tests that kill it: `argv` is the configuration as JSON
 * and, when given, the file.
 */
const [, , config = '{}', file] = process.argv
const broker = await startBroker({ config: parseBrokerConfig(config), ...(file !== undefined && { file }) })
process.on('disconnect', () => process.exit())
process.on('message', () => process.send?.({ cpu: process.cpuUsage(), rss: process.memoryUsage().rss }))
process.send?.({ connectionString: broker.connectionString })
