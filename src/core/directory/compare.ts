import type { Account } from '../ports.ts'
import type { AccountHolder, Difference, HolderRevision } from '../ledger/port/directory.ts'
import type { ScimUser } from '../model.ts'
import { accountNameOf } from '../plan/mapping/account-names.ts'
import { parseRecord } from '../plan/mapping/record.ts'
import { type Cleared, differingAttributes } from './attributes.ts'
import type { DifferenceCode } from './difference.ts'
import type { IdSet } from './id-set.ts'
import { differingManager, type Managers } from './managers.ts'

export interface CompareContext {
  /** When these accounts were read. */
  readonly seenAt: number
  /** How long the directory may take to show what it accepted. */
  readonly settleMs: number
  /** What earlier pages of this comparison met; `met` of those comparisons. */
  readonly seen: Pick<IdSet, 'has'>
  readonly cleared: Cleared
  readonly managers: Managers
}
export interface Compared {
  readonly differences: readonly Difference[]
  /** Employees held because of a deactivation whose accounts are enabled again. */
  readonly enabledAgain: readonly HolderRevision[]
  /** Employees with something under way, who were left out. */
  readonly skipped: readonly string[]
  readonly matched: number
  /** Employees whose account was met, for `seen` of the next pages. */
  readonly met: readonly string[]
}

/** Compares a page of accounts with what the ledger knows of their employees. Pure. */
export function compareAccounts(
  accounts: readonly Account[],
  holders: readonly AccountHolder[],
  context: CompareContext,
): Compared {
  const index = indexOf(holders)
  const differences: Difference[] = []
  const enabledAgain: HolderRevision[] = []
  const skipped = new Set<string>()
  const met = new Set<string>()
  let matched = 0
  for (const account of accounts) {
    const { holder, by } = matchOf(account, index)
    if (holder !== null && by !== 'name' && by !== 'elsewhere') matched += 1
    const isSecond =
      holder !== null && isSecondAccount(account, holder, (mark) => met.has(mark) || context.seen.has(mark))
    for (const mark of marksOf(account, { holder, by }, index)) met.add(mark)
    if (holder !== null && isUnsettled(holder, context)) {
      skipped.add(holder.employeeId)
      continue
    }
    const raise = raiserFor(account, holder, context.seenAt)
    differences.push(
      ...differencesOf(account, { holder, by, isSecond }, context).map((found) => raise(found)),
    )
    if (holder !== null && (by === 'object' || by === 'employee') && isEnabledAgain(account, holder, context))
      enabledAgain.push(holder)
  }
  return { differences, enabledAgain, skipped: [...skipped], matched, met: [...met] }
}

/** The employees whose account should be there, was not seen, and is therefore missing. */
export function missingAccounts(
  holders: readonly AccountHolder[],
  { seenAt, settleMs, seen }: Pick<CompareContext, 'seenAt' | 'settleMs' | 'seen'>,
): readonly Difference[] {
  return holders.flatMap((holder): Difference[] => {
    const { employeeId, revision, objectId } = holder
    if (seen.has(employeeId) || isUnsettled(holder, { seenAt, settleMs })) return []
    const name = objectId ?? employeeId
    return [
      {
        code: 'AccountMissing',
        objectId: objectId ?? '',
        employee: { employeeId, revision },
        about: name,
        detail: objectId === null ? 'no account has the employee id' : `account ${objectId} is gone`,
        seenAt,
      },
    ]
  })
}

interface Index {
  readonly byObject: ReadonlyMap<string, AccountHolder>
  readonly byEmployee: ReadonlyMap<string, AccountHolder>
  readonly byName: ReadonlyMap<string, AccountHolder>
  readonly byLeft: ReadonlyMap<string, AccountHolder>
}
interface Match {
  readonly holder: AccountHolder | null
  /** `left`: the employee left it; `elsewhere`: the employee's account is at another destination. */
  readonly by: 'object' | 'left' | 'employee' | 'elsewhere' | 'name' | null
}

function indexOf(holders: readonly AccountHolder[]): Index {
  const named = holders.flatMap((holder) => {
    const { accepted } = holder
    // The name of a former employee may be given to another.
    const name = accepted?.active ? parseRecord(accepted.record).userName : null
    return typeof name === 'string' ? [[accountNameOf(name), holder] as const] : []
  })
  return {
    byObject: new Map(holders.flatMap((one) => (one.objectId === null ? [] : [[one.objectId, one]]))),
    byEmployee: new Map(holders.map((one) => [one.employeeId, one])),
    byName: new Map(named),
    byLeft: new Map(
      holders.flatMap((one) =>
        (one.left ?? []).flatMap(({ objectId }) => (objectId === null ? [] : [[objectId, one]])),
      ),
    ),
  }
}

/** The object id is the surest name of an account: it never changes and is never given again. */
function matchOf({ objectId, employeeId, userName }: Account, index: Index): Match {
  const byObject = index.byObject.get(objectId)
  if (byObject) return { holder: byObject, by: 'object' }
  const byLeft = index.byLeft.get(objectId)
  if (byLeft) return { holder: byLeft, by: 'left' }
  const byEmployee = employeeId === null ? undefined : index.byEmployee.get(employeeId)
  if (byEmployee?.elsewhere)
    return { holder: byEmployee, by: byEmployee.left?.some(isUnnamed) ? 'left' : 'elsewhere' }
  if (byEmployee) return { holder: byEmployee, by: 'employee' }
  const byName = userName === null ? undefined : index.byName.get(accountNameOf(userName))
  return byName ? { holder: byName, by: 'name' } : { holder: null, by: null }
}

