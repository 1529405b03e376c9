import { readInForce } from '../../../compose/instance/in-force.ts'
import { planRules } from '../../../compose/rules.ts'
import { knownDestinations } from '../../../compose/destinations/list.ts'
import type { AccessAnswer } from '../../../core/explain/access.ts'
import { findByReference } from '../../../core/explain/find.ts'
import { readAnswer } from '../../../core/explain/read.ts'
import { employeeIdOf } from '../../../core/intake/event/employee-id.ts'
import type { EmployeeTrace, TraceCursor } from '../../../core/ledger/port/views/trace.ts'
import { type AttributeExplanation, explainAttributes } from '../../../core/plan/explain.ts'
import type { ConsoleContext, ConsoleLedger } from '../context.ts'

/** Events and operations of one page. */
const PAGE = 20

export interface EmployeePage {
  readonly answer: AccessAnswer
  /** `null` when the id is known from a refused message or an erasure only. */
  readonly trace: EmployeeTrace | null
  readonly attributes: readonly AttributeExplanation[]
  /** `null` on the last page. */
  readonly next: TraceCursor | null
}

/** `null` for an id that the ledger does not know. */
export async function readEmployee(
  ledger: ConsoleLedger,
  employeeId: string,
  next: TraceCursor | null,
  { config: own, now }: Pick<ConsoleContext, 'config' | 'now'>,
): Promise<EmployeePage | null> {
  const at = now()
  const { config, speaker } = await readInForce(ledger, own, at)
  const rules = planRules(config)
  const { fold } = rules
  const destinations = knownDestinations(config)
  const answer = await readAnswer(ledger, employeeId, {
    now: at,
    ...(fold ? { fold } : {}),
    destinations,
    running: speaker?.loops.includes('provision') ?? false,
  })
  if (answer === null) return null
  const found = await ledger.readTrace(employeeId, { since: null, limit: PAGE, next })
  // The id may also be that of an event, of another employee.
  const trace = found && [found, ...found.others].find(({ employee }) => employee.id === employeeId)
  const { employee = null } = (await ledger.readAccess(employeeId, at)) ?? {}
  const attributes = employee === null ? [] : explainAttributes(employee, at, rules)
  return { answer, trace: trace ?? null, attributes, next: found?.next ?? null }
}

/** The employees that a text leads to, and known ids that nearly match when there are none. */
export async function searchEmployees(
  ledger: ConsoleLedger,
  text: string,
  now: number,
): Promise<{ readonly found: readonly string[]; readonly similar: readonly string[] }> {
  const named = await ledger.findEmployeeIds(text)
  if (named.length > 1) return { found: named, similar: [] }
  const views = await findByReference(
    ledger,
    text,
    (reference) => ledger.findEmployees(reference),
    ({ length }) => length > 0,
  )
  const found = [...new Set(views.map(({ employee }) => employee.employeeId))]
  if (found.length > 0) return { found, similar: [] }
  // A refused message may be all that names the employee.
  const employeeId = employeeIdOf(text)
  if ((await ledger.readAccess(employeeId, now)) !== null) return { found: [employeeId], similar: [] }
  return { found: [], similar: await ledger.findNearMatches(employeeId) }
}
