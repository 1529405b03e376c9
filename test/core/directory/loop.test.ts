import assert from 'node:assert/strict'
import { it } from 'node:test'
import { clearedOf } from '../../../src/core/directory/attributes.ts'
import { directoryLoop } from '../../../src/core/directory/loop.ts'
import { RollcallError } from '../../../src/core/errors.ts'
import type { DirectoryLedger, DirectoryRead } from '../../../src/core/ledger/port/directory.ts'
import { account, accountList } from '../../fakes/account-list.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** A ledger without employees that keeps how comparisons went. */
function emptyLedger(): DirectoryLedger & { readonly reads: DirectoryRead[] } {
  const reads: DirectoryRead[] = []
  return {
    reads,
    findAccountHolders: async () => [],
    listActiveHolders: async () => ({ holders: [], next: null }),
    recordDifferences: async () => ({ findings: [], dropped: [] }),
    releaseEnabled: async () => {},
    listDifferences: async () => ({ findings: [], next: null }),
    settleDifferences: async () => {},
    recordDirectoryRead: async (read) => void reads.push(read),
    readDirectoryRead: async () => reads.at(-1) ?? null,
    repairAccounts: async () => 0,
  }
}

void it('the directory is compared ten minutes after the start and then once a day, after a failure in an hour', async () => {
  const runtime = virtualRuntime()
  const ledger = emptyLedger()
  const list = accountList([account('a'), account('b'), account('c')], 2, runtime.now)
  const service = directoryLoop(
    ledger,
    [{ reader: list }],
    { everyMs: DAY, settleMs: 0, cleared: clearedOf('ignored', []) },
    runtime,
  )
  const running = service.run()
  await runtime.advance(HOUR / 6 - 1)
  assert.equal(list.pages, 0)
  await runtime.advance(60_000)
  assert.deepEqual([list.pages, ledger.reads.length], [2, 1])
  await runtime.advance(DAY - 120_000)
  assert.equal(ledger.reads.length, 1)
  const down = new RollcallError('DirectoryUnavailable', 'down')
  list.failures = [down, down, down, down]
  await runtime.advance(300_000)
  const incomplete = ledger.reads.at(-1)
  assert.equal(incomplete?.outcome, 'incomplete')
  assert.deepEqual([incomplete.accounts, incomplete.skipped, incomplete.requests], [0, 0, 4])
  await runtime.advance(HOUR + 120_000)
  assert.deepEqual(
    ledger.reads.map(({ outcome }) => outcome),
    ['complete', 'incomplete', 'complete'],
  )
  assert.deepEqual(
    runtime.lines.map(({ level, event }) => `${level} ${event}`),
    ['info directory.compared', 'warn directory.incomplete', 'info directory.compared'],
  )
  await service.stop()
  await running
})

void it('without the right to read users the log says so once, and the loop tries again the next day', async () => {
  const runtime = virtualRuntime()
  const ledger = emptyLedger()
  const list = accountList([], 2, runtime.now)
  const forbidden = new RollcallError('DirectoryForbidden', 'answered 403')
  list.failures = [forbidden, forbidden]
  const service = directoryLoop(
    ledger,
    [{ reader: list }],
    { everyMs: DAY, settleMs: 0, cleared: clearedOf('ignored', []) },
    runtime,
  )
  const running = service.run()
  await runtime.advance(DAY / 2)
  assert.deepEqual([list.pages, runtime.lines.length], [1, 1])
  await runtime.advance(1.5 * DAY)
  assert.equal(list.pages, 2)
  assert.deepEqual(
    runtime.lines.map(({ event }) => event),
    ['directory.unknown'],
  )
  await service.stop()
  await running
})

void it('a comparison by a command counts: after one that was incomplete the next follows in an hour', async () => {
  const runtime = virtualRuntime()
  const ledger = emptyLedger()
  const list = accountList([account('a')], 2, runtime.now)
  const settings = { everyMs: DAY, settleMs: 0, cleared: clearedOf('ignored', []) }
  const service = directoryLoop(ledger, [{ reader: list }], settings, runtime)
  const running = service.run()
  await runtime.advance(HOUR / 2)
  const [first] = ledger.reads
  assert.ok(first)
  ledger.reads.push({ ...first, endedAt: runtime.now(), outcome: 'incomplete' })
  await runtime.advance(HOUR - 1)
  assert.equal(ledger.reads.length, 2)
  await runtime.advance(120_000)
  assert.equal(ledger.reads.length, 3)
  await service.stop()
  await running
})
