import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Candidate, Candidates } from '../../../../src/core/ledger/port/report.ts'
import {
  employeesChangedElsewhere,
  foreignRecords,
} from '../../../../src/core/report/correlate/changed-elsewhere.ts'
import type { LogRecord } from '../../../../src/core/ledger/log-record.ts'
import { parseLogRecord } from '../../../../src/core/report/correlate/log-record.ts'
import { day } from '../../../fakes/events.ts'
import {
  candidate,
  candidates,
  joinsOf,
  joinContext,
  type Joined,
  joined,
  joinedAlone,
  logRecord,
  rawLogRecord,
  SKEW,
} from '../../../fakes/log.ts'

void describe('a record joins the operation it answers', () => {
  void test('by the employee id only: employees with the same name are kept apart', () => {
    const ann = candidate('op-1', { displayName: 'Ann Lee' })
    const other = candidate('op-2', { displayName: 'Ann Lee' }, { employeeId: '10002' })
    const record = logRecord('r-1', { employee: '10002', echo: { displayName: 'Ann Lee' } })
    assert.deepEqual(joinedAlone([ann, other], record), { 'r-1': ['op-2', 'confirmed'] })
    assert.deepEqual(joinedAlone([ann], record), { 'r-1': [null, null] })
  })

  void test('an echoed value that was not sent excludes the operation', () => {
    const operation = candidate('op-1', { title: 'Engineer', emails: [{ type: 'work', value: null }] })
    assert.deepEqual(joinedAlone([operation], logRecord('r-1', { echo: { title: 'Head' } })), {
      'r-1': [null, null],
    })
    assert.deepEqual(
      joinedAlone(
        [operation],
        logRecord('r-1', { echo: { title: 'Engineer', department: 'unknown to us' } }),
      ),
      {
        'r-1': ['op-1', 'confirmed'],
      },
    )
    assert.deepEqual(
      joinedAlone(
        [operation],
        logRecord('r-1', { echo: { 'emails[type eq "work"]value': 'old@contoso.com' } }),
      ),
      {
        'r-1': [null, null],
      },
    )
    assert.deepEqual(
      joinedAlone([operation], logRecord('r-1', { echo: { 'emails[type eq "work"]value': '' } })),
      {
        'r-1': ['op-1', 'confirmed'],
      },
    )
  })

  void test('of two that it does not contradict, the one that sent every value it shows', () => {
    const less = candidate('op-1', { displayName: 'Ann Lee' })
    const more = candidate('op-2', { displayName: 'Ann Lee', title: 'Head' })
    const record = logRecord('r-1', { echo: { displayName: 'Ann Lee', title: 'Head' } })
    assert.deepEqual(joinedAlone([less, more], record), { 'r-1': ['op-2', 'confirmed'] })
  })

  void test('a record from before the operation was sent is about an older one', () => {
    const operation = candidate('op-1', {}, { submittedAt: day(2), acceptedAt: day(2) + 5_000 })
    assert.deepEqual(joinedAlone([operation], logRecord('r-1', { at: day(2) - SKEW - 1_000 })), {
      'r-1': [null, null],
    })
    assert.deepEqual(joinedAlone([operation], logRecord('r-1', { at: day(2) - SKEW })), {
      'r-1': ['op-1', 'confirmed'],
    })
  })

  void test('the log has whole seconds: a record of the second before the send is not too old', () => {
    const operation = candidate('op-1', {}, { submittedAt: day(2) + 999, acceptedAt: day(2) + 999 })
    const records = [logRecord('r-1', { at: day(2) })]
    assert.deepEqual(joinsOf(records, candidates([operation]), 0)[0]?.operation, 'op-1')
  })

  void test('a record that the ledger already has is not joined again', () => {
    const records = [logRecord('r-1')]
    assert.deepEqual(joined(records, candidates([candidate('op-1')], { known: new Set(['r-1']) })), {})
  })

  void test('the same record on two pages counts once', () => {
    assert.equal(
      joinsOf([logRecord('r-1'), logRecord('r-1')], candidates([candidate('op-1')]), SKEW).length,
      1,
    )
  })

  void test('the retry of an older operation does not settle a newer one', () => {
    const retry = logRecord('r-1', {
      status: 'failure',
      importStep: 'EntryEscrowRetry',
      importDetails: { TypeName: 'EscrowedEntryDefault' },
    })
    assert.deepEqual(joinedAlone([candidate('op-1')], retry), { 'r-1': [null, null] })
  })
})

