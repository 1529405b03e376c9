import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Candidate, Candidates } from '../../../src/core/ledger/port/report.ts'
import { accessElsewhere } from '../../../src/core/report/correlate/elsewhere.ts'
import type { LogRecord } from '../../../src/core/ledger/log-record.ts'
import { day } from '../../fakes/events.ts'
import { candidate, candidates, joinsOf, joinContext, logRecord } from '../../fakes/log.ts'

const HOUR = 3_600_000
const access = (id: string, at: number, enabled: boolean): LogRecord =>
  logRecord(id, { at, modified: [{ displayName: 'accountEnabled', newValue: enabled ? 'True' : 'False' }] })
const off = access('r-off', day(2), false)
const out = { active: false }

/** Employees who are disabled and enabled elsewhere, as these records show. */
function elsewhere(
  records: readonly LogRecord[],
  operations: readonly Candidate[] = [],
  more: Partial<Candidates> = {},
): { disabled: readonly string[]; enabled: readonly string[] } {
  const found = candidates(operations, more)
  const { disabled, enabled } = accessElsewhere(
    joinsOf(records, found, 0),
    found,
    joinContext(records, found, 0),
  )
  return {
    disabled: disabled.map(({ change }) => change),
    enabled: enabled.map(({ employeeId }) => employeeId),
  }
}

void describe('a deactivation in the log was made elsewhere', () => {
  void test('when none of our operations could have made it', () => {
    assert.deepEqual(elsewhere([off]), { disabled: ['change-of-r-off'], enabled: [] })
    const hired = candidate('op-1', {}, { acceptedAt: day(1), state: 'failed', failedAt: day(1) })
    assert.deepEqual(elsewhere([off], [hired]).disabled, ['change-of-r-off'])
  })

  void test('when its action is disable or delete, whatever else the record shows', () => {
    for (const action of ['disable', 'delete', 'softDelete'])
      assert.deepEqual(
        elsewhere([logRecord('r-1', { at: day(2), more: { provisioningAction: action } })]).disabled,
        ['change-of-r-1'],
      )
  })

  void test('also when we sent a termination only afterwards', () => {
    const later = candidate('op-1', out, { acceptedAt: day(2) + HOUR })
    assert.deepEqual(elsewhere([off], [later]).disabled, ['change-of-r-off'])
  })

  void test('also when a deactivation that we sent before had failed, wherever its failure is read', () => {
    for (const state of ['failed', 'unchanged', 'escrowed', 'answered'] as const) {
      const failed = candidate('op-1', out, { state, failedAt: day(1) + HOUR, timesReported: 1 })
      assert.deepEqual(elsewhere([off], [failed]).disabled, ['change-of-r-off'], state)
    }
    const failure: LogRecord = { ...access('r-failed', day(1) + HOUR, false), status: 'failure' }
    assert.deepEqual(elsewhere([failure, off], [candidate('op-1', out)]).disabled, ['change-of-r-off'])
  })

  void test('but not when the change had no effect', () => {
    assert.deepEqual(elsewhere([{ ...off, status: 'failure' }]).disabled, [])
    assert.deepEqual(elsewhere([{ ...off, status: 'skipped' }]).disabled, [])
  })
})

void describe('our own deactivation never counts as made elsewhere', () => {
  void test('while its operation may still be answered, whatever its state', () => {
    const acceptedAt = day(2) - HOUR
    for (const state of ['batched', 'accepted', 'unanswered', 'withdrawn', 'escrowed', 'failed'] as const) {
      const failedAt = state === 'escrowed' || state === 'failed' ? acceptedAt + 1 : null
      const ours = candidate('op-1', out, { acceptedAt, state, failedAt, timesSubmitted: 2 })
      assert.deepEqual(elsewhere([off], [ours]).disabled, [], state)
    }
  })

  void test('when the record is a retry or a follow-up, which may be of one that had failed', () => {
    const failed = (id: string, title: string): Candidate =>
      candidate(id, { ...out, title }, { state: 'failed', failedAt: day(1) + HOUR, timesReported: 1 })
    const ours = [failed('op-1', 'A'), failed('op-2', 'B')]
    const escrowedAt = day(1) + HOUR
    const retry: LogRecord = { ...off, imported: false, escrowRetry: true, escrowedAt }
    assert.deepEqual(elsewhere([retry], ours).disabled, [])
    assert.deepEqual(elsewhere([{ ...off, imported: false }], ours).disabled, [])
  })

  void test('while two own operations cannot be distinguished', () => {
    const one = candidate('op-1', { ...out, title: 'A' }, { acceptedAt: day(2) - HOUR })
    const two = candidate('op-2', { ...out, title: 'B' }, { acceptedAt: day(2) - HOUR })
    assert.deepEqual(elsewhere([off], [one, two]).disabled, [])
  })

  void test('when the record repeats the last accepted record', () => {
    const record = JSON.stringify({ externalId: '10001', active: false })
    const taken = new Map([['10001', { record, active: false, at: day(1) }]])
    assert.deepEqual(elsewhere([off], [], { lastAccepted: taken }).disabled, [])
    const sameSecond = new Map([['10001', { record, active: false, at: day(2) }]])
    assert.deepEqual(elsewhere([off], [], { lastAccepted: sameSecond }).disabled, [])
    assert.deepEqual(
      elsewhere([off], [], { lastAccepted: new Map([['10001', { record, active: true, at: day(1) }]]) })
        .disabled,
      ['change-of-r-off'],
    )
  })
})

void describe('the latest record of the log counts', () => {
  const later = access('r-on', day(3), true)

  void test('an activation made elsewhere after the deactivation ends it, whichever is read first', () => {
    for (const records of [
      [off, later],
      [later, off],
    ])
      assert.deepEqual(elsewhere(records), { disabled: [], enabled: ['10001'] })
    assert.deepEqual(elsewhere([later], [], { unjoined: [off] }), { disabled: [], enabled: ['10001'] })
  })

  void test('a record that shows no access is none of both', () => {
    assert.deepEqual(elsewhere([logRecord('r-1', { at: day(3) }), off]), {
      disabled: ['change-of-r-off'],
      enabled: [],
    })
  })

  void test('of two in the same second, the deactivation counts', () => {
    const same = access('r-on', day(2), true)
    assert.deepEqual(elsewhere([same, off]), { disabled: ['change-of-r-off'], enabled: [] })
  })
})
