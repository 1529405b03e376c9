import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ExpressionError, parseExpression } from '../../../src/local/entra/mapping/expression.ts'
import type { EntraSettings } from '../../../src/local/entra/settings.ts'
import { changes, ENTERPRISE, open, employee, provision, recordsOf } from './support.ts'

type Mapping = NonNullable<EntraSettings['mapping']>

/** The pairs that every creation needs; each test adds its own. */
const base: Mapping = [
  { type: 'direct', target: 'employeeId', source: 'externalId', matching: 1 },
  { type: 'direct', target: 'userPrincipalName', source: 'userName' },
  { type: 'direct', target: 'accountEnabled', source: 'active' },
]

void test('the functions of an expression give what their documentation says', () => {
  const values: Readonly<Record<string, string>> = {
    first: 'Zoë',
    last: 'van  Dam',
    country: 'NL',
    empty: '',
    active: 'True',
    'name.givenName': 'Bo',
    'emails[type eq "work"].value': 'zoe@example.com',
  }
  const scope = { read: (path: string) => values[path], isTaken: (value: string) => value === 'zoe@x' }
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['[first]', 'Zoë'],
    ['[nothing]', undefined],
    ['"a ""quoted"" text"', 'a "quoted" text'],
    ['Append([first], "!")', 'Zoë!'],
    ['Coalesce([nothing], [empty], [last])', 'van  Dam'],
    ['IIF([country] = "NL", "in", "out")', 'in'],
    ['IIF([country] <> "NL", "in", "out")', 'out'],
    ['IIF(IsNullOrEmpty([empty]), "none", "some")', 'none'],
    ['IIF(Not(IsPresent([first])), "none", "some")', 'some'],
    ['Join(" ", [first], [empty], [last])', 'Zoë van  Dam'],
    ['Left([last], 3)', 'van'],
    ['Mid([last], 6, 2)', 'Da'],
    ['NormalizeDiacritics([first])', 'Zoe'],
    ['Replace([last], "van", , , "von", , )', 'von  Dam'],
    ['SelectUniqueValue("zoe@x", "zoe1@x")', 'zoe1@x'],
    ['StripSpaces([last])', 'vanDam'],
    ['Switch([country], "elsewhere", "BE", "Belgium", "NL", "Netherlands")', 'Netherlands'],
    ['Switch([active], , "False", "True")', undefined],
    ['ToLower([country])', 'nl'],
    ['ToUpper([first])', 'ZOË'],
    ['Trim(" a ")', 'a'],
    ['Word([emails[type eq "work"].value], 1, "@")', 'zoe'],
    ['tolower(StripSpaces(Append([name.givenName], [last])))', 'bovandam'],
  ]
  for (const [source, expected] of cases)
    assert.equal(parseExpression(source).evaluate(scope), expected, source)
})

void test('an expression that cannot be read is refused at the start', async () => {
  for (const source of [
    '',
    '"open',
    '[open',
    'Nope([a])',
    'Append([a]',
    'Append([a] [b])',
    '[a] [b]',
    'word',
    'constructor([a])',
  ]) {
    assert.throws(() => parseExpression(source), ExpressionError, source)
  }
  const { startEntra } = await import('../../../src/local/entra/server.ts')
  await assert.rejects(
    startEntra({ settings: { mapping: [{ type: 'expression', target: 'x', expression: 'Nope()' }] } }),
    ExpressionError,
  )
})

