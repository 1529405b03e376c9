import { RollcallError } from '../../src/core/errors.ts'
import type { Account, AccountReader } from '../../src/core/ports.ts'

/** Accounts of a directory in memory, read in pages. */
export interface AccountList extends AccountReader {
  accounts: Account[]
  /** Thrown by the pages from this index on, once each; `null`: the page is answered. */
  failures: (RollcallError | null)[]
  /** How many pages were asked for. */
  pages: number
  /** The object ids of each request for names. */
  asked: (readonly string[])[]
  /** Called before each request for names is answered. */
  beforeNames: () => Promise<void> | void
  /** Mail addresses by object id. */
  mail: Map<string, string>
  /** Called before each page is answered. */
  beforePage: (page: number) => Promise<void> | void
}

export const account = (objectId: string, more: Partial<Account> = {}): Account => ({
  objectId,
  employeeId: null,
  userName: `${objectId}@example.com`,
  enabled: true,
  isGuest: false,
  values: new Map(),
  ...more,
})

export function accountList(accounts: readonly Account[] = [], top = 2, now = () => Date.now()): AccountList {
  const failOnce = (): void => {
    const failure = list.failures.shift() ?? null
    if (failure) throw failure
  }
  const list: AccountList = {
    accounts: [...accounts],
    failures: [],
    pages: 0,
    asked: [],
    mail: new Map(),
    beforeNames: () => {},
    beforePage: () => {},
    async find(employeeIds) {
      failOnce()
      return list.accounts.filter(({ employeeId }) => employeeId !== null && employeeIds.includes(employeeId))
    },
    async findByName(names) {
      failOnce()
      const wanted = new Set(names.map((name) => name.toLowerCase()))
      return list.accounts.flatMap(({ objectId, employeeId, userName }) =>
        userName !== null && wanted.has(userName.toLowerCase())
          ? [{ objectId, employeeId, names: [userName] }]
          : [],
      )
    },
    async findNames(objectIds) {
      list.asked.push(objectIds)
      await list.beforeNames()
      failOnce()
      return list.accounts.flatMap(({ objectId, userName }) =>
        objectIds.includes(objectId) ? [{ objectId, userName, mail: list.mail.get(objectId) ?? null }] : [],
      )
    },
    async page({ next }) {
      list.pages += 1
      await list.beforePage(list.pages)
      failOnce()
      const from = Number(next ?? 0)
      const page = list.accounts.slice(from, from + top)
      return {
        accounts: page,
        next: from + top < list.accounts.length ? String(from + top) : null,
        serverAt: now(),
      }
    },
  }
  return list
}

/** A 429 that asks for a wait. */
export const throttled = (retryAfterMs: number | null): RollcallError =>
  Object.assign(new RollcallError('DirectoryThrottled', 'the list of users answered 429'), { retryAfterMs })
