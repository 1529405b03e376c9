import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { clearedOf, differingAttributes } from '../../../src/core/directory/attributes.ts'
import { compareAccounts, missingAccounts } from '../../../src/core/directory/compare.ts'
import { idSet } from '../../../src/core/directory/id-set.ts'
import { MANAGER, managerKeys, managersOf } from '../../../src/core/directory/managers.ts'
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

const CONTEXT = {
  seenAt: SEEN_AT,
  settleMs: 0,
  cleared: clearedOf('ignored', []),
  managers: managersOf([]),
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
    const { differences, met } = compareAccounts(page, holders, { ...CONTEXT, seen })
    found.push(...differences)
    for (const mark of met) seen.add(mark)
  }
  const active = holders.filter(({ accepted }) => accepted?.active)
  return [...found, ...missingAccounts(active, { ...CONTEXT, seen })]
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
      'a leaver’s account that lost its employee id and is disabled',
      [account('o1', { enabled: false })],
      [holder('1', { active: false })],
      ['EmployeeIdChanged o1'],
    ],
    ['an account that lost its employee id', [account('o1')], [holder('1')], ['EmployeeIdChanged o1']],
    [
      'deleted, and another account has the user name',
      [account('x', { userName: '1@example.com' })],
      [holder('1')],
      ['AccountMissing o1', 'UserNameReused x'],
    ],
    [
      'deleted, while the account that the employee left is still there',
      [account('old', { employeeId: '1', enabled: false })],
      [holder('1', { objectId: 'new', left: [{ objectId: 'old', leftAt: 0 }] })],
      ['AccountMissing new'],
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

void it('one account that is listed on two pages is not two, and two are', () => {
  const [one, other] = [account('x', { employeeId: '1' }), account('y', { employeeId: '1' })]
  const unnamed = [holder('1', { objectId: null })]
  for (const top of [1, 2]) {
    assert.deepEqual(codes(compare([one, one], unnamed, top)), [])
    assert.deepEqual(codes(compare([one, other], unnamed, top)), ['AccountTwice y'])
  }
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
  assert.deepEqual(differingAttributes(record, new Map(Object.entries(held)), CONTEXT.cleared), [
    'name.givenName',
    'phoneNumbers[type eq "work"].value',
    `${ENTERPRISE}:costCenter`,
  ])
})

void it('a value that the record cleared or left out differs only if the configuration says that the job clears it', () => {
  const record = {
    title: null,
    userType: '  ',
    displayName: null,
    name: { familyName: null },
    addresses: [{ type: 'work', locality: 'Bern' }],
    [ENTERPRISE]: { department: null },
  }
  const held: Readonly<Record<string, string | null>> = {
    title: 'Clerk',
    userType: 'Worker',
    displayName: null,
    'name.givenName': 'Ada',
    'name.familyName': 'Lovelace',
    'addresses[type eq "work"].region': 'BE',
    'addresses[type eq "work"].locality': 'Bern',
    'phoneNumbers[type eq "work"].value': '1',
    preferredLanguage: 'de',
    nickName: 'ada',
    [`${ENTERPRISE}:department`]: 'Sales',
    [`${ENTERPRISE}:division`]: 'East',
  }
  const differing = (mode: Parameters<typeof clearedOf>[0]): readonly string[] => {
    // The mapping fills all but one.
    const filled = Object.keys(held).filter((place) => place !== 'nickName')
    return differingAttributes(record, new Map(Object.entries(held)), clearedOf(mode, filled)).map((name) =>
      name.replace(' (not cleared)', ''),
    )
  }
  const sent = ['title', 'userType', 'name.familyName', `${ENTERPRISE}:department`]
  assert.deepEqual(differing('ignored'), [])
  assert.deepEqual(differing('sent'), sent)
  // A part is cleared only with the object that contains it, so the phone is not compared.
  const omitted = ['name.givenName', 'addresses[type eq "work"].region', 'preferredLanguage']
  assert.deepEqual(
    differing('omitted').toSorted(),
    [...sent, ...omitted, `${ENTERPRISE}:division`].toSorted(),
  )
})

void describe('the manager of an account', () => {
  const withManager = (employeeId: string, sent: string | null | undefined): AccountHolder => {
    const record = {
      userName: `${employeeId}@example.com`,
      active: true,
      [ENTERPRISE]: sent === undefined ? {} : { manager: { value: sent } },
    }
    return holder(employeeId, { accepted: { record: JSON.stringify(record), active: true, at: 0 } })
  }
  /** What differs of the account of `1`, whose record names a manager. `m` and `n` are employees. */
  const differing = (
    sent: string | null | undefined,
    manager: string | null | undefined,
    mode: Parameters<typeof clearedOf>[0] = 'ignored',
  ): readonly string[] => {
    const holders = [withManager('1', sent)]
    const accounts = [account('o1', { employeeId: '1', ...(manager === undefined ? {} : { manager }) })]
    const all = [holder('m'), holder('n'), holder('new', { objectId: null })]
    const keys = managerKeys(accounts, holders)
    const asked = all.filter((one) =>
      keys.some((key) => key.employeeId === one.employeeId || key.objectId === one.objectId),
    )
    const context = { ...CONTEXT, managers: managersOf(asked), cleared: clearedOf(mode, [MANAGER]) }
    const { differences } = compareAccounts(accounts, holders, { ...context, seen: idSet() })
    return differences.map(({ code, detail }) => `${code} ${detail}`)
  }
  const DIFFERS = [`AccountDiffers account o1: ${MANAGER}`]
  const NOT_CLEARED = [`AccountDiffers account o1: ${MANAGER} (not cleared)`]

  void it('differs when it is another account than that of the employee who was sent, or none', () => {
    assert.deepEqual(differing('m', 'om'), [])
    assert.deepEqual(differing('m', 'on'), DIFFERS)
    assert.deepEqual(differing('m', 'of nobody in HR'), DIFFERS)
    assert.deepEqual(differing('m', null), DIFFERS)
  })

  void it('is asked for where it was read, also if it was not read of all accounts', () => {
    const accounts = [account('o1', { employeeId: '1', manager: 'om' }), account('o2')]
    assert.deepEqual(
      managerKeys(accounts, []).map(({ objectId }) => objectId),
      ['om'],
    )
  })

  void it('is not compared where it was not read', () => {
    assert.deepEqual(differing('m', undefined), [])
    assert.deepEqual(managerKeys([account('o1')], [withManager('1', 'm')]), [])
  })

  void it('of whom the account is not known differs only if the account is that of another employee', () => {
    assert.deepEqual(differing('new', 'of nobody in HR'), [])
    assert.deepEqual(differing('unknown', 'on'), DIFFERS)
  })

  void it('who was cleared or left out differs only if the configuration says so', () => {
    assert.deepEqual(differing(null, 'om'), [])
    assert.deepEqual(differing(null, 'om', 'sent'), NOT_CLEARED)
    assert.deepEqual(differing(null, null, 'sent'), [])
    assert.deepEqual(differing(undefined, 'om', 'omitted'), [])
  })
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
  for (const id of ids) assert.ok(set.has(id) && !set.has(`${id}x`) && !set.has(`E${id.slice(1)}`))
})

void it('a value of an object that was cleared is cleared; a list or an object is not compared as a text', () => {
  const held = new Map([['name.givenName', 'Ada']])
  assert.deepEqual(differingAttributes({ name: null }, held, clearedOf('sent', [])), [
    'name.givenName (not cleared)',
  ])
  const whole = new Map([['name', 'Ada Lovelace']])
  assert.deepEqual(differingAttributes({ name: { givenName: 'Ada' } }, whole, CONTEXT.cleared), [])
})

void it('of two entries of one type the first is compared', () => {
  const phoneNumbers = ['1', '2'].map((value) => ({ type: 'work', value }))
  const held = (value: string) => new Map([['phoneNumbers[type eq "work"].value', value]])
  assert.deepEqual(differingAttributes({ phoneNumbers }, held('1'), CONTEXT.cleared), [])
  assert.equal(differingAttributes({ phoneNumbers }, held('2'), CONTEXT.cleared).length, 1)
})

void describe('a page of accounts', () => {
  const SETTLE_MS = 1_000
  const page = (accounts: readonly Account[], ...holders: readonly AccountHolder[]) =>
    compareAccounts(accounts, holders, { ...CONTEXT, settleMs: SETTLE_MS, seen: idSet() })
  const own = account('o1', { employeeId: '1' })
  const byName = account('y', { userName: '1@example.com' })

  void it('frees an employee who was held, once the own account is enabled after the settling time', () => {
    const freed = (found: Account, since: number | null, more: Partial<AccountHolder> = {}): number =>
      page([found], holder('1', { disabledElsewhereAt: since, ...more })).enabledAgain.length
    const settled = SEEN_AT - SETTLE_MS
    assert.equal(freed(own, settled), 1)
    assert.equal(freed(own, settled, { objectId: null }), 1)
    assert.equal(freed(own, settled + 1), 0, 'the directory may not show the deactivation yet')
    assert.equal(freed(own, null), 0, 'nobody is held')
    assert.equal(freed({ ...own, enabled: false }, settled), 0)
    assert.equal(freed(account('x', { employeeId: '1' }), settled), 0, 'another account')
    assert.equal(freed(byName, settled, { objectId: null }), 0, 'an account with the user name only')
  })

  void it('counts the accounts that belong to an employee by object id or employee id', () => {
    const matched = (found: Account, more: Partial<AccountHolder> = {}): number =>
      page([found], holder('1', more)).matched
    assert.equal(matched(account('o1')), 1)
    assert.equal(matched(own, { objectId: null }), 1)
    assert.equal(matched(byName), 0)
    assert.equal(matched(account('z')), 0)
    assert.equal(matched(own, { objectId: null, elsewhere: true }), 0)
    assert.equal(page([own, account('o2')], holder('1'), holder('2')).matched, 2)
  })

  void it('leaves out employees with something under way, and those whose record was just accepted', () => {
    const gone = account('o1', { employeeId: '1', enabled: false })
    const left = (more: Partial<AccountHolder>) => {
      const { skipped, differences } = page([gone], holder('1', more))
      return [skipped, differences.map(({ code }) => code)]
    }
    const accepted = (at: number) => ({ accepted: { record: '{}', active: true, at } })
    assert.deepEqual(left({}), [[], ['DisabledElsewhere']])
    assert.deepEqual(left({ underWay: true }), [['1'], []])
    assert.deepEqual(left(accepted(SEEN_AT - SETTLE_MS + 1)), [['1'], []])
    assert.deepEqual(left(accepted(SEEN_AT - SETTLE_MS)), [[], ['DisabledElsewhere']])
  })

  void it('shows an account that was left and is enabled, once all moves are older than the settling time', () => {
    const old = account('old')
    const shown = (found: Account, ...left: NonNullable<AccountHolder['left']>): readonly string[] =>
      codes(page([found], holder('1', { objectId: 'new', elsewhere: true, left })).differences)
    const settled = { objectId: 'old', leftAt: SEEN_AT - SETTLE_MS }
    const recent = { objectId: 'o3', leftAt: SEEN_AT - SETTLE_MS + 1 }
    assert.deepEqual(shown(old, settled), ['LeftAccountEnabled old'])
    assert.deepEqual(shown(old, settled, recent), [])
    assert.deepEqual(shown({ ...old, enabled: false }, settled), [])
    // Where the log never named the account, the one with the employee id is the one that was left.
    const unnamed = { ...settled, objectId: null }
    assert.deepEqual(shown(account('x', { employeeId: '1' }), settled, unnamed), ['LeftAccountEnabled x'])
    assert.deepEqual(shown(account('x', { employeeId: '1' }), settled), [])
  })

  void it('says what is missing, and what an account has in place of the employee id', () => {
    const missing = (objectId: string | null) =>
      missingAccounts([holder('1', { objectId })], { ...CONTEXT, seen: idSet() })[0]?.detail
    assert.deepEqual([missing('o1'), missing(null)], ['account o1 is gone', 'no account has the employee id'])
    const changed = (employeeId: string | null) =>
      page([account('o1', { employeeId })], holder('1')).differences[0]?.detail
    assert.deepEqual(
      [changed(null), changed('2')],
      ['account o1 has no employee id', 'account o1 has another employee id'],
    )
    const second = (objectId: string | null) =>
      page(
        [account('a', { employeeId: '1' }), account('b', { employeeId: '1' })],
        holder('1', { objectId }),
      ).differences.at(-1)?.detail
    assert.deepEqual(
      [second(null), second('o1')],
      ['account b has the employee id of another account', 'account b has the employee id of account o1'],
    )
  })
})
