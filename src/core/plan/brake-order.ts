import type { Ledger } from '../ledger/ledger.ts'
import { rowsOf } from '../ledger/pages.ts'
import type { BrakeDecided, BrakedCursor, BrakedEmployee, BrakedQuery } from '../ledger/port/plan.ts'

type BrakedReader = Pick<Ledger, 'listBraked'>

/** Rows of one transaction. */
const PAGE = 1_000

/** The employees that are held or refused, those who wait longest first. */
export function brakedEmployees(
  ledger: BrakedReader,
  state: BrakedQuery['state'],
): AsyncGenerator<BrakedEmployee> {
  return rowsOf<BrakedEmployee, BrakedCursor>(async (from) => {
    const { employees: rows, next } = await ledger.listBraked({ state, next: from, limit: PAGE })
    return { rows, next }
  })
}

/**
 * The ids of everyone who is held now. An order for all of them is given for these ids, so that it
 * does not cover an employee who is held after the operator was asked.
 */
export async function heldEmployees(ledger: BrakedReader): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const { employeeId } of brakedEmployees(ledger, 'held')) ids.push(employeeId)
  return ids
}

/** What an order would do that covers those of `employees` who are in one of `states`. */
export async function previewOrder(
  ledger: BrakedReader,
  employees: readonly string[],
  states: readonly BrakedQuery['state'][],
): Promise<BrakeDecided> {
  const held = new Set(await heldEmployees(ledger))
  const found = new Set<string>(employees.filter((id) => held.has(id)))
  const stillHeld = held.size - found.size
  if (states.includes('refused')) {
    const asked = new Set(employees)
    for await (const { employeeId } of brakedEmployees(ledger, 'refused'))
      if (asked.has(employeeId)) found.add(employeeId)
  }
  const notBraked = [...new Set(employees)].filter((id) => !found.has(id))
  return { employees: found.size, notBraked, stillHeld, judged: stillHeld === 0 }
}
