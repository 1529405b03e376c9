import type { Ledger } from '../../../ledger/ledger.ts'
import type { Employee } from '../../../ledger/employee.ts'
import type { ScimUser } from '../../../model.ts'
import type { EmployeeView, NameHolder } from '../../../ledger/port/inspect.ts'
import type { PlanRules } from '../../../plan/decide/planning.ts'
import { accountNameOf } from '../../../plan/mapping/account-names.ts'
import { parseRecord } from '../../../plan/mapping/record.ts'
import type { Selected } from '../../dead-letters/selection/selected.ts'
import { plannedRecord } from './planned-record.ts'
import { groupByEmployee, revive } from '../revive.ts'

export interface UserNameContext {
  readonly ledger: Pick<Ledger, 'readEmployees' | 'findNameHolders'>
  readonly rules: PlanRules
  readonly now: number
}

/** Employees loaded from the ledger at once, and names asked for at once. */
const AT_ONCE = 200

/**
 * Refuses patches that would give two employees the same user name, both in the selection or one of
 * them elsewhere in the ledger. The directory would refuse one of the two, and the ledger cannot
 * tell which one is right.
 */
export async function refuseSharedUserNames(
  selected: readonly Selected[],
  context: UserNameContext,
): Promise<readonly Selected[]> {
  const patched = new Set(selected.filter(({ body, refused }) => body !== null && refused === null))
  const names = await plannedNames([...patched], context)
  const others = await holdersOf(names, context)
  return selected.map((one) => {
    const other = patched.has(one) ? one.employees.flatMap((id) => others.get(id) ?? [])[0] : undefined
    return other === undefined
      ? one
      : { ...one, events: null, refused: 'UserNameShared', detail: `employee ${other}` }
  })
}

/** The user names that differ from the one that the directory holds, by employee. */
type Names = ReadonlyMap<string, string>

/** The user name of each employee once the patched events are in effect. */
async function plannedNames(
  patched: readonly Selected[],
  { ledger, rules, now }: UserNameContext,
): Promise<Names> {
  const byEmployee = groupByEmployee(patched)
  const names = new Map<string, string>()
  const ids = [...byEmployee.keys()]
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const part = ids.slice(at, at + AT_ONCE)
    const views = new Map((await ledger.readEmployees(part)).map((view) => [view.employee.employeeId, view]))
    for (const id of part) {
      const those = byEmployee.get(id) ?? []
      const { employee } = revive(id, views.get(id), those)
      // An event of the future changes the user name only then.
      const effective = those.flatMap(({ events }) => (events ?? []).map(({ effectiveAt }) => effectiveAt))
      const name = await plannedName(employee, Math.max(now, ...effective), rules)
      if (name !== null && name !== userNameIn(views.get(id)?.lastAccepted ?? null)) names.set(id, name)
    }
  }
  return names
}

/** The user name of the operation that the employee gets; `null` when there is none. */
async function plannedName(employee: Employee, now: number, rules: PlanRules): Promise<string | null> {
  return nameIn(await plannedRecord(employee, now, rules))
}

function userNameIn(record: string | null): string | null {
  return nameIn(record === null ? null : parseRecord(record))
}

function nameIn(record: ScimUser | null): string | null {
  const written = record?.['userName']
  return typeof written === 'string' ? accountNameOf(written) : null
}

/** Another employee with the same user name, by employee. */
async function holdersOf(names: Names, context: UserNameContext): Promise<ReadonlyMap<string, string>> {
  const holders = new Map<string, string>()
  const byName = Map.groupBy(names.keys(), (id) => names.get(id) ?? '')
  for (const [, ids] of byName)
    for (const id of ids) {
      const other = ids.find((one) => one !== id)
      if (other !== undefined) holders.set(id, other)
    }
  const asked = [...byName.keys()]
  for (let at = 0; at < asked.length; at += AT_ONCE)
    for (const { name, employeeId } of await holdersInLedger(asked.slice(at, at + AT_ONCE), context))
      for (const id of byName.get(name) ?? [])
        if (id !== employeeId && !names.has(employeeId)) holders.set(id, employeeId)
  return holders
}

/** The ledger knows former names and mail addresses too, so each candidate is looked at. */
async function holdersInLedger(
  asked: readonly string[],
  { ledger, rules, now }: UserNameContext,
): Promise<readonly NameHolder[]> {
  const candidates = await ledger.findNameHolders(asked)
  const ids = [...new Set(candidates.map(({ employeeId }) => employeeId))]
  const names = new Map<string, ReadonlySet<string | null>>()
  for (const view of await ledger.readEmployees(ids))
    names.set(view.employee.employeeId, new Set(await namesOf(view, rules, now)))
  return candidates.filter(({ name, employeeId }) => names.get(employeeId)?.has(name) === true)
}

/** The user name that the directory accepted last, and the one that is on its way. */
async function namesOf(
  { employee, lastAccepted }: EmployeeView,
  rules: PlanRules,
  now: number,
): Promise<readonly (string | null)[]> {
  return [userNameIn(lastAccepted), await plannedName(employee, now, rules)]
}
