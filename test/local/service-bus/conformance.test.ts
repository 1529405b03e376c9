import { setTimeout as delay } from 'node:timers/promises'
import { describe } from 'node:test'
import { startBroker } from '../../../src/local/service-bus/broker.ts'
import { parseBrokerConfig } from '../../../src/local/service-bus/config.ts'
import { conformanceConfig, exerciseServiceBus } from '../../conformance/service-bus.ts'
import type { OpenBus } from '../../conformance/service-bus.ts'
import { manualClock } from './support.ts'

const given = process.env['SERVICEBUS_CONFORMANCE_CONNECTION_STRING']

const openDouble: OpenBus = async () => {
  const clock = manualClock()
  const broker = await startBroker({ config: parseBrokerConfig(conformanceConfig), now: clock.now })
  return {
    connectionString: broker.connectionString,
    shared: false,
    pass: async (ms) => {
      clock.advance(ms)
      // Two looks of the broker at its clock.
      await delay(40)
    },
    close: () => broker.stop(),
  }
}

function openReal(connectionString: string): OpenBus {
  return async () => ({ connectionString, shared: true, pass: async (ms) => await delay(ms), close: async () => {} })
}

void describe(given === undefined ? 'the Service Bus double' : 'the Service Bus given by the environment', () => {
  exerciseServiceBus(given === undefined ? openDouble : openReal(given))
})