void test('direct, constant, expression and none each fill the target their own way', async (t) => {
  const mapping: Mapping = [
    ...base,
    { type: 'constant', target: 'companyName', value: 'Contoso' },
    {
      type: 'expression',
      target: 'displayName',
      expression: 'Join(", ", [name.familyName], [name.givenName])',
    },
    { type: 'none', target: 'usageLocation', defaultIfNull: 'US' },
    { type: 'direct', target: 'jobTitle', source: 'title', defaultIfNull: 'Employee' },
    { type: 'direct', target: 'city', source: 'locale', apply: 'onCreate' },
  ]
  const entra = await open(t, { mapping, attributeList: 'mapped' })
  const name = { familyName: 'Jensen', givenName: 'Bo' }
  await provision(entra, employee('1', { name, locale: 'en', nickName: 'B' }))
  const created = changes((await recordsOf(entra, '1'))[0])
  assert.deepEqual(created['companyName'], [null, 'Contoso'])
  assert.deepEqual(created['displayName'], [null, 'Jensen, Bo'])
  assert.deepEqual(created['usageLocation'], [null, 'US'])
  assert.deepEqual(created['jobTitle'], [null, 'Employee'])
  assert.ok(!('nickName' in created))
  assert.ok(
    !('nickName' in ((await recordsOf(entra, '1'))[0]?.provisioningSteps[0]?.details ?? {})),
    'only mapped attributes are echoed',
  )

  await provision(entra, employee('1', { name: { ...name, givenName: 'Bob' }, locale: 'da', nickName: 'C' }))
  const updated = changes((await recordsOf(entra, '1'))[0])
  assert.deepEqual(
    updated,
    { displayName: ['Jensen, Bo', 'Jensen, Bob'], jobTitle: ['Employee', null] },
    'a default is for new users only',
  )
  await provision(entra, employee('1', { name: { ...name, givenName: 'Bob' }, locale: 'de', nickName: 'D' }))
  assert.equal(
    (await recordsOf(entra, '1'))[0]?.provisioningAction,
    'other',
    'an attribute that is not mapped is not a change',
  )
})

void test('an expression finds a value that no user has, and a mapping may leave the manager out', async (t) => {
  const nickname = 'SelectUniqueValue([displayName], Append([displayName], "1"), Append([displayName], "2"))'
  const mapping: Mapping = [
    ...base,
    { type: 'expression', target: 'mailNickname', expression: nickname, apply: 'onCreate' },
  ]
  const entra = await open(t, { mapping })
  const report = { displayName: 'Bo', [ENTERPRISE]: { manager: { value: '9' } } }
  await provision(entra, ...['1', '2', '3'].map((key) => employee(key, report)))
  await provision(entra, employee('9'))
  const records = await Promise.all(['1', '2', '3'].map((key) => recordsOf(entra, key)))
  assert.deepEqual(
    records.map(([record]) => changes(record)['mailNickname']?.[1]),
    ['Bo', 'Bo1', 'Bo2'],
  )
  assert.deepEqual(
    records.map(({ length }) => length),
    [1, 1, 1],
    'no follow-up sets the manager',
  )
  assert.ok(!('manager' in changes(records[0]?.[0])))
})

void test('an attribute is cleared only when both gates of the null flow are open', async (t) => {
  for (const [source, ofMapping, isCleared] of [
    [true, true, true] as const,
    [true, false, false] as const,
    [false, true, false] as const,
  ]) {
    const mapping: Mapping = [
      ...base,
      { type: 'direct', target: 'jobTitle', source: 'title', flowNull: ofMapping },
    ]
    const entra = await open(t, { mapping, flowNulls: false, sourceFlowNull: { title: source } })
    await provision(entra, employee('1', { title: 'Guide' }))
    await provision(entra, employee('1', { title: null }))
    assert.equal('title' in ((await entra.directory())['1']?.record ?? {}), !isCleared)
    assert.equal((await recordsOf(entra, '1'))[0]?.provisioningAction, isCleared ? 'update' : 'other')
  }
})

function directoryFile(t: TestContext, users: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'entra-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'directory.json')
  writeFileSync(path, JSON.stringify(users))
  return path
}

