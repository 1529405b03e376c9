import { actionOf, type Fact, statusOf } from './fact.ts'
import { asText, entriesOf, type Row, textOf, valueOf } from './row.ts'
import { echoKey, ENTERPRISE_USER } from './scim.ts'
import type { Settings } from './settings.ts'
import { unreachable } from './unreachable.ts'

export type ApiVersion = 'v1.0' | 'beta'
type Details = Readonly<Record<string, string>>

interface Step {
  readonly name: string
  readonly provisioningStepType: 'import' | 'scoping' | 'matching' | 'processing' | 'export'
  readonly status: 'success' | 'failure' | 'skipped'
  readonly description: string
  readonly details: Details
}

const step = (
  name: string,
  provisioningStepType: Step['provisioningStepType'],
  description: string,
  details: Details,
  status: Step['status'] = 'success',
): Step => ({ name, provisioningStepType, status, description, details })

const capital = ENTERPRISE_USER.replace(/^u/u, 'U')
const truth = (value: boolean): string => (value ? 'True' : 'False')

/** The ids of the two systems differ in every record, and stay the same whenever the record is read again. */
const derived = (id: string, turn: number): string => {
  const digits = id.replaceAll('-', '')
  const turned = digits.slice(turn) + digits.slice(0, turn)
  return [turned.slice(0, 8), turned.slice(8, 12), turned.slice(12, 16), turned.slice(16, 20), turned.slice(20)].join('-')
}

export interface RecordWriter {
  /** The record as the log API gives it. Field by field the shape of the real API-driven records. */
  write(fact: Fact, version: ApiVersion): Readonly<Record<string, unknown>>
}

