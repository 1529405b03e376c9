import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { chance } from '../../fakes/history.ts'
import { LeaverHistory } from './leaver-histories.ts'

/** `HISTORIES=4000` tries more, `SEED=2` others. */
const HISTORIES = Number(process.env['HISTORIES'] ?? 100)
const FROM = (Number(process.env['SEED'] ?? 1) - 1) * 1_000_000
const STEPS = 60

void test('no call says active of a leaver, in random histories of events, commands and faults, rescinds and erasures among them', async (t) => {
  const { ledger, empty } = await openMemoryLedger()
  t.after(() => ledger.close())
  let timesSubmitted = 0
  let ofLeavers = 0
  const wrong: string[] = []
  for (let seed = FROM + 1; seed <= FROM + HISTORIES; seed++) {
    const history = new LeaverHistory(ledger, chance(seed))
    try {
      await history.play(STEPS)
    } catch (error) {
      wrong.push(`${seed}: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      await empty()
    }
    timesSubmitted += history.timesSubmitted
    ofLeavers += history.ofLeavers
  }
  t.diagnostic(
    `${HISTORIES} histories, ${timesSubmitted} records handed over, ${ofLeavers} of leavers, ${wrong.length} wrong`,
  )
  assert.deepEqual(wrong.slice(0, 5), [])
  assert.ok(ofLeavers > HISTORIES / 2, `${ofLeavers} records of leavers were handed over`)
})
