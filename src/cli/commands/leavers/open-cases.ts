import type { Config } from '../../../config/load.ts'
import { RollcallError } from '../../../core/errors.ts'
import type { Assessment } from '../../../core/leavers/assess.ts'
import type { LeaverCase } from '../../../core/ledger/port/leavers.ts'
import type { Ledger } from '../../../core/ledger/ledger.ts'
import { DAY_MS } from '../../../core/runtime.ts'

/** A leaver case that is open now. */
export interface OpenCase {
  readonly leaverCase: LeaverCase
  readonly assessment: Extract<Assessment, { kind: 'open' }>
}

/** Cases read in one transaction. */
const PAGE = 200

/** The cases that are open at `now`, oldest first: of one employee, or of all (`null`). */
export async function* openCases(
  ledger: Ledger,
  config: Config,
  { now, employeeId }: { readonly now: number; readonly employeeId: string | null },
): AsyncGenerator<OpenCase> {
  const [{ planRules }, { assessLeaver }] = await Promise.all([
    import('../../../compose/rules.ts'),
    import('../../../core/leavers/assess.ts'),
  ])
  const { fold } = planRules(config)
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

/** A case by the name that `leavers list` prints. */
export const nameOf = (id: number): string => `leaver-${id}`

export function ageOf(ms: number): string {
  const hours = Math.max(0, Math.floor((ms * 24) / DAY_MS))
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`
}

/** Throws `ArgumentInvalid` for an actor or justification that is blank. */
export function expectTexts(texts: { readonly actor: string; readonly justification: string }): void {
  const { actor, justification } = texts
  for (const [option, text] of Object.entries({ actor, justification }))
    if (text.trim() === '') throw new RollcallError('ArgumentInvalid', `--${option} must not be blank`)
}
