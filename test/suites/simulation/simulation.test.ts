import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { shrink } from './shrink.ts'
import { simulate } from './simulate.ts'
import { planOf, play } from './world.ts'

/**
 * More than any broken promise of `npm run simulate:prove` takes. `SEEDS=1000` plays more, `SEED=2`
 * others. `npm run simulate` plays for hours.
 */
const SEEDS = Number(process.env['SEEDS'] ?? 300)
const FROM = (Number(process.env['SEED'] ?? 1) - 1) * 1_000_000 + 1

void test('whatever happens to the connector, every promise is kept, and at rest the directory is as HR says', async (t) => {
  const { failure, tried, events, operations, done } = await simulate({ from: FROM, seeds: SEEDS })
  t.diagnostic(JSON.stringify({ tried, events, operations, done }))
  assert.equal(failure, null, failure ?? '')
})

void test('a seed plays the same every time', async (t) => {
  const memory = await openMemoryLedger()
  t.after(() => memory.ledger.close())
  const [once, again] = [await play(7, planOf(7), memory), await play(7, planOf(7), memory)]
  assert.deepEqual(once, again)
  assert.ok(once.told.length > 0)
})

void test('a change by another system just before a deactivation, which it looks like, may count as its answer', async (t) => {
  const memory = await openMemoryLedger()
  t.after(() => memory.ledger.close())
  assert.deepEqual((await play(955, planOf(955), memory)).violations, [])
})

void test('of an employee who never had an account the service refuses the record and the directory the deactivation: every event has its outcome', async (t) => {
  const memory = await openMemoryLedger()
  t.after(() => memory.ledger.close())
  const some = planOf(955).filter((_, index) => [0, 1, 2, 5].includes(index))
  const { violations, told } = await play(955, some, memory)
  assert.deepEqual(violations, [])
  assert.deepEqual(told.toSorted(), [
    'e1-1 1 dead-lettered InvalidRequest',
    'e1-2 1 superseded ',
    'e1-3 1 dead-lettered InvalidRequest',
    'e1-notice-2 1 unchanged NotInDirectory',
  ])
})

void test('a failing list is made as short as it goes', async () => {
  const items = Array.from({ length: 23 }, (_, index) => index)
  assert.deepEqual(await shrink(items, async (some) => some.includes(3) && some.includes(17)), [3, 17])
})