void test('users already in the directory are matched by precedence, and keep what the mapping does not touch', async (t) => {
  const mapping: Mapping = [
    { type: 'direct', target: 'employeeId', source: 'externalId', matching: 1 },
    { type: 'direct', target: 'userPrincipalName', source: 'userName', matching: 2 },
    { type: 'direct', target: 'accountEnabled', source: 'active' },
    { type: 'direct', target: 'jobTitle', source: 'title' },
  ]
  const directory = directoryFile(t, [
    {
      objectId: 'a',
      attributes: { employeeId: '1', userPrincipalName: 'old@example.com', officeLocation: 'B1' },
    },
    { objectId: 'b', active: false, attributes: { userPrincipalName: '2@example.com', jobTitle: 'Guide' } },
    { objectId: 'c', attributes: { employeeId: '3' } },
    { objectId: 'd', attributes: { employeeId: '3' } },
    {
      objectId: 'e',
      externalId: '5',
      record: { externalId: '5', userName: '5@example.com' },
      attributes: { userPrincipalName: '5@example.com' },
    },
  ])
  const entra = await open(t, { mapping, directoryFile: directory, attributeList: 'mapped' })
  await provision(
    entra,
    employee('1'),
    employee('2', { title: 'Lead' }),
    employee('3'),
    employee('4', { userName: '1@example.com' }),
    employee('5'),
  )
  const one = (await recordsOf(entra, '1'))[0]
  assert.equal(one?.targetIdentity.id, 'a')
  assert.equal(one.provisioningAction, 'update')
  assert.deepEqual(Object.keys(changes(one)).sort(), ['IsSoftDeleted', 'userPrincipalName'])
  const two = (await recordsOf(entra, '2'))[0]
  assert.equal(two?.targetIdentity.id, 'b')
  assert.deepEqual(changes(two)['jobTitle'], ['Guide', 'Lead'])
  assert.deepEqual(changes(two)['accountEnabled'], ['False', 'True'])
  assert.equal(
    (await recordsOf(entra, '3'))[0]?.provisioningStatusInfo.errorInformation?.errorCode,
    'DuplicateTargetEntries',
  )
  assert.equal(
    (await recordsOf(entra, '4'))[0]?.provisioningStatusInfo.errorInformation?.errorCode,
    'DuplicateSourceEntries',
  )
  assert.equal((await recordsOf(entra, '5'))[0]?.targetIdentity.id, 'e')
})

void test('an employee out of scope is skipped as NotEffectivelyEntitled, or disabled when so configured', async (t) => {
  const scope: EntraSettings['scope'] = [
    [
      { source: `${ENTERPRISE}:department`, operator: 'EQUALS', value: 'Sales' },
      { source: 'active', operator: 'IS NOT NULL' },
    ],
    [{ source: 'userType', operator: 'REGEX MATCH', value: 'Emp.*' }],
  ]
  const sales = { [ENTERPRISE]: { department: 'Sales' } }
  for (const outOfScope of ['skip', 'disable'] as const) {
    const entra = await open(t, { scope, outOfScope })
    await provision(entra, employee('1', sales), employee('2'), employee('3', { userType: 'Employee' }))
    const [skipped] = await recordsOf(entra, '2')
    assert.equal(skipped?.provisioningStatusInfo.status, 'skipped')
    assert.equal(skipped.provisioningSteps.at(-1)?.details['SkipReason'], 'NotEffectivelyEntitled')
    assert.deepEqual(Object.keys(await entra.directory()), ['1', '3'])
    await provision(entra, employee('1'))
    assert.equal((await entra.directory())['1']?.active, outOfScope === 'skip')
  }
})

void test('a target action that is switched off is skipped', async (t) => {
  const entra = await open(t, { targetActions: { create: false } })
  await provision(entra, employee('1'))
  const [record] = await recordsOf(entra, '1')
  assert.equal(record?.provisioningSteps.at(-1)?.details['SkipReason'], 'EntrySynchronizationSkipped')
  assert.deepEqual(await entra.directory(), {})
})

void test('a job to Active Directory has its own id form, names and attributes', async (t) => {
  const entra = await open(t, { kind: 'ad' })
  await provision(entra, employee('1', { title: 'Guide', name: { familyName: 'Jensen' } }))
  await provision(entra, employee('1', { title: 'Guide', name: { familyName: 'Jensen' }, active: false }))
  const [disabled, created] = await recordsOf(entra, '1')
  assert.match(created?.jobId ?? '', /^API2AD\.[0-9a-f]{32}\./)
  assert.deepEqual(changes(created)['sn'], [null, 'Jensen'])
  assert.deepEqual(changes(created)['sAMAccountName'], [null, '1'])
  assert.equal(disabled?.provisioningAction, 'disable')
  assert.deepEqual(changes(disabled), { accountDisabled: ['False', 'True'] })
})

void test('a user name that the directory would refuse fails with the documented code', async (t) => {
  const entra = await open(t, { verifiedDomains: ['example.com'] })
  await provision(
    entra,
    employee('1', { userName: 'a b@example.com' }),
    employee('2', { userName: 'a@other.com' }),
    employee('3'),
  )
  const code = async (externalId: string): Promise<string | undefined> =>
    (await recordsOf(entra, externalId))[0]?.provisioningStatusInfo.errorInformation?.errorCode
  assert.deepEqual(await Promise.all(['1', '2', '3'].map(code)), [
    'AzureActiveDirectoryInvalidUserPrincipalName',
    'InvalidDomain',
    undefined,
  ])
})
