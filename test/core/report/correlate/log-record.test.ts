import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { Candidate } from '../../../../src/core/ledger/port/report.ts'
import type { Json } from '../../../../src/core/model.ts'
import { ENTERPRISE_USER } from '../../../../src/core/plan/mapping/scim.ts'
import type { LogRecord } from '../../../../src/core/ledger/log-record.ts'
import { parseLogRecord } from '../../../../src/core/report/correlate/log-record.ts'
import {
  candidate,
  candidates,
  joinsOf,
  joined,
  joinedAlone,
  logRecord,
  rawLogRecord,
  SKEW,
} from '../../../fakes/log.ts'
import { runs } from '../../../fakes/runs.ts'

void describe('a record is read whatever it contains', () => {
  void test('without an id, an employee or a time it is unreadable', () => {
    for (const more of [
      { id: '' },
      { id: null },
      { sourceIdentity: null, provisioningSteps: [] },
      { sourceIdentity: { id: '' }, provisioningSteps: null },
      { activityDateTime: 'soon' },
    ])
      assert.equal(parseLogRecord(rawLogRecord('r-1', { more })), null)
  })

  void test('unknown words and fields of another form do not lose an answer', () => {
    const odd = logRecord('r-1', {
      scoping: 'True',
      more: {
        provisioningAction: 'unknownFutureValue',
        initiatedBy: 7,
        servicePrincipal: [{ id: 1 }],
        modifiedProperties: [
          { displayName: 'x', newValue: 5 },
          7,
          { displayName: 'accountEnabled', newValue: 'False' },
        ],
        targetIdentity: 'none',
        changeId: '',
      },
    })
    assert.deepEqual(
      [odd.status, odd.action, odd.active, odd.objectId, odd.changeId, odd.imported],
      ['success', 'unknownfuturevalue', false, null, 'r-1', true],
    )
  })

  void test('arbitrary JSON is read or ignored, never throws, and joins nothing by accident', () => {
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
        provisioningSteps: fc.oneof(
          wild,
          fc.array(fc.oneof(wild, fc.record({ provisioningStepType: wild, status: wild, details: wild }))),
        ),
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
        for (const { operation } of joinsOf([record], candidates([candidate('op-1')]), SKEW))
          if (operation) assert.equal(record.employeeId, '10001')
      }),
      { numRuns: runs(3_000) },
    )
  })
})

void describe('other observed or documented forms of a record', () => {
  const raw = (more: Record<string, Json>): Json => ({ ...rawLogRecord('r-1', { scoping: 'True' }), ...more })
  const read = (more: Record<string, Json>): LogRecord => {
    const record = parseLogRecord(raw(more))
    assert(record)
    return record
  }

  void test('the beta version: action and statusInfo, with the error beside the status', () => {
    const record = read({
      provisioningAction: null,
      provisioningStatusInfo: null,
      action: 'Update',
      statusInfo: {
        '@odata.type': '#microsoft.graph.statusDetails',
        status: 'failure',
        errorCode: 'Timeout',
        reason: 'words',
      },
    })
    assert.deepEqual(
      [record.action, record.status, record.code, record.reason, record.willRetry],
      ['update', 'failure', 'Timeout', 'words', true],
    )
    assert.equal(read({ statusInfo: { status: 'failure', errorCode: 'Old' } }).status, 'success')
  })

  void test('ids and values that are numbers, and booleans that are not text', () => {
    const steps = [
      {
        name: 'EntryImportAdd',
        provisioningStepType: 'import',
        status: 'success',
        details: { costCenter: 7, flag: true, gone: null, list: [1] },
      },
    ]
    const record = read({ id: 17, sourceIdentity: { id: 10001 }, cycleId: 4, provisioningSteps: steps })
    assert.deepEqual([record.id, record.employeeId, record.cycleId], ['17', '10001', '4'])
    assert.deepEqual({ ...record.echo }, { costCenter: '7', flag: 'True', list: null })
  })

  void test('a value of another form contradicts nothing and is not missing', () => {
    const record = read({
      provisioningSteps: [
        { provisioningStepType: 'import', status: 'success', details: { title: { value: 'x' } } },
      ],
    })
    assert.deepEqual(joinedAlone([candidate('op-1', { title: 'Engineer' })], record), {
      'r-1': ['op-1', 'confirmed'],
    })
  })

  void test('quoted values of modified properties, and Active Directory’s words for a disabled account', () => {
    for (const [displayName, newValue, active] of [
      ['accountEnabled', '"False"', false],
      ['accountEnabled', false, false],
      ['accountDisabled', 'True', false],
      ['accountDisabled', '"False"', true],
      ['userAccountControl', '514', false],
      ['userAccountControl', '"512"', true],
      ['userAccountControl', 'odd', true],
    ] as const)
      assert.equal(
        read({ modifiedProperties: [{ displayName, oldValue: null, newValue }] }).active,
        active,
        `${displayName} ${newValue}`,
      )
  })

  void test('without a source identity the key is the imported one, or that of the last step', () => {
    assert.equal(read({ sourceIdentity: null }).employeeId, '10001')
    const export_ = {
      provisioningStepType: 'export',
      status: 'success',
      details: { ReportableIdentifier: '10002' },
    }
    assert.equal(read({ sourceIdentity: { id: '' }, provisioningSteps: [export_] }).employeeId, '10002')
    assert.equal(parseLogRecord(raw({ sourceIdentity: null, provisioningSteps: [] })), null)
  })

  void test('lists and details as JSON text, as in exports of the log', () => {
    const plain = rawLogRecord('r-1', { echo: { title: 'Engineer' }, scoping: 'True' })
    const quoted = { ...plain }
    for (const key of ['provisioningSteps', 'modifiedProperties', 'sourceIdentity', 'provisioningStatusInfo'])
      quoted[key] = JSON.stringify(plain[key])
    assert.deepEqual(parseLogRecord(quoted), parseLogRecord(plain))
  })

  void test('a moment without a zone is UTC', () => {
    assert.equal(read({ activityDateTime: '2026-11-02T08:00:00' }).activityAt, Date.UTC(2026, 10, 2, 8))
    assert.equal(
      read({ activityDateTime: '2026-11-02T08:00:00.1234567Z' }).activityAt,
      Date.UTC(2026, 10, 2, 8, 0, 0, 123),
    )
  })

  void test('a skip whose step reports success is a skip, and an unresolved manager beside it is not', () => {
    const manager = {
      provisioningStepType: 'processing',
      status: 'success',
      details: { SkipReason: 'UnableToResolveReferenceAttributeValue' },
    }
    const redundant = {
      provisioningStepType: 'export',
      status: 'success',
      details: { SkipReason: 'RedundantExport' },
    }
    const record = read({
      provisioningStatusInfo: { status: 'Skipped' },
      provisioningSteps: [manager, redundant],
    })
    assert.deepEqual([record.status, record.code, record.unresolved], ['skipped', 'RedundantExport', true])
    assert.deepEqual(
      [read({ provisioningSteps: [manager] }).code, read({ provisioningSteps: [manager] }).unresolved],
      [null, true],
    )
  })
})

