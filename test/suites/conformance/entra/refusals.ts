import assert from 'node:assert/strict'
import { type EntraClient, employee, ENTERPRISE, type LogRecord, newKey, type User } from './client.ts'
import type { EntraCase } from '../entra.ts'

const USER_RESOURCE = '[D] Microsoft Graph user resource'
const USER_NAMES = '[D] Microsoft Entra user name policies'
const INVALID_USER_NAME = 'AzureActiveDirectoryInvalidUserPrincipalName'

const codeOf = (record: LogRecord): string | null =>
  record.provisioningStatusInfo.errorInformation?.['errorCode'] ?? null
const reasonOf = (record: LogRecord): string =>
  record.provisioningStatusInfo.errorInformation?.['reason'] ?? ''

async function codesOf(client: EntraClient, users: readonly User[]): Promise<readonly (string | null)[]> {
  await client.upload(...users)
  const found: (string | null)[] = []
  for (const user of users) {
    const [record] = await client.records(String(user['externalId']), 1)
    assert.ok(record !== undefined)
    found.push(codeOf(record))
  }
  return found
}

/** A user name that no other case has, padded to so many characters before the @. */
const named = (length: number): string => newKey().padEnd(length, 'x')

/** A case in which the directory refuses each of these user names, and no account results. */
const refusesUserNames = (name: string, source: string, userNames: readonly string[]): EntraCase => ({
  name,
  source,
  setup: 'standard',
  async run(client) {
    const users = userNames.map((userName) => employee(newKey(), { userName }))
    const codes = await codesOf(client, users)
    for (const [index, code] of codes.entries()) assert.equal(code, INVALID_USER_NAME, userNames[index])
    const [record] = await client.records(String(users[0]?.['externalId']), 1)
    assert.equal(record?.provisioningStatusInfo.status, 'failure')
    assert.equal(record.targetIdentity.id, '')
    assert.ok(!reasonOf(record).includes(userNames[0] ?? ''), 'the value is not repeated')
  },
})

const userNameCases: readonly EntraCase[] = [
  refusesUserNames('a user name with umlauts or other letters with diacritics is refused', USER_NAMES, [
    'jörg.weiß@example.com',
    'zoë@example.com',
    'łukasz@example.com',
    'jorg@exämple.com',
  ]),
  refusesUserNames(
    'a user name with a character outside the documented list is refused',
    USER_NAMES,
    Array.from(' %&*+/=?{}|<>();:,[]"\\$').map((character) => `a${character}b@example.com`),
  ),
  refusesUserNames('a user name of more than 64 characters before the @ is refused', USER_NAMES, [
    'a.very.long.user.name.that.goes.on.and.on.and.on.and.on.and.on.beyond.sixty.four@contoso.com',
    `${named(65)}@example.com`,
  ]),
  refusesUserNames('a user name of more than 48 characters after the @ is refused', USER_NAMES, [
    `${named(20)}@${'d'.repeat(45)}.com`,
  ]),
  refusesUserNames('a user name with a period immediately before the @ is refused', USER_NAMES, [
    'a.@example.com',
  ]),
  refusesUserNames('a user name with a second @, or without a name, is refused', USER_NAMES, [
    'a@b@example.com',
    '@example.com',
  ]),
  {
    name: 'a user name with every allowed character and of every allowed length is accepted',
    source: USER_NAMES,
    setup: 'standard',
    async run(client) {
      const userNames = [
        `${newKey()}AZaz09'.-_!#^~@example.com`,
        `${named(64)}@example.com`,
        `${named(64)}@${'d'.repeat(44)}.com`,
      ]
      const codes = await codesOf(
        client,
        userNames.map((userName) => employee(newKey(), { userName })),
      )
      assert.deepEqual(codes, [null, null, null])
    },
  },
  {
    name: 'a user name that another user has is refused, in upper case too',
    source: '[D] user principal names are unique; [D] EntryConflict among the error codes of provisioning',
    setup: 'standard',
    async run({ provision }) {
      const userName = `${newKey()}@example.com`
      await provision(employee(newKey(), { userName }))
      for (const taken of [userName, userName.toUpperCase()])
        assert.equal(codeOf(await provision(employee(newKey(), { userName: taken }))), 'EntryConflict')
    },
  },
]

