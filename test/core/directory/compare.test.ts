import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import { differingAttributes } from '../../../src/core/directory/attributes.ts'
import { compareAccounts, missingAccounts } from '../../../src/core/directory/compare.ts'
import { idSet } from '../../../src/core/directory/id-set.ts'
import { propertiesOf } from '../../../src/core/directory/properties.ts'
import type { AccountHolder, Difference } from '../../../src/core/ledger/port/directory.ts'
import type { Account } from '../../../src/core/ports.ts'
import { account } from '../../fakes/account-list.ts'

const SEEN_AT = 1_000_000
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

/** An employee whose account the directory took long ago. */
function holder(employeeId: string, more: Partial<AccountHolder> & { active?: boolean } = {}): AccountHolder {
  const { active = true, ...rest } = more
  const record = JSON.stringify({ userName: `${employeeId}@example.com`, active })
  return {
    employeeId,
    revision: 1,
    objectId: `o${employeeId}`,
    accepted: { record, active, at: 0 },
    underWay: false,
    isLeaver: !active,
    disabledElsewhereAt: null,
    ...rest,
  }
}

/** Compares accounts in pages of this size, as a comparison does. */
function compare(
  accounts: readonly Account[],
  holders: readonly AccountHolder[],
  top = 100,
): readonly Difference[] {
  const seen = idSet()
  const found: Difference[] = []
  for (let from = 0; from < accounts.length; from += top) {
    const page = accounts.slice(from, from + top)
    const { differences, met } = compareAccounts(page, holders, { seenAt: SEEN_AT, settleMs: 0, seen })
    found.push(...differences)
    for (const mark of met) seen.add(mark)
  }
  const active = holders.filter(({ accepted }) => accepted?.active)
  return [...found, ...missingAccounts(active, { seenAt: SEEN_AT, settleMs: 0, seen })]
}
const codes = (found: readonly Difference[]): readonly string[] =>
  found.map(({ code, objectId }) => `${code} ${objectId}`).toSorted()

void it('an account is known by its object id first, then by its employee id, then by its user name', () => {
  const cases: readonly (readonly [what: string, Account[], AccountHolder[], string[]])[] = [
    ['nothing differs', [account('o1', { employeeId: '1' })], [holder('1')], []],
    ['deleted', [], [holder('1')], ['AccountMissing o1']],
    ['deleted, of a leaver', [], [holder('1', { active: false })], []],
    [
      'a leaver’s id on another, enabled account',
      [account('o1', { employeeId: '1', enabled: false }), account('x', { employeeId: '1' })],
      [holder('1', { active: false })],
      ['AccountTwice x', 'LeaverStillEnabled x'],
    ],
    [
      'two accounts that changed their employee ids',
      [account('o1', { employeeId: '2' }), account('o2', { employeeId: '1' })],
      [holder('1'), holder('2')],
      ['EmployeeIdChanged o1', 'EmployeeIdChanged o2'],
    ],
    [
      'a leaver’s account that lost its employee id and is enabled',
      [account('o1')],
      [holder('1', { active: false })],
      ['EmployeeIdChanged o1', 'LeaverStillEnabled o1'],
    ],
    [
      'a user name that a former employee had',
      [account('x', { userName: '1@example.com' })],
      [holder('1', { active: false })],
      [],
    ],
    [
      'a guest with an employee id is an account like any other',
      [account('o1', { employeeId: '1', isGuest: true })],
      [holder('1', { active: false })],
      ['LeaverStillEnabled o1'],
    ],
    ['unknown to HR and disabled', [account('x', { employeeId: '9', enabled: false })], [], []],
    [
      'a joiner who was enabled before the first day',
      [account('o1', { employeeId: '1' })],
      [holder('1', { active: false, isLeaver: false })],
      ['ActiveOnlyInDirectory o1'],
    ],
    [
      'a leaver without a record that the directory accepted',
      [account('x', { employeeId: '1' })],
      [holder('1', { accepted: null, objectId: null, isLeaver: true })],
      ['LeaverStillEnabled x'],
    ],
    [
      'disabled elsewhere and held for it',
      [account('o1', { employeeId: '1', enabled: false })],
      [holder('1', { disabledElsewhereAt: 5 })],
      [],
    ],
  ]
  for (const [what, accounts, holders, expected] of cases)
    assert.deepEqual(codes(compare(accounts, holders)), expected, what)
})

void it('the order of accounts and the size of pages change nothing', () => {
  const holders = ['1', '2', '3', '4'].map((id) =>
    holder(id, { objectId: id === '4' ? null : `o${id}`, active: id !== '2' }),
  )
  const accounts = fc.array(
    fc.record({
      objectId: fc.constantFrom('o1', 'o2', 'o3', 'x'),
      employeeId: fc.constantFrom(null, '1', '2', '3', '9'),
      userName: fc.constantFrom(null, '1@example.com', '3@example.com'),
      enabled: fc.boolean(),
    }),
    { maxLength: 4 },
  )
  fc.assert(
    fc.property(accounts, fc.integer({ min: 1, max: 4 }), (rows, top) => {
      const distinct = [...new Map(rows.map((row) => [row.objectId, account(row.objectId, row)])).values()]
      const expected = codes(compare(distinct, holders))
      assert.deepEqual(codes(compare(distinct.toReversed(), holders, top)), expected)
    }),
    { numRuns: 200 },
  )
})

void it('an attribute differs when the record names a value and the account holds another', () => {
  const record = {
    title: ' Clerk ',
    displayName: 'Zoe\u0308',
    name: { givenName: 'Ada', familyName: null },
    phoneNumbers: [{ type: 'work', value: '1' }],
    [ENTERPRISE]: { department: 'Sales', costCenter: '7' },
  }
  const held: Readonly<Record<string, string | null>> = {
    title: 'Clerk',
    displayName: 'Zo\u00eb',
    'name.givenName': 'Ida',
    'name.familyName': 'anything',
    'phoneNumbers[type eq "work"].value': null,
    [`${ENTERPRISE}:department`]: 'Sales',
    [`${ENTERPRISE}:costCenter`]: '8',
    preferredLanguage: 'de',
  }
  assert.deepEqual(differingAttributes(record, new Map(Object.entries(held))), [
    'name.givenName',
    'phoneNumbers[type eq "work"].value',
    `${ENTERPRISE}:costCenter`,
  ])
})

void it('the configuration adds properties and leaves attributes out', () => {
  const properties = propertiesOf({ title: null, 'urn:x:User:badge': 'extension_1_badge' })
  assert.equal(properties.has('title'), false)
  assert.equal(properties.get('urn:x:User:badge'), 'extension_1_badge')
  assert.equal(properties.get('displayName'), 'displayName')
})

void it('a set of ids knows what was added and nothing else, while it grows', () => {
  const set = idSet()
  const ids = Array.from({ length: 5_000 }, (_, index) => `employee ${index}`)
  for (const id of ids) assert.equal(set.add(id), true)
  for (const id of ids) assert.equal(set.add(id), false)
  assert.equal(set.size, ids.length)
  for (const id of ids) assert.ok(set.has(id) && !set.has(`${id}x`))
})
