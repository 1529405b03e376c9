import type { Routing } from '../destinations/routing.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Runtime } from '../runtime.ts'
import { markOf, NO_PILOT, type Pilot } from './pilot.ts'

const EMPLOYEES_AT_ONCE = 1_000

/** Which employees are sent, and where. */
export interface SendingRules {
  readonly pilot: Pilot | null
  /** `null`: there is one destination. */
  readonly destinations?: { readonly routing: Pick<Routing, 'text'> } | null
}

/**
 * Puts the pilot and the rules of the destinations in force, before anything is planned or sent:
 * nothing that was planned by other rules is sent. An interrupted call is repeated at the next
 * start.
 */
export async function applyRules(
  ledger: Pick<Ledger, 'replanForPilot'>,
  rules: SendingRules,
  runtime: Pick<Runtime, 'now' | 'log' | 'digest'>,
): Promise<void> {
  const mark = markOfRules(rules, runtime)
  let employees = 0
  for (let after: string | null = null; ;) {
    const page = await ledger.replanForPilot({ mark, after, limit: EMPLOYEES_AT_ONCE, now: runtime.now() })
    employees += page.replanned
    if (page.next === null) break
    after = page.next
  }
  if (employees > 0)
    runtime.log.info('pilot.applied', {
      pilot: rules.pilot !== null,
      employees,
      what: 'they are planned again',
    })
}

/** The same rules have the same mark. */
function markOfRules({ pilot, destinations }: SendingRules, { digest }: Pick<Runtime, 'digest'>): number {
  const mark = pilot?.mark ?? NO_PILOT
  if (!destinations) return mark
  return markOf(JSON.stringify([mark, destinations.routing.text]), digest)
}
