import type { Ledger } from '../../../core/ledger/ledger.ts'
import type { BrakedCursor, BrakedEmployee, BrakedQuery } from '../../../core/ledger/port/plan.ts'
import { rowsOf } from '../../support/list/print.ts'

/** Rows of one transaction. */
const PAGE = 1_000

/** The employees that are held or refused, those who wait longest first. */
export function brakedEmployees(
  ledger: Pick<Ledger, 'listBraked'>,
  state: BrakedQuery['state'],
): AsyncGenerator<BrakedEmployee> {
  return rowsOf<BrakedEmployee, BrakedCursor>(async (from) => {
    const { employees: rows, next } = await ledger.listBraked({ state, next: from, limit: PAGE })
    return { rows, next }
  })
}
