import type { Ledger } from '../ledger/ledger.ts'
import type { LeaverCase, LeaverPage } from '../ledger/port/leavers.ts'
import type { FoldRules } from '../plan/fold/rules.ts'
import { type Assessment, assessLeaver } from './assess.ts'
import type { LeaverCause } from './causes.ts'

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
  /** Only cases behind this one; `null` and by default: from the first. */
  readonly after?: number | null
}

/** Cases read in one transaction. */
const PAGE = 200

/** The cases that are open at `now`, oldest first. */
export async function* openCases(
  ledger: Pick<Ledger, 'listOpenLeavers'>,
  { now, employeeId, fold, after = null }: OpenCasesQuery,
): AsyncGenerator<OpenCase> {
  let next = after
  do {
    const page: LeaverPage = await ledger.listOpenLeavers({ dueBy: null, employeeId, next, limit: PAGE })
    for (const view of page.leavers) {
      const assessment = assessLeaver(view, now, fold)
      if (assessment.kind === 'open') yield { leaverCase: view.leaverCase, assessment }
    }
    next = page.next
  } while (next !== null)
}

export interface OpenCasesPage {
  readonly cases: readonly OpenCase[]
  /** Where the next page begins (`after`); `null` on the last one. */
  readonly next: number | null
  /** The page ends early, because too many cases were read without a match. */
  readonly capped: boolean
}

/** Cases that a page with a filter looks at, at most: each is assessed again. */
const MOST_LOOKED_AT = 2_000

/** A page of the open cases: with one cause, or with any (`null`). */
export async function openCasesPage(
  ledger: Pick<Ledger, 'listOpenLeavers'>,
  query: OpenCasesQuery & { readonly cause: LeaverCause | null; readonly limit: number },
): Promise<OpenCasesPage> {
  const cases: OpenCase[] = []
  let [looked, last] = [0, query.after ?? null]
  for await (const one of openCases(ledger, query)) {
    if (cases.length === query.limit) return { cases, next: last, capped: false }
    if (looked === MOST_LOOKED_AT) return { cases, next: last, capped: true }
    looked += 1
    last = one.leaverCase.id
    if (query.cause === null || one.assessment.cause === query.cause) cases.push(one)
  }
  return { cases, next: null, capped: false }
}
