import assert from 'node:assert/strict'
import { test } from 'node:test'
import { totalsOfRows } from '../../../src/core/evidence/totals.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { day } from '../../fakes/events.ts'
import {
  acknowledged,
  emergencyCall,
  entry,
  ledgerWith,
  pastLeaver,
  pastMove,
  proven,
  rowsOfAll,
} from '../../fakes/evidence.ts'

async function totalsOf(...ledger: Parameters<typeof ledgerWith>) {
  const sums = totalsOfRows()
  for (const row of await rowsOfAll(ledgerWith(...ledger))) sums.add(row)
  return sums.totals()
}

void test('leaver cases are counted by how they ended, and the times of those with proof by nearest rank', async () => {
  const { leavers } = await totalsOf([
    pastLeaver(1, null),
    pastLeaver(2, proven(day(3))),
    {
      ...pastLeaver(3, { as: 'proven', at: day(6), byEmergency: true, acknowledged: null }),
      receivedAt: day(4),
    },
    pastLeaver(4, proven(day(4))),
    pastLeaver(5, { as: 'acknowledged', at: day(9), byEmergency: false, acknowledged }),
  ])
  const times = (p50: number, worst: number) => ({
    p50Ms: p50 * DAY_MS,
    p95Ms: worst * DAY_MS,
    worstMs: worst * DAY_MS,
  })
  assert.deepEqual(leavers, {
    cases: 5,
    ended: { acknowledged: 1, open: 1, proven: 3 },
    provenBy: { 'emergency lane': 1, job: 2 },
    proof: { fromReceipt: times(2, 2), fromRecorded: times(2, 4) },
  })
  assert.deepEqual(Object.keys(leavers.ended), ['acknowledged', 'open', 'proven'], 'in one order')
})

void test('calls of the emergency lane are counted with what they cost, and by the job only where they disabled', async () => {
  const refused = { at: day(3), result: 'refused', status: 403 } as const
  const { emergency } = await totalsOf(
    [],
    [],
    [
      emergencyCall(1),
      emergencyCall(2),
      emergencyCall(3, { ended: refused, microUsd: 0 }),
      emergencyCall(4, { job: null }),
    ],
  )
  assert.deepEqual(emergency, {
    calls: 4,
    results: { disabled: 3, refused: 1 },
    job: { confirmed: 2, removed: 1 },
    usd: 0.006,
  })
})

void test('moves are counted by outcome with the times of both steps, and not at all in a period without any', async () => {
  const moves = [
    pastMove(1, 'confirmed', day(4), day(5)),
    pastMove(2, 'confirmed', day(3)),
    pastMove(3, 'accepted', null),
  ]
  const days = (number: number) => number * DAY_MS
  assert.deepEqual((await totalsOf([], [], [], moves)).moves, {
    departures: 3,
    outcomes: { completed: 1, disabled: 1, open: 1 },
    disabled: { p50Ms: days(1), p95Ms: days(2), worstMs: days(2) },
    enabled: { p50Ms: days(3), p95Ms: days(3), worstMs: days(3) },
  })
  assert.equal(Object.hasOwn(await totalsOf([]), 'moves'), false)
})

void test('actions are counted by section: only a replay itself counts dead letters, and an edit is a decision', async () => {
  const { decisions, replays, deadLettersReplayed, configuration, disclosures } = await totalsOf(
    [],
    [
      entry('p1'),
      entry('p2'),
      entry('r1', { action: 'replay', count: 7 }),
      entry('r2', { action: 'replay', count: 3 }),
      entry('r1', { action: 'replay.pause', count: 1 }),
      entry('dl-1', { action: 'replay.edit' }),
      entry('a', { action: 'configuration' }),
      entry('b', { action: 'configuration' }),
      entry('p1', { action: 'show-values' }),
      entry('p2', { action: 'show-values' }),
    ],
  )
  assert.deepEqual(decisions, { block: 2, 'replay.edit': 1 })
  assert.deepEqual(replays, { replay: 2, 'replay.pause': 1 })
  assert.deepEqual([deadLettersReplayed, configuration, disclosures], [10, 2, 2])
})
