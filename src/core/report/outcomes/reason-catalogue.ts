/** Who can do something about it. */
export const REASON_OWNERS = ['HR data', 'mapping', 'directory', 'limits', 'service'] as const
export type ReasonOwner = (typeof REASON_OWNERS)[number]

/** What a code of the provisioning log, of the upload or of the connector itself means, in words for the person who has to act. */
export interface Reason {
  /** Every spelling it has been seen in. */
  readonly codes: readonly string[]
  readonly cause: string
  readonly fix: string
  readonly owner: ReasonOwner
  /** `true`: it may go away by itself, because the service tries again or because somebody else's record comes. */
  readonly waitingHelps: boolean
}

/** The bucket of codes nobody has written down yet. */
export const UNCATALOGUED: Reason = {
  codes: ['Uncatalogued'],
  cause: 'The service used a code this release does not know.',
  fix: 'Read the words of the service: rollcall trace --show-values, or the record that it names in the provisioning logs of the portal.',
  owner: 'service',
  waitingHelps: false,
}

/**
 * The codes that `errorInformation.errorCode`, `SkipReason`, a refused upload, the bus and the connector's own reasons can have. Those of the service are from
 * Microsoft's pages and from real records; what to do about some of them is inference.
 */
const ENTRIES: readonly (Omit<Reason, 'waitingHelps'> & { readonly waitingHelps?: true })[] = [
  {
    codes: ['Conflict', 'EntryConflict', 'DuplicateUserPrincipalName', 'UserPrincipalNameNotUnique'],
    cause:
      'Another object of the directory already has a value that must be unique, mostly the user principal name or a proxy address.',
    fix: 'Find the other object. If it is this person, give it the matching value (employeeId by default); else change its value, or let HR give this person another. Then replay the event.',
    owner: 'HR data',
  },
  {
    codes: ['TooManyRequests'],
    cause: 'The directory throttled the provisioning service.',
    fix: 'Nothing; the service tries again by itself, after some minutes or hours.',
    owner: 'limits',
    waitingHelps: true,
  },
  {
    codes: ['InternalServerError', 'InternalError', 'ServerBusy'],
    cause: 'The provisioning service or the directory failed.',
    fix: 'Wait for its own retry; when it goes on for a day, restart the job or ask Microsoft.',
    owner: 'service',
    waitingHelps: true,
  },
  {
    codes: ['Timeout', 'WebExceptionProtocolError'],
    cause: 'The target did not answer the provisioning service in time, or broke the connection off.',
    fix: 'Nothing; the service tries again by itself. For Active Directory, see whether the provisioning agent is running.',
    owner: 'service',
    waitingHelps: true,
  },
  {
    codes: ['InsufficientRights', 'Unauthorized', 'NotPermitted', 'Forbidden'],
    cause:
      'The provisioning service may not change this object: its rights do not reach it, or the account is protected (an administrator, for example).',
    fix: 'Give the agent or the application the rights, or take the object out of scope and look after it by hand.',
    owner: 'directory',
  },
  {
    codes: ['MethodNotAllowed', 'NotImplemented'],
    cause: 'The target does not know the action the job asked for.',
    fix: 'See the target object actions of the job, and whether the attribute can be written at all.',
    owner: 'mapping',
  },
  {
    codes: ['UnprocessableEntity'],
    cause: 'The target understood the request and does not take its values.',
    fix: 'The words of the service name the attribute: correct its value at HR, or its expression in the mapping.',
    owner: 'HR data',
  },
  {
    codes: ['InvalidAnchor'],
    cause: 'The object the job had matched is gone or is another one now.',
    fix: 'See whether the account was deleted or made again; restart the job, so that it matches anew, and replay.',
    owner: 'directory',
  },
  {
    codes: ['MandatoryFieldsMissing', 'MissingValues'],
    cause: 'An attribute the directory needs to create somebody has no value.',
    fix: 'Complete the record at HR, or give the attribute a default in the mapping. For a leaver it means that the directory never knew the person.',
    owner: 'HR data',
  },
  {
    codes: ['SchemaAttributeNotFound', 'HybridSynchronizationActiveDirectoryCannotFindAttribute'],
    cause: 'The mapping names an attribute the target does not have.',
    fix: 'Take it out of the mapping, or add it to the schema of the target and to the attribute list of the application.',
    owner: 'mapping',
  },
  {
    codes: ['SchemaPropertyCanOnlyAcceptValue'],
    cause: 'The attribute takes one value, and the mapping gives it several.',
    fix: 'Map one value to it, or take it out of the mapping.',
    owner: 'mapping',
  },
  {
    codes: ['InvalidAttributeSyntax-LdapErr'],
    cause:
      'Active Directory does not take the value in this form: too long, a wrong character, a wrong type.',
    fix: 'The words of the service name the attribute: correct the value at HR, or cut or replace in the expression of the mapping.',
    owner: 'mapping',
  },
  {
    codes: ['InvalidDomain'],
    cause: 'The user principal name ends in a domain that is not verified in the tenant.',
    fix: 'Verify the domain, or map the name to one that is.',
    owner: 'mapping',
  },
  {
    codes: ['AzureActiveDirectoryInvalidUserPrincipalName'],
    cause: 'The user principal name is no name and domain, or has characters that are not allowed.',
    fix: 'Correct the user name at HR, or clean it in the mapping (NormalizeDiacritics, StripSpaces, Replace).',
    owner: 'HR data',
  },
  {
    codes: ['AttributeValidationFailed'],
    cause: 'A value is missing, or is none the target takes; the step of the record names the property.',
    fix: 'Correct the value at HR, or its expression in the mapping.',
    owner: 'HR data',
  },
  {
    codes: ['QuotaLimitExceeded'],
    cause: 'The directory holds as many objects as it may.',
    fix: 'Have the limit raised, or delete what is not needed; then replay.',
    owner: 'limits',
  },
  {
    codes: ['NoAgentsAssigned', 'NoActiveAgents', 'AgentSignalingError'],
    cause: 'The provisioning service reaches no provisioning agent of Active Directory.',
    fix: 'See whether the agents run and get through to the service.',
    owner: 'directory',
    waitingHelps: true,
  },
  {
    codes: ['MultipleEntriesInResponse', 'ServiceIncompatible', 'ServiceIncompatibleFiltering'],
    cause: 'The target answered the provisioning service in a way that it does not understand.',
    fix: 'The words of the service quote the answer; correct the target.',
    owner: 'directory',
  },
  {
    codes: ['LicenseLimitExceeded'],
    cause: 'The tenant has no licence left for another person.',
    fix: 'Get more licences, or free some; the service tries again.',
    owner: 'limits',
    waitingHelps: true,
  },
  {
    codes: ['DuplicateTargetEntries'],
    cause: 'More than one object of the directory has the matching value of this person.',
    fix: 'Leave the matching value (employeeId by default) on one of them only; then replay.',
    owner: 'directory',
  },
  {
    codes: ['DuplicateSourceEntries'],
    cause: 'Two people of HR match one object of the directory.',
    fix: 'See which of the two the account belongs to, and correct the key of the other at HR.',
    owner: 'HR data',
  },
  {
    codes: ['ImportSkipped', 'JoiningPropertyValueIsMissing'],
    cause:
      'The job could not take the record in, because something it needs (the key, for example) was not in it.',
    fix: 'See the import step of the record, and the mapping of the key.',
    owner: 'mapping',
  },
  {
    codes: ['EntrySynchronizationSkipped'],
    cause: 'The job is set up not to do this: its target object actions leave the action out.',
    fix: 'Switch the action on in the job, or leave it off if that is meant.',
    owner: 'mapping',
  },
  {
    codes: ['NotEffectivelyEntitled'],
    cause:
      'The person is outside the scope of the job, which disables whom it had provisioned before; or is inactive, and the directory does not know the person.',
    fix: 'Nothing, if that is meant; else change the scoping filter or the value it looks at.',
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
    cause: 'The manager is not known to this job yet.',
    fix: 'Nothing, if the manager comes too; the service sets the reference then. Else see why HR sends no record of the manager.',
    owner: 'HR data',
    waitingHelps: true,
  },
  {
    codes: ['AzureActiveDirectoryCannotUpdateObjectsMasteredOnPremises'],
    cause: 'The account is synchronised from Active Directory and can be changed only there.',
    fix: 'Provision this person to Active Directory instead, or convert the account to a cloud account.',
    owner: 'directory',
  },
  {
    codes: ['AzureActiveDirectoryCannotUpdateObjectsOriginatedInExternalService'],
    cause: 'The account belongs to another service (a guest, for example) and can be changed only there.',
    fix: 'Take the person out of scope, or remove the guest and let the job create a member.',
    owner: 'directory',
  },
  {
    codes: ['NoOutcome'],
    cause:
      'The service accepted the record several times and the log never spoke of it. The directory may hold it.',
    fix: 'See whether the job is paused, quarantined or was restarted; then replay.',
    owner: 'service',
  },
  {
    codes: ['NoRecord'],
    cause: 'The service answered everything else in the call and said nothing of this record, twice.',
    fix: 'Nothing; the directory is taken to hold it. Look the person up if in doubt.',
    owner: 'service',
  },
  {
    codes: ['RescindMismatch'],
    cause: 'A rescind names an event of another employee. It does nothing.',
    fix: 'Correct the rescind at the HR system: its subject is the subject of what it cancels.',
    owner: 'HR data',
  },
  {
    codes: ['RescindBeyondRetention'],
    cause: 'A rescind names an event that retention has folded away; what that hid is gone.',
    fix: 'Let the HR system send a snapshot of the person.',
    owner: 'HR data',
  },
  {
    codes: ['HydrateFailed'],
    cause:
      'What a notice is about could not be read from the HR system; the detail is a status, a network code or what was wrong with the answer.',
    fix: 'See the address, the permission and the expression under read; then replay, which reads again.',
    owner: 'HR data',
  },
  {
    codes: ['Discarded'],
    cause: 'Somebody discarded the dead letter: the event counts as if it had never happened.',
    fix: 'Nothing; who did it and why is kept.',
    owner: 'HR data',
  },
  {
    codes: ['DisabledAlone'],
    cause: 'The person was put out by a record of nothing else, because the whole record was not taken.',
    fix: 'Nothing; `rollcall leavers resend EMPLOYEE` sends what else the event says once its cause is gone.',
    owner: 'directory',
  },
  {
    codes: ['EditNamesAnotherEvent', 'EditTakesTerminationBack', 'OriginalNotKept'],
    cause:
      'An edited dead letter may not become another event, nor take a termination back, and needs the message it came in.',
    fix: 'Let HR send a new event instead.',
    owner: 'HR data',
  },
  {
    codes: ['MappingFailed'],
    cause: 'An expression of the mapping fails with what the event says; the detail names the target.',
    fix: 'Try the mapping with rollcall plan and correct it, or the value at HR; then replay.',
    owner: 'mapping',
  },
  {
    codes: ['BodyNotText', 'BodyNotJson', 'BodyEmpty', 'BodyTooDeep'],
    cause: 'The body of the message is no JSON that could hold an event.',
    fix: 'Correct the sender. What is on the dead-letter queue can be edited and replayed.',
    owner: 'HR data',
  },
  {
    codes: ['NotACloudEvent', 'FieldMissing', 'FieldInvalid', 'UnknownType'],
    cause: 'The event is not of the agreed form; the description names the field and what it takes.',
    fix: 'Correct the sender, or give the type an alias under sources; then replay, edited where it has to be.',
    owner: 'HR data',
  },
  {
    codes: ['SourceUnknown', 'NoticeUnsupported'],
    cause:
      'Nothing is agreed with the source of the event on this queue, or nobody to read its notices from.',
    fix: 'Add it under sources, with read for notices; then replay.',
    owner: 'mapping',
  },
  {
    codes: ['ShapeFailed'],
    cause:
      'The rules of the vendor’s shape make no event of the message; the description names the shape and the item.',
    fix: 'Correct the shape, which rollcall plan --events tries; then replay.',
    owner: 'mapping',
  },
  {
    codes: ['MaxDeliveryCountExceeded'],
    cause:
      'The message was delivered too often without being settled: whoever received it failed with it, or its lock ran out each time.',
    fix: 'See whether something else receives from the queue, and whether lock duration and delivery limit are set for it; then replay.',
    owner: 'service',
  },
  {
    codes: ['TTLExpiredException'],
    cause: 'The message waited longer than its time to live allows.',
    fix: 'See why nothing received it in time, and the time to live of queue and sender; then replay: the event keeps its place in the order.',
    owner: 'limits',
  },
  {
    codes: ['HeaderSizeExceeded', 'MaxTransferHopCountExceeded'],
    cause:
      'The bus could not carry the message on: its properties are too large, or it was forwarded too often.',
    fix: 'Correct the sender or the forwarding of the queues; then replay.',
    owner: 'limits',
  },
  {
    codes: ['NoReason'],
    cause: 'Somebody dead-lettered the message without saying why; Rollcall always says.',
    fix: 'Find out who else receives from the queue; then replay.',
    owner: 'service',
  },
  {
    codes: ['IncompleteRecord', 'Incomplete'],
    cause: 'HR never said what the directory needs of this person; the detail names the attributes.',
    fix: 'Complete the record at HR: what waited or died for it comes back by itself.',
    owner: 'HR data',
    waitingHelps: true,
  },
  {
    codes: ['InvalidAuthenticationToken'],
    cause: 'Graph does not take the token of the identity. Nothing is sent until it does.',
    fix: 'See AUTH_MODE and what it needs; rollcall check tries it.',
    owner: 'service',
  },
  {
    codes: ['Http400', 'Http413', 'BadRequest', 'InvalidValue', 'Invalid Data Format'],
    cause: 'The service does not take the record in this form, and refused the call for it.',
    fix: 'See the attribute the service names; mostly a custom attribute that is not on the list of the application.',
    owner: 'mapping',
  },
]

export const REASON_CATALOGUE: readonly Reason[] = ENTRIES.map((entry) => ({ waitingHelps: false, ...entry }))

const byCode = new Map(
  REASON_CATALOGUE.flatMap((reason) => reason.codes.map((code) => [code.toLowerCase(), reason])),
)

/**
 * Never nothing: a code nobody has written down is `UNCATALOGUED`. LDAP errors carry numbers behind their name, and the connectors of the service put their own in
 * front of a common one (`AzureActiveDirectory…`, `HybridSynchronizationActiveDirectory…`).
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

/** Whether it is one of these, whatever connector of the service says it. */
export function isCode(code: string, names: Iterable<string>): boolean {
  const lower = code.toLowerCase()
  return [...names].some((name) => lower.endsWith(name.toLowerCase()))
}
