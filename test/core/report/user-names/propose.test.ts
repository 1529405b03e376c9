import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluateHere } from '../../../../src/core/expression/evaluate.ts'
import { unknownEmployee } from '../../../../src/core/ledger/employee.ts'
import type { EmployeeView } from '../../../../src/core/ledger/port/inspect.ts'
import { compileMapping, DEFAULT_REQUIRED, DEFAULT_RULES } from '../../../../src/core/plan/mapping/mapping.ts'
import type { NamedAccount } from '../../../../src/core/ports.ts'
import type { Selected } from '../../../../src/core/report/dead-letters/selection/selected.ts'
import { userNamePolicy } from '../../../../src/core/report/user-names/policy.ts'
import {
  isNameTaken,
  type ProposalContext,
  proposeNames,
} from '../../../../src/core/report/user-names/propose.ts'
import { nameTable } from '../../../../src/core/report/user-names/table.ts'
import { ledgerDead, selectedDead } from '../../../fakes/dead-letters.ts'
import { day } from '../../../fakes/events.ts'
import { digest, personEvent } from '../../../fakes/people.ts'

const ADA = { userName: 'Ada@contoso.com', active: true, name: { givenName: 'Ada', familyName: 'Lovelace' } }

/** Hires that died, with their event in the ledger. */
interface Hired {
  readonly employeeId: string
  readonly worker: typeof ADA
  readonly code?: string
}
function died(hired: readonly Hired[]): { selected: readonly Selected[]; views: readonly EmployeeView[] } {
  const selected = hired.map(({ employeeId, code = 'AzureActiveDirectoryEntryConflict' }, index) =>
    selectedDead(ledgerDead(index + 1, { employeeId, code })),
  )
  const views = hired.map(({ employeeId, worker }, index): EmployeeView => {
    const event = personEvent(index + 1, { employeeId, worker, state: 'dead-lettered', dead: true })
    return {
      employee: { ...unknownEmployee(employeeId), events: [event] },
      lastAccepted: null,
      brake: null,
      event: null,
    }
  })
  return { selected, views }
}

async function proposed(
  hired: readonly Hired[],
  more: Partial<ProposalContext> = {},
  holders: Readonly<Record<string, string>> = {},
) {
  const { selected, views } = died(hired)
  return proposeNames(selected, {
    ledger: {
      readEmployees: async (ids) => views.filter(({ employee }) => ids.includes(employee.employeeId)),
      findNameHolders: async (names) =>
        names.flatMap((name) => (holders[name] === undefined ? [] : [{ name, employeeId: holders[name] }])),
    },
    rules: { mapping: compileMapping(), digest },
    policy: userNamePolicy(),
    now: day(9),
    findAccounts: async () => [],
    ...more,
  })
}
const having =
  (...accounts: readonly NamedAccount[]): ProposalContext['findAccounts'] =>
  async (asked) => {
    const wanted = new Set(asked.map((name) => name.toLowerCase()))
    return accounts.filter(({ names }) => names.some((name) => wanted.has(name.toLowerCase())))
  }

void test('only codes of a value that another object has are about a name, with or without a connector before them', () => {
  assert.deepEqual(
    ['EntryConflict', 'AzureActiveDirectoryEntryConflict', 'InvalidDomain', 'NoOutcome'].map(isNameTaken),
    [true, true, false, false],
  )
})

void test('an employee who died of something else, or has no record to send, gets no name', async () => {
  const other = await proposed([{ employeeId: '1', worker: ADA, code: 'InvalidDomain' }])
  assert.deepEqual(other, { proposals: [], directoryAsked: false })
  const { proposals } = await proposed([{ employeeId: '1', worker: ADA }], {
    ledger: { readEmployees: async () => [], findNameHolders: async () => [] },
  })
  assert.deepEqual(proposals, [
    { employeeId: '1', deadLetters: [1], taken: null, attribute: null, holder: null, free: [] },
  ])
})

void test('a name is not proposed that an employee of the ledger has or had, an account has, or another row gets', async () => {
  const { proposals, directoryAsked } = await proposed(
    [
      { employeeId: '1', worker: ADA },
      { employeeId: '2', worker: ADA },
    ],
    {
      findAccounts: having({
        objectId: 'o-2',
        employeeId: null,
        names: ['o@x.example', 'ADA.Lovelace2@contoso.com'],
      }),
    },
    { 'a.lovelace@contoso.com': '7' },
  )
  assert.equal(directoryAsked, true)
  assert.deepEqual(
    proposals.map(({ free }) => free),
    [
      ['ada.lovelace@contoso.com', 'ada.lovelace3@contoso.com', 'ada.lovelace4@contoso.com'],
      ['ada.lovelace5@contoso.com', 'ada.lovelace6@contoso.com', 'ada.lovelace7@contoso.com'],
    ],
  )
})

