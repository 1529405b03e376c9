import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { clearedOf } from '../../../src/core/directory/attributes.ts'
import { beginComparison, type DirectoryPart } from '../../../src/core/directory/comparison.ts'
import type { DifferenceCode } from '../../../src/core/directory/difference.ts'
import { RollcallError } from '../../../src/core/errors.ts'
import type {
  AccountHolder,
  Difference,
  DirectoryLedger,
  DirectoryRead,
} from '../../../src/core/ledger/port/directory.ts'
import { account, accountList } from '../../fakes/account-list.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

/** An employee whose account the directory took as active long ago. */
const holder = (employeeId: string, more: Partial<AccountHolder> = {}): AccountHolder => ({
  employeeId,
  revision: 1,
  objectId: `o${employeeId}`,
  accepted: { record: JSON.stringify({ active: true }), active: true, at: 0 },
  underWay: false,
  isLeaver: false,
  disabledElsewhereAt: null,
  ...more,
})
const own = (employeeId: string, enabled = true) => account(`o${employeeId}`, { employeeId, enabled })
/** Accounts with the ids of employees that HR does not know. */
const strangers = (count: number) =>
  Array.from({ length: count }, (_, index) => account(`x${index}`, { employeeId: `stranger ${index}` }))

interface Given {
  readonly directories: readonly DirectoryPart[]
  readonly holders?: readonly AccountHolder[]
  /** Pages of the employees whose account has to be there. */
  readonly active?: readonly (readonly AccountHolder[])[]
  /** Pages of the findings that are open, by number, with their employee. */
  readonly open?: readonly (readonly (readonly [seq: number, employeeId: string | null])[])[]
  /** Employees that change while they are compared. */
  readonly changing?: readonly string[]
  readonly dryRun?: boolean
}

/** Compares, and tells what the ledger was asked to do. */
async function compare({ directories, holders = [], active = [], open = [], changing = [], dryRun }: Given) {
  const runtime = virtualRuntime()
  const recorded: Difference[] = []
  const found: Difference[] = []
  const asked = { seen: [] as unknown[], settled: [] as number[], freed: 0, kept: 0 }
  let codes: readonly DifferenceCode[] = []
  const known = new Map(holders.map((one) => [one.employeeId, one]))
  const ledger: DirectoryLedger = {
    findAccountHolders: async (accounts, _now, seen) => {
      asked.seen.push(seen)
      return accounts.flatMap(({ employeeId }) => known.get(employeeId ?? '') ?? [])
    },
    listActiveHolders: async ({ after }) => {
      const page = Number(after ?? 0)
      return { holders: active[page] ?? [], next: page + 1 < active.length ? String(page + 1) : null }
    },
    recordDifferences: async (differences) => {
      const kept = differences.filter(({ employee }) => !changing.includes(employee?.employeeId ?? ''))
      const dropped = differences.flatMap(({ employee }) =>
        changing.includes(employee?.employeeId ?? '') ? [employee?.employeeId ?? ''] : [],
      )
      recorded.push(...kept)
      return { findings: kept.map((_, index) => recorded.length - kept.length + index + 1), dropped }
    },
    releaseEnabled: async (employees) => void (asked.freed += employees.length),
    listDifferences: async ({ after, codes: of }) => {
      codes = of
      const page = after ?? 0
      const findings = (open[page] ?? []).map(([seq, employeeId]) => ({ seq, employeeId }))
      return { findings, next: page + 1 < open.length ? page + 1 : null }
    },
    settleDifferences: async (seqs) => void asked.settled.push(...seqs),
    recordDirectoryRead: async () => void (asked.kept += 1),
    readDirectoryRead: async () => null,
    repairAccounts: async () => 0,
  }
  const comparison = beginComparison({
    ledger,
    directories,
    runtime,
    settleMs: 0,
    cleared: clearedOf('ignored', []),
    dryRun: dryRun ?? false,
    onDifferences: (differences) => void found.push(...differences),
  })
  let read: DirectoryRead | null = null
  while (read === null) {
    const stepping = comparison.step(new AbortController().signal)
    await runtime.advance(60_000)
    read = await stepping
  }
  return { read, recorded, found, codes, ...asked, accounts: comparison.accounts }
}
const told = (differences: readonly Difference[]): readonly string[] =>
  differences.map(({ code, objectId }) => `${code} ${objectId}`)
const one = (...accounts: Parameters<typeof accountList>): readonly DirectoryPart[] => [
  { reader: accountList(...accounts) },
]

