import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { REASON_CATALOGUE, reasonOf, UNCATALOGUED } from '../../src/core/report/outcomes/reason-catalogue.ts'

/** Every code that is known to appear in a log record. */
const SEEN =
  `Conflict EntryConflict TooManyRequests InternalServerError InsufficientRights MethodNotAllowed NotPermitted Unauthorized UnprocessableEntity
  WebExceptionProtocolError InvalidAnchor NotImplemented MandatoryFieldsMissing MissingValues SchemaAttributeNotFound InternalError InvalidDomain Timeout
  LicenseLimitExceeded DuplicateTargetEntries DuplicateSourceEntries ImportSkipped EntrySynchronizationSkipped SchemaPropertyCanOnlyAcceptValue
  AzureActiveDirectoryInvalidUserPrincipalName AzureActiveDirectoryCannotUpdateObjectsMasteredOnPremises RedundantExport NotEffectivelyEntitled
  AzureActiveDirectoryCannotUpdateObjectsOriginatedInExternalService HybridSynchronizationActiveDirectoryCannotFindAttribute
  UnableToResolveReferenceAttributeValue NoOutcome NoRecord IncompleteRecord
  RescindMismatch RescindBeyondRetention HydrateFailed MappingFailed Discarded DisabledAlone EditNamesAnotherEvent
  BodyNotText BodyNotUnpacked BodyTooLarge BodyNotJson BodyEmpty BodyTooDeep DuplicateKey EventCollision NotACloudEvent FieldMissing FieldInvalid UnknownType SourceUnknown NoticeUnsupported ShapeFailed
  MaxDeliveryCountExceeded TTLExpiredException NoReason`.split(/\s+/)

void describe('the catalogue of reasons', () => {
  void test('knows every code the log is known to use, and the connector’s own', () => {
    for (const code of SEEN) assert.notEqual(reasonOf(code), UNCATALOGUED, code)
  })

  void test('has one entry a code', () => {
    const codes = REASON_CATALOGUE.flatMap((reason) => reason.codes.map((code) => code.toLowerCase()))
    assert.equal(new Set(codes).size, codes.length)
  })

  void test('says that waiting helps where the service retries', () => {
    for (const code of ['TooManyRequests', 'InternalServerError', 'WebExceptionProtocolError', 'Timeout'])
      assert.equal(reasonOf(code).waitingHelps, true, code)
  })

  void test('knows an LDAP error whatever number stands behind it, and a code in other letters', () => {
    assert.equal(reasonOf('InvalidAttributeSyntax-LdapErr:00000057').owner, 'mapping')
    assert.equal(reasonOf('entryconflict'), reasonOf('EntryConflict'))
  })

  void test('puts an unlisted code under Uncatalogued', () => {
    assert.equal(reasonOf('SomethingNew'), UNCATALOGUED)
    assert.equal(reasonOf('constructor'), UNCATALOGUED)
  })
})