void describe('of several parts of a record that say the same kind of thing', () => {
  const steps = (...provisioningSteps: readonly Json[]): LogRecord =>
    logRecord('r-1', { more: { provisioningStatusInfo: { status: 'skipped' }, provisioningSteps } })
  const skip = (reason: string, status: string, details = {}): Json => ({
    provisioningStepType: 'export',
    status,
    details: { SkipReason: reason, ...details },
  })
  const step = (provisioningStepType: string, details: Record<string, Json>, name = 'Step'): Json => ({
    name,
    provisioningStepType,
    status: 'success',
    details,
  })

  void test('the first step that was skipped gives the reason, or else the last that names one', () => {
    const skipped = [skip('A', 'success'), skip('B', 'skipped'), skip('C', 'skipped'), skip('D', 'success')]
    assert.equal(steps(...skipped).code, 'B')
    assert.equal(steps(skip('A', 'success'), skip('B', 'success')).code, 'B')
    const unresolved = (name: string): Json =>
      skip('UnableToResolveReferenceAttributeValue', 'success', { PropertyName: name })
    assert.equal(steps(unresolved('manager'), unresolved('assistant')).reason, 'property assistant')
  })

  void test('a reference is unresolved only where a step says so', () => {
    assert.equal(steps(skip('A', 'skipped')).unresolved, false)
    assert.equal(logRecord('r-1').unresolved, false)
  })

  void test('the first import and the first scoping count', () => {
    const [first, second] = [step('import', { title: 'Head' }), step('import', { title: 'Clerk' })]
    assert.equal(steps(first, second).echo['title'], 'Head')
    const scoping = (active: string): Json => step('scoping', { 'Active in the source system': active })
    assert.equal(steps(scoping('False'), scoping('True')).active, false)
    const matching = (enabled: string): Json => step('matching', { accountEnabled: enabled })
    assert.equal(steps(scoping('True'), matching('False'), matching('True')).active, null)
  })

  void test('a retry of the service is known by the name of its step or by its type, and the first one counts', () => {
    const retry = (hour: number): Json =>
      step('import', { CreationTime: `2026-11-02T0${hour}:00:00Z` }, 'EntryEscrowRetry')
    assert.equal(steps(retry(1), retry(2)).escrowedAt, Date.UTC(2026, 10, 2, 1))
    assert.equal(steps(retry(1)).escrowRetry, true)
    assert.equal(steps(step('import', { TypeName: 'EscrowedEntryDefault' })).escrowRetry, true)
    assert.equal(steps(step('import', {})).escrowRetry, false)
  })
})

