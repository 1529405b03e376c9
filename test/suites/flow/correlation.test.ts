import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { FlowOptions, FlowResult } from './correlation-truth.ts'
import { EVERYTHING } from './disturbances.ts'
import type { Task } from './truth-worker.ts'

/** `RUNS=1` makes it the full size. */
const FULL = Number(process.env['RUNS'] ?? 0) >= 1
/**
 * A third of a day, so that as much happens at once as in many days of a directory of this size.
 */
const SPAN_MS = 8 * 3_600_000

const worker = new Worker(new URL('truth-worker.ts', import.meta.url))
after(() => worker.terminate())

async function flow(options: FlowOptions, rule: Task['rule'] = null): Promise<FlowResult> {
  worker.postMessage({ options: { spanMs: SPAN_MS, ...options }, rule } satisfies Task)
  const [result] = (await once(worker, 'message')) as [FlowResult]
  return result
}

/**
 * Nothing wrong, nothing without an end, nothing untold, and the directory as the events have it.
 */
function holds(result: FlowResult): void {
  assert.deepEqual(result.wrong, [], 'wrong joins')
  assert.deepEqual(result.endless, [], 'operations without an end')
  assert.deepEqual(result.mistaken, [], 'deactivations taken for those of others')
  assert.deepEqual(result.untold, [], 'events without exactly one outcome')
  assert.deepEqual(result.differing, [], 'people the directory has otherwise')
}

void describe('what the ledger believes of the log is what the service did', () => {
  void test('records in disorder but without loss: not one is joined to another operation', async (t) => {
    const size = FULL ? { employees: 500, events: 2_800 } : { employees: 60, events: 340 }
    const result = await flow({ seed: 1, ...size, skewMs: 45_000 })
    t.diagnostic(`${result.operations} operations, ${result.records} records, ${result.joined} joined`)
    holds(result)
    assert.deepEqual(result.twins, [])
    assert.equal(result.unjoined, 0)
    assert.ok(result.operations > size.employees * 3.6, `${result.operations} operations`)
  })

  for (const [seed, skewMs] of [
    [2, -60_000],
    [3, 60_000],
  ] as const)
    void test(`with losses, failures, retries, delays and other programs too (seed ${seed})`, async (t) => {
      const size = FULL ? { employees: 200, events: 1_200 } : { employees: 80, events: 480 }
      const result = await flow({ seed, ...size, skewMs, disturbance: EVERYTHING })
      t.diagnostic(
        `${result.operations} operations, ${result.joined} joined, ${result.twins.length} to a twin, ${JSON.stringify(result.states)}`,
      )
      holds(result)
    })
})

void describe('the comparison with the truth notices', () => {
  const small = { seed: 2, employees: 60, events: 400, disturbance: EVERYTHING }

  void test('the naive rule: the latest record for the externalId wins', async (t) => {
    const { wrong, operations } = await flow(small, 'latestRecordWins')
    t.diagnostic(`${wrong.length} wrong joins in ${operations} operations`)
    assert.ok(wrong.length > 10, `${wrong.length} wrong joins`)
  })

  void test('a join that forgets what was given up', async (t) => {
    const { wrong, operations, unjoined } = await flow(small, 'forgetful')
    t.diagnostic(`${wrong.length} wrong joins in ${operations} operations, ${unjoined} records without one`)
    assert.ok(wrong.length + unjoined > 2, `${wrong.length} wrong, ${unjoined} unjoined`)
  })
})
