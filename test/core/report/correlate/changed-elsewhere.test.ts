import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Candidate, Candidates } from '../../../../src/core/ledger/port/report.ts'
import {
  acceptedAfter,
  employeesChangedElsewhere,
  foreignRecords,
} from '../../../../src/core/report/correlate/changed-elsewhere.ts'
import type { LogRecord } from '../../../../src/core/ledger/log-record.ts'
import { day } from '../../../fakes/events.ts'
import { candidate, candidates, joinsOf, joinContext, logRecord } from '../../../fakes/log.ts'

const taken = (title: string, at: number): Candidates['lastAccepted'] =>
  new Map([['10001', { record: JSON.stringify({ externalId: '10001', title }), active: true, at }]])
const changedElsewhere = (
  records: readonly LogRecord[],
  operations: readonly Candidate[],
  more: Partial<Candidates>,
): readonly string[] => {
  const found = candidates(operations, more)
  return employeesChangedElsewhere(joinsOf(records, found, 0), found, joinContext(records, found, 0).echoes)
}
const foreign = logRecord('r-f', { at: day(2), echo: { title: 'Foreign' } })
const retried = (at: number): LogRecord =>
  logRecord('r-t', {
    at,
    importStep: 'EntryEscrowRetry',
    importDetails: { TypeName: 'EscrowedEntryDefault' },
  })

void describe('the last accepted record becomes unknown', () => {
  void test('when a later record shows other values', () => {
    assert.deepEqual(changedElsewhere([foreign], [], { lastAccepted: taken('Ours', day(1)) }), ['10001'])
    assert.deepEqual(changedElsewhere([foreign], [], { lastAccepted: taken('Foreign', day(1)) }), [])
  })

  void test('but not by an older record: ours was a whole record', () => {
    assert.deepEqual(changedElsewhere([foreign], [], { lastAccepted: taken('Ours', day(3)) }), [])
  })

  void test('also by one of the same second, which may be later than it looks', () => {
    assert.deepEqual(changedElsewhere([foreign], [], { lastAccepted: taken('Ours', day(2)) }), ['10001'])
  })

  void test('but not by one that failed', () => {
    const failed: LogRecord = { ...foreign, status: 'failure' }
    assert.deepEqual(changedElsewhere([failed], [], { lastAccepted: taken('Ours', day(1)) }), [])
  })

  void test('but not by the answer to ours, nor by a follow-up, when the job no longer echoes a value', () => {
    const echo = { job: foreign.jobId, key: 'title', from: day(0), to: day(0), cycle: 'of another mapping' }
    const ours = candidate('op-1', { title: 'Ours' }, { acceptedAt: day(1) })
    assert.deepEqual(changedElsewhere([logRecord('r-1', { at: day(2) })], [ours], { echoes: [echo] }), [])
    const followUp = logRecord('r-1', { at: day(2), echo: null })
    assert.deepEqual(
      changedElsewhere([followUp], [], { echoes: [echo], lastAccepted: taken('Ours', day(1)) }),
      [],
    )
  })

  void test('while an operation is unanswered, also when its record has a status that is not known', () => {
    const open = candidate('op-2', { title: 'Ours' }, { acceptedAt: day(1) })
    const unclear = logRecord('r-2', { at: day(1), echo: { title: 'Ours' }, status: 'unknownFutureValue' })
    assert.deepEqual(
      changedElsewhere([foreign, unclear], [open], { lastAccepted: taken('Before', day(0)) }),
      [],
    )
  })

  void test('until ours is resent and answered, although the foreign record stays in the ledger', () => {
    const again = candidate('op-2', { title: 'Ours' }, { acceptedAt: day(3) })
    const answer = logRecord('r-2', { at: day(3) + 1_000, echo: { title: 'Ours' } })
    assert.deepEqual(
      changedElsewhere([answer], [again], { lastAccepted: taken('Ours', day(1)), unjoined: [foreign] }),
      [],
    )
    assert.deepEqual(
      foreignRecords(
        joinsOf([answer], candidates([again], { unjoined: [foreign] }), 0),
        candidates([], { unjoined: [foreign] }),
      ),
      [],
    )
  })

  void test('when it arrived while an operation was unanswered, as soon as that is answered', () => {
    const open = candidate('op-2', { title: 'Ours' }, { acceptedAt: day(1) })
    assert.deepEqual(changedElsewhere([foreign], [open], { lastAccepted: taken('Before', day(0)) }), [])
    const answer = logRecord('r-2', { at: day(1) + 1_000, echo: { title: 'Ours' } })
    assert.deepEqual(
      changedElsewhere([answer], [open], { lastAccepted: taken('Before', day(0)), unjoined: [foreign] }),
      ['10001'],
    )
  })

  void test('when the service succeeds with an operation that had failed for good', () => {
    assert.deepEqual(changedElsewhere([retried(day(2))], [], { lastAccepted: taken('Ours', day(1)) }), [
      '10001',
    ])
    assert.deepEqual(changedElsewhere([retried(day(2))], [], { lastAccepted: taken('Ours', day(3)) }), [])
    assert.deepEqual(
      changedElsewhere(
        [retried(day(2))],
        [candidate('op-1', {}, { state: 'escrowed', acceptedAt: day(1) })],
        {},
      ),
      [],
    )
  })
})

