import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reasonOf, UNCATALOGUED } from '../../../../src/core/report/outcomes/reason-catalogue.ts'

void test('waiting helps where the service retries, or another record may still arrive', () => {
  const codes = [
    'TooManyRequests',
    'InternalServerError',
    'Timeout',
    'NoActiveAgents',
    'LicenseLimitExceeded',
  ]
  for (const code of [...codes, 'UnableToResolveReferenceAttributeValue', 'IncompleteRecord'])
    assert.equal(reasonOf(code).waitingHelps, true, code)
  for (const code of ['EntryConflict', 'PatchFailed', 'Http400', 'NeverHeardOf'])
    assert.equal(reasonOf(code).waitingHelps, false, code)
})

void test('a code is known in any case, with the name of a connector before it, and with the number of an LDAP error', () => {
  const [ldap, taken] = [reasonOf('InvalidAttributeSyntax-LdapErr'), reasonOf('EntryConflict')]
  assert.notEqual(ldap, UNCATALOGUED)
  assert.notEqual(taken, UNCATALOGUED)
  assert.equal(reasonOf('entryconflict'), taken)
  assert.equal(reasonOf('AzureActiveDirectoryEntryConflict'), taken)
  assert.equal(reasonOf('InvalidAttributeSyntax-LdapErr:00000057: DSID-0C091027'), ldap)
  assert.equal(reasonOf('NeverHeardOf'), UNCATALOGUED)
})
