import { ACCOUNT_DATA, type AccountMessage } from '../../contracts/account.ts'
import { type AccountField, WITH_VALUES } from '../../contracts/outcome.ts'
import type { Naming, OutcomeRow, UnnamedAccount } from '../../ledger/port/report.ts'
import type { AccountNames, OutboxMessage } from '../../ports.ts'
import { DAY_MS } from '../../runtime.ts'
import type { NamesByObject } from './account-names.ts'
import { accountFields, inSessionOf, type OutcomeSettings } from './outcome.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** How long until an account is asked for again, for each time that it was; then it is given up. */
const WAITS_MS = [15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, ...Array.from({ length: 13 }, () => DAY_MS)]

interface NamingContext {
  readonly names: NamesByObject
  readonly fields: readonly AccountField[]
  readonly now: number
}

/** Which outcomes of a batch named the account of their employee, and which are to be followed up. */
export function namingOf(
  rows: readonly Pick<OutcomeRow, 'employeeId' | 'objectId'>[],
  { names, fields, now }: NamingContext,
): Naming {
  const objects = new Map(
    rows.flatMap(({ employeeId, objectId }) => (objectId === null ? [] : [[employeeId, objectId] as const])),
  )
  const isDone = ([, objectId]: readonly [string, string]): boolean => isWhole(names.get(objectId), fields)
  const all = [...objects]
  return {
    done: all.filter(isDone).map(([employeeId]) => employeeId),
    again: all
      .filter((one) => !isDone(one))
      .map(([employeeId]) => ({ employeeId, dueAt: now + (WAITS_MS[0] ?? 0), tries: 0 })),
  }
}

/** Accounts that were asked for again. */
export interface NamedLater {
  /** Those that are named now, or whose names are told as far as they are known. */
  readonly named: readonly (UnnamedAccount & { readonly names: AccountNames })[]
  readonly naming: Naming
}

/** What to tell of accounts that were asked for again, and when to ask for the others. Pure. */
export function namedLater(accounts: readonly UnnamedAccount[], context: NamingContext): NamedLater {
  const { names, fields, now } = context
  const named: NamedLater['named'][number][] = []
  const done: string[] = []
  const again: Naming['again'][number][] = []
  for (const account of accounts) {
    const { employeeId, objectId, tries } = account
    const found = names.get(objectId)
    const waitMs = isWhole(found, fields) ? undefined : WAITS_MS[tries + 1]
    if (waitMs !== undefined) {
      again.push({ employeeId, dueAt: now + waitMs, tries: tries + 1 })
      continue
    }
    done.push(employeeId)
    if (found) named.push({ ...account, names: found })
  }
  return { named, naming: { done, again } }
}

const isWhole = (names: AccountNames | undefined, fields: readonly AccountField[]): boolean =>
  names !== undefined && fields.every((field) => names[field] !== null)

/** What an account is called, as a CloudEvent. Its id is the same for the same names. */
export function accountMessage(
  { employeeId, objectId, names }: NamedLater['named'][number],
  { account, sessions }: Pick<OutcomeSettings, 'account' | 'sessions'>,
  digest: (text: string) => string,
  now: number,
): OutboxMessage {
  const fields = accountFields(account, names)
  const id = digest(JSON.stringify([employeeId, objectId, fields]))
  return {
    id,
    subject: employeeId,
    ...inSessionOf(employeeId, sessions, digest),
    contentType: 'application/cloudevents+json',
    properties: {},
    body: {
      specversion: '1.0',
      id,
      source: '/rollcall',
      type: 'rollcall.account.named',
      subject: employeeId,
      time: new Date(now).toISOString(),
      datacontenttype: 'application/json',
      dataschema: ACCOUNT_DATA,
      partitionkey: employeeId,
      dataclassification: WITH_VALUES,
      data: { objectId, account: fields },
    } satisfies AccountMessage,
  }
}
