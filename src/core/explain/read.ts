import type { Ledger } from '../ledger/ledger.ts'
import type { AccessAnswer } from './access.ts'
import { type AccessContext, explainAccess } from './answer.ts'

/** Why the employee has access or has none; `null` for an id that the ledger does not know. */
export async function readAnswer(
  ledger: Pick<Ledger, 'readAccess'>,
  employeeId: string,
  context: AccessContext,
): Promise<AccessAnswer | null> {
  const facts = await ledger.readAccess(employeeId, context.now)
  return facts && explainAccess(facts, context)
}
