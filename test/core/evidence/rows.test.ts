import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EvidenceDocument, rowsOfDocument } from '../../../src/core/evidence/document.ts'
import type { EvidenceRow } from '../../../src/core/evidence/rows.ts'
import { totalsOfRows } from '../../../src/core/evidence/totals.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import type { PastLeaver } from '../../../src/core/ledger/port/leavers.ts'
import { day } from '../../fakes/events.ts'
import {
  acknowledged,
  emergencyCall,
  entry,
  ledgerWith,
  pastLeaver,
  pastMove,
  PERIOD,
  proven,
  rowsOfAll,
} from '../../fakes/evidence.ts'

const iso = (at: number): string => new Date(at).toISOString()

async function leaverRow(one: PastLeaver) {
  const [row] = await rowsOfAll(ledgerWith([one]))
  assert.ok(row?.section === 'leavers')
  return row
}

void test('a leaver case says when it was proven, by what, and how long that took from receipt and from the record of HR', async () => {
  const times = { effectiveAt: day(2), recordedAt: day(1), receivedAt: day(3) }
  assert.deepEqual(await leaverRow({ ...pastLeaver(1, proven(day(5))), ...times }), {
    section: 'leavers',
    id: 'leaver-1',
    employeeId: 'p1',
    destination: 'south',
    source: '/hr',
    event: 'out-1',
    effectiveAt: iso(day(2)),
    recordedAt: iso(day(1)),
    receivedAt: iso(day(3)),
    openedAt: iso(day(2)),
    ended: 'proven',
    endedAt: iso(day(5)),
    provenBy: 'job',
    proofMs: 2 * DAY_MS,
    proofFromRecordedMs: 3 * DAY_MS,
    decidedBy: null,
    justification: null,
  })
})

void test('a leaver case that ended without proof has no time to it, and names who acknowledged it and why', async () => {
  const decided = { as: 'acknowledged', at: day(9), byEmergency: false, acknowledged } as const
  const { provenBy, proofMs, proofFromRecordedMs, decidedBy, justification } = await leaverRow(
    pastLeaver(1, decided),
  )
  assert.deepEqual([provenBy, proofMs, proofFromRecordedMs], [null, null, null])
  assert.deepEqual([decidedBy, justification], ['ann', 'ticket 7'])
})

void test('a period ends before its last moment: what ended then was still open', async () => {
  const ended = async (at: number) => (await leaverRow(pastLeaver(1, proven(at)))).ended
  assert.deepEqual([await ended(PERIOD.to - 1), await ended(PERIOD.to)], ['proven', 'open'])
})

void test('an account at the default destination, or at one that is not known, has no destination in a report', async () => {
  for (const destination of ['default', null])
    assert.equal(
      Object.hasOwn(await leaverRow({ ...pastLeaver(1, null), destination }), 'destination'),
      false,
    )
})

void test('the move of an event that is gone has no times', async () => {
  const [row] = await rowsOfAll(
    ledgerWith([], [], [], [{ ...pastMove(1, 'confirmed', day(4), day(5)), event: null }]),
  )
  assert.ok(row?.section === 'moves')
  const { source, event, receivedAt, disabledMs, enabledMs } = row
  assert.deepEqual([source, event, receivedAt, disabledMs, enabledMs], [null, null, null, null, null])
  assert.deepEqual([row.disabledAt, row.enabledAt], [iso(day(4)), iso(day(5))])
})

void test('a report as JSON keeps every row, also in a period without moves', async () => {
  const actions = ['block', 'replay', 'configuration', 'show-values'].map((action) => entry('p1', { action }))
  for (const moves of [[pastMove(1, 'confirmed', day(4))], []]) {
    const rows = await rowsOfAll(ledgerWith([pastLeaver(1, null)], actions, [emergencyCall(1)], moves))
    const sums = totalsOfRows()
    for (const row of rows) sums.add(row)
    const of = (section: EvidenceRow['section']) =>
      rows.filter((row) => row.section === section).map(({ section: _section, ...row }) => row)
    const document = EvidenceDocument.parse({
      evidence: 1,
      from: iso(PERIOD.from),
      to: iso(PERIOD.to),
      madeAt: iso(PERIOD.to),
      release: '0.0.0',
      leavers: of('leavers'),
      emergency: of('emergency'),
      ...(moves.length === 0 ? {} : { moves: of('moves') }),
      decisions: of('decisions'),
      replays: of('replays'),
      configuration: of('configuration'),
      disclosures: of('disclosures'),
      totals: sums.totals(),
    })
    assert.deepEqual(rowsOfDocument(document), rows)
  }
})
