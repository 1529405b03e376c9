import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Account, AccountReader } from '../../../src/core/ports.ts'

/** A directory under test, and a reader that asks for pages of two. */
export interface AccountsUnderTest {
  readonly reader: AccountReader
  close(): Promise<void>
}

/** What the directory holds in every case. `title` is the one attribute that is compared. */
export const HELD: readonly Omit<Account, 'objectId'>[] = [
  {
    employeeId: '1',
    userName: 'a@example.com',
    enabled: true,
    isGuest: false,
    values: new Map([['title', 'Clerk']]),
  },
  {
    employeeId: '2',
    userName: 'b@example.com',
    enabled: false,
    isGuest: false,
    values: new Map([['title', null]]),
  },
  {
    employeeId: null,
    userName: 'g@example.com',
    enabled: true,
    isGuest: true,
    values: new Map([['title', null]]),
  },
  {
    employeeId: '1',
    userName: 'c@example.com',
    enabled: true,
    isGuest: false,
    values: new Map([['title', 'Boss']]),
  },
  {
    employeeId: null,
    userName: 'svc@example.com',
    enabled: true,
    isGuest: false,
    values: new Map([['title', null]]),
  },
]

/** Holds a reader of accounts to what the port promises. */
export function exerciseAccounts(
  name: string,
  open: (held: readonly Omit<Account, 'objectId'>[]) => Promise<AccountsUnderTest>,
): void {
  const { signal } = new AbortController()

  void it(`every account is read once, in pages: ${name}`, async () => {
    const { reader, close } = await open(HELD)
    try {
      const sizes: number[] = []
      const read: Account[] = []
      for (let next: string | null = null; ;) {
        const page = await reader.page({ next, signal })
        sizes.push(page.accounts.length)
        read.push(...page.accounts)
        assert.ok(page.serverAt !== null)
        if ((next = page.next) === null) break
      }
      assert.deepEqual(sizes, [2, 2, 1])
      assert.equal(new Set(read.map(({ objectId }) => objectId)).size, HELD.length)
      const byName = (one: { userName: string | null }, other: { userName: string | null }) =>
        (one.userName ?? '') < (other.userName ?? '') ? -1 : 1
      const held = read.map(({ employeeId, userName, enabled, isGuest, values }) => {
        return { employeeId, userName, enabled, isGuest, values }
      })
      assert.deepEqual(held.toSorted(byName), HELD.toSorted(byName))
    } finally {
      await close()
    }
  })

  void it(`an empty directory is one empty page: ${name}`, async () => {
    const { reader, close } = await open([])
    try {
      const { accounts, next } = await reader.page({ next: null, signal })
      assert.deepEqual({ accounts, next }, { accounts: [], next: null })
    } finally {
      await close()
    }
  })

  void it(`accounts are found by employee id, however many ids are asked for: ${name}`, async () => {
    const { reader, close } = await open(HELD)
    try {
      const others = Array.from({ length: 40 }, (_, index) => `o'${index}`)
      const found = await reader.find(['2', ...others, '1'], signal)
      assert.deepEqual(found.map(({ employeeId, enabled }) => `${employeeId} ${enabled}`).toSorted(), [
        '1 true',
        '1 true',
        '2 false',
      ])
    } finally {
      await close()
    }
  })

  void it(`accounts are found by name, whatever its case: ${name}`, async () => {
    const { reader, close } = await open(HELD)
    try {
      const others = Array.from({ length: 20 }, (_, index) => `nobody${index}@example.com`)
      const found = await reader.findByName(['B@example.com', ...others, 'svc@example.com'], signal)
      assert.deepEqual(found.map(({ names, employeeId }) => `${names.join()} ${employeeId}`).toSorted(), [
        'b@example.com 2',
        'svc@example.com null',
      ])
    } finally {
      await close()
    }
  })

  void it(`names are found by object id, however many are asked for, and not of accounts that are gone: ${name}`, async () => {
    const { reader, close } = await open(HELD)
    try {
      const { accounts } = await reader.page({ next: null, signal })
      const gone = Array.from({ length: 140 }, (_, index) => `gone-${index}`)
      const found = await reader.findNames([...accounts.map(({ objectId }) => objectId), ...gone], signal)
      const expected = accounts.map(({ objectId, userName }) => ({ objectId, userName, mail: null }))
      const byId = (one: { objectId: string }, other: { objectId: string }) =>
        one.objectId < other.objectId ? -1 : 1
      assert.deepEqual(found.toSorted(byId), expected.toSorted(byId))
    } finally {
      await close()
    }
  })
}
