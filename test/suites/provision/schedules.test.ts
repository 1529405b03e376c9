import { test } from 'node:test'
import * as fc from 'fast-check'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { T0 } from '../conformance/ledger/world.ts'
import { type Fate, Schedule, type Step } from './schedule.ts'

const employee = fc.nat({ max: 3 })
const fates: readonly Fate[] = [
  'taken',
  'taken',
  'taken',
  'answer lost',
  'late',
  'lost',
  'killed',
  429,
  403,
  500,
  400,
]
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('event' as const),
        employee,
        says: fc.constantFrom('title', 'leave', 'join'),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('plan' as const) }) },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('send' as const), fate: fc.constantFrom(...fates) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('land' as const), which: fc.nat({ max: 5 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('cycle' as const), order: fc.nat() }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('wait' as const),
        ms: fc.constantFrom(100, 1_000, 5_000, 31_000, 100_000, 40_000_000),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  ),
  { minLength: 5, maxLength: 60 },
)

void test('no schedule of arrivals, faults, overtaking terminations and restarts exceeds a limit, sends an employee twice in a request, sends a stale active, or drops a change', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      const driver = openSqlite(':memory:')
      await migrate(driver, T0)
      const ledger = sqlLedger(driver, 'test')
      try {
        const schedule = new Schedule(ledger, { perWindow: 3, windowMs: 5_000, perDay: 30 })
        for (const step of history) await schedule.take(step)
        await schedule.drain()
      } finally {
        await ledger.close()
      }
    }),
    { numRuns: Number(process.env['ROLLCALL_RUNS'] ?? 150), interruptAfterTimeLimit: 15_000 },
  )
})
