import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Candidate, EchoedKey } from '../../../../src/core/ledger/port/report.ts'
import { learnEchoes, newlyLearned } from '../../../../src/core/report/correlate/evidence.ts'
import type { LogRecord } from '../../../../src/core/ledger/log-record.ts'
import { day } from '../../../fakes/events.ts'
import { candidate, candidates, joinsOf, type Joined, joined, logRecord } from '../../../fakes/log.ts'

const HOUR = 3_600_000
const echoes = (key: string, from: number, to: number, cycle = 'other'): EchoedKey[] => [
  { job: 'API2AAD.tenant.job', key, from, to, cycle },
]
const always = echoes('title', day(0), day(9))
const join = (
  operations: readonly Candidate[],
  records: readonly LogRecord[],
  known: readonly EchoedKey[] = always,
): Joined => joined(records, candidates(operations, { echoes: known }))

/** Given up, and offered again with a title that the first did not have. */
const older = candidate(
  'op-1',
  { displayName: 'Ann Lee', title: null },
  { state: 'unanswered', acceptedAt: day(1) },
)
const newer = candidate('op-2', { displayName: 'Ann Lee', title: 'Head' }, { acceptedAt: day(1) + HOUR })
const at = day(1) + HOUR + 600_000

void describe('a sent value that the record does not show is evidence against an operation', () => {
  const bare = logRecord('r-1', { at, echo: { displayName: 'Ann Lee' } })

  void test('when the job shows that attribute: the late record of an older operation does not settle a newer one that only adds values', () => {
    assert.deepEqual(join([older, newer], [bare]), { 'r-1': ['op-1', 'confirmed'] })
    assert.deepEqual(join([newer], [bare]), { 'r-1': [null, null] })
  })

  void test('in the same cycle, or between two records that show it; not after the last one that did', () => {
    assert.deepEqual(join([newer], [bare], echoes('title', at + HOUR, at + HOUR, 'cycle')), {
      'r-1': [null, null],
    })
    assert.deepEqual(join([newer], [bare], echoes('title', day(0), at - 1_000)), {
      'r-1': ['op-2', 'confirmed'],
    })
    assert.deepEqual(join([newer], [bare], echoes('title', at + 1_000, day(9))), {
      'r-1': ['op-2', 'confirmed'],
    })
    const other = logRecord('r-2', { employee: '10002', at: at - HOUR, echo: { title: 'Clerk' } })
    assert.deepEqual(join([newer], [bare, other], [])['r-1'], [null, null])
  })

  void test('while this is unknown, neither operation is settled, and both can wait', () => {
    assert.deepEqual(join([older, newer], [bare], echoes('title', day(0), at - 1_000)), {
      'r-1': [null, null],
    })
  })

  void test('a record of another job proves nothing, and neither does a record without any values', () => {
    const [title] = always
    assert.ok(title)
    assert.deepEqual(join([newer], [bare], [{ ...title, job: 'another' }]), {
      'r-1': ['op-2', 'confirmed'],
    })
    const silent = logRecord('r-1', {
      at,
      more: { provisioningSteps: [{ provisioningStepType: 'import', status: 'success', details: {} }] },
    })
    assert.deepEqual(join([newer], [silent]), { 'r-1': ['op-2', 'confirmed'] })
  })

  void test('but when both sends of one record are answered without the value, the answers count', () => {
    const first = candidate(
      'op-1',
      { displayName: 'Ann Lee', title: 'Head' },
      { state: 'unanswered', acceptedAt: day(1) },
    )
    const earlier = logRecord('r-0', { at: day(1) + 60_000, echo: { displayName: 'Ann Lee' } })
    assert.deepEqual(join([first], [earlier]), { 'r-0': [null, null] })
    const both = joined([bare], candidates([first, newer], { echoes: always, unjoined: [earlier] }))
    assert.deepEqual(both, { 'r-0': [null, null], 'r-1': ['op-2', 'confirmed'] })
  })

  void test('nor do they when the send that was given up had another record', () => {
    const other = candidate(
      'op-1',
      { displayName: 'Ann Lee', title: 'Clerk' },
      { state: 'unanswered', acceptedAt: day(1) },
    )
    const earlier = logRecord('r-0', { at: day(1) + 60_000, echo: { displayName: 'Ann Lee' } })
    const found = candidates([other, newer], { echoes: always, unjoined: [earlier] })
    assert.deepEqual(joined([bare], found), { 'r-0': [null, null], 'r-1': [null, null] })
  })

  void test('the time span in which an attribute was seen is learned, and its last cycle', () => {
    const records = [
      logRecord('r-1', { at: day(3), echo: { title: 'x' } }),
      logRecord('r-2', { at: day(2), echo: { title: 'y', empty: '' } }),
    ]
    const learned = newlyLearned([], learnEchoes([], records))
    assert.deepEqual(
      learned.find(({ key }) => key === 'title'),
      { job: 'API2AAD.tenant.job', key: 'title', from: day(2), to: day(3), cycle: 'cycle' },
    )
    assert.equal(
      learned.some(({ key }) => key === 'empty'),
      false,
    )
    assert.deepEqual(newlyLearned(learned, learnEchoes(learned, records)), [])
  })

  void test('the time span grows in both directions, and the last cycle is the one at its end', () => {
    const seen = (at: number, cycleId: string): LogRecord =>
      logRecord(`r-${at}-${cycleId}`, { at, echo: { title: 'x' }, more: { cycleId } })
    const spanAfter = (...records: readonly LogRecord[]): unknown => {
      const [echoed] = newlyLearned(
        [],
        learnEchoes(newlyLearned([], learnEchoes([], [seen(day(3), 'third')])), records),
      )
      return echoed && [echoed.from, echoed.to, echoed.cycle]
    }
    assert.deepEqual(spanAfter(seen(day(4), 'fourth')), [day(3), day(4), 'fourth'])
    assert.deepEqual(spanAfter(seen(day(2), 'second')), [day(2), day(3), 'third'])
    assert.deepEqual(spanAfter(seen(day(3), 'another')), [day(3), day(3), 'another'])
    assert.deepEqual(spanAfter(seen(day(4), 'fourth'), seen(day(2), 'second')), [day(2), day(4), 'fourth'])
  })
})

