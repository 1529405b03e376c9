import type { Store } from '../../compose/dead-letters/stores.ts'
import { RollcallError } from '../../core/errors.ts'
import { DEAD_LETTER_REASONS, type DeadLetterSelection } from '../../core/report/dead-letters/dead-letter.ts'
import type { Found, SelectionRequest } from '../../core/report/dead-letters/selection/select.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import { shortened } from '../../core/display/visible.ts'
import { employeeNamed, employeeOrNull, nearlyMatching } from '../support/employees.ts'
import { say } from '../support/output.ts'
import { sinceOrNull } from '../support/options/instant-option.ts'

export interface SelectionOptions {
  readonly reason?: string
  readonly code?: string
  readonly type?: string
  readonly employee?: string
  readonly since?: string
  readonly until?: string
  readonly store?: Store
  readonly archived?: boolean
}

/** The employee is as written: see `withEmployee`. Throws `ArgumentInvalid`, naming the option. */
export function selectionOf(options: SelectionOptions): DeadLetterSelection {
  const { reason, code, type, employee, since, until } = options
  const now = Date.now()
  const known = DEAD_LETTER_REASONS.find((one) => one === reason)
  if (reason !== undefined && !known)
    throw new RollcallError('ArgumentInvalid', `--reason takes one of ${DEAD_LETTER_REASONS.join(', ')}`)
  return {
    reason: known ?? null,
    code: code ?? null,
    type: type ?? null,
    employeeId: employeeOrNull(employee),
    since: sinceOrNull('--since', since, now),
    until: sinceOrNull('--until', until, now),
  }
}

/**
 * The selection with the id of the employee who was named: by id, Entra object id, user name or
 * mail address. Without a ledger, every text is taken for an id. Throws `EmployeeAmbiguous`.
 */
export async function withEmployee(
  selection: DeadLetterSelection,
  findEmployeeIds: Ledger['findEmployeeIds'] | null,
): Promise<DeadLetterSelection> {
  const { employeeId } = selection
  if (employeeId === null || findEmployeeIds === null) return selection
  return { ...selection, employeeId: await employeeNamed({ findEmployeeIds }, employeeId) }
}

export async function requestOf(
  ids: readonly string[],
  options: SelectionOptions & { readonly max: number },
  { findEmployeeIds }: Pick<Ledger, 'findEmployeeIds'>,
): Promise<SelectionRequest> {
  const { archived = false, max } = options
  return { ids, selection: await withEmployee(selectionOf(options), findEmployeeIds), archived, max }
}

/** The only store to open; `null` for both. Ids of ledger dead letters do not need the bus. */
export function storeOf(ids: readonly string[], { store }: SelectionOptions): Store | null {
  if (store !== undefined) return store
  return ids.length > 0 && ids.every((id) => id.startsWith('dl-')) ? 'ledger' : null
}

/** Says that nothing was found. A misspelt id finds nothing, and that would look like good news. */
export async function sayNearlyMatching(
  ledger: Pick<Ledger, 'findNearMatches'> | null,
  employee: string | undefined,
): Promise<void> {
  const candidates = ledger && employee !== undefined ? await nearlyMatching(ledger, employee) : ''
  if (candidates !== '') say(`no dead letter is about this employee${candidates}`)
}

/** Reports ids that were not found, and that more dead letters fit than `--max`. */
export function sayFound({ selected, more, missing }: Found, max: number): void {
  if (more) say(`more than ${max} dead letters fit: the first ${max} are used, --max allows more`)
  for (const id of missing) say(`${shortened(id)} is no longer a dead letter`)
  if (selected.length === 0) say('no dead letter fits; rollcall dead-letters list shows all of them')
}
