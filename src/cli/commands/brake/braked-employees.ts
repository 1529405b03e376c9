import type { Ledger } from '../../../core/ledger/ledger.ts'
import type { BrakedCursor, BrakedEmployee, BrakedPage, BrakedQuery } from '../../../core/ledger/port/plan.ts'

/** Rows of one transaction. */
const PAGE = 1_000

/** The employees that are held or refused, those who wait longest first. */
export async function* brakedEmployees(
  ledger: Pick<Ledger, 'listBraked'>,
  state: BrakedQuery['state'],
): AsyncGenerator<BrakedEmployee> {
  let next: BrakedCursor | null = null
  do {
    const page: BrakedPage = await ledger.listBraked({ state, next, limit: PAGE })
    yield* page.employees
    next = page.next
  } while (next !== null)
}
