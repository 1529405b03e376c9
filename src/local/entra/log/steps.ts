import type { ExportAction, Fact, Retry, SkipReason } from './fact.ts'
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

/** What the steps of every record need besides the fact. */
interface Context {
  /** The name of the target system. */
  readonly target: string
  readonly settings: Settings
  /** Whether the mapping uses a source attribute: only those are echoed. */
  uses(path: string): boolean
}

/** Gives the `provisioningSteps` of a record. Source of their form: real API-driven records. */
export function createSteps(
  settings: Settings,
  uses: (path: string) => boolean,
): (fact: Fact) => readonly Step[] {
  const context: Context = { target: settings.targetSystemName, settings, uses }
  return (fact) => [...firstSteps(fact, context), ...unresolvedSteps(fact), lastStep(fact, context)]
}

function firstSteps(fact: Fact, context: Context): readonly Step[] {
  const { imported, before, result, retry } = fact
  if (retry !== undefined) return [retryStep(fact, retry)]
  if (imported === undefined) return []
  const received = importStep(fact, imported, context)
  const scoped = scopingStep(fact, context)
  if (before !== undefined) return [received, matchStep(fact, before, context), scoped]
  const isCreate = result.kind === 'exported' || result.kind === 'failed'
  return isCreate ? [received, scoped, addStep(fact, context)] : [received, scoped]
}

function importStep(fact: Fact, imported: Row, { settings, uses }: Context): Step {
  const description = `Received ${ENTERPRISE_USER} '${fact.externalId}' change of type (Add) from API`
  const echoed = [...entriesOf(imported)].filter(
    ([path]) => uses(path) && (path !== 'active' || settings.echoActive),
  )
  const details = Object.fromEntries(echoed.map(([path, value]) => [echoKey(path), asText(value)]))
  return step('EntryImportAdd', 'import', description, details)
}

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

function scopingStep({ active, result }: Fact, { settings }: Context): Step {
  const isOut = result.kind === 'skipped' && result.skipReason === 'NotEffectivelyEntitled'
  const description = `Determine if ${ENTERPRISE_USER} in scope by evaluating against each scoping filter`
  return step('EntrySynchronizationScoping', 'scoping', description, {
    'Active in the source system': settings.scopingActive === 'always-true' ? 'True' : truth(active),
    'Scoping filter evaluation passed': truth(!isOut),
    ScopeEvaluationResult: '{}',
  })
}

function addStep(fact: Fact, { target }: Context): Step {
  const because = `${ENTERPRISE_USER} is active and assigned in API, but no matching ${ENTERPRISE_USER} was found in ${target}`
  const description = `${ENTERPRISE_USER} '${fact.externalId}' will be created in ${target} (${because})`
  return step('EntrySynchronizationAdd', 'matching', description, {})
}

function matchStep(fact: Fact, before: Row, { target }: Context): Step {
  const name = textOf(before, 'userPrincipalName') ?? ''
  const details = { objectId: fact.objectId, ...withoutManager(before), originalUserPrincipalName: name }
  return step('EntryImport', 'matching', `Retrieved  '${name}' from ${target}`, details)
}

/** The step that skips the manager of a record, who is not in the directory yet. */
function unresolvedSteps(fact: Fact): readonly Step[] {
  const { result, imported, retry } = fact
  const isFollowUp = imported === undefined && retry === undefined
  if (isFollowUp || !('unresolved' in result) || result.unresolved === undefined) return []
  const manager = result.unresolved
  const name = userNameOf(fact)
  const description =
    `We were unable to assign ${manager} as the manager of ${name}. In order to ensure that the references are updated properly, you have ` +
    `two options. First, ensure that ${manager} is in scope for provisioning. Provision ${manager} on-demand and then provision ${name} ` +
    `on-demand. Alternatively, you can restart provisioning after ensuring that ${manager} is in scope for provisioning. `
  const details = {
    [manager]: 'manager Add',
    PropertyName: 'manager',
    SkipReason: 'UnableToResolveReferenceAttributeValue',
  }
  return [step('EntrySynchronizationSkip', 'processing', description, details)]
}

function lastStep(fact: Fact, { target }: Context): Step {
  const { result } = fact
  switch (result.kind) {
    case 'exported':
      return result.action === 'create'
        ? createStep(fact, target)
        : updateStep(fact, userNameOf(fact), target)
    case 'resolved':
      return updateStep(fact, fact.externalId, target)
    case 'skipped':
      return skipStep(fact, result.skipReason)
    case 'failed':
      return failureStep(fact, result.action, target)
    default:
      return unreachable(result)
  }
}

const userNameOf = ({ after, externalId }: Fact): string => textOf(after, 'userPrincipalName') ?? externalId
const reportable = ({ externalId }: Fact): Details => ({ ReportableIdentifier: externalId })

function createStep(fact: Fact, target: string): Step {
  const set = fact.after === undefined ? {} : withoutManager(fact.after)
  const description = `${CAPITALISED_USER} '${userNameOf(fact)}' was created in ${target}`
  const details = { ...set, passwordProfilepassword: '[Redacted]', ...reportable(fact) }
  return step('EntryExportAdd', 'export', description, details)
}

function updateStep(fact: Fact, name: string, target: string): Step {
  const description = `${CAPITALISED_USER} '${name}' was updated in ${target}`
  return step('EntryExportUpdate', 'export', description, reportable(fact))
}

function failureStep(fact: Fact, action: ExportAction, target: string): Step {
  const creates = action === 'create'
  const description = `Failed to ${creates ? 'create' : 'update'} ${ENTERPRISE_USER} '${userNameOf(fact)}' in ${target}`
  const set = fact.retry === undefined || fact.after === undefined ? {} : withoutManager(fact.after)
  const details = { ...set, ...reportable(fact) }
  return step(creates ? 'EntryExportAdd' : 'EntryExportUpdate', 'export', description, details, 'failure')
}

function skipStep(fact: Fact, skipReason: SkipReason): Step {
  const details = { ...reportable(fact), SkipReason: skipReason }
  const type = skipReason === 'RedundantExport' ? 'export' : 'processing'
  const description = describeSkip(`${ENTERPRISE_USER} '${fact.externalId}'`, skipReason)
  return step('EntrySynchronizationSkip', type, description, details, 'skipped')
}

function describeSkip(user: string, skipReason: SkipReason): string {
  switch (skipReason) {
    case 'RedundantExport':
      return (
        'The state of the entry in both the source and target systems already match. ' +
        `No change to the ${user} currently needs to be made.`
      )
    case 'NotEffectivelyEntitled':
      return `${user} will be skipped: it is not in the scope of provisioning.`
    case 'EntrySynchronizationSkipped':
      return `${user} will be skipped: the mapping does not allow this action.`
    default:
      return unreachable(skipReason)
  }
}
