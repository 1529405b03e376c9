import { errorText } from './error-texts.ts'
import { actionOf, type Fact, statusOf } from './fact.ts'
import { asText, entriesOf, textOf, valueOf } from '../directory/row.ts'
import { ENTERPRISE_USER } from '../directory/scim.ts'
import type { Settings } from '../settings.ts'
import { createSteps, longTime } from './steps.ts'

export type ApiVersion = 'v1.0' | 'beta'

/**
 * The ids of the two systems differ in every record, and stay the same whenever the record is read
 * again.
 */
function derived(id: string, turn: number): string {
  const digits = id.replaceAll('-', '')
  const turned = digits.slice(turn) + digits.slice(0, turn)
  return [
    turned.slice(0, 8),
    turned.slice(8, 12),
    turned.slice(12, 16),
    turned.slice(16, 20),
    turned.slice(20),
  ].join('-')
}

/** Why an operation failed, and what the service will do about it. */
export function errorOf({ result, retry }: Fact): Readonly<Record<string, string | null>> | null {
  if (result.kind !== 'failed') return null
  const { code, reason, category, recommendedAction } = errorText(result.code, result.reason)
  const again =
    retry?.nextAt === undefined
      ? ''
      : ` It will be retried again after this date: ${longTime(retry.nextAt)} UTC`
  const retried = retry === undefined ? '' : ` This operation was retried ${retry.count} times.${again}`
  return {
    errorCode: code,
    reason: reason + retried,
    additionalDetails: null,
    errorCategory: category,
    recommendedAction,
  }
}

interface Change {
  readonly displayName: string
  readonly oldValue: string | null
  readonly newValue: string | null
}

function changesOf({ before, after, result }: Fact): readonly Change[] {
  if (result.kind === 'skipped' || after === undefined) return []
  const changes: Change[] = []
  for (const [displayName, value] of entriesOf(after)) {
    const [oldValue, newValue] = [textOf(before, displayName) ?? null, asText(value)]
    if (oldValue !== newValue) changes.push({ displayName, oldValue, newValue })
  }
  for (const [displayName, value] of before === undefined ? [] : entriesOf(before)) {
    if (valueOf(after, displayName) === undefined)
      changes.push({ displayName, oldValue: asText(value), newValue: null })
  }
  if (before === undefined)
    changes.push({ displayName: 'passwordProfile.password', oldValue: null, newValue: '[Redacted]' })
  return changes
}

function targetOf(fact: Fact): Readonly<Record<string, unknown>> {
  if (fact.objectId === '') return { id: '', displayName: '', identityType: 'User', details: {} }
  const displayName = textOf(fact.after, 'displayName') ?? ''
  const UserPrincipalName = textOf(fact.after, 'userPrincipalName') ?? ''
  const details = { id: fact.objectId, odatatype: 'User', DisplayName: displayName, UserPrincipalName }
  return { id: fact.objectId, displayName, identityType: 'User', details }
}

export interface RecordWriter {
  /**
   * The record as the log API gives it. Field by field the shape of the real API-driven records.
   */
  write(fact: Fact, version: ApiVersion): Readonly<Record<string, unknown>>
}

export function createRecordWriter(settings: Settings, uses: (path: string) => boolean): RecordWriter {
  const steps = createSteps(settings, uses)
  const application = {
    ApplicationId: settings.applicationId,
    ServicePrincipalId: settings.servicePrincipalId,
    ServicePrincipalDisplayName: settings.servicePrincipalName,
  }
  return {
    write(fact, version) {
      const [action, status, errorInformation] = [actionOf(fact.result), statusOf(fact.result), errorOf(fact)]
      const isBeta = version === 'beta'
      return {
        id: fact.id,
        activityDateTime: `${new Date(fact.at).toISOString().slice(0, 19)}Z`,
        tenantId: settings.tenantId,
        jobId: settings.jobId,
        cycleId: fact.cycleId,
        changeId: fact.changeId,
        ...(isBeta ? { action: action.charAt(0).toUpperCase() + action.slice(1) } : {}),
        provisioningAction: action,
        durationInMilliseconds: fact.durationMs,
        servicePrincipal: { id: settings.servicePrincipalId, displayName: settings.servicePrincipalName },
        sourceSystem: { id: derived(fact.id, 5), displayName: 'API', details: {} },
        targetSystem: {
          id: derived(fact.id, 11),
          displayName: settings.targetSystemName,
          details: application,
        },
        initiatedBy: { id: '', displayName: 'Azure AD Provisioning Service', initiatorType: 'system' },
        sourceIdentity: { id: fact.externalId, displayName: '', identityType: ENTERPRISE_USER, details: {} },
        targetIdentity: targetOf(fact),
        provisioningStatusInfo: { status, errorInformation },
        ...(isBeta ? { statusInfo: { status, ...errorInformation } } : {}),
        provisioningSteps: steps(fact),
        modifiedProperties: changesOf(fact),
      }
    },
  }
}
