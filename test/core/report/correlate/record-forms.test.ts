import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Json, JsonObject } from '../../../../src/core/model.ts'
import { placesNamed, targetsOf } from '../../../../src/core/plan/mapping/targets.ts'
import type { LogRecord } from '../../../../src/core/ledger/log-record.ts'
import { parseLogRecord } from '../../../../src/core/report/correlate/log-record.ts'
import { reasonOf, UNCATALOGUED } from '../../../../src/core/report/outcomes/reason-catalogue.ts'
import { candidate, candidates, joined, rawLogRecord } from '../../../fakes/log.ts'

/**
 * Forms that Microsoft's pages and published records of other jobs show; the people in them are
 * made up.
 */
const read = (more: Record<string, Json>): LogRecord => {
  const record = parseLogRecord({ ...rawLogRecord('r-1', { scoping: 'True' }), ...more })
  assert(record)
  return record
}
const outcome = (record: LogRecord, user: JsonObject = {}): string | null | undefined =>
  joined([record], candidates([candidate('op-1', user)]))['r-1']?.[1]
const step = (
  provisioningStepType: string,
  status: string,
  details: JsonObject = {},
  name = 'Entry',
): JsonObject => ({
  name,
  provisioningStepType,
  status,
  description: 'words about Ann Lee',
  details,
})
const imported = step('import', 'success', { externalId: '10001', title: 'Engineer' }, 'EntryImportAdd')
const failed = (errorCode: string | null, reason = 'words'): Record<string, Json> => ({
  provisioningStatusInfo: {
    status: 'failure',
    errorInformation: {
      errorCode,
      reason,
      additionalDetails: null,
      errorCategory: 'nonServiceFailure',
      recommendedAction: null,
    },
  },
})

void describe('the meaning of a log record', () => {
  void test('its step makes it a skip, also when an error code says so', () => {
    const skipped = (SkipReason: string, errorInformation: Json = null): LogRecord =>
      read({
        provisioningAction: 'other',
        provisioningStatusInfo: { status: 'skipped', errorInformation },
        provisioningSteps: [
          imported,
          step('export', 'skipped', { SkipReason, ReportableIdentifier: '10001' }),
        ],
      })
    const beside = { errorCode: 'EntrySynchronizationSkipped', reason: '', errorCategory: 'success' }
    assert.equal(outcome(skipped('RedundantExport', beside)), 'unchanged')
    assert.equal(skipped('', beside).code, 'EntrySynchronizationSkipped')
  })

  void test('a skip for a value that the target rejects is a failure that names it; otherwise a termination would be skipped as if intended', () => {
    const invalid = (
      action: string,
      targetIdentity: Json,
      SkipReason = 'AttributeValidationFailed',
    ): LogRecord =>
      read({
        provisioningAction: action,
        provisioningStatusInfo: { status: 'skipped', errorInformation: null },
        targetIdentity,
        provisioningSteps: [imported, step('export', 'skipped', { SkipReason, PropertyName: 'surname' })],
      })
    const known = invalid('update', { id: 'object-1' })
    assert.deepEqual(
      [known.code, outcome(known), outcome(known, { active: false })],
      ['AttributeValidationFailed', 'failed', 'failed'],
    )
    assert.deepEqual(placesNamed(known.reason, targetsOf()), ['name.familyName'])
    assert.equal(outcome(invalid('create', { id: '' })), 'failed')
    assert.equal(
      outcome(invalid('create', { id: '' }), { active: false }),
      'unchanged',
      'the directory never knew the leaver',
    )
    for (const unmatched of ['JoiningPropertyValueIsMissing', 'ImportSkipped'])
      assert.equal(
        outcome(invalid('create', { id: '' }, unmatched), { active: false }),
        'failed',
        'it is not known whether it does',
      )
  })

  void test('a manager who does not exist yet does not make the record a skip, whatever the status of the step', () => {
    for (const status of ['success', 'skipped', 'warning']) {
      const manager = step('referenceResolution', status, {
        SkipReason: 'UnableToResolveReferenceAttributeValue',
        PropertyName: 'manager',
      })
      const record = read({ provisioningSteps: [imported, manager, step('export', 'success')] })
      assert.deepEqual([record.code, record.unresolved, outcome(record)], [null, true, 'confirmed'], status)
      const alone = read({
        provisioningStatusInfo: { status: 'skipped' },
        provisioningSteps: [imported, manager],
      })
      assert.deepEqual(
        [alone.code, alone.unresolved, outcome(alone)],
        ['UnableToResolveReferenceAttributeValue', true, 'skipped'],
        status,
      )
    }
  })

  void test('an employee out of scope is disabled and reported as a success: the record is ours, and none of its values were accepted', () => {
    const scoping = step('scoping', 'success', {
      'Active in the source system': 'True',
      'Scoping filter evaluation passed': 'False',
    })
    const record = read({
      provisioningAction: 'disable',
      modifiedProperties: [{ displayName: 'accountEnabled', oldValue: 'True', newValue: 'False' }],
      provisioningSteps: [imported, scoping, step('export', 'success')],
    })
    assert.deepEqual(
      [record.active, record.code, outcome(record)],
      [true, 'NotEffectivelyEntitled', 'skipped'],
    )
    const leaver = read({
      modifiedProperties: [{ displayName: 'accountEnabled', oldValue: 'True', newValue: 'False' }],
    })
    assert.deepEqual([leaver.active, outcome(leaver, { active: false })], [false, 'confirmed'])
    const outAndLeft = step('scoping', 'success', {
      'Active in the source system': 'False',
      'Scoping filter evaluation passed': 'False',
    })
    const both = read({
      provisioningAction: 'disable',
      provisioningSteps: [imported, outAndLeft, step('export', 'success')],
    })
    assert.deepEqual([both.active, outcome(both, { active: false })], [false, 'confirmed'])
  })

  void test('a failure that the service retries itself is escrowed, whatever name its connectors give it', () => {
    for (const code of [
      'TooManyRequests',
      'InternalServerError',
      'InternalError',
      'WebExceptionProtocolError',
      'Timeout',
      'TimeOut',
      'HybridSynchronizationActiveDirectoryInternalServerError',
      'AzureDirectoryServiceServerBusy',
    ])
      assert.equal(outcome(read(failed(code))), 'escrowed', code)
    assert.equal(outcome(read(failed('Odd', 'This operation will be retried automatically.'))), 'escrowed')
    assert.equal(outcome(read(failed('AzureActiveDirectoryDuplicateUserPrincipalName'))), 'failed')
    const unknown = read({
      ...failed('AzureActiveDirectoryMandatoryFieldsMissing'),
      provisioningSteps: [imported, step('export', 'failure')],
    })
    assert.equal(outcome(unknown, { active: false }), 'unchanged')
  })
})

