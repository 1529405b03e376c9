import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { Candidate, Candidates } from '../../src/core/ledger/port.ts'
import type { Json } from '../../src/core/model.ts'
import { ENTERPRISE_USER } from '../../src/core/plan/scim.ts'
import { joinRecords } from '../../src/core/report/join.ts'
import { type LogRecord, parseLogRecord } from '../../src/core/report/log-record.ts'
import { day } from '../fakes/events.ts'
import { candidate, candidates, logRecord, rawLogRecord } from '../fakes/log.ts'

const SKEW = 120_000
/** Record → operation and interim outcome. */
function joined(records: readonly LogRecord[], found: Candidates): Record<string, readonly [string | null, string | null]> {
  return Object.fromEntries(joinRecords(records, found, SKEW).map(({ record, operation, interim }) => [record.id, [operation, interim]]))
}
const alone = (operations: readonly Candidate[], ...records: readonly LogRecord[]): ReturnType<typeof joined> =>
  joined(records, candidates(operations))

void describe('a record joins the operation it speaks of', () => {
  void test('by the person’s key and nothing else: people of one name are kept apart', () => {
    const ann = candidate('op-1', { displayName: 'Ann Lee' })
    const other = candidate('op-2', { displayName: 'Ann Lee' }, { employee: '10002' })
    const record = logRecord('r-1', { employee: '10002', echo: { displayName: 'Ann Lee' } })
    assert.deepEqual(alone([ann, other], record), { 'r-1': ['op-2', 'confirmed'] })
    assert.deepEqual(alone([ann], record), { 'r-1': [null, null] })
  })

  void test('a value it echoes that was not sent speaks of something else', () => {
    const operation = candidate('op-1', { title: 'Engineer', emails: [{ type: 'work', value: null }] })
    assert.deepEqual(alone([operation], logRecord('r-1', { echo: { title: 'Head' } })), { 'r-1': [null, null] })
    assert.deepEqual(alone([operation], logRecord('r-1', { echo: { title: 'Engineer', department: 'unknown to us' } })), {
      'r-1': ['op-1', 'confirmed'],
    })
    assert.deepEqual(alone([operation], logRecord('r-1', { echo: { 'emails[type eq "work"]value': 'old@contoso.com' } })), {
      'r-1': [null, null],
    })
    assert.deepEqual(alone([operation], logRecord('r-1', { echo: { 'emails[type eq "work"]value': '' } })), {
      'r-1': ['op-1', 'confirmed'],
    })
  })

  void test('a record from before the operation was handed over speaks of something older', () => {
    const operation = candidate('op-1', {}, { submittedAt: day(2), acceptedAt: day(2) + 5_000 })
    assert.deepEqual(alone([operation], logRecord('r-1', { at: day(2) - SKEW - 1_000 })), { 'r-1': [null, null] })
    assert.deepEqual(alone([operation], logRecord('r-1', { at: day(2) - SKEW })), { 'r-1': ['op-1', 'confirmed'] })
  })

  void test('the log counts whole seconds: a record of the second before is not too old', () => {
    const operation = candidate('op-1', {}, { submittedAt: day(2) + 999, acceptedAt: day(2) + 999 })
    const records = [logRecord('r-1', { at: day(2) })]
    assert.deepEqual(joinRecords(records, candidates([operation]), 0)[0]?.operation, 'op-1')
  })

  void test('a record that is in the ledger already is not joined again', () => {
    const records = [logRecord('r-1')]
    assert.deepEqual(joined(records, candidates([candidate('op-1')], { known: new Set(['r-1']) })), {})
  })

  void test('the same record twice on two pages is one', () => {
    assert.equal(joinRecords([logRecord('r-1'), logRecord('r-1')], candidates([candidate('op-1')]), SKEW).length, 1)
  })

  void test('the retry of an older operation does not settle a newer one', () => {
    const retry = logRecord('r-1', {
      status: 'failure',
      importStep: 'EntryEscrowRetry',
      importDetails: { TypeName: 'EscrowedEntryDefault' },
    })
    assert.deepEqual(alone([candidate('op-1')], retry), { 'r-1': [null, null] })
  })
})

