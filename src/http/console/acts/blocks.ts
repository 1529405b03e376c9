import { RollcallError } from '../../../core/errors.ts'
import { findNamed } from '../../../core/explain/find.ts'
import { futureInstantIn } from '../../../core/instants.ts'
import { ownPage } from '../../access/routes.ts'
import { type Asked, justificationOf, type Result } from './asked.ts'
import { employeeHref } from '../employee/href.ts'

/** Keeps an employee disabled whatever HR says. */
export async function blockEmployee(asked: Asked): Promise<Result> {
  const { form, ledger, actor, now } = asked
  const justification = justificationOf(form)
  const employeeId = await employeeIn(asked)
  const until = untilIn(form.text('until'), now)
  const [blocked] = await ledger.blockEmployees([{ employeeId, until, actor, justification }], now)
  const end = until === null ? 'until the block is lifted' : `until ${new Date(until).toISOString()}`
  const { known = true, candidates = [] } = blocked ?? {}
  const unknown = known
    ? ''
    : '. The ledger has no event of this employee yet; the block holds for the first one'
  const nearly =
    candidates.length === 0
      ? ''
      : `. Known ids that nearly match: ${candidates.join(', ')}; lift this block if you meant another`
  return { done: `${employeeId} is blocked ${end}${unknown}${nearly}`, to: pageIn(asked, employeeId) }
}

/** Lifts a block: the employee is sent as HR says again. */
export async function unblockEmployee(asked: Asked): Promise<Result> {
  const { form, ledger, actor, now } = asked
  const justification = justificationOf(form)
  const employeeId = await employeeIn(asked)
  const to = pageIn(asked, employeeId)
  const lifted = await ledger.unblockEmployee({ employeeId, actor, justification }, now)
  return lifted
    ? { done: `The block of ${employeeId} is lifted`, to }
    : { refused: 'Nothing was done', fix: `No block of ${employeeId} is in force.`, to }
}

async function employeeIn({ form, ledger }: Asked): Promise<string> {
  const given = form.text('employee')
  if (given === null) throw new RollcallError('ArgumentInvalid', 'name the employee by the id that HR uses')
  const employeeId = await findNamed(ledger, given)
  if (employeeId === '')
    throw new RollcallError('ArgumentInvalid', 'name the employee by the id that HR uses')
  // A block of a mail address would hold for no employee, and the address would go into the audit
  // trail.
  if (employeeId.includes('@'))
    throw new RollcallError(
      'ArgumentInvalid',
      'no employee has this user name or mail address; name the employee by the id that HR uses',
    )
  return employeeId
}

const pageIn = ({ form }: Asked, employeeId: string): string =>
  ownPage(form.text('to') ?? employeeHref(employeeId))

/** As the field of the form says it: a day, an instant, or how far away it is. */
function untilIn(text: string | null, now: number): number | null {
  if (text === null) return null
  const at = futureInstantIn(text, now)
  if (at !== null) return at
  throw new RollcallError(
    'ArgumentInvalid',
    'the end of the block must be a day, an instant or a duration in the future, as in 2027-01-31, 2027-01-31T08:00:00Z or 30d',
  )
}
