import assert from 'node:assert/strict'
import { RollcallError } from '../../../../src/core/errors.ts'
import { clearedOf } from '../../../../src/core/directory/attributes.ts'
import { beginComparison } from '../../../../src/core/directory/comparison.ts'
import { deactivationGuard } from '../../../../src/core/directory/guard.ts'
import type { Difference, DirectoryRead } from '../../../../src/core/ledger/port/directory.ts'
import type { Account } from '../../../../src/core/ports.ts'
import { silentLogger } from '../../../../src/core/runtime.ts'
import { account, type AccountList, accountList, throttled } from '../../../fakes/account-list.ts'
import { hrEvent, joiner, leaver, type LedgerCase, UNLIMITED, type World } from './world.ts'

export const MINUTE = 60_000
/** The directory may show what it accepted after so long. */
const SETTLE_MS = 15 * MINUTE
const { signal } = new AbortController()

/** Compares the ledger with a list of accounts, as the connector does. */
async function compare(
  world: World,
  list: AccountList,
  { dryRun = false, cleared = clearedOf('ignored', []) } = {},
): Promise<DirectoryRead & { readonly found: readonly Difference[] }> {
  const found: Difference[] = []
  const comparison = beginComparison({
    ledger: world.ledger,
    directories: [{ reader: list }],
    runtime: { now: () => world.now, sleep: async (ms) => void (world.now += ms) },
    settleMs: SETTLE_MS,
    cleared,
    dryRun,
    onDifferences: (differences) => void found.push(...differences),
  })
  for (;;) {
    const read = await comparison.step(signal)
    if (read !== null) return { ...read, found }
  }
}
const about = (found: readonly Difference[]): readonly string[] =>
  found.map(({ code, employee }) => `${code} ${employee?.employeeId ?? '-'}`)

async function openCodes(world: World): Promise<readonly string[]> {
  const query = { open: true, code: null, employeeId: null, next: null, limit: 100 }
  const { findings } = await world.ledger.listFindings(query)
  return findings.map(({ code, employeeId }) => `${code} ${employeeId ?? '-'}`)
}

/** The account that the directory made of an employee. */
const accountOf = (id: string, more: Partial<Account> = {}): Account =>
  account(`object of ${id}`, { employeeId: id, ...more })

/** Employees whose accounts the directory confirmed an hour ago. */
export async function employ(world: World, ...ids: readonly string[]): Promise<void> {
  await world.record(...ids.map((id) => joiner(`hire ${id}`, id, { title: 'Clerk' })))
  await confirm(world)
  world.now += 60 * MINUTE
}
export async function confirm(world: World): Promise<void> {
  await world.answerEach(await world.send())
  await world.finalize()
}

