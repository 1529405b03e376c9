import type { Ledger } from '../ledger/ledger.ts'
import type { AccessAnswer } from './access.ts'
import { type AccessContext, explainAccess } from './answer.ts'
import type { CallLimits } from '../ledger/port/submit.ts'

/** The destinations of the running connector. */
export interface KnownDestinations {
  /** Whether there are several, so that each has to be named. */
  readonly several: boolean
  /** By destination, the quota that its calls count in. */
  readonly quotas: Readonly<Record<string, string>>
  /** By default, those of the first. */
  limitsOf(destination: string | null): CallLimits
}

/** Why the employee has access or has none; `null` for an id that the ledger does not know. */
export async function readAnswer(
  ledger: Pick<Ledger, 'readAccess'>,
  employeeId: string,
  {
    destinations: { several, quotas, limitsOf },
    ...context
  }: Omit<AccessContext, 'limits' | 'several'> & { readonly destinations: KnownDestinations },
): Promise<AccessAnswer | null> {
  const facts = await ledger.readAccess(employeeId, context.now, quotas)
  return facts && explainAccess(facts, { ...context, several, limits: limitsOf(facts.destination) })
}
