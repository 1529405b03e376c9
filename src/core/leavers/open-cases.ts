import type { Ledger } from '../ledger/ledger.ts'
import type { LeaverCase } from '../ledger/port/leavers.ts'
import type { FoldRules } from '../plan/fold/rules.ts'
import { type Assessment, assessLeaver } from './assess.ts'

/** A leaver case that is open now. */
export interface OpenCase {
  readonly leaverCase: LeaverCase
  readonly assessment: Extract<Assessment, { kind: 'open' }>
}

export interface OpenCasesQuery {
  readonly now: number
  /** `null`: of all employees. */
  readonly employeeId: string | null
  readonly fold?: FoldRules | undefined
}

/** Cases read in one transaction. */
const PAGE = 200

/** The cases that are open at `now`, oldest first. */
export async function* openCases(
  ledger: Pick<Ledger, 'listOpenLeavers'>,
  { now, employeeId, fold }: OpenCasesQuery,
): AsyncGenerator<OpenCase> {
  let next: number | null = null
  do {
    const page = await ledger.listOpenLeavers({ dueBy: null, employeeId, next, limit: PAGE })
    for (const view of page.leavers) {
      const assessment = assessLeaver(view, now, fold)
      if (assessment.kind === 'open') yield { leaverCase: view.leaverCase, assessment }
    }
    next = page.next
  } while (next !== null)
}