void describe('the evidence for active in a record, strongest first', () => {
  const leaver = candidate('op-out', { active: false })
  const stayer = candidate('op-in', { active: true })

  const one = (options: Parameters<typeof logRecord>[1]): Joined =>
    joinedAlone([leaver, stayer], logRecord('r-1', options))

  void test('the import echo overrides everything else', () => {
    const modified = [{ displayName: 'accountEnabled', oldValue: null, newValue: 'True' }]
    assert.deepEqual(one({ echo: { active: 'False' }, modified, scoping: 'True' }), {
      'r-1': ['op-out', 'confirmed'],
    })
    assert.deepEqual(one({ echo: { active: 'True' }, scoping: 'False' }), { 'r-1': ['op-in', 'confirmed'] })
  })

  void test('then the changes of the export', () => {
    assert.deepEqual(
      logRecord('r-1', {
        modified: [{ displayName: 'accountEnabled', oldValue: null, newValue: 'False' }],
        scoping: 'True',
      }).active,
      false,
    )
    assert.deepEqual(
      one({
        modified: [{ displayName: 'accountEnabled', oldValue: 'True', newValue: 'False' }],
        scoping: 'True',
      }),
      {
        'r-1': ['op-out', 'confirmed'],
      },
    )
  })

  void test('then the scoping step', () => {
    assert.deepEqual(one({ scoping: 'True' }), { 'r-1': ['op-in', 'confirmed'] })
    assert.deepEqual(one({ scoping: 'False' }), { 'r-1': ['op-out', 'confirmed'] })
  })

  void test('the scoping step proves nothing when the account was found disabled and not changed', () => {
    const matching = {
      name: 'EntryImport',
      provisioningStepType: 'matching',
      status: 'success',
      details: { accountEnabled: 'False' },
    }
    const raw = rawLogRecord('r-1', { scoping: 'True' })
    const steps = Array.isArray(raw['provisioningSteps']) ? raw['provisioningSteps'] : []
    const record = parseLogRecord({ ...raw, provisioningSteps: [...steps, matching] })
    assert.ok(record)
    assert.equal(record.active, null)
    assert.deepEqual(joinedAlone([leaver], record), { 'r-1': ['op-out', 'confirmed'] })
  })

  void test('without any evidence two candidates stay open', () => {
    assert.deepEqual(one({}), { 'r-1': [null, null] })
    assert.deepEqual(one({ scoping: 'Perhaps' }), { 'r-1': [null, null] })
  })
})

void describe('when two operations of an employee are open', () => {
  const first = candidate('op-1', {}, { acceptedAt: day(1) })
  const second = candidate('op-2', {}, { acceptedAt: day(1) + 60_000 })

  void test('neither is settled until there are as many changes as operations; then they pair in order of time', () => {
    const early = logRecord('r-1', { at: day(1) + 300_000 })
    const late = logRecord('r-2', { at: day(1) + 360_000 })
    assert.deepEqual(joinedAlone([second, first], late), { 'r-2': [null, null] })
    for (const records of [
      [early, late],
      [late, early],
    ])
      assert.deepEqual(joinedAlone([second, first], ...records), {
        'r-1': ['op-1', 'confirmed'],
        'r-2': ['op-2', 'confirmed'],
      })
    assert.deepEqual(joined([early], candidates([first, second], { unjoined: [late] })), {
      'r-1': ['op-1', 'confirmed'],
      'r-2': ['op-2', 'confirmed'],
    })
  })

  void test('two records of one change are one change', () => {
    const change = { changeId: 'c-1' }
    const records = [logRecord('r-1', change), logRecord('r-2', { ...change, echo: null })]
    assert.deepEqual(joinedAlone([first, second], ...records), { 'r-1': [null, null], 'r-2': [null, null] })
  })

  void test('evidence in one record settles the other too', () => {
    const titled = candidate('op-1', { title: 'Engineer' }, { acceptedAt: day(1) })
    const headed = candidate('op-2', { title: 'Head' }, { acceptedAt: day(1) + 60_000 })
    const silent = logRecord('r-1', { at: day(1) + 400_000, more: { cycleId: 'another' } })
    const telling = logRecord('r-2', { at: day(1) + 500_000, echo: { title: 'Engineer' } })
    assert.deepEqual(joinedAlone([titled, headed], silent, telling), {
      'r-1': ['op-2', 'confirmed'],
      'r-2': ['op-1', 'confirmed'],
    })
  })
})

