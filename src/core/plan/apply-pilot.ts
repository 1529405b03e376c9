import type { Ledger } from '../ledger/ledger.ts'
import type { Runtime } from '../runtime.ts'
import { NO_PILOT, type Pilot } from './pilot.ts'

const EMPLOYEES_AT_ONCE = 1_000

/**
 * Puts the pilot in force, before anything is planned or sent: nothing that was planned by another
 * pilot is sent. An interrupted call is repeated at the next start.
 */
export async function applyPilot(
  ledger: Pick<Ledger, 'replanForPilot'>,
  pilot: Pilot | null,
  runtime: Pick<Runtime, 'now' | 'log'>,
): Promise<void> {
  const mark = pilot?.mark ?? NO_PILOT
  let employees = 0
  for (let after: string | null = null; ;) {
    const page = await ledger.replanForPilot({ mark, after, limit: EMPLOYEES_AT_ONCE, now: runtime.now() })
    employees += page.replanned
    if (page.next === null) break
    after = page.next
  }
  if (employees > 0)
    runtime.log.info('pilot.applied', { pilot: pilot !== null, employees, what: 'they are planned again' })
}