void describe('a comparison', () => {
  void it('reads all accounts, then looks for those that are missing, then settles what is gone', async () => {
    const { read, recorded, settled, accounts, kept } = await compare({
      directories: one([own('1'), own('2', false), own('3')], 2),
      holders: ['1', '2', '3'].map((id) => holder(id)),
      active: [[holder('1'), holder('4')], [holder('5')]],
      open: [
        [
          [1, '2'],
          [8, '1'],
        ],
        [[9, null]],
      ],
    })
    assert.deepEqual(told(recorded), ['DisabledElsewhere o2', 'AccountMissing o4', 'AccountMissing o5'])
    assert.deepEqual(settled, [8, 9], 'all but the finding that was found again')
    const { outcome, failure, matched, skipped, differences, requests } = read
    assert.deepEqual(
      [outcome, failure, read.accounts, matched, skipped, differences, requests],
      ['complete', null, 3, 3, 0, 3, 2],
    )
    assert.deepEqual([accounts, kept], [3, 1])
  })

  void it('does not call an account gone whose employee has something under way, or changed meanwhile', async () => {
    const { recorded, settled, read } = await compare({
      directories: one([own('1', false), own('2', false)]),
      holders: [holder('1', { underWay: true }), holder('2')],
      changing: ['2'],
      open: [
        [
          [7, '1'],
          [8, '2'],
          [9, null],
        ],
      ],
    })
    assert.deepEqual(recorded, [])
    assert.deepEqual(settled, [9])
    assert.equal(read.skipped, 2)
  })

  void it('lets employees go whose accounts are enabled again', async () => {
    const given = { directories: one([own('1')]) }
    assert.equal((await compare({ ...given, holders: [holder('1', { disabledElsewhereAt: 0 })] })).freed, 1)
    assert.equal((await compare({ ...given, holders: [holder('1')] })).freed, 0)
  })

  void it('that tries out what it would find writes nothing', async () => {
    const all = await compare({
      directories: one([own('1'), own('2', false), account('x', { employeeId: '9' })]),
      holders: [holder('1', { disabledElsewhereAt: 0 }), holder('2')],
      active: [[holder('4')]],
      open: [[[8, '1']]],
      dryRun: true,
    })
    assert.deepEqual(told(all.found), ['DisabledElsewhere o2', 'AccountNotInHr x', 'AccountMissing o4'])
    assert.deepEqual(
      [all.recorded.length, all.settled.length, all.freed, all.kept, all.codes.length],
      [0, 0, 0, 0, 0],
    )
    assert.deepEqual([all.read.outcome, all.read.differences], ['complete', 3])
  })

  void it('goes through the directories of several tenants, each for its destinations', async () => {
    const seen = ['berlin']
    const {
      read,
      recorded,
      seen: asked,
    } = await compare({
      directories: [{ reader: accountList([own('1')]), seen }, { reader: accountList([own('2', false)]) }],
      holders: [holder('1'), holder('2')],
    })
    assert.deepEqual(told(recorded), ['DisabledElsewhere o2'])
    assert.deepEqual(asked, [seen, undefined])
    assert.deepEqual([read.accounts, read.requests], [2, 2])
  })

  void it('that could not read everything keeps what it found, and calls nothing missing or gone', async () => {
    const list = accountList([own('1', false), own('2')], 1)
    const down = new RollcallError('DirectoryUnavailable', 'down')
    list.failures = [null, down, down, down, down]
    const given = {
      holders: [holder('1'), holder('2')],
      active: [[holder('4')]],
      open: [[[8, '1']]],
    } as const
    const { read, recorded, settled, kept } = await compare({ ...given, directories: [{ reader: list }] })
    assert.deepEqual([read.outcome, read.failure, read.accounts], ['incomplete', 'DirectoryUnavailable', 1])
    assert.deepEqual([told(recorded), settled, kept], [['DisabledElsewhere o1'], [], 1])
    list.failures = [new RollcallError('DirectoryForbidden', 'answered 403')]
    const forbidden = await compare({ ...given, directories: [{ reader: list }] })
    assert.deepEqual([forbidden.read.outcome, forbidden.read.failure], ['forbidden', 'DirectoryForbidden'])
  })
})

void describe('of one kind of difference', () => {
  const MOST = 1_000
  const withStrangers = (count: number, top: number) =>
    compare({ directories: one(strangers(count), top), open: [[[count + 5, null]]] })

  void it('a thousand are raised, on one page or on several, and all are counted', async () => {
    for (const top of [2 * MOST, 600]) {
      const { recorded, found, read } = await withStrangers(MOST + 1, top)
      assert.deepEqual([recorded.length, found.length, read.differences], [MOST, MOST + 1, MOST + 1])
    }
  })

  void it('what was cut off is not gone, and what was raised completely may be', async () => {
    assert.ok(!(await withStrangers(MOST + 1, 600)).codes.includes('AccountNotInHr'))
    const complete = await withStrangers(MOST, 600)
    assert.ok(complete.codes.includes('AccountNotInHr'))
    assert.ok(!complete.codes.includes('DisabledElsewhere'), 'a hold does not end by absence')
  })

  void it('all are raised that are about access', async () => {
    const ids = Array.from({ length: MOST + 1 }, (_, index) => `${index}`)
    const leaver = (id: string) =>
      holder(id, { isLeaver: true, accepted: { record: '{"active":false}', active: false, at: 0 } })
    const { recorded, codes } = await compare({
      directories: one(
        ids.map((id) => own(id)),
        5_000,
      ),
      holders: ids.map(leaver),
    })
    assert.equal(recorded.length, MOST + 1)
    assert.ok(recorded.every(({ code }) => code === 'LeaverStillEnabled'))
    assert.ok(codes.includes('LeaverStillEnabled'))
  })
})