void describe('the effect of a record on its operation', () => {
  const outcome = (options: Parameters<typeof logRecord>[1], user = {}): string | null | undefined =>
    joinedAlone([candidate('op-1', user)], logRecord('r-1', options))['r-1']?.[1]

  void test('success and warning confirm it, failure fails it, a skip skips it', () => {
    assert.equal(outcome({ status: 'success' }), 'confirmed')
    assert.equal(outcome({ status: 'Success' }), 'confirmed')
    assert.equal(outcome({ status: 'warning' }), 'confirmed')
    assert.equal(outcome({ status: 'failure', errorCode: 'EntryConflict' }), 'failed')
    assert.equal(outcome({ status: 'skipped', skipReason: 'NotEffectivelyEntitled' }), 'skipped')
  })

  void test('a redundant export means that the directory holds the values', () => {
    assert.equal(outcome({ status: 'skipped', skipReason: 'RedundantExport' }), 'unchanged')
  })

  void test('a leaver who could not be created was never in the directory; anyone else failed', () => {
    for (const errorCode of ['MandatoryFieldsMissing', 'MissingValues']) {
      assert.equal(outcome({ status: 'failure', errorCode }, { active: false }), 'unchanged')
      assert.equal(outcome({ status: 'failure', errorCode }), 'failed')
    }
  })

  void test('an unknown status decides nothing', () => {
    assert.deepEqual(joinedAlone([candidate('op-1')], logRecord('r-1', { status: 'unknownFutureValue' })), {
      'r-1': ['op-1', null],
    })
  })

  void test('a follow-up of a known change refines it and settles nothing', () => {
    const found = candidates([candidate('op-2')], { byChange: new Map([['c-1', 'op-1']]) })
    assert.deepEqual(joined([logRecord('r-2', { changeId: 'c-1', echo: null })], found), {
      'r-2': ['op-1', null],
    })
  })

  void test('a follow-up that arrives before its record waits for it', () => {
    const followUp = logRecord('r-2', { changeId: 'c-1', echo: null, at: day(1) + 2_000 })
    assert.deepEqual(joinedAlone([candidate('op-1')], followUp), { 'r-2': [null, null] })
    assert.deepEqual(
      joined(
        [logRecord('r-1', { changeId: 'c-1' })],
        candidates([candidate('op-1')], { unjoined: [followUp] }),
      ),
      {
        'r-1': ['op-1', 'confirmed'],
        'r-2': ['op-1', null],
      },
    )
  })
})