void test('of two answers in the same second, the record that was answered last is the accepted one', () => {
  const found = candidates([candidate('op-1', { title: 'New' })], { lastAccepted: taken('Old', day(1)) })
  const joins = [
    { record: logRecord('r-1', { at: day(1) }), operation: 'op-1', interim: 'confirmed' } as const,
  ]
  assert.equal(acceptedAfter(joins, found).get('10001')?.record, found.operations[0]?.record)
})

void describe('a retry of the service', () => {
  const older = candidate('op-1', {}, { state: 'escrowed', acceptedAt: day(1) })
  const newer = candidate('op-2', {}, { state: 'escrowed', acceptedAt: day(1) + 3_600_000 })
  const tried = (id: string, hours: number, putAside: number | null, status = 'success'): LogRecord =>
    logRecord(id, {
      at: day(1) + hours * 3_600_000,
      status,
      ...(status === 'failure' ? { errorCode: 'Timeout' } : {}),
      importStep: 'EntryEscrowRetry',
      importDetails: {
        TypeName: 'EscrowedEntryDefault',
        ...(putAside === null ? {} : { CreationTime: new Date(day(1) + putAside * 3_600_000).toISOString() }),
      },
    })
  const joined = (...records: readonly LogRecord[]): Record<string, string | null> =>
    Object.fromEntries(
      joinsOf(records, candidates([older, newer]), 0).map(({ record, operation }) => [record.id, operation]),
    )

  void test('belongs to the operation that was escrowed at its time, and not to the oldest failure', () => {
    assert.deepEqual(joined(tried('r-1', 6, 1.1)), { 'r-1': 'op-2' })
    assert.deepEqual(joined(tried('r-1', 6, 0.1)), { 'r-1': 'op-1' })
    assert.deepEqual(joined(tried('r-1', 6, null)), { 'r-1': 'op-2' })
  })

  void test('that fails proves nothing about the directory', () => {
    const failed = tried('r-1', 48, null, 'failure')
    assert.deepEqual(changedElsewhere([failed], [], { lastAccepted: taken('Ours', day(1)) }), [])
  })

  void test('that succeeds settles its operation, so that the next retry is of another one', () => {
    assert.deepEqual(joined(tried('r-1', 6, 1.1), tried('r-2', 12, 1.1)), { 'r-1': 'op-2', 'r-2': 'op-1' })
  })

  void test('that fails again is followed by another of the same operation, also on one page', () => {
    assert.deepEqual(joined(tried('r-1', 6, 1.1, 'failure'), tried('r-2', 12, 1.1)), {
      'r-1': 'op-2',
      'r-2': 'op-2',
    })
  })
})
