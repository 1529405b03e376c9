import type { Json } from '../../core/model.ts'
import type { Properties } from '../../core/directory/properties.ts'
import { RollcallError } from '../../core/errors.ts'
import { isObject } from '../../core/json.ts'
import type { Account, AccountNames, AccountPage, AccountReader, NamedAccount } from '../../core/ports.ts'
import { isServiceFailure, retryAfterMs } from '../../core/provision/verdict.ts'
import { type ListPage, quoted, readList, unreadable } from './answer.ts'
import type { Graph } from './client.ts'

/** The largest page of users (https://learn.microsoft.com/en-us/graph/api/user-list). */
const ACCOUNTS_PAGE = 999

/**
 * The largest page with `$expand` (https://github.com/microsoftgraph/microsoft-graph-docs/pull/21516).
 * Options inside of `$expand` are not used: Microsoft's pages contradict each other on them.
 */
const EXPANDED_PAGE = 100

/** What is read, for errors. */
const USERS = { code: 'DirectoryUnavailable', what: 'the list of users' } as const
/**
 * The most values of an `in` (https://learn.microsoft.com/en-us/graph/filter-query-parameter).
 */
const MOST_VALUES = 15
const ALWAYS = ['id', 'employeeId', 'userPrincipalName', 'accountEnabled', 'userType']

/** What is read of each account beside its names and state. */
export interface AccountFields {
  readonly properties: Properties
  readonly manager: boolean
}

/**
 * `GET /users` with the properties that are compared, which needs `User.Read.All`. A page of 999
 * costs one resource unit of the 3,500 to 8,000 that Graph gives an application in 10 seconds
 * (https://learn.microsoft.com/en-us/graph/throttling-limits#identity-and-access-service-limits).
 * With managers, a page has 100 and costs two.
 */
export function graphAccounts(
  graph: Graph,
  { properties, manager }: AccountFields,
  now: () => number,
  top: number = ACCOUNTS_PAGE,
): AccountReader {
  const names = [...new Set([...properties.values()].map((name) => name.split('.')[0] ?? name))]
  const select = `$select=${[...ALWAYS, ...names].join(',')}`
  const first = manager
    ? `/users?${select}&$expand=manager&$top=${Math.min(top, EXPANDED_PAGE)}`
    : `/users?${select}&$top=${top}`
  const users = { ...USERS, refused: (response: Response) => refused(response, now()) }
  const list = async (path: string, signal: AbortSignal): Promise<ListPage> => {
    try {
      return await readList(graph, path, users, signal)
    } catch (error) {
      throw unreadable(error, USERS)
    }
  }
  const page = async (path: string, signal: AbortSignal, withManager: boolean): Promise<AccountPage> => {
    const { items, next, serverAt } = await list(path, signal)
    const fields = { properties, manager: withManager }
    return { accounts: items.flatMap((user) => accountOf(user, fields) ?? []), next, serverAt }
  }
  const named = async (filter: string, signal: AbortSignal): Promise<readonly NamedAccount[]> => {
    const { items } = await list(`${ALL_NAMES}&$filter=${filter}`, signal)
    return items.flatMap((user) => namedAccountOf(user) ?? [])
  }
  return {
    page: ({ next, signal }) => page(next ?? first, signal, manager),
    find: (employeeIds, signal) =>
      inParts(employeeIds, async (part) => {
        const { accounts } = await page(`${ONLY_STATE}&$filter=${oneOf('employeeId', part)}`, signal, false)
        return accounts
      }),
    findByName: async (names, signal) => [
      ...(await inParts(names, (part) => named(oneOf('userPrincipalName', part), signal))),
      ...(await inParts(names, (part) => named(anyAddress(part), signal))),
    ],
    findNames: (objectIds, signal) =>
      inParts(objectIds.filter(isObjectId), async (part) => {
        const { items } = await list(`${ONLY_NAMES}&$filter=${oneOf('id', part)}`, signal)
        return items.flatMap((user) => namesOf(user) ?? [])
      }),
  }
}

const ONLY_STATE = `/users?$select=${ALWAYS.join(',')}&$top=${ACCOUNTS_PAGE}`
const ALL_NAMES = `/users?$select=id,employeeId,userPrincipalName,proxyAddresses&$top=${ACCOUNTS_PAGE}`
const ONLY_NAMES = `/users?$select=id,userPrincipalName,mail&$top=${ACCOUNTS_PAGE}`

/**
 * Graph refuses a whole request for one id of another form, such as a log of a job to Active
 * Directory can have.
 */
const isObjectId = (id: string): boolean => /^[\da-f-]{36}$/i.test(id)

/** How many requests for parts of a long list of values are under way at once. */
const PARTS_AT_ONCE = 8

/** Asks for a part of the values at a time, because a filter takes few. */
async function inParts<T>(
  values: readonly string[],
  read: (part: readonly string[]) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const parts = Array.from({ length: Math.ceil(values.length / MOST_VALUES) }, (_, index) =>
    values.slice(index * MOST_VALUES, (index + 1) * MOST_VALUES),
  )
  const found: T[] = []
  for (let at = 0; at < parts.length; at += PARTS_AT_ONCE) {
    const answers = await Promise.all(parts.slice(at, at + PARTS_AT_ONCE).map(read))
    found.push(...answers.flat())
  }
  return found
}

function oneOf(property: string, values: readonly string[]): string {
  return encodeURIComponent(`${property} in (${values.map(quoted).join(',')})`)
}

/**
 * The filter takes `eq` in `any`, and no `in`
 * (https://learn.microsoft.com/en-us/graph/api/resources/user). Whether an address is the primary
 * one shows in the case of its prefix, which a comparison in the directory does not regard.
 */
function anyAddress(names: readonly string[]): string {
  const each = names.map((name) => `proxyAddresses/any(p:p eq ${quoted(`smtp:${name}`)})`)
  return encodeURIComponent(each.join(' or '))
}

function refused({ status, headers }: Response, now: number): RollcallError {
  if (status === 401 || status === 403)
    return new RollcallError('DirectoryForbidden', `${USERS.what} answered ${status}; grant User.Read.All`)
  if (status !== 429)
    return Object.assign(new RollcallError(USERS.code, `${USERS.what} answered ${status}`), {
      lasts: !isServiceFailure(status),
    })
  return Object.assign(new RollcallError('DirectoryThrottled', `${USERS.what} answered 429`), {
    retryAfterMs: retryAfterMs(headers.get('Retry-After'), now),
  })
}

/** `null` for an entry that names no object, which cannot be compared with anything. */
function accountOf(user: Json, { properties, manager }: AccountFields): Account | null {
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
    ...(manager ? { manager: textOf(valueAt(user, 'manager.id')) } : {}),
  }
}

function namedAccountOf(user: Json): NamedAccount | null {
  if (!isObject(user)) return null
  const objectId = textOf(user['id'])
  if (objectId === null) return null
  const { userPrincipalName, proxyAddresses } = user
  const addresses = Array.isArray(proxyAddresses) ? proxyAddresses : []
  const written = [userPrincipalName, ...addresses].filter((one) => typeof one === 'string')
  return {
    objectId,
    employeeId: textOf(user['employeeId']),
    names: written.map((one) => one.replace(/^smtp:/i, '')),
  }
}

function namesOf(user: Json): AccountNames | null {
  if (!isObject(user)) return null
  const objectId = textOf(user['id'])
  if (objectId === null) return null
  return { objectId, userName: textOf(user['userPrincipalName']), mail: textOf(user['mail']) }
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
