import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deactivationGuard } from '../../../src/core/directory/guard.ts'
import type { AccountHolder, Difference } from '../../../src/core/ledger/port/directory.ts'
import type { Account } from '../../../src/core/ports.ts'
import { RollcallError } from '../../../src/core/errors.ts'
import { submitLoop } from '../../../src/core/provision/submit-loop.ts'
import { SUBMIT } from '../../suites/provision/site.ts'
import { account, accountList } from '../../fakes/account-list.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const MINUTE = 60_000
const operation = (employeeId: string, active: boolean) => ({
  id: `op-${employeeId}`,
  employeeId,
  record: JSON.stringify({ active }),
  origins: [],
})

void it('a directory that does not answer holds up no batch, and is asked again after a pause', async () => {
  const runtime = virtualRuntime()
  const list = accountList()
  let asked: readonly string[][] = []
  const guard = deactivationGuard({
    ledger: {
      findAccountHolders: async () => [],
      recordDifferences: async () => ({ findings: [], dropped: [] }),
    },
    reader: {
      find: (ids, signal) => {
        asked = [...asked, [...ids]]
        return list.find(ids, signal)
      },
    },
    runtime,
    settleMs: 0,
  })
  const check = () => guard.check([operation('1', true), operation('2', false)], new AbortController().signal)
  list.failures = [
    new RollcallError('DirectoryUnavailable', 'down'),
    new RollcallError('DirectoryForbidden', '403'),
  ]
  await check()
  await check()
  await runtime.advance(MINUTE)
  await check()
  await runtime.advance(59 * MINUTE)
  await check()
  assert.equal(asked.length, 2)
  await runtime.advance(MINUTE)
  await check()
  // A deactivation needs no look.
  await guard.check([operation('2', false)], new AbortController().signal)
  assert.deepEqual(asked, [['1'], ['1'], ['1']])
  assert.deepEqual(
    runtime.lines.map(({ level, event, fields }) => [level, event, fields['code']]),
    [
      ['warn', 'guard.off', 'DirectoryUnavailable'],
      ['info', 'guard.off', 'DirectoryForbidden'],
    ],
  )
})

void it('a batch is looked at once, before it takes its slot', async () => {
  const runtime = virtualRuntime()
  const steps: string[] = []
  const batches = [{ id: 'batch-1', attempts: 0, operations: [operation('1', true)] }]
  const service = submitLoop('submit', {
    ledger: {
      claimBatch: async () => batches.shift() ?? null,
      takeSlot: async () => {
        steps.push('slot')
        return { kind: 'empty' }
      },
      recordBatchAnswer: async () => {},
    },
    provisioning: { upload: async () => assert.fail('nothing is left to send') },
    settings: SUBMIT,
    runtime,
    guard: {
      check: async (operations) => void steps.push(operations.map(({ employeeId }) => employeeId).join()),
    },
  })
  const running = service.run()
  await runtime.advance(1_000)
  assert.deepEqual(steps, ['1', 'slot'])
  await service.stop()
  await running
})

void describe('a batch that would enable an account which was disabled in the directory', () => {
  const NOW = 1_000_000
  const SETTLE_MS = 1_000
  const taken = (more: Partial<AccountHolder> = {}): AccountHolder => ({
    employeeId: '1',
    revision: 7,
    objectId: 'o1',
    accepted: { record: '{}', active: true, at: NOW - SETTLE_MS },
    underWay: true,
    isLeaver: false,
    disabledElsewhereAt: null,
    ...more,
  })
  const off = account('o1', { employeeId: '1', enabled: false })

  /** What is recorded when this account and these holders are found; `null` when nothing is. */
  async function checked(
    accounts: readonly Account[],
    holders: readonly AccountHolder[],
    destination?: string,
  ) {
    const recorded: (readonly Difference[])[] = []
    const seen: (readonly string[] | undefined)[] = []
    const guard = deactivationGuard({
      ledger: {
        findAccountHolders: async (_accounts, _now, destinations) => {
          seen.push(destinations)
          return holders
        },
        recordDifferences: async (differences) => {
          recorded.push(differences)
          return { findings: [], dropped: [] }
        },
      },
      reader: accountList(accounts),
      runtime: virtualRuntime(NOW),
      settleMs: SETTLE_MS,
      destination,
    })
    await guard.check([operation('1', true)], new AbortController().signal)
    return { seen, recorded: recorded.map((differences) => differences.map(({ about }) => about)) }
  }

  void it('holds its employee, although something is under way', async () => {
    assert.deepEqual((await checked([off], [taken()])).recorded, [[`o1 ${NOW}`]])
    const unnamed = taken({ objectId: null })
    assert.deepEqual((await checked([off], [unnamed])).recorded, [[`o1 ${NOW}`]])
  })

  void it('asks about the destination of the batch, where there are several', async () => {
    assert.deepEqual((await checked([off], [taken()])).seen, [undefined])
    assert.deepEqual((await checked([off], [taken()], 'emea')).seen, [['emea']])
  })

  const cases: readonly (readonly [why: string, Account, readonly AccountHolder[]])[] = [
    ['the account is enabled', { ...off, enabled: true }, [taken()]],
    ['the employee is not known', off, []],
    ['the employee is held already', off, [taken({ disabledElsewhereAt: 5 })]],
    ['the directory took no record', off, [taken({ accepted: null })]],
    [
      'the directory took a deactivation last',
      off,
      [taken({ accepted: { record: '{}', active: false, at: 0 } })],
    ],
    [
      'the directory may not show yet what it took',
      off,
      [taken({ accepted: { record: '{}', active: true, at: NOW - SETTLE_MS + 1 } })],
    ],
    ['it is not the account of the employee', off, [taken({ objectId: 'o2' })]],
    ['the account of the employee is elsewhere', off, [taken({ elsewhere: true })]],
  ]
  for (const [why, found, holders] of cases)
    void it(`holds nobody when ${why}`, async () => {
      assert.deepEqual((await checked([found], holders)).recorded, [])
    })
})
