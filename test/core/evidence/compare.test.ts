import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareWithLedger } from '../../../src/core/evidence/compare.ts'
import type { EvidenceLedger } from '../../../src/core/evidence/rows.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { day } from '../../fakes/events.ts'
import {
  acknowledged,
  callsOf,
  emergencyCall as call,
  entry,
  ledgerWith,
  pastLeaver as leaver,
  pastMove as move,
  movesOf,
  PERIOD,
  proven,
  rowsOfAll,
} from '../../fakes/evidence.ts'

/** The counts that are not 0, of a section. */
async function compared(
  before: EvidenceLedger,
  now: EvidenceLedger,
  section: 'leavers' | 'emergency' | 'moves' | 'decisions',
) {
  const comparison = (await compareWithLedger(now, await rowsOfAll(before), PERIOD))[section]
  return Object.fromEntries(Object.entries(comparison).filter(([, count]) => count > 0))
}

void test('a case that ended after the period is open in the report, and stays so', async () => {
  const before = ledgerWith([leaver(1, null), leaver(2, null), leaver(3, proven(day(4)))])
  const now = ledgerWith([leaver(1, proven(day(11))), leaver(2, null), leaver(3, proven(day(4)))])
  assert.deepEqual(await compared(before, now, 'leavers'), { same: 3 })
})

void test('proof from before the end that was read later settles an open case; a decision does not', async () => {
  const before = ledgerWith([leaver(1, null), leaver(2, null)])
  const decided = { as: 'acknowledged', at: day(9), byEmergency: false, acknowledged } as const
  const now = ledgerWith([leaver(1, proven(day(9))), leaver(2, decided)])
  assert.deepEqual(await compared(before, now, 'leavers'), { settledLater: 1, different: 1 })
  assert.deepEqual(await compared(now, before, 'leavers'), { different: 2 })
})

void test('an erasure leaves rows the same but for the name, and only takes ended cases away', async () => {
  const hash = 'a'.repeat(64)
  const before = ledgerWith([leaver(1, null), leaver(2, proven(day(4)))], [entry('p1'), entry('p2')])
  const erased = { ...leaver(1, null), employeeId: `erased:${hash}`, event: { source: '/hr', id: 'hash.1' } }
  const now = ledgerWith([erased], [entry(hash), entry('p2')])
  assert.deepEqual(await compared(before, now, 'leavers'), { same: 1, gone: 1 })
  assert.deepEqual(await compared(before, now, 'decisions'), { same: 2 })
})

void test('each of several entries that are alike counts once', async () => {
  const twice = ledgerWith([], [entry('p1'), entry('p1'), entry('p2')])
  const once = ledgerWith([], [entry('p1'), entry('p2', { justification: 'other' }), entry('p3')])
  assert.deepEqual(await compared(twice, once, 'decisions'), { same: 1, different: 1, missing: 1, gone: 1 })
})

void test('a call whose answer was read later, and an operation that ended late, are settled; another answer or price is not', async () => {
  const before = callsOf(
    call(1, { ended: null, job: { state: 'pending', finishedAt: null } }),
    call(2, { job: { state: 'unanswered', finishedAt: day(5) } }),
    call(3),
    call(4),
    call(5),
  )
  const now = callsOf(
    call(1, { ended: { at: day(3), result: 'refused', status: 403 }, microUsd: 0 }),
    call(2, { job: { state: 'confirmed', finishedAt: day(20) } }),
    call(3, { ended: { at: day(3) + 200, result: 'gone', status: 404 } }),
    call(4, { microUsd: 3_000 }),
    call(5, { job: { state: 'unchanged', finishedAt: day(4) } }),
  )
  assert.deepEqual(await compared(before, now, 'emergency'), { settledLater: 2, different: 3 })
})

void test('a call stays the same when retention has removed its operation, or an erasure the name', async () => {
  const before = callsOf(call(1), call(2), call(3))
  const now = callsOf(call(1, { job: null }), call(2, { employeeId: 'erased:hash', job: null }))
  assert.deepEqual(await compared(before, now, 'emergency'), { same: 2, gone: 1 })
})

void test('what a call and its operation became after the period is open in the report', async () => {
  const after = { at: day(10), result: 'disabled', status: 204 } as const
  const ledger = callsOf(
    call(1, { ended: after, job: { state: 'confirmed', finishedAt: day(10) } }),
    // Answered late, and not final again yet.
    call(2, { job: { state: 'answered', finishedAt: day(5) } }),
  )
  const rows = await rowsOfAll(ledger)
  assert.deepEqual(
    rows.map((row) => row.section === 'emergency' && [row.result, row.endedAt, row.job, row.jobEndedAt]),
    [
      ['open', null, 'open', null],
      ['disabled', new Date(day(3) + 200).toISOString(), 'open', null],
    ],
  )
})

void test('a move that went on is settled later; another moment of what had ended is not', async () => {
  const before = movesOf(
    move(1, 'accepted', null),
    move(2, 'unanswered', day(4)),
    move(3, 'confirmed', day(4)),
    move(4, 'confirmed', day(4)),
    move(5, 'confirmed', day(4), day(5)),
    move(6, 'withdrawn', day(4)),
    move(7, 'confirmed', day(4), day(5)),
    move(8, 'withdrawn', day(4)),
  )
  const now = movesOf(
    move(1, 'confirmed', day(4), day(5)),
    move(2, 'confirmed', day(3)),
    move(3, 'confirmed', day(4), day(5)),
    move(4, 'confirmed', day(5)),
    move(5, 'confirmed', day(4)),
    move(6, 'confirmed', day(4)),
    { ...move(7, 'confirmed', day(4), day(5)), event: null },
    // A departure that was withdrawn stays so.
    move(8, 'skipped', day(4), day(5)),
  )
  assert.deepEqual(await compared(before, now, 'moves'), { same: 1, settledLater: 3, different: 4 })
})

void test('what a move became after the period is open in the report', async () => {
  const rows = await rowsOfAll(
    movesOf(
      move(1, 'confirmed', day(10), day(11)),
      move(2, 'confirmed', day(4), day(10)),
      move(3, 'confirmed', day(4), day(5)),
      // The account may still be enabled there.
      move(4, 'skipped', day(4), day(5)),
      move(5, 'failed', day(4)),
      { ...move(6, 'confirmed', day(4), day(5)), from: 'south' },
    ),
  )
  assert.deepEqual(
    rows.map((row) => row.section === 'moves' && [row.outcome, row.to, row.disabledMs, row.enabledMs]),
    [
      ['open', null, null, null],
      ['disabled', null, 2 * DAY_MS, null],
      ['completed', 'south', 2 * DAY_MS, 3 * DAY_MS],
      ['completed', 'south', null, 3 * DAY_MS],
      ['failed', null, null, null],
      ['returned', 'south', 2 * DAY_MS, 3 * DAY_MS],
    ],
  )
})

void test('an open case may get its destination later; a closed one may not', async () => {
  const before = ledgerWith([
    { ...leaver(1, null), destination: null },
    { ...leaver(2, proven(day(4))), destination: 'north' },
  ])
  const now = ledgerWith([leaver(1, proven(day(9))), leaver(2, proven(day(4)))])
  assert.deepEqual(await compared(before, now, 'leavers'), { settledLater: 1, different: 1 })
})
