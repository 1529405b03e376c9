import type { AccountHolder, AccountKeys } from '../ledger/port/directory.ts'
import type { ScimUser } from '../model.ts'
import { parseRecord } from '../plan/mapping/record.ts'
import { ENTERPRISE_USER } from '../plan/mapping/scim.ts'
import type { Account } from '../ports.ts'
import { type Cleared, isNotCleared, notCleared, sentAt } from './attributes.ts'

/** The place of the manager in a record, which names the employee id. */
export const MANAGER = `${ENTERPRISE_USER}:manager.value`

/** The accounts of managers, as far as the ledger knows them. */
export interface Managers {
  /** Object ids by employee id. */
  readonly objects: ReadonlyMap<string, string>
  /** Object ids that belong to an employee. */
  readonly known: ReadonlySet<string>
}

/** What to ask the ledger: the managers that accounts hold, and those that records name. */
export function managerKeys(
  accounts: readonly Account[],
  holders: readonly AccountHolder[],
): readonly AccountKeys[] {
  const held = new Set(accounts.flatMap(({ manager }) => manager ?? []))
  if (accounts.every(({ manager }) => manager === undefined)) return []
  const sent = new Set(
    holders.flatMap(({ accepted }) => {
      const named = accepted?.active ? sentAt(parseRecord(accepted.record), MANAGER) : null
      return named?.kind === 'value' ? named.text : []
    }),
  )
  return [
    ...[...held].map((objectId) => ({ objectId, employeeId: null, userName: null })),
    ...[...sent].map((employeeId) => ({ objectId: '', employeeId, userName: null })),
  ]
}

export function managersOf(holders: readonly AccountHolder[]): Managers {
  const objects = new Map(
    holders.flatMap(({ employeeId, objectId }) => (objectId === null ? [] : [[employeeId, objectId]])),
  )
  return { objects, known: new Set(objects.values()) }
}

/**
 * How the manager of an account differs from the record, as the finding says it; nothing where it
 * does not, or where it was not read. While the account of the manager who was sent is not known,
 * only one of another employee is a difference.
 */
export function differingManager(
  record: ScimUser,
  { manager }: Pick<Account, 'manager'>,
  { managers, cleared }: { readonly managers: Managers; readonly cleared: Cleared },
): readonly string[] {
  if (manager === undefined) return []
  const sent = sentAt(record, MANAGER)
  if (sent.kind !== 'value') return isNotCleared(MANAGER, sent, manager, cleared) ? [notCleared(MANAGER)] : []
  const wanted = managers.objects.get(sent.text)
  const differs =
    manager === null || (wanted === undefined ? managers.known.has(manager) : wanted !== manager)
  return differs ? [MANAGER] : []
}
