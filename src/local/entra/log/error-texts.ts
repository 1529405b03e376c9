/** How a log record describes a failure. */
export interface ErrorText {
  readonly code: string
  readonly reason: string
  /** `failure`: the service's own; `nonServiceFailure`: the data's or the configuration's. */
  readonly category: 'failure' | 'nonServiceFailure'
  readonly recommendedAction: string | null
}

const data = (code: string, reason: string, recommendedAction: string | null = null): ErrorText => ({
  code,
  reason,
  category: 'nonServiceFailure',
  recommendedAction,
})
const service = (code: string, reason: string): ErrorText => ({
  code,
  reason,
  category: 'failure',
  recommendedAction: null,
})

const RETRIED_BY_SERVICE = 'The service will retry this operation.'

/** The codes of the log. They are documented; the wording of the reasons is the double's own. */
const CATALOGUE: ReadonlyMap<string, ErrorText> = new Map(
  [
    data('Conflict', 'StatusCode: Conflict. The object has changed in the target system.'),
    data(
      'EntryConflict',
      'Another object with the same value for property userPrincipalName already exists.',
      'Correct the conflicting value.',
    ),
    service('TooManyRequests', `The target system limits the rate of requests. ${RETRIED_BY_SERVICE}`),
    service(
      'InternalServerError',
      `The target system answered with an internal error. ${RETRIED_BY_SERVICE}`,
    ),
    service(
      'WebExceptionProtocolError',
      `An HTTP protocol error occurred while connecting to the target system. ${RETRIED_BY_SERVICE}`,
    ),
    service('Timeout', `The target system did not answer in time. ${RETRIED_BY_SERVICE}`),
    service('InternalError', 'An internal error occurred within the provisioning service.'),
    data(
      'InsufficientRights',
      'The provisioning agent has insufficient rights to do this in the target system.',
    ),
    data('MethodNotAllowed', 'The target system does not allow this method.'),
    data('NotPermitted', 'The target system does not permit this operation.'),
    data('Unauthorized', 'The target system did not accept the credentials.'),
    data('UnprocessableEntity', 'The target system returned an unexpected response.'),
    data('InvalidAnchor', 'The identifier of the object in the target system is no longer valid.'),
    data('NotImplemented', 'The target system does not implement this operation.'),
    data(
      'MandatoryFieldsMissing',
      'Required attributes are missing.',
      'Supply the missing attributes in the source.',
    ),
    data('MissingValues', 'Required attributes are missing.', 'Supply the missing attributes in the source.'),
    data('SchemaAttributeNotFound', 'An attribute of the mapping does not exist in the target system.'),
    data(
      'InvalidDomain',
      'The domain of the user name is not a verified domain of this organization.',
      'Use a verified domain.',
    ),
    data('LicenseLimitExceeded', 'The target system has no licenses left.'),
    data(
      'DuplicateTargetEntries',
      'More than one object in the target system has the value of the matching attribute.',
    ),
    data(
      'DuplicateSourceEntries',
      'More than one object in the source has the value of the matching attribute.',
    ),
    data('ImportSkipped', 'The object was not imported from the source.'),
    data('EntrySynchronizationSkipped', 'The change was not exported to the target system.'),
    data(
      'AttributeValidationFailed',
      'The target system does not accept the value of an attribute.',
      'Correct the value in the source, or the mapping.',
    ),
    data('SchemaPropertyCanOnlyAcceptValue', 'A property can only accept certain values.'),
    data(
      'AzureActiveDirectoryInvalidUserPrincipalName',
      'The userPrincipalName is not valid.',
      'Correct the user name in the source.',
    ),
    data(
      'AzureActiveDirectoryCannotUpdateObjectsMasteredOnPremises',
      'The user is synchronized from an on-premises directory.',
    ),
    data(
      'AzureActiveDirectoryCannotUpdateObjectsOriginatedInExternalService',
      'The user comes from an external service.',
    ),
    data(
      'HybridSynchronizationActiveDirectoryCannotFindAttribute',
      'The attribute does not exist in Active Directory.',
    ),
    data(
      'InvalidAttributeSyntax-LdapErr',
      'InvalidAttributeSyntax-LdapErr: The syntax of an attribute is not valid in Active Directory.',
    ),
  ].map((text) => [text.code, text]),
)

/**
 * An unknown code gets a reason of its own: the real list is longer than any page that documents
 * it.
 */
export function errorText(code: string, reason: string | null): ErrorText {
  const known = CATALOGUE.get(code) ?? data(code, `The operation failed with ${code}.`)
  return reason === null ? known : { ...known, reason }
}