void describe('a record may be late', () => {
  const record = (id: string, more: Parameters<typeof logRecord>[1] = {}): LogRecord =>
    logRecord(id, { at, ...more })

  void test('an operation that was given up still gets it, whether it was resent or not', () => {
    assert.deepEqual(join([older], [record('r-1', { echo: { displayName: 'Ann Lee' } })]), {
      'r-1': ['op-1', 'confirmed'],
    })
    const withdrawn = { ...older, state: 'withdrawn' } as const
    assert.deepEqual(
      join([withdrawn, newer], [record('r-1', { echo: { displayName: 'Ann Lee' } })])['r-1']?.[0],
      'op-1',
    )
  })

  void test('of two identical records, the unanswered operation is answered first, and the other gets further records', () => {
    const again = { ...older, id: 'op-2', state: 'accepted', submittedAt: day(1) + HOUR } as const
    const records = [
      record('r-1', { echo: { displayName: 'Ann Lee' } }),
      record('r-2', { at: at + 1_000, echo: { displayName: 'Ann Lee' } }),
    ]
    assert.deepEqual(join([older, again], records), {
      'r-1': ['op-2', 'confirmed'],
      'r-2': ['op-1', 'confirmed'],
    })
  })

  void test('an operation that was sent twice may be carried out twice, and has one outcome: success overrides failure', () => {
    const twice = candidate('op-1', {}, { timesSubmitted: 2 })
    const failed = record('r-1', { status: 'failure', errorCode: 'EntryConflict' })
    assert.deepEqual(join([twice], [failed, record('r-2', { at: at + 1_000 })]), {
      'r-1': ['op-1', null],
      'r-2': ['op-1', 'confirmed'],
    })
    assert.deepEqual(join([twice], [record('r-1'), record('r-2', { at: at + 1_000 })]), {
      'r-1': ['op-1', 'confirmed'],
      'r-2': ['op-1', null],
    })
    assert.deepEqual(
      join([{ ...twice, timesSubmitted: 1 }], [failed, record('r-2', { at: at + 1_000 })])['r-2'],
      [null, null],
    )
    const done = { ...twice, state: 'confirmed', timesReported: 1 } as const
    assert.equal(join([done], [record('r-1')])['r-1']?.[0], 'op-1')
    assert.equal(join([{ ...done, timesReported: 2 }], [record('r-1')])['r-1']?.[0], null)
  })

  void test('while its upload is unanswered nothing is settled, and no other operation gets the record', () => {
    const underWay = { ...newer, state: 'batched' } as const
    assert.deepEqual(
      join([older, underWay], [record('r-1', { echo: { displayName: 'Ann Lee', title: 'Head' } })]),
      { 'r-1': [null, null] },
    )
  })

  void test('an unanswered operation whose values are all shown comes before one that was given up and sent more', () => {
    const more = { ...older, record: newer.record }
    const less = { ...newer, record: older.record }
    assert.deepEqual(
      join(
        [more, less],
        [record('r-1', { echo: { displayName: 'Ann Lee' } })],
        echoes('title', day(0), day(1)),
      ),
      {
        'r-1': ['op-2', 'confirmed'],
      },
    )
  })
})

