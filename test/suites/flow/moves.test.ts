import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { chance } from '../../fakes/history.ts'
import { Movers } from './moves-company.ts'

/** `HISTORIES=10000` tries more, `SEED=2` others. */
const HISTORIES = Number(process.env['HISTORIES'] ?? 40)
const FROM = (Number(process.env['SEED'] ?? 1) - 1) * 1_000_000
const STEPS = 40

void test('an employee is enabled at one destination at most, and ends where HR says, in random histories of moves', async (t) => {
  const { ledger, empty } = await openMemoryLedger()
  t.after(() => ledger.close())
  let activations = 0
  const wrong: string[] = []
  for (let seed = FROM + 1; seed <= FROM + HISTORIES; seed++) {
    const movers = new Movers(ledger, chance(seed))
    await movers.begin()
    for (let step = 0; step < STEPS; step++) await movers.step(step)
    await movers.rest()
    await movers.judge()
    activations += movers.activations
    wrong.push(...movers.wrong.map((one) => `${seed}: ${one}`))
    await empty()
  }
  t.diagnostic(`${HISTORIES} histories, ${activations} activations, ${wrong.length} violations`)
  assert.deepEqual(wrong.slice(0, 5), [])
  assert.ok(activations > HISTORIES, `${activations} records activated an account`)
})