void test('a name that only the employee had before is free for the same employee', async () => {
  const one = [{ employeeId: '1', worker: ADA }]
  const { proposals, directoryAsked } = await proposed(one, {}, { 'ada.lovelace@contoso.com': '1' })
  assert.equal(proposals[0]?.free[0], 'ada.lovelace@contoso.com')
  assert.equal(directoryAsked, true)
  const shared = await proposed(one, {
    ledger: {
      readEmployees: async () => died(one).views,
      findNameHolders: async (names) =>
        names
          .filter((name) => name.startsWith('ada@') || name.startsWith('ada.lovelace@'))
          .flatMap((name) => ['1', '7', '8'].map((employeeId) => ({ name, employeeId }))),
    },
  })
  assert.equal(shared.proposals[0]?.free[0], 'a.lovelace@contoso.com', 'another one had it too')
  assert.deepEqual(shared.proposals[0]?.holder, { kind: 'employee', employeeId: '7' })
})

void test('who has the name is the account with it, or else another employee', async () => {
  const one = [{ employeeId: '1', worker: ADA }]
  const holders = { 'ada@contoso.com': '1' }
  const owners = await Promise.all([
    proposed(one, {}, holders),
    proposed(one, {}, { 'ada@contoso.com': '9' }),
    proposed(
      one,
      { findAccounts: having({ objectId: 'o-1', employeeId: null, names: ['Ada@contoso.com'] }) },
      holders,
    ),
  ])
  assert.deepEqual(
    owners.map(({ proposals }) => proposals[0]?.holder),
    [null, { kind: 'employee', employeeId: '9' }, { kind: 'account', objectId: 'o-1', employeeId: null }],
  )
})

void test('without the directory the ledger alone decides, and that is said', async () => {
  const { proposals, directoryAsked } = await proposed([{ employeeId: '1', worker: ADA }], {
    findAccounts: async () => null,
  })
  assert.deepEqual([directoryAsked, proposals[0]?.free.length], [false, 3])
})

void test('names are looked up six at a time, and no further than they are needed', async () => {
  const asked: number[] = []
  const counting =
    (find: ProposalContext['findAccounts']): ProposalContext['findAccounts'] =>
    (names) => (asked.push(names.length), find(names))
  const one = [{ employeeId: '1', worker: ADA }]
  await proposed(one, { findAccounts: counting(async () => []) })
  assert.deepEqual(asked.splice(0), [1, 6])
  const all = { objectId: 'o', employeeId: null }
  const { proposals } = await proposed(one, {
    findAccounts: counting(async (names) => [{ ...all, names }]),
  })
  assert.deepEqual([asked, proposals[0]?.free], [[1, 6, 6, 6, 3], []])
})

void test('a domain of the policy replaces that of the name, and a name without one gets none otherwise', async () => {
  const bare = { ...ADA, userName: 'ada' }
  const asked: string[] = []
  const first = async (worker: typeof ADA, domain?: string) => {
    const { proposals } = await proposed([{ employeeId: '1', worker }], {
      policy: userNamePolicy({ patterns: ['{name.familyName}'], ...(domain ? { domain } : {}) }),
      findAccounts: async (names) => (asked.push(...names), []),
    })
    return proposals[0]?.free[0]
  }
  assert.deepEqual(
    [await first(ADA, 'fabrikam.com'), await first(bare)],
    ['lovelace@fabrikam.com', 'lovelace'],
  )
  assert.deepEqual(asked, ['Ada@contoso.com', 'lovelace@fabrikam.com'], 'a bare name is not asked for')
  assert.equal(await first({ ...ADA, userName: '@contoso.com' }), 'lovelace@contoso.com')
})

void test('a name that the mapping computes is copied from no attribute', async () => {
  const computed = compileMapping(
    DEFAULT_RULES.map((rule) =>
      rule.to === 'userName' ? { ...rule, from: { jsonata: '$lowercase(login)' } } : rule,
    ),
    DEFAULT_REQUIRED.filter((path) => path !== 'userName'),
    evaluateHere(),
  )
  const worker = { ...ADA, login: 'ADA@contoso.com' }
  const { proposals } = await proposed([{ employeeId: '1', worker }], {
    rules: { mapping: computed, digest },
  })
  assert.deepEqual([proposals[0]?.taken, proposals[0]?.attribute], ['ada@contoso.com', null])
})

void test('the table has a row for each employee whose name is copied from an attribute, and none where it is computed', async () => {
  const upper = compileMapping(
    DEFAULT_RULES.map((rule) => (rule.to === 'userName' ? { ...rule, from: 'login' } : rule)),
    DEFAULT_REQUIRED.filter((path) => path !== 'userName'),
  )
  // Another attribute with the same value is not where the name is copied from.
  const login = { ...ADA, login: 'ada@contoso.com', nickName: 'ada@contoso.com', userName: 'other' }
  const { proposals } = await proposed([{ employeeId: '1', worker: login }], {
    rules: { mapping: upper, digest },
  })
  assert.equal(proposals[0]?.attribute, 'login')
  assert.deepEqual(nameTable(proposals), {
    text: '"employee","login"\n"1","ada.lovelace@contoso.com"\n',
    deadLetters: [1],
  })
  assert.equal(nameTable(proposals.map((one) => ({ ...one, attribute: null }))), null)
  assert.equal(nameTable(proposals.map((one) => ({ ...one, free: [] }))), null)
})
