import type { Ledger } from '../../ledger/ledger.ts'
import type { ScimUser } from '../../model.ts'
import { effectiveState } from '../../plan/decide/effective-state.ts'
import type { PlanRules } from '../../plan/decide/planning.ts'
import { accountNameOf } from '../../plan/mapping/account-names.ts'
import type { NamedAccount } from '../../ports.ts'
import { isCode, NAME_TAKEN } from '../outcomes/reason-catalogue.ts'
import type { Selected } from '../dead-letters/selection/selected.ts'
import { plannedRecord } from '../replay/patch/planned-record.ts'
import { groupByEmployee, revive } from '../replay/revive.ts'
import { namesFrom } from './pattern.ts'
import type { UserNamePolicy } from './policy.ts'

export interface ProposalContext {
  readonly ledger: Pick<Ledger, 'readEmployees' | 'findNameHolders'>
  readonly rules: PlanRules
  readonly policy: UserNamePolicy
  readonly now: number
  /** The accounts that have one of these names; `null` when the directory cannot be asked. */
  readonly findAccounts: (names: readonly string[]) => Promise<readonly NamedAccount[] | null>
}

/** An employee whose account was refused because of a name that is taken, and names that are free. */
export interface NameProposal {
  readonly employeeId: string
  readonly deadLetters: readonly number[]
  /** The user name that was refused; `null` when the employee has no record to be sent. */
  readonly taken: string | null
  /** The worker attribute it is copied from; `null` when the mapping computes it. */
  readonly attribute: string | null
  readonly holder: NameOwner | null
  /** In the order of the policy, `PROPOSED` at most; none is proposed to two employees. */
  readonly free: readonly string[]
}
/** Who has a name that is taken: an account of the directory, or else another employee of the ledger. */
export type NameOwner =
  | { readonly kind: 'employee'; readonly employeeId: string }
  | { readonly kind: 'account'; readonly objectId: string; readonly employeeId: string | null }

export interface Proposals {
  readonly proposals: readonly NameProposal[]
  /** Whether the directory was asked, too. */
  readonly directoryAsked: boolean
}

const PROPOSED = 3
/** Employees whose names are looked up together, and names that are looked up for each at once. */
const EMPLOYEES_AT_ONCE = 100
const NAMES_AT_ONCE = 6

/** Whether a dead letter of this code may have died of a name that another object has. */
export const isNameTaken = (code: string): boolean => isCode(code, NAME_TAKEN)

/**
 * Free user names for the employees of these dead letters, where the cause is a name that is taken.
 * Changes nothing. A name is free when no employee of the ledger has or had it, no account of the
 * directory has it as its user name or mail address, and it is not proposed to another employee here.
 */
export async function proposeNames(
  selected: readonly Selected[],
  context: ProposalContext,
): Promise<Proposals> {
  const byEmployee = [...groupByEmployee(selected.filter(diedOfName))]
  const proposals: NameProposal[] = []
  const search: Search = { context, given: new Set(), directoryAsked: byEmployee.length > 0 }
  for (let at = 0; at < byEmployee.length; at += EMPLOYEES_AT_ONCE) {
    const refused = await refusedNames(byEmployee.slice(at, at + EMPLOYEES_AT_ONCE), context)
    proposals.push(...(await proposalsFor(refused, search)))
  }
  return { proposals, directoryAsked: search.directoryAsked }
}

const diedOfName = ({ dead }: Selected): boolean => dead.store === 'ledger' && isNameTaken(dead.letter.code)

interface RefusedName extends Pick<NameProposal, 'employeeId' | 'deadLetters' | 'taken' | 'attribute'> {
  readonly candidates: readonly string[]
}