void describe('what a record shows of active, in order of strength', () => {
  const leaver = candidate('op-out', { active: false })
  const stayer = candidate('op-in', { active: true })

  const one = (options: Parameters<typeof logRecord>[1]): ReturnType<typeof joined> => alone([leaver, stayer], logRecord('r-1', options))

  void test('the import echo stands above everything', () => {
    const modified = [{ displayName: 'accountEnabled', oldValue: null, newValue: 'True' }]
    assert.deepEqual(one({ echo: { active: 'False' }, modified, scoping: 'True' }), { 'r-1': ['op-out', 'confirmed'] })
    assert.deepEqual(one({ echo: { active: 'True' }, scoping: 'False' }), { 'r-1': ['op-in', 'confirmed'] })
  })

  void test('then what the export changed', () => {
    assert.deepEqual(
      logRecord('r-1', { modified: [{ displayName: 'accountEnabled', oldValue: null, newValue: 'False' }], scoping: 'True' }).active,
      false,
    )
    assert.deepEqual(one({ modified: [{ displayName: 'accountEnabled', oldValue: 'True', newValue: 'False' }], scoping: 'True' }), {
      'r-1': ['op-out', 'confirmed'],
    })
  })

  void test('then the scoping step', () => {
    assert.deepEqual(one({ scoping: 'True' }), { 'r-1': ['op-in', 'confirmed'] })
    assert.deepEqual(one({ scoping: 'False' }), { 'r-1': ['op-out', 'confirmed'] })
  })

  void test('without any of it two candidates stay open', () => {
    assert.deepEqual(one({}), { 'r-1': [null, null] })
    assert.deepEqual(one({ scoping: 'Perhaps' }), { 'r-1': [null, null] })
  })
})

void describe('when two operations of a person are open', () => {
  const first = candidate('op-1', {}, { acceptedAt: day(1) })
  const second = candidate('op-2', {}, { acceptedAt: day(1) + 60_000 })

  void test('neither is settled until there are as many changes as operations; then they pair in order of time', () => {
    const early = logRecord('r-1', { at: day(1) + 300_000 })
    const late = logRecord('r-2', { at: day(1) + 360_000 })
    assert.deepEqual(alone([second, first], late), { 'r-2': [null, null] })
    for (const records of [
      [early, late],
      [late, early],
    ])
      assert.deepEqual(alone([second, first], ...records), { 'r-1': ['op-1', 'confirmed'], 'r-2': ['op-2', 'confirmed'] })
    assert.deepEqual(joined([early], candidates([first, second], { unjoined: [late] })), {
      'r-1': ['op-1', 'confirmed'],
      'r-2': ['op-2', 'confirmed'],
    })
  })

  void test('two records of one change are one change', () => {
    const change = { changeId: 'c-1' }
    const records = [logRecord('r-1', change), logRecord('r-2', { ...change, echo: null })]
    assert.deepEqual(alone([first, second], ...records), { 'r-1': [null, null], 'r-2': [null, null] })
  })

  void test('what one record says of itself settles the other too', () => {
    const titled = candidate('op-1', { title: 'Engineer' }, { acceptedAt: day(1) })
    const headed = candidate('op-2', { title: 'Head' }, { acceptedAt: day(1) + 60_000 })
    const silent = logRecord('r-1', { at: day(1) + 400_000 })
    const telling = logRecord('r-2', { at: day(1) + 500_000, echo: { title: 'Engineer' } })
    assert.deepEqual(alone([titled, headed], silent, telling), { 'r-1': ['op-2', 'confirmed'], 'r-2': ['op-1', 'confirmed'] })
  })
})

