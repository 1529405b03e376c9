import type { Fact, Retry, SkipReason } from './fact.ts'
import { asText, entriesOf, type Row, textOf } from '../directory/row.ts'
import { echoKey, ENTERPRISE_USER } from '../directory/scim.ts'
import type { Settings } from '../settings.ts'
import { unreachable } from '../support/unreachable.ts'

type Details = Readonly<Record<string, string>>

export interface Step {
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

const CAPITALISED_USER = ENTERPRISE_USER.replace(/^u/, 'U')
const truth = (value: boolean): string => (value ? 'True' : 'False')

/** Seven digits after the point, as the service writes moments inside texts. */
export const longTime = (at: number): string => new Date(at).toISOString().replace('Z', '0000Z')

/** `3/24/2026 7:17:42 AM` */
function americanTime(at: number): string {
  const date = new Date(at)
  const [hours, two] = [date.getUTCHours(), (value: number): string => String(value).padStart(2, '0')]
  const day = `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`
  return `${day} ${hours % 12 || 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} ${hours < 12 ? 'AM' : 'PM'}`
}

const withoutManager = (row: Row): Details =>
  Object.fromEntries(
    [...entriesOf(row)]
      .filter(([name]) => name !== 'manager')
      .map(([name, value]) => [echoKey(name), asText(value)]),
  )

/** The `provisioningSteps` of a record. */
export function createSteps(
  settings: Settings,
  uses: (path: string) => boolean,
): (fact: Fact) => readonly Step[] {
  const target = settings.targetSystemName

  function echo(imported: Row): Details {
    const details: [string, string][] = []
    for (const [path, value] of entriesOf(imported)) {
      if (uses(path) && (path !== 'active' || settings.echoActive))
        details.push([echoKey(path), asText(value)])
    }
    return Object.fromEntries(details)
  }

  const importStep = (fact: Fact, imported: Row): Step =>
    step(
      'EntryImportAdd',
      'import',
      `Received ${ENTERPRISE_USER} '${fact.externalId}' change of type (Add) from API`,
      echo(imported),
    )

  function retryStep(fact: Fact, retry: Retry): Step {
    const description = `We are retrying an operation that previously failed.\r\nIdentifier: ${fact.externalId}\r\nObject type: User\r\nDirectory: API`
    return step('EntryEscrowRetry', 'import', description, {
      CountProcessed: String(retry.count - 1),
      CreationTime: longTime(retry.createdAt),
      Identifier: fact.externalId,
      ModificationType: 'Add',
      NextAttempt: americanTime(retry.dueAt),
      Origin: 'Source',
      TypeName: 'EscrowedEntryDefault',
    })
  }

  function scopingStep({ active, result }: Fact): Step {
    const isOut = result.kind === 'skipped' && result.skipReason === 'NotEffectivelyEntitled'
    const description = `Determine if ${ENTERPRISE_USER} in scope by evaluating against each scoping filter`
    return step('EntrySynchronizationScoping', 'scoping', description, {
      'Active in the source system': settings.scopingActive === 'always-true' ? 'True' : truth(active),
      'Scoping filter evaluation passed': truth(!isOut),
      ScopeEvaluationResult: '{}',
    })
  }

  function addStep(fact: Fact): Step {
    const because = `${ENTERPRISE_USER} is active and assigned in API, but no matching ${ENTERPRISE_USER} was found in ${target}`
    const description = `${ENTERPRISE_USER} '${fact.externalId}' will be created in ${target} (${because})`
    return step('EntrySynchronizationAdd', 'matching', description, {})
  }

  function matchStep(fact: Fact, before: Row): Step {
    const name = textOf(before, 'userPrincipalName') ?? ''
    const details = { objectId: fact.objectId, ...withoutManager(before), originalUserPrincipalName: name }
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
      {
        [manager]: 'manager Add',
        PropertyName: 'manager',
        SkipReason: 'UnableToResolveReferenceAttributeValue',
      },
    )
  }

  function skipStep({ externalId }: Fact, skipReason: SkipReason): Step {
    const details = { ReportableIdentifier: externalId, SkipReason: skipReason }
    const [type, description] = ((): readonly [Step['provisioningStepType'], string] => {
      switch (skipReason) {
        case 'RedundantExport':
          return [
            'export',
            `The state of the entry in both the source and target systems already match. No change to the ${ENTERPRISE_USER} '${externalId}' ` +
              'currently needs to be made.',
          ]
        case 'NotEffectivelyEntitled':
          return [
            'processing',
            `${ENTERPRISE_USER} '${externalId}' will be skipped: it is not in the scope of provisioning.`,
          ]
        case 'EntrySynchronizationSkipped':
          return [
            'processing',
            `${ENTERPRISE_USER} '${externalId}' will be skipped: the mapping does not allow this action.`,
          ]
        default:
          return unreachable(skipReason)
      }
    })()
    return step('EntrySynchronizationSkip', type, description, details, 'skipped')
  }

  function lastStep(fact: Fact): Step {
    const reportable = { ReportableIdentifier: fact.externalId }
    const name = textOf(fact.after, 'userPrincipalName') ?? fact.externalId
    const { result } = fact
    switch (result.kind) {
      case 'exported': {
        if (result.action !== 'create')
          return step(
            'EntryExportUpdate',
            'export',
            `${CAPITALISED_USER} '${name}' was updated in ${target}`,
            reportable,
          )
        const set = fact.after === undefined ? {} : withoutManager(fact.after)
        const details = { ...set, passwordProfilepassword: '[Redacted]', ...reportable }
        return step(
          'EntryExportAdd',
          'export',
          `${CAPITALISED_USER} '${name}' was created in ${target}`,
          details,
        )
      }
      case 'resolved':
        return step(
          'EntryExportUpdate',
          'export',
          `${CAPITALISED_USER} '${fact.externalId}' was updated in ${target}`,
          reportable,
        )
      case 'skipped':
        return skipStep(fact, result.skipReason)
      case 'failed': {
        const creates = result.action === 'create'
        const description = `Failed to ${creates ? 'create' : 'update'} ${ENTERPRISE_USER} '${name}' in ${target}`
        const details = {
          ...(fact.retry === undefined || fact.after === undefined ? {} : withoutManager(fact.after)),
          ...reportable,
        }
        return step(
          creates ? 'EntryExportAdd' : 'EntryExportUpdate',
          'export',
          description,
          details,
          'failure',
        )
      }
      default:
        return unreachable(result)
    }
  }

  return (fact) => {
    const { imported, before, result, retry } = fact
    const unresolved =
      'unresolved' in result && result.unresolved !== undefined
        ? [unresolvedStep(fact, result.unresolved)]
        : []
    if (retry !== undefined) return [retryStep(fact, retry), ...unresolved, lastStep(fact)]
    if (imported === undefined) return [lastStep(fact)]
    if (before !== undefined)
      return [
        importStep(fact, imported),
        matchStep(fact, before),
        scopingStep(fact),
        ...unresolved,
        lastStep(fact),
      ]
    const isCreate = result.kind === 'exported' || result.kind === 'failed'
    return [
      importStep(fact, imported),
      scopingStep(fact),
      ...(isCreate ? [addStep(fact)] : []),
      ...unresolved,
      lastStep(fact),
    ]
  }
}