/** The log never named the account that was left: the one with the employee id is taken for it. */
const isUnnamed = ({ objectId }: { readonly objectId: string | null }): boolean => objectId === null

/**
 * Whether another account with the same employee id was met, of an employee whose object id is not
 * known. Graph may list one account on two pages: that is the same account.
 */
function isSecondAccount(
  { objectId }: Account,
  holder: AccountHolder,
  wasMet: (mark: string) => boolean,
): boolean {
  return wasMet(holder.employeeId) && !wasMet(pairOf(holder, objectId))
}

/** The employee of an account, and the employee whose id it carries. */
function marksOf({ objectId, employeeId }: Account, { holder, by }: Match, index: Index): readonly string[] {
  if (by === 'left' || by === 'elsewhere') return []
  const carried = employeeId !== null && index.byEmployee.has(employeeId) ? [employeeId] : []
  if (holder === null || by === 'name') return carried
  return [holder.employeeId, ...carried, ...(by === 'employee' ? [pairOf(holder, objectId)] : [])]
}

const pairOf = ({ employeeId }: AccountHolder, objectId: string): string => `${employeeId}\n${objectId}`

/** What is under way is not a difference, and neither is what the directory may not show yet. */
function isUnsettled(
  { underWay, accepted }: AccountHolder,
  { seenAt, settleMs }: Pick<CompareContext, 'seenAt' | 'settleMs'>,
): boolean {
  return underWay || (accepted !== null && accepted.at + settleMs > seenAt)
}

type Found = readonly [code: DifferenceCode, detail: string, about?: string]

function differencesOf(
  account: Account,
  { holder, by, isSecond }: Match & { readonly isSecond: boolean },
  context: CompareContext,
): readonly Found[] {
  const { objectId, employeeId, enabled } = account
  if (holder === null)
    return employeeId !== null && enabled ? [['AccountNotInHr', `account ${objectId} is enabled`]] : []
  switch (by) {
    case 'object':
      return employeeId === holder.employeeId
        ? compareWith(account, holder, context)
        : [...stillEnabled(account, holder), idChanged(account)]
    case 'employee': {
      const other = holder.objectId
      if (other === null && !isSecond) return compareWith(account, holder, context)
      const which = other === null ? 'another account' : `account ${other}`
      return [
        ...stillEnabled(account, holder),
        ['AccountTwice', `account ${objectId} has the employee id of ${which}`],
      ]
    }
    case 'left':
      return enabled && isLongLeft(holder, context)
        ? [['LeftAccountEnabled', `account ${objectId} is enabled`]]
        : []
    case 'elsewhere':
      return []
    case 'name':
    case null:
      return [['UserNameReused', `account ${objectId} has the user name`]]
  }
}

/** Graph may show the deactivation only after a while. */
function isLongLeft({ left = [] }: AccountHolder, { seenAt, settleMs }: CompareContext): boolean {
  return left.every(({ leftAt }) => leftAt + settleMs <= seenAt)
}

function idChanged({ objectId, employeeId }: Account): Found {
  const now = employeeId === null ? 'no employee id' : 'another employee id'
  return ['EmployeeIdChanged', `account ${objectId} has ${now}`]
}

function compareWith(account: Account, holder: AccountHolder, context: CompareContext): readonly Found[] {
  const { objectId, enabled } = account
  const { accepted, disabledElsewhereAt } = holder
  if (enabled) {
    const names = accepted?.active ? differingNames(parseRecord(accepted.record), account, context) : []
    const differing: Found[] =
      names.length === 0
        ? []
        : [['AccountDiffers', `account ${objectId}: ${names.join(', ')}`, `${objectId} ${names.join(' ')}`]]
    return [...stillEnabled(account, holder), ...differing]
  }
  return accepted?.active && disabledElsewhereAt === null ? [disabledElsewhere(objectId)] : []
}

function differingNames(record: ScimUser, account: Account, context: CompareContext): readonly string[] {
  return [
    ...differingAttributes(record, account.values, context.cleared),
    ...differingManager(record, account, context),
  ]
}

export const disabledElsewhere = (objectId: string): Found => [
  'DisabledElsewhere',
  `account ${objectId} is disabled in the directory`,
]

/** An account that is enabled although the last accepted record, or HR, says otherwise. */
function stillEnabled(
  { objectId, enabled }: Account,
  { accepted, isLeaver }: AccountHolder,
): readonly Found[] {
  if (!enabled || accepted?.active || (accepted === null && !isLeaver)) return []
  return [[isLeaver ? 'LeaverStillEnabled' : 'ActiveOnlyInDirectory', `account ${objectId} is enabled`]]
}

function isEnabledAgain(
  { enabled, objectId }: Account,
  holder: AccountHolder,
  { seenAt, settleMs }: CompareContext,
): boolean {
  const since = holder.disabledElsewhereAt
  const isTheirs = holder.objectId === null || holder.objectId === objectId
  return since !== null && enabled && isTheirs && since + settleMs <= seenAt
}

/** Makes findings about an account, and its employee where there is one. */
export function raiserFor(
  { objectId }: Account,
  holder: AccountHolder | null,
  seenAt: number,
): (found: Found) => Difference {
  const employee = holder && { employeeId: holder.employeeId, revision: holder.revision }
  return ([code, detail, about = objectId]) => ({
    code,
    objectId,
    employee,
    // Each deactivation is a finding of its own, also of the same account.
    about: code === 'DisabledElsewhere' ? `${about} ${seenAt}` : about,
    detail,
    seenAt,
  })
}