void test('a key has up to 1,000 characters; a longer change is none, so that the record stands alone', () => {
  const [longest, longer] = ['x'.repeat(1_000), 'x'.repeat(1_001)]
  const read = (more: Record<string, Json>) => parseLogRecord(rawLogRecord('r-1', { more }))
  assert.equal(read({ id: longest })?.id, longest)
  assert.equal(read({ id: longer }), null)
  assert.equal(read({ sourceIdentity: { id: longest } })?.employeeId, longest)
  assert.equal(read({ sourceIdentity: { id: longer } }), null)
  assert.equal(read({ changeId: longest })?.changeId, longest)
  assert.equal(read({ changeId: longer })?.changeId, 'r-1')
  assert.equal(parseLogRecord({ ...rawLogRecord('r-1'), changeId: JSON.parse('1e999') })?.changeId, 'r-1')
})

void test('a boolean of a step may be a boolean or its name', () => {
  const active = (value: Json) => logRecord('r-1', { importDetails: { active: value } }).active
  assert.deepEqual([true, 'True', false, 'False', 'perhaps'].map(active), [true, true, false, false, null])
})

void describe('real records of an API-driven job', () => {
  const shared =
    process.env['ROLLCALL_SHARED'] ?? join(import.meta.dirname, '..', '..', '..', '..', '..', 'shared')
  const folder = join(shared, 'data', 'entra')
  const skip = existsSync(folder) ? false : 'the folder with real records is not there; set ROLLCALL_SHARED'
  const real = (name: string): LogRecord => {
    const record = parseLogRecord(JSON.parse(readFileSync(join(folder, `provlog-${name}.json`), 'utf8')))
    assert(record)
    return record
  }
  const sent = (id: string, record: LogRecord, user: Record<string, Json>): Candidate => {
    const at = record.activityAt - 60_000
    return candidate(
      id,
      { externalId: record.employeeId, ...user },
      { employeeId: record.employeeId, acceptedAt: at },
    )
  }
  const user18 = {
    userName: 'testuser1',
    name: { givenName: 'Test', familyName: 'User' },
    displayName: 'Test User 18 (GRAPH)',
    title: 'Sales Executive',
    [ENTERPRISE_USER]: { department: 'Sales', manager: { value: '10019' } },
  }

  void test('a create whose manager does not exist yet, and its follow-up, in either order', { skip }, () => {
    const create = real('api2aad-create-success-manager-deferred')
    const followUp = real('api2aad-manager-resolution-update-same-changeId')
    assert.deepEqual(
      [create.imported, create.unresolved, create.active, followUp.imported],
      [true, true, true, false],
    )
    const operation = sent('op-1', create, user18)
    const both = { [create.id]: ['op-1', 'confirmed'], [followUp.id]: ['op-1', null] }
    assert.deepEqual(joinedAlone([operation], create, followUp), both)
    assert.deepEqual(joinedAlone([operation], followUp, create), both)
    assert.deepEqual(joined([create], candidates([operation], { unjoined: [followUp] })), both)
    assert.deepEqual(joined([followUp], candidates([], { byChange: new Map([[create.changeId, 'op-1']]) })), {
      [followUp.id]: ['op-1', null],
    })
  })

  void test('a create with other values, or of a leaver, is not ours', { skip }, () => {
    const create = real('api2aad-create-success-manager-deferred')
    const manager = { ...user18, [ENTERPRISE_USER]: { department: 'Sales', manager: { value: '10020' } } }
    for (const user of [{ ...user18, title: 'Head' }, manager, { ...user18, active: false }])
      assert.deepEqual(joinedAlone([sent('op-1', create, user)], create), { [create.id]: [null, null] })
  })

  void test('an update', { skip }, () => {
    const update = real('api2aad-update-success')
    const user = {
      ...user18,
      userName: 'testuser15',
      displayName: 'Test User 12 (GRAPH)',
      [ENTERPRISE_USER]: { manager: { value: '10016' } },
    }
    assert.deepEqual(joinedAlone([sent('op-1', update, user)], update), {
      [update.id]: ['op-1', 'confirmed'],
    })
  })

  void test('a create with an address, an e-mail address and a phone number', { skip }, () => {
    const create = real('api2aad-create-success-simple')
    const user = {
      userName: 'testuser22',
      title: 'Vice President, Consulting Services',
      preferredLanguage: 'en-US',
      addresses: [
        {
          type: 'work',
          country: 'USA',
          postalCode: '52116',
          region: 'MA',
          streetAddress: '100 Universal City Plaza',
        },
      ],
      emails: [{ type: 'work', value: 'testuser@contoso.com' }],
      phoneNumbers: [{ type: 'work', value: '555-555-5555' }],
    }
    assert.deepEqual(joinedAlone([sent('op-1', create, user)], create), {
      [create.id]: ['op-1', 'confirmed'],
    })
    const moved = { ...user, addresses: [{ type: 'work', country: 'Norway' }] }
    assert.deepEqual(joinedAlone([sent('op-1', create, moved)], create), { [create.id]: [null, null] })
  })

  void test('a retry and a skip of other jobs are recognised', { skip }, () => {
    const retry = real('real-failure-escrow-retry-2026-03-sumologic')
    assert.deepEqual([retry.status, retry.imported], ['failure', false])
    const skipped = real('real-skipped-redundantexport-2026-07')
    assert.deepEqual([skipped.status, skipped.code, skipped.action], ['skipped', 'RedundantExport', 'other'])
  })
})
