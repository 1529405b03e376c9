import assert from 'node:assert/strict'
import { clearedOf } from '../../../../src/core/directory/attributes.ts'
import { beginComparison } from '../../../../src/core/directory/comparison.ts'
import { deactivationGuard } from '../../../../src/core/directory/guard.ts'
import type { Difference } from '../../../../src/core/ledger/port/directory.ts'
import type { Account } from '../../../../src/core/ports.ts'
import { account, accountList } from '../../../fakes/account-list.ts'
import { silentLogger } from '../../../../src/core/runtime.ts'
import { confirmAt, HOUR_MS, movedToSouth, plan } from './two-destinations.ts'
import { joiner, type LedgerCase, type World } from './world.ts'

const { signal } = new AbortController()
const LEFT = 'p1 at north'
const OWN = 'p1 at south'
const accountOf = (objectId: string, employeeId: string, enabled: boolean): Account =>
  account(objectId, { employeeId, userName: `${employeeId}@example.com`, enabled })

/** Compares the accounts of these directories with the ledger, one after the other. */
async function compare(
  world: World,
  directories: readonly { readonly accounts: readonly Account[]; readonly seen: readonly string[] }[],
): Promise<readonly string[]> {
  const found: Difference[] = []
  const comparison = beginComparison({
    directories: directories.map(({ accounts, seen }) => ({
      reader: accountList(accounts, 2, () => world.now),
      seen,
    })),
    ledger: world.ledger,
    runtime: { now: () => world.now, sleep: async () => {} },
    settleMs: 60_000,
    cleared: clearedOf('ignored', []),
    dryRun: false,
    onDifferences: (differences) => void found.push(...differences),
  })
  while ((await comparison.step(signal)) === null);
  return found.map(({ code, objectId, employee }) => `${code} ${objectId} ${employee?.employeeId ?? ''}`)
}

/** An hour after the move; p2 joined in the north. */
async function later(world: World): Promise<void> {
  await movedToSouth(world)
  await world.record(joiner('f1', 'p2', { organization: 'North' }))
  await plan(world)
  await confirmAt(world, 'north')
  world.now += HOUR_MS
}
const north = (...accounts: readonly Account[]) => ({ accounts, seen: ['north'] })
const south = (...accounts: readonly Account[]) => ({ accounts, seen: ['south'] })
const SECOND = accountOf('p2 at north', 'p2', true)

/** What a comparison finds where destinations are in several tenants. */
export const directoriesCases: readonly LedgerCase[] = [
  {
    name: 'a directory is compared with the employees whose accounts are in it, and is missing no other',
    run: async (world) => {
      await later(world)
      assert.deepEqual(await compare(world, [north(SECOND)]), [], 'p1 is in the south')
      assert.deepEqual(
        await compare(world, [
          north(accountOf(LEFT, 'p1', false), SECOND),
          south(accountOf(OWN, 'p1', true)),
        ]),
        [],
      )
      assert.deepEqual(await compare(world, [north(SECOND), south()]), [`AccountMissing ${OWN} p1`])
      assert.deepEqual(await compare(world, [north(), south(accountOf(OWN, 'p1', true))]), [
        'AccountMissing p2 at north p2',
      ])
    },
  },
  {
    name: 'an account that an employee left is a finding while it is enabled, in the same tenant and in another',
    run: async (world) => {
      await later(world)
      const enabled = accountOf(LEFT, 'p1', true)
      const expected = [`LeftAccountEnabled ${LEFT} p1`]
      assert.deepEqual(await compare(world, [north(enabled, SECOND)]), expected)
      const both = { accounts: [enabled, accountOf(OWN, 'p1', true), SECOND], seen: ['north', 'south'] }
      assert.deepEqual(await compare(world, [both]), expected)
      const disabled = [accountOf(LEFT, 'p1', false), accountOf(OWN, 'p1', true), SECOND]
      assert.deepEqual(await compare(world, [{ ...both, accounts: disabled }]), [])
      const only = [accountOf(LEFT, 'p1', false), SECOND]
      assert.deepEqual(
        await compare(world, [{ ...both, accounts: only }]),
        [`AccountMissing ${OWN} p1`],
        'the account that was left does not stand for the own one',
      )
    },
  },
  {
    name: 'an account with the id of an employee who is in another tenant, and was never here, is not a difference',
    run: async (world) => {
      await later(world)
      assert.deepEqual(
        await compare(world, [south(accountOf('other', 'p2', true), accountOf(OWN, 'p1', true))]),
        [],
      )
    },
  },
  {
    name: 'the guard judges an account by what its own destination accepted, never by the one that was left',
    run: async (world) => {
      await later(world)
      const held = async (destination: string, one: Account): Promise<number> => {
        let differences = 0
        const guard = deactivationGuard({
          ledger: {
            findAccountHolders: world.ledger.findAccountHolders,
            recordDifferences: async (found) => {
              differences += found.length
              return { findings: [], dropped: [] }
            },
          },
          reader: accountList([one]),
          runtime: { now: () => world.now, log: silentLogger },
          settleMs: 60_000,
          destination,
        })
        await guard.check([{ id: 'op-9', employeeId: 'p1', record: '{"active":true}', origins: [] }], signal)
        return differences
      }
      assert.equal(await held('north', accountOf(LEFT, 'p1', false)), 0)
      assert.equal(await held('south', accountOf(LEFT, 'p1', false)), 0)
      assert.equal(await held('south', accountOf(OWN, 'p1', false)), 1)
    },
  },
]