void describe('a retry of the service belongs to the failure that was escrowed at its moment', () => {
  const putAside = day(1) + HOUR
  const retry = logRecord('r-9', {
    at: day(2),
    importStep: 'EntryEscrowRetry',
    importDetails: { TypeName: 'EscrowedEntryDefault', CreationTime: new Date(putAside + 400).toISOString() },
  })
  const failed = (id: string, failedAt: number | null, more: Partial<Candidate> = {}): Candidate =>
    candidate(id, {}, { state: 'failed', acceptedAt: day(1), failedAt, timesReported: 1, ...more })
  const of = (
    operations: readonly Candidate[],
    unjoined: readonly LogRecord[] = [],
  ): string | null | undefined =>
    joinsOf([retry], candidates(operations, { unjoined }), 0).find(({ record }) => record.id === 'r-9')
      ?.operation

  void test('also when that failure was final, was given up, or is just being finalized', () => {
    for (const state of ['escrowed', 'failed', 'answered'] as const)
      assert.equal(of([failed('op-1', putAside, { state }), failed('op-2', putAside + 20 * 60_000)]), 'op-1')
    assert.equal(of([failed('op-1', null, { state: 'unanswered', timesReported: 0 })]), 'op-1')
  })

  void test('two failures in the same second cannot be distinguished', () => {
    assert.equal(
      of([failed('op-1', putAside), failed('op-2', putAside, { record: '{"title":"Head"}' })]),
      null,
    )
    assert.equal(of([failed('op-1', putAside), failed('op-2', putAside)]), 'op-1')
    const other = { record: '{"title":"Head"}' }
    assert.equal(of([failed('op-1', putAside), failed('op-2', putAside + 999, other)]), null)
    for (const operations of [
      [failed('op-1', putAside), failed('op-2', putAside + 60_000, other)],
      [failed('op-2', putAside + 60_000, other), failed('op-1', putAside)],
    ])
      assert.equal(of(operations), 'op-1', 'a minute apart they can')
  })

  void test('a failure counts for three minutes, and an operation without one when it was submitted by then', () => {
    const moment = putAside + 400
    const unanswered = failed('op-2', null, { state: 'unanswered', submittedAt: day(1), timesReported: 0 })
    assert.equal(of([failed('op-1', moment - 180_000), unanswered]), 'op-1')
    assert.equal(of([failed('op-1', moment - 180_001), unanswered]), 'op-2')
    assert.equal(of([{ ...unanswered, submittedAt: moment + 999 }]), 'op-2')
    assert.equal(of([{ ...unanswered, submittedAt: moment + 1_000 }]), null)
  })

  void test('or to the last operation that failed, in whatever state it is, when the log does not say when', () => {
    const silent = logRecord('r-9', {
      at: day(2),
      importStep: 'EntryEscrowRetry',
      importDetails: { TypeName: 'EscrowedEntryDefault' },
    })
    const two = [
      failed('op-1', putAside, { submittedAt: day(1) }),
      failed('op-2', putAside, { submittedAt: day(1) + HOUR, state: 'answered' }),
    ]
    for (const operations of [two, two.toReversed()])
      assert.equal(joinsOf([silent], candidates(operations), 0)[0]?.operation, 'op-2')
  })

  void test('a failure that we did not send keeps its retry', () => {
    const foreign = logRecord('r-1', {
      at: putAside,
      status: 'failure',
      errorCode: 'Timeout',
      echo: { title: 'Foreign' },
    })
    const waiting = candidate('op-1', { title: 'Ours' }, { state: 'unanswered', acceptedAt: day(1) - HOUR })
    assert.equal(of([waiting], [foreign]), null)
    assert.equal(of([failed('op-1', putAside - 10 * 60_000)], [foreign]), null)
  })
})
