import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { proveMapping } from '../../../src/compose/check/mapping.ts'
import type { Proof } from '../../../src/compose/check/proof.ts'
import { proveSettings } from '../../../src/compose/check/settings.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { judgeTarget } from '../../../src/compose/check/targets.ts'

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

async function checked(
  t: TestContext,
  content: string,
  more: Readonly<Record<string, string>> = {},
): Promise<readonly Proof[]> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-check-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'rollcall.yaml')
  await writeFile(file, content)
  return proveMapping(readConfig({ ROLLCALL_CONFIG: file, ...more }))
}
const failuresIn = (proofs: readonly Proof[]): readonly string[] =>
  proofs.flatMap(({ what, outcome, say }) => (outcome === 'ok' ? [] : [`${what}: ${outcome}: ${say}`]))

void describe('check reads the mapping', () => {
  void test('a target that SCIM does not know fails, with the one that was meant', async (t) => {
    const found = await checked(
      t,
      `mapping:
  attributes:
    deparment: department
    department: department
    name.givename: name.givenName
    ${ENTERPRISE}:costcentre: costCenter
    'emails[type eq "work"].vlaue': emails.work
targets: { extensionAttribute1: tittle }
`,
    )
    assert.deepEqual(failuresIn(found), [
      `mapping of deparment: failed: SCIM has no attribute deparment; did you mean ${ENTERPRISE}:department?`,
      `mapping of department: failed: SCIM has no attribute department; did you mean ${ENTERPRISE}:department?`,
      'mapping of name.givename: failed: SCIM has no attribute name.givename; did you mean name.givenName?',
      `mapping of ${ENTERPRISE}:costcentre: failed: SCIM has no attribute ${ENTERPRISE}:costcentre; did you mean ${ENTERPRISE}:costCenter?`,
      'mapping of emails[type eq "work"].vlaue: failed: SCIM has no attribute emails[type eq "work"].vlaue; did you mean emails[type eq "work"].value?',
      'targets extensionAttribute1: failed: SCIM has no attribute tittle; did you mean title?',
    ])
    assert.ok(found.every(({ outcome }) => outcome === 'failed'))
  })

  void test('a worker attribute that is nearly a known one is pointed out, wherever the file names it', async (t) => {
    const found = await checked(
      t,
      `sources: [{ name: /hr/a, owns: [adress, emails] }]
activation: { policy: announce, attribute: hiredate }
mapping:
  attributes:
    title: titel
    userType: { from: deparment, default: Employee }
    displayName: { jsonata: "name.givenName & ' ' & name.familyNam" }
`,
      { OUTCOME_VALUES: 'department,user_name' },
    )
    const notKnown = (what: string, name: string, meant: string): string =>
      `${what}: not known: no default attribute is called ${name}; did you mean ${meant}?`
    assert.deepEqual(failuresIn(found), [
      notKnown('mapping of title', 'titel', 'title'),
      notKnown('mapping of userType', 'deparment', 'department'),
      notKnown('mapping of displayName', 'familyNam', 'familyName'),
      notKnown('OUTCOME_VALUES', 'user_name', 'userName'),
      notKnown('activation', 'hiredate', 'hireDate'),
      notKnown('owns of /hr/a', 'adress', 'address'),
    ])
    assert.equal(found[0]?.outcome, 'ok')
  })

  void test('names of one’s own, of a custom schema or that a shape writes are not pointed out', async (t) => {
    const found = await checked(
      t,
      `sources: [{ name: /hr/a, shape: own }]
shapes:
  own: { event: "{ 'id': id, 'type': 'worker.updated', 'subject': id, 'time': t, 'data': { 'worker': { 'titel': t } } }" }
mapping:
  attributes:
    title: titel
    userType: job.grade
    urn:ietf:params:scim:schemas:extension:acme:2.0:User:building: office.building
    displayName: { jsonata: "$uppercase(name.givenName) & office.floor" }
`,
    )
    assert.deepEqual(failuresIn(found), [])
  })

  void test('the default mapping has only targets that SCIM knows', async (t) => {
    assert.deepEqual(failuresIn(await checked(t, 'sources: [{ name: /hr/a }]')), [])
    assert.deepEqual(judgeTarget('shoeSize'), { kind: 'unknown', meant: null })
    assert.deepEqual(judgeTarget('manager'), { kind: 'unknown', meant: `${ENTERPRISE}:manager.value` })
    assert.deepEqual(judgeTarget('roles[type eq "main"].value'), { kind: 'known' })
  })
})

void test('what run would refuse to start with fails: an identity for doubles, and a key that is missing', () => {
  const endpoint = 'https://graph.microsoft.com/v1.0/servicePrincipals/a/synchronization/jobs/b/bulkUpload'
  const config = readConfig({
    AUTH_MODE: 'local',
    PROVISIONING_ENDPOINT: endpoint,
    DEAD_LETTER_COPIES: 'encrypted',
  })
  const proofs = proveSettings(config)
  assert.deepEqual(
    proofs.map(({ what, outcome }) => [what, outcome]),
    [
      ['AUTH_MODE', 'failed'],
      ['DEAD_LETTER_COPIES', 'failed'],
    ],
  )
  assert.match(proofs[1]?.say ?? '', /DEAD_LETTER_COPY_KEY is not set/)
  assert.deepEqual(proveSettings(readConfig({ AUTH_MODE: 'local' })), [])
})
