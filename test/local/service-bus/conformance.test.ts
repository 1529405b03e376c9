import { setTimeout as delay } from 'node:timers/promises'
import { describe } from 'node:test'
import { startBroker } from '../../../src/local/service-bus/broker.ts'
import { parseBrokerConfig } from '../../../src/local/service-bus/config.ts'
import {
  exerciseFrames,
  exercisePartitions,
  exerciseServiceBus,
} from '../../suites/conformance/service-bus.ts'
import { conformanceConfig } from '../../suites/conformance/service-bus/config.ts'
import type { OpenBus } from '../../suites/conformance/service-bus/bench.ts'
import { partitionedConfig } from '../../suites/conformance/service-bus/partitions.ts'
import { manualClock } from './support.ts'

const given = process.env['SERVICEBUS_CONFORMANCE_CONNECTION_STRING']

const partitioned = process.env['SERVICEBUS_PARTITIONED_CONNECTION_STRING']

const doubleOf =
  (config: object): OpenBus =>
  async () => {
    const clock = manualClock()
    const broker = await startBroker({ config: parseBrokerConfig(config), now: clock.now })
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

function openReal(connectionString: string, shared = true): OpenBus {
  return async () => ({
    connectionString,
    shared,
    pass: async (ms) => await delay(ms),
    close: async () => {},
  })
}

void describe(
  given === undefined ? 'the Service Bus double' : 'the Service Bus given by the environment',
  () => {
    exerciseServiceBus(given === undefined ? doubleOf(conformanceConfig) : openReal(given))
    // The emulator speaks plain TCP, a namespace of Azure TLS.
    if (given === undefined || given.includes('UseDevelopmentEmulator=true'))
      exerciseFrames(given === undefined ? doubleOf(conformanceConfig) : openReal(given))
  },
)

void describe(
  partitioned === undefined
    ? 'partitions of the Service Bus double'
    : 'partitions of the Service Bus given by the environment',
  () => {
    exercisePartitions(partitioned === undefined ? doubleOf(partitionedConfig) : openReal(partitioned, false))
  },
)
