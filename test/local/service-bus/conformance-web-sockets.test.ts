import { describe } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { overWebSockets } from '../../../src/adapters/service-bus/web-socket.ts'
import { startBroker } from '../../../src/local/service-bus/broker.ts'
import { parseBrokerConfig } from '../../../src/local/service-bus/config.ts'
import { exerciseServiceBus } from '../../suites/conformance/service-bus.ts'
import { conformanceConfig } from '../../suites/conformance/service-bus/config.ts'
import { manualClock } from './support.ts'

void describe('the Service Bus double over WebSockets', () => {
  exerciseServiceBus(async () => {
    const clock = manualClock()
    const broker = await startBroker({ config: parseBrokerConfig(conformanceConfig), now: clock.now })
    return {
      connectionString: broker.connectionString,
      clientOptions: overWebSockets(null, true),
      shared: false,
      pass: async (ms) => {
        clock.advance(ms)
        // Two looks of the broker at its clock.
        await delay(40)
      },
      close: () => broker.stop(),
    }
  })
})
