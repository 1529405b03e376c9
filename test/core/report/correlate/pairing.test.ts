import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Candidate, EchoedKey } from '../../../../src/core/ledger/port/report.ts'
import type { JsonObject } from '../../../../src/core/model.ts'
import type { LogRecord } from '../../../../src/core/ledger/log-record.ts'
import { day } from '../../../fakes/events.ts'
import { candidate, candidates, type Joined, joined, logRecord } from '../../../fakes/log.ts'

const HOUR = 3_600_000
const at = day(1) + 3 * HOUR
const ANN = { displayName: 'Ann Lee' }
/** The title was echoed before, which says nothing about later records. */
const BEFORE: EchoedKey[] = [
  { job: 'API2AAD.tenant.job', key: 'title', from: day(0), to: day(1), cycle: 'other' },
]
const sentAt = (hours: number) => ({ acceptedAt: day(1) + hours * HOUR })
const record = (id: string, echo: Record<string, string> = ANN, ms = 0): LogRecord =>
  logRecord(id, { at: at + ms, echo })

/** What the records answer, in whichever order the ledger lists the operations. */
function answers(
  operations: readonly Candidate[],
  records: readonly LogRecord[],
  echoes: readonly EchoedKey[] = [],
): Joined {
  const one = joined(records, candidates(operations, { echoes }))
  assert.deepEqual(joined(records, candidates(operations.toReversed(), { echoes })), one)
  return one
}

void describe('of operations that no record could tell apart', () => {
  const gaveUp = (id: string, hours: number, more: Partial<Candidate> = {}): Candidate =>
    candidate(id, ANN, { state: 'unanswered', ...sentAt(hours), ...more })

  void test('the one that was never answered is answered before one that was', () => {
    const again = gaveUp('op-1', 0, { state: 'confirmed', timesSubmitted: 2, timesReported: 1 })
    for (const state of ['unanswered', 'withdrawn'] as const)
      assert.equal(answers([again, gaveUp('op-2', 1, { state })], [record('r-1')])['r-1']?.[0], 'op-2', state)
  })

  void test('the first that was submitted is answered first', () => {
    assert.equal(answers([gaveUp('op-1', 0), gaveUp('op-2', 1)], [record('r-1')])['r-1']?.[0], 'op-1')
  })
})

void describe('of operations with different values', () => {
  const titled = (id: string, title: string, hours: number): Candidate =>
    candidate(id, { ...ANN, title }, sentAt(hours))

  void test('two are answered in order of time by two records that show none of the difference', () => {
    const both = [titled('op-1', 'Head', 0), titled('op-2', 'Clerk', 1)]
    assert.deepEqual(answers(both, [record('r-1'), record('r-2', ANN, 1_000)]), {
      'r-1': ['op-1', 'confirmed'],
      'r-2': ['op-2', 'confirmed'],
    })
  })

  void test('a record that may be about one that was given up, too, counts as one of the records to come', () => {
    const two = [titled('op-1', 'Head', 0), titled('op-2', 'Head', 1)]
    // Of another cycle, so that it need not show the title.
    const silent = logRecord('r-2', { at: at + 1_000, more: { cycleId: 'another' } })
    const givenUp = { ...titled('op-0', 'Clerk', 0), state: 'unanswered' } as const
    assert.deepEqual(answers([...two, givenUp], [record('r-1', { title: 'Head' }), silent]), {
      'r-1': ['op-1', 'confirmed'],
      'r-2': [null, null],
    })
  })

  void test('neither is answered while it is unknown whether the record would show what only one of them sent', () => {
    const both = [candidate('op-1', ANN, sentAt(0)), titled('op-2', 'Head', 1)]
    assert.deepEqual(answers(both, [record('r-1')], BEFORE), { 'r-1': [null, null] })
  })

  void test('an awaited one that is shown in full is answered, although others that were given up sent the same or more', () => {
    const awaited = candidate('op-3', ANN, sentAt(2))
    const same = candidate('op-2', ANN, { state: 'unanswered', ...sentAt(1) })
    const more = { ...titled('op-1', 'Head', 0), state: 'unanswered' } as const
    assert.equal(answers([more, same, awaited], [record('r-1')], BEFORE)['r-1']?.[0], 'op-3')
  })
})

void describe('an answer without values that the job echoes for others', () => {
  const always: EchoedKey[] = [
    { job: 'API2AAD.tenant.job', key: 'title', from: day(0), to: day(9), cycle: 'other' },
    { job: 'API2AAD.tenant.job', key: 'displayName', from: day(0), to: day(9), cycle: 'other' },
  ]
  const user: JsonObject = { ...ANN, title: 'Head', department: 'Sales' }
  const first = candidate('op-1', user, { state: 'unanswered', ...sentAt(0) })
  const resent = candidate('op-2', user, sentAt(1))
  const after = (earlier: LogRecord, before: Candidate = first) => {
    const found = candidates([before, resent], { echoes: always, unjoined: [earlier] })
    const { 'r-0': one, 'r-1': other } = joined([record('r-1')], found)
    assert.deepEqual(one, [null, null])
    return other
  }

  void test('counts where an earlier answer to the same record lacked the same', () => {
    assert.deepEqual(after(record('r-0', ANN, -HOUR)), ['op-2', 'confirmed'])
  })

  void test('does not count where the earlier one lacked something else, was about other values, or was not earlier', () => {
    assert.deepEqual(after(record('r-0', { department: 'Sales' }, -HOUR)), [null, null])
    assert.deepEqual(after(record('r-0', { displayName: 'Ann Bee' }, -HOUR)), [null, null])
    assert.deepEqual(after(record('r-0', ANN, 0)), [null, null])
    const together = { ...first, submittedAt: resent.submittedAt }
    assert.deepEqual(after(record('r-0', ANN, -HOUR), together), [null, null])
  })
})