void describe('what a record makes of its operation', () => {
  const outcome = (options: Parameters<typeof logRecord>[1], user = {}): string | null | undefined =>
    alone([candidate('op-1', user)], logRecord('r-1', options))['r-1']?.[1]

  void test('success and warning confirm it, failure fails it, a skip leaves it out', () => {
    assert.equal(outcome({ status: 'success' }), 'confirmed')
    assert.equal(outcome({ status: 'Success' }), 'confirmed')
    assert.equal(outcome({ status: 'warning' }), 'confirmed')
    assert.equal(outcome({ status: 'failure', errorCode: 'EntryConflict' }), 'failed')
    assert.equal(outcome({ status: 'skipped', skipReason: 'NotEffectivelyEntitled' }), 'skipped')
  })

  void test('an export that was not needed means that the values are there', () => {
    assert.equal(outcome({ status: 'skipped', skipReason: 'RedundantExport' }), 'unchanged')
  })

  void test('a leaver who could not be created was never there; anybody else failed', () => {
    for (const errorCode of ['MandatoryFieldsMissing', 'MissingValues']) {
      assert.equal(outcome({ status: 'failure', errorCode }, { active: false }), 'unchanged')
      assert.equal(outcome({ status: 'failure', errorCode }), 'failed')
    }
  })

  void test('a status nobody has seen yet decides nothing', () => {
    assert.deepEqual(alone([candidate('op-1')], logRecord('r-1', { status: 'unknownFutureValue' })), { 'r-1': ['op-1', null] })
  })

  void test('a follow-up of a known change refines it and settles nothing', () => {
    const found = candidates([candidate('op-2')], { byChange: new Map([['c-1', 'op-1']]) })
    assert.deepEqual(joined([logRecord('r-2', { changeId: 'c-1', echo: null })], found), { 'r-2': ['op-1', null] })
  })

  void test('a follow-up that comes before its record waits for it', () => {
    const followUp = logRecord('r-2', { changeId: 'c-1', echo: null, at: day(1) + 2_000 })
    assert.deepEqual(alone([candidate('op-1')], followUp), { 'r-2': [null, null] })
    assert.deepEqual(joined([logRecord('r-1', { changeId: 'c-1' })], candidates([candidate('op-1')], { unjoined: [followUp] })), {
      'r-1': ['op-1', 'confirmed'],
      'r-2': ['op-1', null],
    })
  })
})

void describe('a record is read whatever is in it', () => {
  void test('without an id, a person or a time it speaks of nothing', () => {
    for (const more of [{ id: '' }, { id: null }, { sourceIdentity: null }, { sourceIdentity: { id: '' } }, { activityDateTime: 'soon' }])
      assert.equal(parseLogRecord(rawLogRecord('r-1', { more })), null)
  })

  void test('words nobody has seen and fields of another form cost no answer', () => {
    const odd = logRecord('r-1', {
      scoping: 'True',
      more: {
        provisioningAction: 'unknownFutureValue',
        initiatedBy: 7,
        servicePrincipal: [{ id: 1 }],
        modifiedProperties: [{ displayName: 'x', newValue: 5 }, 7, { displayName: 'accountEnabled', newValue: 'False' }],
        targetIdentity: 'none',
        changeId: '',
      },
    })
    assert.deepEqual(
      [odd.status, odd.action, odd.active, odd.objectId, odd.changeId, odd.imported],
      ['success', 'unknownfuturevalue', false, null, 'r-1', true],
    )
  })

  void test('arbitrary JSON is read or left, never thrown at, and joins nothing by accident', () => {
    const wild = fc.jsonValue().map((value) => value as Json)
    const raw = fc.record(
      {
        activityDateTime: wild,
        changeId: wild,
        provisioningAction: wild,
        provisioningStatusInfo: fc.oneof(
          wild,
          fc.record({ status: wild, errorInformation: fc.oneof(wild, fc.record({ errorCode: wild })) }),
        ),
        provisioningSteps: fc.oneof(wild, fc.array(fc.oneof(wild, fc.record({ provisioningStepType: wild, status: wild, details: wild })))),
        modifiedProperties: fc.oneof(wild, fc.array(wild)),
        sourceIdentity: fc.oneof(wild, fc.record({ id: wild, details: wild })),
        targetIdentity: wild,
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.oneof(wild, raw), (value) => {
        parseLogRecord(value)
        const record = parseLogRecord(Object.assign(rawLogRecord('r-1'), value))
        if (!record) return
        for (const { operation } of joinRecords([record], candidates([candidate('op-1')]), SKEW))
          if (operation) assert.equal(record.employee, '10001')
      }),
      { numRuns: 3_000 },
    )
  })
})