/** What a comparison of the ledger with the accounts of the directory promises. */
export const directoryCases: readonly LedgerCase[] = [
  {
    name: 'a directory that holds what it confirmed has no difference',
    run: async (world) => {
      await employ(world, 'p1', 'p2', 'p3')
      const list = accountList(['p1', 'p2', 'p3'].map((id) => accountOf(id)))
      const { found, startedAt, endedAt, ...read } = await compare(world, list)
      assert.deepEqual(found, [])
      assert.deepEqual(read, {
        outcome: 'complete',
        failure: null,
        accounts: 3,
        matched: 3,
        skipped: 0,
        differences: 0,
        requests: 2,
      })
      assert.deepEqual(await world.ledger.readDirectoryRead(), { startedAt, endedAt, ...read })
    },
  },
  {
    name: 'every kind of difference is a finding about its employee',
    run: async (world) => {
      await employ(world, 'left', 'off', 'gone', 'twice', 'renamed', 'moved', 'other')
      await world.record(leaver('leave', 'left'))
      await confirm(world)
      world.now += 60 * MINUTE
      const list = accountList([
        accountOf('left'),
        accountOf('off', { enabled: false }),
        accountOf('twice'),
        account('stranger', { employeeId: 'twice' }),
        accountOf('renamed', { employeeId: null }),
        accountOf('moved', { values: new Map([['title', 'Boss']]) }),
        account('second owner', { userName: 'OTHER@example.com', employeeId: null }),
        account('unknown', { employeeId: 'never hired' }),
        account('guest', { isGuest: true }),
        account('service'),
      ])
      const { found } = await compare(world, list)
      const expected = [
        'AccountDiffers moved',
        'AccountMissing gone',
        'AccountMissing other',
        'AccountNotInHr -',
        'AccountTwice twice',
        'DisabledElsewhere off',
        'EmployeeIdChanged renamed',
        'LeaverStillEnabled left',
        'UserNameReused other',
      ]
      assert.deepEqual(about(found).toSorted(), expected)
      assert.deepEqual((await openCodes(world)).toSorted(), expected)
      const details = JSON.stringify(found)
      for (const value of ['Boss', 'Clerk', 'OTHER@example.com']) assert.ok(!details.includes(value), value)
    },
  },
  {
    name: 'what the directory holds right again is settled, and what an operator acknowledged comes back when it does',
    run: async (world) => {
      await employ(world, 'p1')
      const wrong = accountList([accountOf('p1', { values: new Map([['title', 'Boss']]) })])
      const right = accountList([accountOf('p1')])
      const found = async () => {
        const finding = await world.ledger.findFinding(1)
        return [finding?.raisedAt, finding?.acknowledged]
      }
      await compare(world, wrong)
      const first = world.now
      world.now += MINUTE
      await compare(world, wrong)
      assert.deepEqual(await openCodes(world), ['AccountDiffers p1'])
      assert.deepEqual(await found(), [first, null], 'it is the same difference still')
      await world.ledger.acknowledgeFinding({ seq: 1, actor: 'ada', justification: 'known' }, world.now)
      const acknowledged = { at: world.now, by: 'ada', justification: 'known' }
      world.now += MINUTE
      await compare(world, wrong)
      assert.deepEqual(await openCodes(world), [])
      assert.deepEqual(await found(), [first, acknowledged])
      await compare(world, right)
      await compare(world, wrong)
      assert.deepEqual(await openCodes(world), ['AccountDiffers p1'])
      assert.deepEqual(await found(), [world.now, null], 'nobody has seen this one')
      await compare(world, right)
      assert.deepEqual(await openCodes(world), [])
    },
  },
  {
    name: 'of several differences, what is right again is settled alone, and the open ones are listed a page at a time',
    run: async (world) => {
      await employ(world, 'p1', 'p2', 'p3')
      const wrong = (id: string) => accountOf(id, { values: new Map([['title', 'Boss']]) })
      await compare(world, accountList([wrong('p1'), wrong('p2'), wrong('p3')]))
      await compare(world, accountList([wrong('p1'), accountOf('p2'), wrong('p3')]))
      assert.deepEqual(await openCodes(world), ['AccountDiffers p1', 'AccountDiffers p3'])
      const page = (after: number | null, limit = 1) =>
        world.ledger.listDifferences({ codes: ['AccountDiffers'], after, limit })
      const [first, second, both] = [await page(null), await page(1), await page(null, 2)]
      assert.deepEqual(
        [first, second, both].map(({ findings, next }) => [
          findings.map(({ employeeId }) => employeeId),
          next,
        ]),
        [
          [['p1'], 1],
          [['p3'], 3],
          [['p1', 'p3'], 3],
        ],
      )
    },
  },
  {
    name: 'a list that could not be read to its end calls nothing missing and settles nothing',
    run: async (world) => {
      await employ(world, 'p1', 'p2', 'p3')
      await compare(world, accountList([accountOf('p1'), accountOf('p2')]))
      assert.deepEqual(await openCodes(world), ['AccountMissing p3'])
      const list = accountList(['p1', 'p2', 'p3'].map((id) => accountOf(id)))
      const down = new RollcallError('DirectoryUnavailable', 'down')
      list.failures = [null, down, down, down, down]
      const { outcome, failure, accounts, found, requests } = await compare(world, list)
      assert.deepEqual(
        { outcome, failure, accounts, found, requests },
        { outcome: 'incomplete', failure: 'DirectoryUnavailable', accounts: 2, found: [], requests: 5 },
      )
      assert.deepEqual(await openCodes(world), ['AccountMissing p3'])
      list.failures = [null, down]
      assert.equal((await compare(world, list)).outcome, 'complete')
      assert.deepEqual(await openCodes(world), [])
    },
  },
  {
    name: 'a throttled list is read on after the wait that the service asks for',
    run: async (world) => {
      await employ(world, 'p1')
      const list = accountList([accountOf('p1')])
      list.failures = [throttled(7_000), throttled(null)]
      const { startedAt, endedAt, outcome } = await compare(world, list)
      assert.deepEqual([outcome, endedAt - startedAt], ['complete', 17_000])
    },
  },
  {
    name: 'without the right to read users nothing is compared, and the ledger says so',
    run: async (world) => {
      await employ(world, 'p1')
      const list = accountList()
      list.failures = [new RollcallError('DirectoryForbidden', 'answered 403')]
      const { outcome, found } = await compare(world, list)
      assert.deepEqual([outcome, found, list.pages], ['forbidden', [], 1])
      assert.equal((await world.ledger.readDirectoryRead())?.outcome, 'forbidden')
    },
  },
  {
    name: 'an operation under way is not a difference, nor is what was accepted a moment ago',
    run: async (world) => {
      await employ(world, 'sent', 'planned', 'fresh')
      await world.record(hrEvent('move fresh', 'fresh', { title: 'Boss' }))
      await confirm(world)
      await world.record(hrEvent('move sent', 'sent', { title: 'Boss' }))
      await world.send()
      await world.record(hrEvent('move planned', 'planned', { title: 'Boss' }))
      const list = accountList(['sent', 'planned', 'fresh'].map((id) => accountOf(id, { enabled: false })))
      const { found, skipped } = await compare(world, list)
      assert.deepEqual([found, skipped], [[], 3])
    },
  },
  {
    name: 'an employee that changes while the directory is read is left out, and their open findings stay',
    run: async (world) => {
      await employ(world, 'p1', 'p2', 'p3')
      const list = accountList(['p1', 'p2', 'p3'].map((id) => accountOf(id, { enabled: id !== 'p3' })))
      const { findAccountHolders } = world.ledger
      const ledger = {
        ...world.ledger,
        findAccountHolders: async (...query: Parameters<typeof findAccountHolders>) => {
          const holders = await findAccountHolders(...query)
          // It changes after it was read.
          if (holders.some(({ employeeId }) => employeeId === 'p3'))
            await world.record(hrEvent('move', 'p3', { title: 'Lead' }))
          return holders
        },
      }
      const comparison = beginComparison({
        ledger,
        directories: [{ reader: list }],
        runtime: { now: () => world.now, sleep: async () => {} },
        settleMs: SETTLE_MS,
        cleared: clearedOf('ignored', []),
        dryRun: false,
      })
      await comparison.step(signal)
      await comparison.step(signal)
      assert.deepEqual(await openCodes(world), [])
      assert.deepEqual(
        (await world.due()).map(({ employeeId, disabledElsewhereAt }) => [employeeId, disabledElsewhereAt]),
        [['p3', undefined]],
      )
    },
  },
  {
    name: 'an account that was disabled elsewhere is not enabled before HR reports something new or an operator agrees',
    run: async (world) => {
      await employ(world, 'p1', 'p2')
      const list = accountList(['p1', 'p2'].map((id) => accountOf(id, { enabled: false })))
      await compare(world, list)
      await world.record(hrEvent('move', 'p1', { title: 'Lead' }))
      await world.plan()
      assert.equal(await world.next(), null)
      assert.deepEqual(await world.states('p1'), { 'hire p1': 'confirmed', move: 'held' })
      await compare(world, list)
      assert.deepEqual(await openCodes(world), ['DisabledElsewhere p1', 'DisabledElsewhere p2'])

      await world.ledger.acknowledgeFinding({ seq: 1, actor: 'ada', justification: 'a mistake' }, world.now)
      world.now += MINUTE
      await world.record(
        hrEvent('back', 'p2', { active: true }, { recordedAt: world.now, effectiveAt: world.now }),
      )
      await world.plan()
      const { operations } = await world.take(await world.needBatch(), UNLIMITED)
      assert.deepEqual(operations.map(({ employeeId }) => employeeId).toSorted(), ['p1', 'p2'])
      assert.deepEqual(await openCodes(world), [])
    },
  },
  {
    name: 'an account that is enabled again lets its employee go, once the directory has had time to say so',
    run: async (world) => {
      await employ(world, 'p1')
      await compare(world, accountList([accountOf('p1', { enabled: false })]))
      const list = accountList([accountOf('p1')])
      await world.plan()
      await compare(world, list)
      assert.deepEqual(await openCodes(world), ['DisabledElsewhere p1'])
      world.now += SETTLE_MS
      await compare(world, list)
      assert.deepEqual(await openCodes(world), [])
      await world.plan()
      assert.ok(await world.next())
    },
  },
  {
    name: 'two accounts with one employee id differ by the object id, and are two where there is none',
    run: async (world) => {
      await world.record(joiner('hire', 'p1', { title: 'Clerk' }))
      await world.confirmAll()
      world.now += 60 * MINUTE
      const both = [account('a', { employeeId: 'p1' }), account('b', { employeeId: 'p1' })]
      // Graph may list an account on two pages.
      const { found } = await compare(world, accountList([...both, ...both]))
      assert.deepEqual(
        found.map(({ code, objectId }) => [code, objectId]),
        [['AccountTwice', 'b']],
      )
    },
  },
  {
    name: 'a repair plans the employee as anything else: the brake counts it, and the audit trail names who asked',
    run: async (world) => {
      await employ(world, 'left', 'moved')
      await world.record(leaver('leave', 'left'))
      await confirm(world)
      // Who left within the window of the brake counts there already.
      world.now += 25 * 60 * MINUTE
      const list = accountList([
        accountOf('left'),
        accountOf('moved', { values: new Map([['title', 'Boss']]) }),
      ])
      await compare(world, list)
      const order = { actor: 'ada', justification: 'found by diff' }
      const employees = [
        { employeeId: 'left', enabled: true },
        { employeeId: 'moved', enabled: false },
        { employeeId: 'nobody', enabled: true },
      ]
      assert.equal(await world.ledger.repairAccounts({ ...order, employees }, world.now), 2)
      const brake = { windowMs: 24 * 60 * MINUTE, absolute: 0, percent: 100, floor: 0 }
      await world.ledger.commitPlan(world.decide(await world.due()), brake, world.now)
      const { operations } = await world.take(await world.needBatch(), UNLIMITED)
      assert.deepEqual(
        operations.map(({ employeeId }) => employeeId),
        ['moved'],
      )
      assert.equal((await world.ledger.readBrakeStatus(brake, world.now)).held, 1)
      const { entries } = await world.ledger.listAudit({ since: null, about: null, next: null, limit: 10 })
      assert.deepEqual(
        entries.map(({ action, actor }) => [action, actor]),
        [
          ['directory.repair', 'ada'],
          ['directory.repair', 'ada'],
        ],
      )
    },
  },
  {
    name: 'a repair of an account that is disabled already is no leaving: the brake does not hold it',
    run: async (world) => {
      await employ(world, 'left')
      await world.record(leaver('leave', 'left'))
      await confirm(world)
      world.now += 25 * 60 * MINUTE
      const employees = [{ employeeId: 'left', enabled: false }]
      await world.ledger.repairAccounts({ actor: 'ada', justification: 'a repair', employees }, world.now)
      const brake = { windowMs: 24 * 60 * MINUTE, absolute: 0, percent: 100, floor: 0 }
      await world.ledger.commitPlan(world.decide(await world.due()), brake, world.now)
      assert.equal((await world.needBatch()).operations[0]?.employeeId, 'left')
    },
  },
  {
    name: 'an operation of a batch does not enable an account that was disabled in the directory a moment ago',
    run: async (world) => {
      await employ(world, 'off', 'on', 'left', 'rehired')
      await world.record(leaver('leave', 'rehired'))
      await confirm(world)
      world.now += 60 * MINUTE
      await world.record(
        hrEvent('move off', 'off', { title: 'Lead' }),
        hrEvent('move on', 'on', { title: 'Lead' }),
        leaver('leave left', 'left'),
        hrEvent('return', 'rehired', { active: true }, { order: 2_000 }),
      )
      await world.plan()
      const batch = await world.needBatch()
      const disabled = ['off', 'left', 'rehired'].map((id) => accountOf(id, { enabled: false }))
      const guard = deactivationGuard({
        ledger: world.ledger,
        reader: accountList([...disabled, accountOf('on')]),
        runtime: { now: () => world.now, log: silentLogger },
        settleMs: SETTLE_MS,
      })
      await guard.check(batch.operations, signal)
      const { operations } = await world.take(batch, UNLIMITED)
      assert.deepEqual(operations.map(({ employeeId }) => employeeId).toSorted(), ['left', 'on', 'rehired'])
      assert.deepEqual(await openCodes(world), ['DisabledElsewhere off'])
      await world.plan()
      assert.equal((await world.states('off'))['move off'], 'held')
    },
  },
  {
    name: 'a comparison that only looks writes nothing',
    run: async (world) => {
      await employ(world, 'p1')
      const { found } = await compare(world, accountList([accountOf('p1', { enabled: false })]), {
        dryRun: true,
      })
      assert.deepEqual(about(found), ['DisabledElsewhere p1'])
      assert.deepEqual([await openCodes(world), await world.ledger.readDirectoryRead()], [[], null])
    },
  },
  {
    name: 'of one kind a thousand findings are raised, and while there are more none of it is settled',
    run: async (world) => {
      const strangers = Array.from({ length: 1_050 }, (_, index) =>
        account(`stranger ${index}`, { employeeId: `e${index}` }),
      )
      const list = accountList(strangers, 300)
      const { differences } = await compare(world, list)
      assert.deepEqual([differences, (await world.figures()).findings[0]?.count], [1_050, 1_000])
      list.accounts = strangers.slice(20)
      await compare(world, list)
      assert.equal((await world.figures()).findings[0]?.count, 1_020)
      list.accounts = []
      await compare(world, list)
      assert.deepEqual((await world.figures()).findings, [])
    },
  },
]