void describe('fields a record may lack', () => {
  void test('without a status, the error or the last step decides; an unknown word decides nothing', () => {
    const steps = (status: string): Json => [imported, step('export', status)]
    for (const info of [null, 'odd', [], { status: null, errorInformation: null }]) {
      assert.equal(
        read({ provisioningStatusInfo: info, provisioningSteps: steps('success') }).status,
        'success',
      )
      assert.equal(
        read({ provisioningStatusInfo: info, provisioningSteps: steps('failure') }).status,
        'failure',
      )
      assert.equal(read({ provisioningStatusInfo: info, provisioningSteps: null }).status, 'unknown')
    }
    assert.equal(
      read({ provisioningStatusInfo: { errorInformation: { errorCode: 'Conflict' } } }).status,
      'failure',
    )
    assert.equal(
      read({ provisioningStatusInfo: { status: 'unknownFutureValue' }, provisioningSteps: steps('success') })
        .status,
      'unknown',
    )
  })

  void test('an empty code, reason or change counts as missing', () => {
    const record = read({
      changeId: '00000000-0000-0000-0000-000000000000',
      provisioningStatusInfo: { status: 'success', errorInformation: { errorCode: '', reason: '' } },
    })
    assert.deepEqual([record.code, record.reason, record.changeId], [null, null, 'r-1'])
  })

  void test('without steps, properties and target it still answers what was sent', () => {
    const record = read({
      provisioningSteps: null,
      modifiedProperties: null,
      targetIdentity: null,
      cycleId: null,
      jobId: null,
    })
    assert.deepEqual([record.imported, record.objectId, outcome(record)], [true, null, 'confirmed'])
    assert.equal(
      outcome(
        read({ provisioningSteps: [null, 7, imported, step('odd', 'odd')], modifiedProperties: [null, {}] }),
      ),
      'confirmed',
    )
  })

  void test('a redacted value cannot be compared', () => {
    const secret = step('import', 'success', {
      externalId: '10001',
      title: '[Redacted]',
      department: 'Sales',
      nickName: 'redacted',
    })
    const record = read({ provisioningSteps: [secret, step('export', 'success')] })
    assert.deepEqual([record.echo['title'], record.echo['nickName']], [null, null])
    assert.equal(outcome(record, { title: 'Engineer', nickName: 'Ada' }), 'confirmed')
  })

  void test('the id may be in the details of the source identity', () => {
    assert.equal(
      read({ sourceIdentity: { id: null, details: { id: '10007', odatatype: 'User' } } }).employeeId,
      '10007',
    )
  })
})

void test('every code seen in published records and on Microsoft’s pages has an entry, with the name of a connector before it too', () => {
  for (const code of `ContosoEntryConflict BoxEntryConflict AzureActiveDirectoryDuplicateUserPrincipalName AzureActiveDirectoryForbidden
    AzureActiveDirectoryQuotaLimitExceeded HybridSynchronizationActiveDirectoryUserPrincipalNameNotUnique AttributeValidationFailed
    HybridSynchronizationActiveDirectoryInternalServerError HybridIdentityServiceNoAgentsAssigned HybridIdentityServiceNoActiveAgents
    HybridIdentityServiceAgentSignalingError AzureDirectoryServiceServerBusy EntryJoiningPropertyValueIsMissing TimeOut
    SystemForCrossDomainIdentityManagementMultipleEntriesInResponse SystemForCrossDomainIdentityManagementServiceIncompatible
    SystemForCrossDomainIdentityManagementServiceIncompatibleFiltering InvalidAuthenticationToken`.split(
    /\s+/,
  ))
    assert.notEqual(reasonOf(code), UNCATALOGUED, code)
})