export function createRecordWriter(settings: Settings, uses: (path: string) => boolean): RecordWriter {
  const target = settings.targetSystemName

  function echo(imported: Row): Details {
    const details: [string, string][] = []
    for (const [path, value] of entriesOf(imported)) {
      if (uses(path) && (path !== 'active' || settings.echoActive)) details.push([echoKey(path), asText(value)])
    }
    return Object.fromEntries(details)
  }

  const importStep = (fact: Fact, imported: Row): Step =>
    step('EntryImportAdd', 'import', `Received ${ENTERPRISE_USER} '${fact.externalId}' change of type (Add) from API`, echo(imported))

  const scopingStep = (fact: Fact): Step =>
    step('EntrySynchronizationScoping', 'scoping', `Determine if ${ENTERPRISE_USER} in scope by evaluating against each scoping filter`, {
      'Active in the source system': truth(fact.active),
      'Scoping filter evaluation passed': 'True',
      ScopeEvaluationResult: '{}',
    })

  const addStep = (fact: Fact): Step =>
    step(
      'EntrySynchronizationAdd',
      'matching',
      `${ENTERPRISE_USER} '${fact.externalId}' will be created in ${target} (${ENTERPRISE_USER} is active and assigned in API, ` +
        `but no matching ${ENTERPRISE_USER} was found in ${target})`,
      {},
    )

  function matchStep(fact: Fact, before: Row): Step {
    const name = textOf(before, 'userPrincipalName') ?? ''
    const current = [...entriesOf(before)].filter(([key]) => key !== 'manager').map(([key, value]) => [echoKey(key), asText(value)])
    const details = { objectId: fact.objectId, ...Object.fromEntries(current), originalUserPrincipalName: name }
    return step('EntryImport', 'matching', `Retrieved  '${name}' from ${target}`, details)
  }

  function unresolvedStep(fact: Fact, manager: string): Step {
    const name = textOf(fact.after, 'userPrincipalName') ?? fact.externalId
    return step(
      'EntrySynchronizationSkip',
      'processing',
      `We were unable to assign ${manager} as the manager of ${name}. In order to ensure that the references are updated properly, you have ` +
        `two options. First, ensure that ${manager} is in scope for provisioning. Provision ${manager} on-demand and then provision ${name} ` +
        `on-demand. Alternatively, you can restart provisioning after ensuring that ${manager} is in scope for provisioning. `,
      { [manager]: 'manager Add', PropertyName: 'manager', SkipReason: 'UnableToResolveReferenceAttributeValue' },
    )
  }

  function createdDetails(fact: Fact): Details {
    if (fact.after === undefined) return {}
    const set = [...entriesOf(fact.after)].filter(([name]) => name !== 'manager').map(([name, value]) => [echoKey(name), asText(value)])
    return { ...Object.fromEntries(set), passwordProfilepassword: '[Redacted]' }
  }

  function exportStep(fact: Fact): Step {
    const reportable = { ReportableIdentifier: fact.externalId }
    const name = textOf(fact.after, 'userPrincipalName') ?? fact.externalId
    const { result } = fact
    switch (result.kind) {
      case 'exported':
        return result.action === 'create'
          ? step('EntryExportAdd', 'export', `${capital} '${name}' was created in ${target}`, { ...createdDetails(fact), ...reportable })
          : step('EntryExportUpdate', 'export', `${capital} '${name}' was updated in ${target}`, reportable)
      case 'resolved':
        return step('EntryExportUpdate', 'export', `${capital} '${fact.externalId}' was updated in ${target}`, reportable)
      case 'unchanged': {
        const description =
          `The state of the entry in both the source and target systems already match. No change to the ${ENTERPRISE_USER} ` +
          `'${fact.externalId}' currently needs to be made.`
        return step('EntrySynchronizationSkip', 'export', description, { ...reportable, SkipReason: 'RedundantExport' }, 'skipped')
      }
      case 'failed': {
        const creates = result.action === 'create'
        const description = `Failed to ${creates ? 'create' : 'update'} ${ENTERPRISE_USER} '${name}' in ${target}`
        return step(creates ? 'EntryExportAdd' : 'EntryExportUpdate', 'export', description, reportable, 'failure')
      }
      default:
        return unreachable(result)
    }
  }

  function steps(fact: Fact): readonly Step[] {
    const { imported, before, result } = fact
    if (imported === undefined) return [exportStep(fact)]
    const unresolved = 'unresolved' in result && result.unresolved !== undefined ? [unresolvedStep(fact, result.unresolved)] : []
    return before === undefined
      ? [importStep(fact, imported), scopingStep(fact), addStep(fact), ...unresolved, exportStep(fact)]
      : [importStep(fact, imported), matchStep(fact, before), scopingStep(fact), ...unresolved, exportStep(fact)]
  }

  function modified({ before, after, result }: Fact): readonly Readonly<Record<string, string | null>>[] {
    if (result.kind === 'unchanged' || after === undefined) return []
    const changes: { displayName: string; oldValue: string | null; newValue: string | null }[] = []
    for (const [displayName, value] of entriesOf(after)) {
      const [oldValue, newValue] = [textOf(before, displayName) ?? null, asText(value)]
      if (oldValue !== newValue) changes.push({ displayName, oldValue, newValue })
    }
    for (const [displayName, value] of before === undefined ? [] : entriesOf(before)) {
      if (valueOf(after, displayName) === undefined) changes.push({ displayName, oldValue: asText(value), newValue: null })
    }
    if (before === undefined) changes.push({ displayName: 'passwordProfile.password', oldValue: null, newValue: '[Redacted]' })
    return changes
  }

  function targetIdentity(fact: Fact): Readonly<Record<string, unknown>> {
    if (fact.objectId === '') return { id: '', displayName: '', identityType: 'User', details: {} }
    const displayName = textOf(fact.after, 'displayName') ?? ''
    const UserPrincipalName = textOf(fact.after, 'userPrincipalName') ?? ''
    const details = { id: fact.objectId, odatatype: 'User', DisplayName: displayName, UserPrincipalName }
    return { id: fact.objectId, displayName, identityType: 'User', details }
  }

  return {
    write(fact, version) {
      const action = actionOf(fact.result)
      const status = statusOf(fact.result)
      const errorInformation =
        fact.result.kind === 'failed'
          ? {
              errorCode: fact.result.code,
              reason: fact.result.reason,
              additionalDetails: null,
              errorCategory: 'nonServiceFailure',
              recommendedAction: null,
            }
          : null
      const beta = version === 'beta'
      return {
        id: fact.id,
        activityDateTime: `${new Date(fact.at).toISOString().slice(0, 19)}Z`,
        tenantId: settings.tenantId,
        jobId: settings.jobId,
        cycleId: fact.cycleId,
        changeId: fact.changeId,
        ...(beta ? { action: action.charAt(0).toUpperCase() + action.slice(1) } : {}),
        provisioningAction: action,
        durationInMilliseconds: fact.durationMs,
        servicePrincipal: { id: settings.servicePrincipalId, displayName: settings.servicePrincipalName },
        sourceSystem: { id: derived(fact.id, 5), displayName: 'API', details: {} },
        targetSystem: {
          id: derived(fact.id, 11),
          displayName: target,
          details: {
            ApplicationId: settings.applicationId,
            ServicePrincipalId: settings.servicePrincipalId,
            ServicePrincipalDisplayName: settings.servicePrincipalName,
          },
        },
        initiatedBy: { id: '', displayName: 'Azure AD Provisioning Service', initiatorType: 'system' },
        sourceIdentity: { id: fact.externalId, displayName: '', identityType: ENTERPRISE_USER, details: {} },
        targetIdentity: targetIdentity(fact),
        provisioningStatusInfo: { status, errorInformation },
        ...(beta ? { statusInfo: { status, ...errorInformation } } : {}),
        provisioningSteps: steps(fact),
        modifiedProperties: modified(fact),
      }
    },
  }
}
