import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type FinalVerdict, joinedRecordOf } from '../../../src/core/direct/joined-record.ts'

const OPERATION = { id: 'op', employeeId: 'p1' }
const SOURCE = { destination: 'main', batch: 'b', call: 3, at: 5_000 }

function recordOf(verdict: FinalVerdict, active = true) {
  const write = { employeeId: 'p1', record: { active }, managerObjectId: null }
  return joinedRecordOf(OPERATION, verdict, write, SOURCE)
}

void it('an answer is recorded as the provisioning log would have it, and the service repeats nothing itself', () => {
  const { operation, interim, record } = recordOf({ kind: 'done', did: 'create', objectId: 'o1' })
  assert.deepEqual([operation, interim], ['op', 'confirmed'])
  const { jobId, employeeId, activityAt, cycleId, action, status, code, objectId, active } = record
  assert.deepEqual(
    [jobId, employeeId, activityAt, cycleId, action, status, code, objectId, active],
    ['main', 'p1', 5_000, 'b', 'create', 'success', null, 'o1', true],
  )
  assert.deepEqual([record.imported, record.escrowRetry, record.willRetry], [true, false, false])
})

void it('an account that is not there to disable leaves the record unchanged, and a refusal fails it', () => {
  const none = recordOf({ kind: 'no-account' }, false)
  assert.deepEqual(
    [none.interim, none.record.status, none.record.code, none.record.action, none.record.active],
    ['unchanged', 'skipped', 'ResourceNotFound', 'update', false],
  )
  const failed = recordOf({ kind: 'failed', code: 'Http400', reason: 'invalid', objectId: 'o1' })
  assert.deepEqual(
    [failed.interim, failed.record.status, failed.record.code, failed.record.reason, failed.record.objectId],
    ['failed', 'failure', 'Http400', 'invalid', 'o1'],
  )
})

void it('the same answer recorded twice is one record, and that of another call is another', () => {
  const of = (call: number) =>
    joinedRecordOf(
      OPERATION,
      { kind: 'no-account' },
      { employeeId: 'p1', record: { active: false }, managerObjectId: null },
      { ...SOURCE, call },
    ).record.id
  assert.equal(of(3), of(3))
  assert.notEqual(of(3), of(4))
})
