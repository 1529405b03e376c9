import { EDIT_REASONS } from './edit-reasons.ts'

/** Who can act on a reason. */
export const REASON_OWNERS = ['HR data', 'mapping', 'directory', 'limits', 'service'] as const
export type ReasonOwner = (typeof REASON_OWNERS)[number]

/**
 * What a code of the provisioning log, of the upload or of Rollcall means, for the person who must
 * act.
 */
export interface Reason {
  /** All known spellings. */
  readonly codes: readonly string[]
  readonly cause: string
  readonly fix: string
  readonly owner: ReasonOwner
  /**
   * `true`: it may resolve itself, because the service retries or another employee's record
   * arrives.
   */
  readonly waitingHelps: boolean
}

/** Codes of a value that must be unique and that another object has. */
export const NAME_TAKEN = [
  'Conflict',
  'EntryConflict',
  'DuplicateUserPrincipalName',
  'UserPrincipalNameNotUnique',
] as const

/** Stands for every code that the catalogue does not have. */
export const UNCATALOGUED: Reason = {
  codes: ['Uncatalogued'],
  cause: "This release does not know the service's code.",
  fix: "Read the service's own message: rollcall trace --show-values, or the record in the portal's provisioning logs.",
  owner: 'service',
  waitingHelps: false,
}

/**
 * The codes that `errorInformation.errorCode`, `SkipReason`, a refused upload, the bus and the
 * connector's own reasons can have. Those of the service are from Microsoft's pages and from real
 * records; what to do about some of them is inference.
 */
