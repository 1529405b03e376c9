import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runImpure } from './impure-world.ts'

/** `RUNS=1` tries a thousand employees, `HISTORIES=10000` so many, `SEED=2` others. */
const HISTORIES = Number(process.env['HISTORIES'] ?? (Number(process.env['RUNS'] ?? 0) >= 1 ? 1_000 : 150))
const SEED = Number(process.env['SEED'] ?? 1)

void test('every leaver is disabled or named by an open case or finding, however impure the messages are', async (t) => {
  const { lost, invented, lockedOut, ...figures } = await runImpure({ seed: SEED, employees: HISTORIES })
  t.diagnostic(JSON.stringify(figures))
  assert.deepEqual(lost.slice(0, 5).join('\n'), '', `${lost.length} leavers`)
  assert.deepEqual(invented.slice(0, 5).join('\n'), '', `${invented.length} who never started`)
  assert.deepEqual(lockedOut.slice(0, 5).join('\n'), '', `${lockedOut.length} locked out`)
})
