import type { Config } from '../../config/load.ts'
import { EXIT_CODES } from '../../core/errors.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import { nameOf } from '../../core/leavers/case-name.ts'
import { lateSince } from '../../core/leavers/overdue.ts'
import { shortened } from '../../core/display/visible.ts'
import { iso } from '../support/instants.ts'
import { say } from '../support/output.ts'
import { span } from '../../core/display/span.ts'
import { openCases } from '../commands/leavers/open-cases.ts'

/** What `status --strict` fails for, besides books that do not balance. */
export interface StrictResult {
  readonly leaverLimitMs: number
  /** Open leaver cases past the limit. */
  readonly leaversPastLimit: number
  /** The first of them. */
  readonly oldest: readonly LateLeaver[]
  /** Open findings. */
  readonly findings: number
}
interface LateLeaver {
  readonly case: string
  readonly employee: string
  readonly cause: string
  /** ISO 8601: opened, or effective where that is later. */
  readonly since: string
}

/** The most late leavers that are named. */
const NAMED = 5

/** Looks at every open leaver case. One that only waits for its date is never late. */
export async function readStrict(
  ledger: Ledger,
  config: Config,
  {
    now,
    leaverLimitMs,
    findings,
  }: { readonly now: number; readonly leaverLimitMs: number; readonly findings: number },
): Promise<StrictResult> {
  const late: { readonly at: number; readonly leaver: LateLeaver }[] = []
  for await (const { leaverCase, assessment } of openCases(ledger, config, { now, employeeId: null })) {
    const at = lateSince(leaverCase, assessment)
    if (at === null || now - at <= leaverLimitMs) continue
    const { id, employeeId } = leaverCase
    late.push({
      at,
      leaver: { case: nameOf(id), employee: employeeId, cause: assessment.cause, since: iso(at) },
    })
  }
  late.sort((one, other) => one.at - other.at)
  return {
    leaverLimitMs,
    leaversPastLimit: late.length,
    oldest: late.slice(0, NAMED).map(({ leaver }) => leaver),
    findings,
  }
}

/** Says on stderr what is wrong. Books that do not balance decide the exit code before the rest. */
export function sayStrict(strict: StrictResult, wrong: readonly string[]): number {
  for (const one of wrong) say(`strict: the books do not balance: ${one}`)
  if (strict.leaversPastLimit > 0) {
    const named = strict.oldest.map(({ employee, cause }) => `${shortened(employee)} (${cause})`).join(', ')
    const more = strict.leaversPastLimit > NAMED ? ' …' : ''
    say(
      `strict: ${strict.leaversPastLimit === 1 ? '1 leaver case is' : `${strict.leaversPastLimit} leaver cases are`} open for more than ${span(strict.leaverLimitMs)}: ${named}${more}; see rollcall leavers`,
    )
  }
  if (strict.findings > 0)
    say(
      `strict: ${strict.findings === 1 ? '1 finding is' : `${strict.findings} findings are`} open; see rollcall findings`,
    )
  if (wrong.length > 0) return EXIT_CODES.unbalanced
  return strict.leaversPastLimit + strict.findings > 0 ? EXIT_CODES.attention : EXIT_CODES.done
}
