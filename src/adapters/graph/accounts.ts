import type { Json } from '../../core/model.ts'
import type { Properties } from '../../core/directory/properties.ts'
import { RollcallError } from '../../core/errors.ts'
import { isObject } from '../../core/json.ts'
import type { Account, AccountPage, AccountReader } from '../../core/ports.ts'
import { retryAfterMs } from '../../core/provision/verdict.ts'
import { quoted, readList, unreadable } from './answer.ts'
import type { Graph } from './client.ts'

/** The largest page of users (https://learn.microsoft.com/en-us/graph/api/user-list). */
const ACCOUNTS_PAGE = 999

/** What is read, for errors. */
const USERS = { code: 'DirectoryUnavailable', what: 'the list of users' } as const
/**
 * The most values of an `in` (https://learn.microsoft.com/en-us/graph/filter-query-parameter).
 */
const MOST_VALUES = 15
const ALWAYS = ['id', 'employeeId', 'userPrincipalName', 'accountEnabled', 'userType']

/**
 * `GET /users` with the properties that are compared, which needs `User.Read.All`. A page of 999
 * costs one resource unit of the 3,500 to 8,000 that Graph gives an application in 10 seconds
 * (https://learn.microsoft.com/en-us/graph/throttling-limits#identity-and-access-service-limits).
 */
export function graphAccounts(
  graph: Graph,
  properties: Properties,
  now: () => number,
  top: number = ACCOUNTS_PAGE,
): AccountReader {
  const names = [...new Set([...properties.values()].map((name) => name.split('.')[0] ?? name))]
  const first = `/users?$select=${[...ALWAYS, ...names].join(',')}&$top=${top}`
  const page = async (path: string, signal: AbortSignal): Promise<AccountPage> => {
    try {
      const { items, next, serverAt } = await readList(graph, path, signal, USERS, (response) =>
        refused(response, now()),
      )
      return { accounts: items.flatMap((user) => accountOf(user, properties) ?? []), next, serverAt }
    } catch (error) {
      throw unreadable(error, USERS)
    }
  }
  return {
    page: ({ next, signal }) => page(next ?? first, signal),
    find: async (employeeIds, signal) => {
      const parts = Array.from({ length: Math.ceil(employeeIds.length / MOST_VALUES) }, (_, index) =>
        employeeIds.slice(index * MOST_VALUES, (index + 1) * MOST_VALUES),
      )
      const pages = await Promise.all(
        parts.map((part) => page(`${ONLY_STATE}&$filter=${oneOf(part)}`, signal)),
      )
      return pages.flatMap(({ accounts }) => accounts)
    },
  }
}

const ONLY_STATE = `/users?$select=${ALWAYS.join(',')}&$top=${ACCOUNTS_PAGE}`

function oneOf(employeeIds: readonly string[]): string {
  return encodeURIComponent(`employeeId in (${employeeIds.map(quoted).join(',')})`)
}

function refused({ status, headers }: Response, now: number): RollcallError {
  if (status === 401 || status === 403)
    return new RollcallError('DirectoryForbidden', `${USERS.what} answered ${status}; grant User.Read.All`)
  if (status !== 429)
    return Object.assign(new RollcallError(USERS.code, `${USERS.what} answered ${status}`), {
      lasts: status < 500 && status !== 408,
    })
  return Object.assign(new RollcallError('DirectoryThrottled', `${USERS.what} answered 429`), {
    retryAfterMs: retryAfterMs(headers.get('Retry-After'), now),
  })
}

/** `null` for an entry that names no object, which cannot be compared with anything. */
function accountOf(user: Json, properties: Properties): Account | null {
  if (!isObject(user)) return null
  const objectId = textOf(user['id'])
  if (objectId === null) return null
  return {
    objectId,
    employeeId: textOf(user['employeeId']),
    userName: textOf(user['userPrincipalName']),
    enabled: user['accountEnabled'] !== false,
    isGuest: user['userType'] === 'Guest',
    values: new Map([...properties].map(([place, name]) => [place, textOf(valueAt(user, name))])),
  }
}

function valueAt(user: Json, name: string): Json | undefined {
  return name
    .split('.')
    .reduce<Json | undefined>((at, key) => (at !== undefined && isObject(at) ? at[key] : undefined), user)
}

function textOf(value: Json | undefined): string | null {
  const one = Array.isArray(value) ? value[0] : value
  if (typeof one === 'string') return one === '' ? null : one
  return typeof one === 'number' || typeof one === 'boolean' ? String(one) : null
}