void describe('the service retries failures itself', () => {
  const escrowed = candidate('op-1', {}, { state: 'escrowed' })
  const failure = logRecord('r-1', { changeId: 'c-1', status: 'failure', errorCode: 'Timeout' })
  const retry = (changeId: string, status = 'success', at = day(2)): LogRecord =>
    logRecord(`retry-${status}-${changeId}`, {
      changeId,
      status,
      at,
      importStep: 'EntryEscrowRetry',
      importDetails: { TypeName: 'EscrowedEntryDefault' },
      errorCode: status === 'failure' ? 'Timeout' : null,
    })

  void test('an escrowed failure is not final', () => {
    assert.deepEqual(joinedAlone([candidate('op-1')], failure), { 'r-1': ['op-1', 'escrowed'] })
    const final = logRecord('r-2', { status: 'failure', errorCode: 'EntryConflict' })
    assert.deepEqual(joinedAlone([candidate('op-1')], final), { 'r-2': ['op-1', 'failed'] })
  })

  void test('the retry settles it, with a new change id or the same one', () => {
    assert.deepEqual(joinedAlone([escrowed], retry('c-9')), { 'retry-success-c-9': ['op-1', 'confirmed'] })
    const same = candidates([escrowed], { byChange: new Map([['c-1', 'op-1']]) })
    assert.deepEqual(joined([retry('c-1')], same), { 'retry-success-c-1': ['op-1', 'confirmed'] })
  })

  void test('a retry in a change that is known settles its own operation only, and only one that failed', () => {
    const done = candidate('op-1', {}, { state: 'confirmed', timesReported: 1 })
    const other = { ...escrowed, id: 'op-2' }
    const known = candidates([other, done], { byChange: new Map([['c-1', 'op-1']]) })
    assert.deepEqual(joined([retry('c-1')], known), { 'retry-success-c-1': ['op-1', null] })
  })

  void test('what a retry has settled is not retried again', () => {
    const first = [retry('c-9'), logRecord('r-9', { changeId: 'c-9', echo: null, at: day(2) + 1_000 })]
    assert.deepEqual(joinedAlone([escrowed], ...first, retry('c-10', 'success', day(3))), {
      'retry-success-c-9': ['op-1', 'confirmed'],
      'r-9': ['op-1', null],
      'retry-success-c-10': [null, null],
    })
  })

  void test('of several attempts of one change the last counts, also when none was seen before', () => {
    const records = [retry('c-1', 'success', day(3)), retry('c-1', 'failure', day(2))]
    const expected = { 'retry-success-c-1': ['op-1', 'confirmed'], 'retry-failure-c-1': ['op-1', null] }
    assert.deepEqual(
      joined(records, candidates([escrowed], { byChange: new Map([['c-1', 'op-1']]) })),
      expected,
    )
    assert.deepEqual(joinedAlone([candidate('op-1')], failure, ...records), {
      ...expected,
      'r-1': ['op-1', null],
    })
  })

  void test('a newer operation is answered by its own record', () => {
    const newer = candidate('op-2', {}, { acceptedAt: day(2) })
    const own = logRecord('r-2', { at: day(2) + 60_000 })
    assert.deepEqual(joinedAlone([escrowed, newer], own, retry('c-9', 'success', day(2) + 90_000)), {
      'r-2': ['op-2', 'confirmed'],
      'retry-success-c-9': ['op-1', 'confirmed'],
    })
  })
})

void describe('a change made elsewhere', () => {
  const taken = new Map([
    [
      '10001',
      { record: '{"externalId":"10001","title":"Engineer","active":true}', active: true, at: day(1) - 1_000 },
    ],
  ])
  const foreign = (echo: Record<string, string>): LogRecord => logRecord('r-1', { echo })
  const found = (operations: readonly Candidate[] = []): Candidates =>
    candidates(operations, { lastAccepted: taken })
  const seen = (record: LogRecord, among: Candidates): LogRecord[] =>
    foreignRecords(joinsOf([record], among, SKEW), among)

  void test('is foreign while the employee has no unanswered operation', () => {
    assert.equal(seen(foreign({ title: 'Head' }), found()).length, 1)
    assert.equal(
      seen(foreign({ title: 'Head' }), found([candidate('op-1', { title: 'Engineer' })])).length,
      0,
    )
  })

  void test('makes the last accepted record unknown when it shows other values', () => {
    const changedElsewhere = (record: LogRecord, among: Candidates): readonly string[] =>
      employeesChangedElsewhere(joinsOf([record], among), among, joinContext([record], among).echoes)
    assert.deepEqual(changedElsewhere(foreign({ title: 'Head' }), found()), ['10001'])
    assert.deepEqual(changedElsewhere(foreign({ title: 'Engineer' }), found()), [])
    assert.deepEqual(changedElsewhere(logRecord('r-1', { scoping: 'False' }), found()), ['10001'])
    assert.deepEqual(changedElsewhere(foreign({ title: 'Head' }), candidates([])), [])
  })
})
