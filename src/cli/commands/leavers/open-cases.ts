import type { Config } from '../../../config/load.ts'
import type { Ledger } from '../../../core/ledger/ledger.ts'
import type { OpenCase, OpenCasesQuery } from '../../../core/leavers/open-cases.ts'
import { DAY_MS } from '../../../core/runtime.ts'

/**
 * The cases that are open at `now` by these rules, oldest first: of one employee, or of all
 * (`null`).
 */
export async function* openCases(
  ledger: Ledger,
  config: Config,
  query: Pick<OpenCasesQuery, 'now' | 'employeeId'>,
): AsyncGenerator<OpenCase> {
  const [{ planRules }, leavers] = await Promise.all([
    import('../../../compose/rules.ts'),
    import('../../../core/leavers/open-cases.ts'),
  ])
  yield* leavers.openCases(ledger, { ...query, fold: planRules(config).fold })
}

export function ageOf(ms: number): string {
  const hours = Math.max(0, Math.floor((ms * 24) / DAY_MS))
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`
}