const ENTRIES: readonly (Omit<Reason, 'waitingHelps'> & { readonly waitingHelps?: true })[] = [
  {
    codes: NAME_TAKEN,
    cause:
      'Another directory object already has a value that must be unique, usually the user principal name or a proxy address.',
    fix: 'Find the other object: rollcall dead-letters names says who has the name, and proposes free ones. If it is this employee, give it the matching value (employeeId by default). Otherwise change its value, or ask HR to change this one. Then replay.',
    owner: 'HR data',
  },
  {
    codes: ['TooManyRequests'],
    cause: 'The directory throttled the provisioning service.',
    fix: 'Nothing. The service retries after minutes or hours.',
    owner: 'limits',
    waitingHelps: true,
  },
  {
    codes: ['InternalServerError', 'InternalError', 'ServerBusy'],
    cause: 'The provisioning service or the directory failed.',
    fix: 'Wait for the service to retry. If it lasts a day, restart the job or ask Microsoft.',
    owner: 'service',
    waitingHelps: true,
  },
  {
    codes: ['Timeout', 'WebExceptionProtocolError'],
    cause: 'The target did not answer the provisioning service in time, or closed the connection.',
    fix: 'Nothing. The service retries. For Active Directory, check that the provisioning agent is running.',
    owner: 'service',
    waitingHelps: true,
  },
  {
    codes: ['InsufficientRights', 'Unauthorized', 'NotPermitted', 'Forbidden'],
    cause:
      "The provisioning service may not change this object: it lacks rights, or the account is protected (for example an administrator's).",
    fix: 'Grant the rights to the agent or application, or take the object out of scope and maintain it by hand.',
    owner: 'directory',
  },
  {
    codes: ['MethodNotAllowed', 'NotImplemented'],
    cause: 'The target does not support the action that the job requested.',
    fix: "Check the job's target object actions, and whether the attribute can be written at all.",
    owner: 'mapping',
  },
  {
    codes: ['UnprocessableEntity'],
    cause: 'The target understood the request and refuses its values.',
    fix: "The service's message names the attribute. Correct its value at HR, or its expression in the mapping.",
    owner: 'HR data',
  },
  {
    codes: ['InvalidAnchor'],
    cause: 'The object that the job had matched is gone, or is a different one now.',
    fix: 'Check whether the account was deleted or recreated. Restart the job so that it matches again, then replay.',
    owner: 'directory',
  },
  {
    codes: ['MandatoryFieldsMissing', 'MissingValues'],
    cause: 'An attribute that the directory needs to create an account has no value.',
    fix: 'Complete the record at HR, or give the attribute a default in the mapping. For a leaver, it means that the directory never knew the employee.',
    owner: 'HR data',
  },
  {
    codes: ['SchemaAttributeNotFound', 'HybridSynchronizationActiveDirectoryCannotFindAttribute'],
    cause: 'The mapping names an attribute that the target does not have.',
    fix: "Remove it from the mapping, or add it to the target's schema and the application's attribute list.",
    owner: 'mapping',
  },
  {
    codes: ['SchemaPropertyCanOnlyAcceptValue'],
    cause: 'The attribute takes one value, and the mapping gives it several.',
    fix: 'Map one value to it, or remove it from the mapping.',
    owner: 'mapping',
  },
  {
    codes: ['InvalidAttributeSyntax-LdapErr'],
    cause: 'Active Directory refuses the value: too long, a wrong character, or a wrong type.',
    fix: "The service's message names the attribute. Correct the value at HR, or shorten or replace it in the mapping.",
    owner: 'mapping',
  },
  {
    codes: ['InvalidDomain'],
    cause: 'The domain of the user principal name is not verified in the tenant.',
    fix: 'Verify the domain, or map the name to a verified one.',
    owner: 'mapping',
  },
  {
    codes: ['AzureActiveDirectoryInvalidUserPrincipalName'],
    cause: 'The user principal name is not a name and a domain, or contains forbidden characters.',
    fix: 'Correct the user name at HR, or clean it in the mapping (NormalizeDiacritics, StripSpaces, Replace).',
    owner: 'HR data',
  },
  {
    codes: ['AttributeValidationFailed'],
    cause: 'A value is missing, or the target refuses it. The step in the log record names the property.',
    fix: 'Correct the value at HR, or its expression in the mapping.',
    owner: 'HR data',
  },
  {
    codes: ['QuotaLimitExceeded'],
    cause: 'The directory has reached its limit of objects.',
    fix: 'Have the limit raised, or delete unused objects. Then replay.',
    owner: 'limits',
  },
  {
    codes: ['NoAgentsAssigned', 'NoActiveAgents', 'AgentSignalingError'],
    cause: 'The provisioning service cannot reach a provisioning agent of Active Directory.',
    fix: 'Check that the agents run and can reach the service.',
    owner: 'directory',
    waitingHelps: true,
  },
  {
    codes: ['MultipleEntriesInResponse', 'ServiceIncompatible', 'ServiceIncompatibleFiltering'],
    cause: "The provisioning service does not understand the target's answer.",
    fix: "The service's message quotes the answer. Correct the target.",
    owner: 'directory',
  },
  {
    codes: ['LicenseLimitExceeded'],
    cause: 'The tenant has no licence left.',
    fix: 'Get more licences, or free some. The service retries.',
    owner: 'limits',
    waitingHelps: true,
  },
  {
    codes: ['DuplicateTargetEntries'],
    cause: 'More than one directory object has the matching value of this employee.',
    fix: 'Leave the matching value (employeeId by default) on only one of them. Then replay.',
    owner: 'directory',
  },
  {
    codes: ['DuplicateSourceEntries'],
    cause: 'Two employees match one directory object.',
    fix: 'Find out which of the two owns the account, and correct the key of the other at HR.',
    owner: 'HR data',
  },
  {
    codes: ['ImportSkipped', 'JoiningPropertyValueIsMissing'],
    cause: 'The job could not import the record, because something it needs is missing, for example the key.',
    fix: 'Check the import step of the log record, and the mapping of the key.',
    owner: 'mapping',
  },
  {
    codes: ['EntrySynchronizationSkipped'],
    cause: "The job's target object actions do not include this action.",
    fix: 'Turn the action on in the job, unless it is off on purpose.',
    owner: 'mapping',
  },
  {
    codes: ['NotEffectivelyEntitled'],
    cause:
      "The employee is outside the job's scope; accounts it provisioned before are disabled. Or the employee is inactive and the directory does not know them.",
    fix: 'Nothing, if that is intended. Otherwise change the scoping filter, or the value it tests.',
    owner: 'mapping',
  },
  {
    codes: ['RedundantExport'],
    cause: 'The directory already held all of these values.',
    fix: 'Nothing.',
    owner: 'directory',
  },
  {
    codes: ['UnableToResolveReferenceAttributeValue'],
    cause: 'This job does not know the manager yet.',
    fix: 'Nothing, if the manager will follow; the service then sets the reference. Otherwise find out why HR sends no record of the manager.',
    owner: 'HR data',
    waitingHelps: true,
  },
  {
    codes: ['AzureActiveDirectoryCannotUpdateObjectsMasteredOnPremises'],
    cause: 'The account is synchronised from Active Directory and can only be changed there.',
    fix: 'Provision this employee to Active Directory instead, or convert the account to a cloud account.',
    owner: 'directory',
  },
  {
    codes: ['AzureActiveDirectoryCannotUpdateObjectsOriginatedInExternalService'],
    cause: 'The account belongs to another service (for example a guest) and can only be changed there.',
    fix: 'Take the employee out of scope, or remove the guest and let the job create a member.',
    owner: 'directory',
  },
  {
    codes: ['NoOutcome'],
    cause:
      'The service accepted the record several times, and the log never answered. The directory may hold it.',
    fix: 'Check whether the job is paused, quarantined or was restarted. Then replay.',
    owner: 'service',
  },
  {
    codes: ['NoRecord'],
    cause: 'Twice, the log answered the rest of the call and not this record.',
    fix: 'Nothing. Rollcall assumes that the directory holds it. If in doubt, look at the account.',
    owner: 'service',
  },
  {
    codes: ['RescindMismatch'],
    cause: 'A rescind names an event of another employee. It has no effect.',
    fix: 'Correct the rescind at HR. Its subject must be that of the event it cancels.',
    owner: 'HR data',
  },
  {
    codes: ['RescindBeyondRetention'],
    cause: 'A rescind names an event that retention has folded away. What that event hid is gone.',
    fix: 'Ask HR to send a snapshot of the employee.',
    owner: 'HR data',
  },
  {
    codes: ['HydrateFailed'],
    cause:
      'The employee of a notice could not be read from HR. The detail is a status, a network code, or what was wrong with the answer.',
    fix: 'Check the address, the permission and the expression under read. Then replay, which reads again.',
    owner: 'HR data',
  },
  {
    codes: ['Discarded'],
    cause: 'A person discarded the dead letter. The event counts as if it had never happened.',
    fix: 'Nothing. The audit trail says who did it and why.',
    owner: 'HR data',
  },
  {
    codes: ['Blocked'],
    cause:
      'The event makes the employee active, and a block keeps the account disabled. Its other values were sent.',
    fix: 'Nothing, if the block is right: rollcall blocks says who decided it and why. Otherwise rollcall unblock sends the employee as HR says.',
    owner: 'HR data',
  },
  {
    codes: ['DisabledAlone'],
    cause:
      'The employee was deactivated with active: false only, because the directory refused the whole record.',
    fix: 'Nothing. Once the cause is gone, `rollcall leavers resend EMPLOYEE` sends the whole record again.',
    owner: 'directory',
  },
  ...EDIT_REASONS,
  {
    codes: ['MappingFailed'],
    cause: "A mapping expression failed on the event's values. The detail names the target.",
    fix: 'Correct the mapping (rollcall plan tries it) or the value at HR. Then replay.',
    owner: 'mapping',
  },
  {
    codes: ['DuplicateKey'],
    cause:
      'An object in the body has a duplicate key. Parsers disagree on which value counts, so Rollcall uses neither.',
    fix: 'Correct the sender so that it writes each key once. Edit the message and replay it.',
    owner: 'HR data',
  },
  {
    codes: ['EventCollision'],
    cause:
      'An event has the source and id of a known one, but another employee or other content. It is not a duplicate.',
    fix: 'Have the sender give each event its own id, or name more fields under id of the shape. Edit the message and replay it.',
    owner: 'HR data',
  },
  {
    codes: [
      'BodyNotText',
      'BodyNotUnpacked',
      'BodyTooLarge',
      'BodyNotJson',
      'BodyEmpty',
      'BodyTooDeep',
      'TooDeep',
    ],
    cause: 'The message body is not JSON that can hold an event. The description says what it is.',
    fix: 'Correct the sender. Messages on the dead-letter queue can be edited and replayed.',
    owner: 'HR data',
  },
  {
    codes: ['NotACloudEvent', 'FieldMissing', 'FieldInvalid', 'UnknownType'],
    cause: 'The event does not have the expected form. The description names the field and what is allowed.',
    fix: 'Correct the sender, or give the type an alias under sources. Then replay, with an edit if necessary.',
    owner: 'HR data',
  },
  {
    codes: ['SourceUnknown', 'NoticeUnsupported'],
    cause:
      'No configured source matches the event on this queue, or the source has no HR system to read notices from.',
    fix: 'Add it under sources, with read for notices. Then replay.',
    owner: 'mapping',
  },
  {
    codes: ['BlockNotAllowed'],
    cause:
      'The event blocks an employee or lifts a block, and its source has no right to. Nothing was changed.',
    fix: 'If the source may decide that, give it may: [block] under sources, then replay. Otherwise use rollcall block or rollcall unblock, and discard the message.',
    owner: 'mapping',
  },
  {
    codes: ['ShapeFailed'],
    cause: 'The rules of the shape failed on the message. The description names the shape and the item.',
    fix: 'Correct the shape (rollcall plan --events tries it). Then replay.',
    owner: 'mapping',
  },
  {
    codes: ['AccessUnknown'],
    cause:
      'The message has a status that says whether the employee has access, and the access rules do not know it, or two statuses contradict each other. The description names the field.',
    fix: 'Add the word under access of the source (active, inactive or notice), or correct the status at HR. Then replay. Until then the employee keeps the access they had.',
    owner: 'mapping',
  },
  {
    codes: ['MaxDeliveryCountExceeded'],
    cause:
      'The message was delivered too often without being settled. Each receiver failed, or its lock expired.',
    fix: 'Check whether another program receives from the queue, and its lock duration and delivery limit. Then replay.',
    owner: 'service',
  },
  {
    codes: ['TTLExpiredException'],
    cause: 'The message waited longer than its time to live.',
    fix: 'Find out why it was not received in time, and check the time to live of queue and sender. Then replay. The event keeps its place in the order.',
    owner: 'limits',
  },
  {
    codes: ['HeaderSizeExceeded', 'MaxTransferHopCountExceeded'],
    cause:
      'The bus could not forward the message: its properties are too large, or it was forwarded too often.',
    fix: 'Correct the sender or the forwarding. Then replay.',
    owner: 'limits',
  },
  {
    codes: ['NoReason'],
    cause: 'Another program dead-lettered the message without a reason. Rollcall always gives one.',
    fix: 'Find out what else receives from the queue. Then replay.',
    owner: 'service',
  },
  {
    codes: ['OtherReason'],
    cause:
      'Another program dead-lettered the message with a reason of its own. Counts do not repeat that text.',
    fix: 'rollcall dead-letters groups --store bus shows the reason. Find out what else receives from the queue. Then replay.',
    owner: 'service',
  },
  {
    codes: ['IncompleteRecord', 'Incomplete'],
    cause: 'HR never sent attributes that the directory needs. The detail names them.',
    fix: 'Complete the record at HR. Events that waited or were dead-lettered for it are then planned again without a replay.',
    owner: 'HR data',
    waitingHelps: true,
  },
  {
    codes: ['InvalidAuthenticationToken'],
    cause: 'Graph refuses the token of the identity. Nothing is sent until it accepts one.',
    fix: 'Check AUTH_MODE and what it needs. rollcall check tests it.',
    owner: 'service',
  },
  {
    codes: ['Http400', 'Http413', 'BadRequest', 'InvalidValue', 'Invalid Data Format'],
    cause: "The service refused the call because of this record's form.",
    fix: "Check the attribute that the service names. Usually it is a custom attribute that is missing from the application's attribute list.",
    owner: 'mapping',
  },
]

