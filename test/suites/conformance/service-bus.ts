import { it } from 'node:test'
import { type Case, openBench, type OpenBus } from './service-bus/bench.ts'
import { frameCases } from './service-bus/frames.ts'
import { partitionCases } from './service-bus/partitions.ts'
import { queueCases } from './service-bus/queues.ts'
import { sessionCases } from './service-bus/sessions.ts'
import { settlementCases } from './service-bus/settlement.ts'
import { topicCases } from './service-bus/topics.ts'

/** Every case of the suite, in the order it runs. */
export const cases: readonly Case[] = [...queueCases, ...settlementCases, ...sessionCases, ...topicCases]

/**
 * Holds a Service Bus to what the service documents, or was seen to do, through the official client
 * only. It runs unchanged against the double, the official emulator and a namespace that has the
 * entities of `conformanceConfig`. Each test's name ends with the source of its rule.
 */
export function exerciseServiceBus(open: OpenBus): void {
  exercise(cases, open)
}

/**
 * The same for entities with partitions, which the emulator does not have: those of
 * `partitionedConfig`. They are expected to be empty.
 */
export function exercisePartitions(open: OpenBus): void {
  exercise(partitionCases, open)
}

/**
 * The same by single frames, where the bus is reached over plain TCP: a namespace of Azure is not.
 */
export function exerciseFrames(open: OpenBus): void {
  exercise(frameCases, open)
}

function exercise(all: readonly Case[], open: OpenBus): void {
  for (const { rule, source, body } of all) {
    void it(`${rule} [${source}]`, async (t) => {
      const bench = await openBench(open)
      t.after(() => bench.close())
      await body(bench)
    })
  }
}