void describe('real records of an API-driven job', () => {
  const shared = process.env['ROLLCALL_SHARED'] ?? join(import.meta.dirname, '..', '..', '..', 'shared')
  const folder = join(shared, 'data', 'entra')
  const skip = existsSync(folder) ? false : 'the folder with real records is not there; set ROLLCALL_SHARED'
  const real = (name: string): LogRecord => {
    const record = parseLogRecord(JSON.parse(readFileSync(join(folder, `provlog-${name}.json`), 'utf8')))
    assert(record)
    return record
  }
  const sent = (id: string, record: LogRecord, user: Record<string, Json>): Candidate => {
    const at = record.activityAt - 60_000
    return candidate(id, { externalId: record.employee, ...user }, { employee: record.employee, acceptedAt: at })
  }
  const user18 = {
    userName: 'testuser1',
    name: { givenName: 'Test', familyName: 'User' },
    displayName: 'Test User 18 (GRAPH)',
    title: 'Sales Executive',
    [ENTERPRISE_USER]: { department: 'Sales', manager: { value: '10019' } },
  }

  void test('a create whose manager is not there yet, and its follow-up, in either order', { skip }, () => {
    const create = real('api2aad-create-success-manager-deferred')
    const followUp = real('api2aad-manager-resolution-update-same-changeId')
    assert.deepEqual([create.imported, create.unresolved, create.active, followUp.imported], [true, true, true, false])
    const operation = sent('op-1', create, user18)
    const both = { [create.id]: ['op-1', 'confirmed'], [followUp.id]: ['op-1', null] }
    assert.deepEqual(alone([operation], create, followUp), both)
    assert.deepEqual(alone([operation], followUp, create), both)
    assert.deepEqual(joined([create], candidates([operation], { unjoined: [followUp] })), both)
    assert.deepEqual(joined([followUp], candidates([], { byChange: new Map([[create.changeId, 'op-1']]) })), {
      [followUp.id]: ['op-1', null],
    })
  })

  void test('a create of somebody else’s values, or of a leaver, is not ours', { skip }, () => {
    const create = real('api2aad-create-success-manager-deferred')
    const manager = { ...user18, [ENTERPRISE_USER]: { department: 'Sales', manager: { value: '10020' } } }
    for (const user of [{ ...user18, title: 'Head' }, manager, { ...user18, active: false }])
      assert.deepEqual(alone([sent('op-1', create, user)], create), { [create.id]: [null, null] })
  })

  void test('an update', { skip }, () => {
    const update = real('api2aad-update-success')
    const user = {
      ...user18,
      userName: 'testuser15',
      displayName: 'Test User 12 (GRAPH)',
      [ENTERPRISE_USER]: { manager: { value: '10016' } },
    }
    assert.deepEqual(alone([sent('op-1', update, user)], update), { [update.id]: ['op-1', 'confirmed'] })
  })

  void test('a simple create with an address, an e-mail and a phone number', { skip }, () => {
    const create = real('api2aad-create-success-simple')
    const user = {
      userName: 'testuser22',
      title: 'Vice President, Consulting Services',
      preferredLanguage: 'en-US',
      addresses: [{ type: 'work', country: 'USA', postalCode: '52116', region: 'MA', streetAddress: '100 Universal City Plaza' }],
      emails: [{ type: 'work', value: 'testuser@contoso.com' }],
      phoneNumbers: [{ type: 'work', value: '555-555-5555' }],
    }
    assert.deepEqual(alone([sent('op-1', create, user)], create), { [create.id]: ['op-1', 'confirmed'] })
    const moved = { ...user, addresses: [{ type: 'work', country: 'Norway' }] }
    assert.deepEqual(alone([sent('op-1', create, moved)], create), { [create.id]: [null, null] })
  })

  void test('a retry and a skip of other jobs are read for what they are', { skip }, () => {
    const retry = real('real-failure-escrow-retry-2026-03-sumologic')
    assert.deepEqual([retry.status, retry.imported], ['failure', false])
    const skipped = real('real-skipped-redundantexport-2026-07')
    assert.deepEqual([skipped.status, skipped.code, skipped.action], ['skipped', 'RedundantExport', 'other'])
  })
})