export const REASON_CATALOGUE: readonly Reason[] = ENTRIES.map((entry) => ({ waitingHelps: false, ...entry }))

const byCode = new Map(
  REASON_CATALOGUE.flatMap((reason) => reason.codes.map((code) => [code.toLowerCase(), reason])),
)

/**
 * The entry for a code, or `UNCATALOGUED`. LDAP errors have numbers after their name, and the
 * connectors of the service put their own name before a common code (`AzureActiveDirectory…`,
 * `HybridSynchronizationActiveDirectory…`).
 */
export function reasonOf(code: string): Reason {
  const lower = code.toLowerCase()
  const exact = byCode.get(lower) ?? (lower.startsWith(LDAP) ? byCode.get(LDAP) : undefined)
  if (exact) return exact
  const [longest] = [...byCode.keys()]
    .filter((known) => lower.endsWith(known))
    .sort((a, b) => b.length - a.length)
  return byCode.get(longest ?? '') ?? UNCATALOGUED
}

const LDAP = 'invalidattributesyntax-ldaperr'

/** Whether the code is one of `names`, with or without the name of a connector before it. */
export function isCode(code: string, names: Iterable<string>): boolean {
  const lower = code.toLowerCase()
  return [...names].some((name) => lower.endsWith(name.toLowerCase()))
}