async function refusedNames(
  part: readonly (readonly [employeeId: string, those: readonly Selected[]])[],
  { ledger, rules, policy, now }: ProposalContext,
): Promise<readonly RefusedName[]> {
  const views = await ledger.readEmployees(part.map(([employeeId]) => employeeId))
  const byId = new Map(views.map((view) => [view.employee.employeeId, view]))
  return Promise.all(
    part.map(async ([employeeId, those]) => {
      const { employee } = revive(employeeId, byId.get(employeeId), those)
      const record = await plannedRecord(employee, now, rules)
      const taken = typeof record?.['userName'] === 'string' ? record['userName'] : null
      const { attributes } = effectiveState(employee, now, rules.fold)
      const reads = rules.mapping.readsOf('userName')
      const copied = [...attributes].filter(
        ([path, { value }]) => reads(path) && typeof value === 'string' && value === taken,
      )
      return {
        employeeId,
        deadLetters: those.flatMap(({ dead }) => (dead.store === 'ledger' ? dead.letter.seq : [])),
        taken,
        attribute: copied.length === 1 ? (copied[0]?.[0] ?? null) : null,
        candidates: record === null || taken === null ? [] : candidatesFor(taken, record, policy),
      }
    }),
  )
}

/** Other names for the record, with a domain if the refused one has one. */
function candidatesFor(taken: string, record: ScimUser, policy: UserNamePolicy): readonly string[] {
  const at = taken.lastIndexOf('@')
  const domain = policy.domain ?? (at < 0 ? null : taken.slice(at + 1))
  return namesFrom(policy.patterns, record)
    .map((name) => (domain === null ? name : `${name}@${domain}`))
    .filter((name) => accountNameOf(name) !== accountNameOf(taken))
}

/** What one search for names shares. */
interface Search {
  readonly context: ProposalContext
  /** The names that are proposed already, in the form in which names are compared. */
  readonly given: Set<string>
  directoryAsked: boolean
}

/** Looks up a few names of each at a time, until there are enough that are free. */
async function proposalsFor(
  refused: readonly RefusedName[],
  search: Search,
): Promise<readonly NameProposal[]> {
  const owners = await ownersOf(
    refused.flatMap(({ taken }) => taken ?? []),
    search,
  )
  const found = refused.map(({ candidates, ...one }) => {
    return { candidates, proposal: { ...one, holder: ownerOf(one, owners), free: [] as string[] } }
  })
  for (let at = 0; ; at += NAMES_AT_ONCE) {
    const open = found.filter(
      ({ candidates, proposal }) => proposal.free.length < PROPOSED && candidates.length > at,
    )
    if (open.length === 0) break
    const those = open.map(({ candidates }) => candidates.slice(at, at + NAMES_AT_ONCE))
    const holding = await ownersOf(those.flat(), search)
    for (const [index, { proposal }] of open.entries())
      takeFree(proposal, those[index] ?? [], holding, search.given)
  }
  return found.map(({ proposal }) => proposal)
}

/** The owners of names, by the form in which names are compared. */
interface Owners {
  readonly employees: ReadonlyMap<string, readonly string[]>
  readonly accounts: ReadonlyMap<string, NamedAccount>
}

async function ownersOf(names: readonly string[], search: Search): Promise<Owners> {
  const { ledger, findAccounts } = search.context
  const each = [...new Set(names)]
  const holders = await ledger.findNameHolders([...new Set(each.map(accountNameOf))])
  const accounts = await findAccounts(each.filter((name) => name.includes('@')))
  search.directoryAsked &&= accounts !== null
  const byName = Map.groupBy(holders, ({ name }) => name)
  return {
    employees: new Map([...byName].map(([name, all]) => [name, all.map(({ employeeId }) => employeeId)])),
    accounts: new Map(
      accounts?.flatMap((one) => one.names.map((name) => [accountNameOf(name), one] as const)),
    ),
  }
}

function takeFree(
  { employeeId, free }: { readonly employeeId: string; readonly free: string[] },
  candidates: readonly string[],
  { employees, accounts }: Owners,
  given: Set<string>,
): void {
  for (const name of candidates) {
    if (free.length === PROPOSED) return
    const form = accountNameOf(name)
    const isOfAnother = employees.get(form)?.some((one) => one !== employeeId) ?? false
    if (given.has(form) || isOfAnother || accounts.has(form)) continue
    given.add(form)
    free.push(name)
  }
}

function ownerOf(
  { taken, employeeId }: Pick<NameProposal, 'taken' | 'employeeId'>,
  { employees, accounts }: Owners,
): NameOwner | null {
  const form = accountNameOf(taken ?? '')
  const account = accounts.get(form)
  if (account) return { kind: 'account', objectId: account.objectId, employeeId: account.employeeId }
  const other = employees.get(form)?.find((one) => one !== employeeId)
  return other === undefined ? null : { kind: 'employee', employeeId: other }
}