const text = (length: number): string => 'x'.repeat(length)
const work = (part: string) => (value: string) => ({ addresses: [{ type: 'work', [part]: value }] })
const enterprise = (part: string) => (value: string) => ({ [ENTERPRISE]: { [part]: value } })
const core = (part: string) => (value: string) => ({ [part]: value })

/** The directory's attributes with a documented limit, and how the default mapping fills them. */
const LIMITS: readonly (readonly [string, number, (value: string) => User])[] = [
  ['displayName', 256, core('displayName')],
  ['givenName', 64, (givenName) => ({ name: { givenName } })],
  ['surname', 64, (familyName) => ({ name: { familyName } })],
  ['jobTitle', 128, core('title')],
  ['department', 64, enterprise('department')],
  ['companyName', 64, enterprise('organization')],
  ['city', 128, work('locality')],
  ['state', 128, work('region')],
  ['country', 128, work('country')],
  ['postalCode', 40, work('postalCode')],
  ['streetAddress', 1024, work('streetAddress')],
]

const attributeCases: readonly EntraCase[] = [
  {
    name: 'a value longer than its attribute allows is refused by the name of the attribute; the longest allowed is accepted',
    source: USER_RESOURCE,
    setup: 'standard',
    async run(client) {
      const longest = LIMITS.map(([, limit, fill]) => employee(newKey(), fill(text(limit))))
      const longer = LIMITS.map(([, limit, fill]) => employee(newKey(), fill(text(limit + 1))))
      await client.upload(...longest, ...longer)
      for (const [index, [name]] of LIMITS.entries()) {
        const [accepted] = await client.records(String(longest[index]?.['externalId']), 1)
        assert.equal(accepted?.provisioningStatusInfo.status, 'success', name)
        const [refused] = await client.records(String(longer[index]?.['externalId']), 1)
        assert.equal(refused?.provisioningStatusInfo.status, 'failure', name)
        assert.match(reasonOf(refused), new RegExp(`'${name}'`))
        assert.ok(
          !JSON.stringify(refused.provisioningStatusInfo).includes('xxx'),
          'the value is not repeated',
        )
      }
    },
  },
  {
    name: 'an employeeId of 18 digits is accepted: that the documented limit holds here has not been seen',
    source: USER_RESOURCE,
    setup: 'standard',
    async run({ provision }) {
      const accepted = await provision(employee('413124000068132003'))
      assert.equal(accepted.provisioningStatusInfo.status, 'success')
    },
  },
  {
    name: 'a mail address with accent characters is refused',
    source: USER_RESOURCE,
    setup: 'standard',
    async run({ provision }) {
      const emails = [{ type: 'work', value: 'jörg@example.com' }]
      const refused = await provision(employee(newKey(), { emails }))
      assert.equal(refused.provisioningStatusInfo.status, 'failure')
      assert.match(reasonOf(refused), /'mail'/)
    },
  },
  {
    name: 'a refused update leaves the user as before, and the next good one passes',
    source: '[R] an update exports only what changes',
    setup: 'standard',
    async run({ provision }) {
      const key = newKey()
      await provision(employee(key, { title: 'Guide' }))
      const refused = await provision(employee(key, { title: text(129), active: false }))
      assert.equal(refused.provisioningStatusInfo.status, 'failure')
      const corrected = await provision(employee(key, { title: 'Guide', active: false }))
      assert.equal(corrected.provisioningAction, 'disable')
      assert.equal(corrected.provisioningSteps[1]?.details['jobTitle'], 'Guide')
    },
  },
]

/** What the directory refuses. */
export const refusalCases: readonly EntraCase[] = [...userNameCases, ...attributeCases]
