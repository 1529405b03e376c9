import { EXIT_CODES, RollcallError } from '../../../core/errors.ts'
import type { BrakeDecided } from '../../../core/ledger/port/plan.ts'
import { confirmedOfMany } from '../../support/options/confirm.ts'
import { employeeOf } from '../../support/employees.ts'
import { printLines, say } from '../../support/output.ts'

/** What a release and a refusal have in common. */
export interface OrderOptions {
  readonly file?: string | undefined
  readonly dryRun: boolean
  readonly yes: boolean
  readonly actor: string
  readonly justification: string
}

/**
 * The employees that a command names, as arguments or one a line in a file; `null` when it names
 * none. Throws `ArgumentInvalid` for a file without an id.
 */
export async function employeesOf(
  named: readonly string[],
  file: string | undefined,
): Promise<readonly string[] | null> {
  if (file === undefined) return named.length === 0 ? null : named.map(employeeOf)
  const { checkFiles, numberedLines } = await import('../../../compose/files.ts')
  checkFiles({ readable: { '--file': file } })
  const listed: string[] = []
  for await (const { text } of numberedLines(file)) listed.push(employeeOf(text))
  if (listed.length === 0)
    throw new RollcallError('ArgumentInvalid', '--file names no employee; write one employee id a line')
  return [...named.map(employeeOf), ...listed]
}

/** Asks before an order for everyone of `held`. */
export async function confirmedForAll(
  held: readonly string[],
  verb: 'release' | 'refuse',
  { yes }: Pick<OrderOptions, 'yes'>,
): Promise<boolean> {
  const what = `${verb} all ${held.length} employees who are held`
  return yes || confirmedOfMany(held.length, { what, yes, dryRun: true })
}

const NAMED = 20

/** Names the employees that the order did nothing for. Returns the exit code. */
export function sayNotBraked({ employees, notBraked }: BrakeDecided): number {
  if (notBraked.length === 0) return EXIT_CODES.done
  const more = notBraked.length > NAMED ? ` and ${notBraked.length - NAMED} more` : ''
  say(`the brake does not hold ${notBraked.slice(0, NAMED).join(', ')}${more}: rollcall explain EMPLOYEE`)
  return employees === 0 ? EXIT_CODES.notFound : EXIT_CODES.partial
}

/** What holds afterwards. */
export function printAfter({ stillHeld, judged }: BrakeDecided, refusal: boolean): void {
  if (stillHeld > 0) printLines(`${stillHeld} employees are still held: rollcall brake status`)
  else if (judged) printLines('none is held any more; what went before no longer counts')
  else if (refusal)
    printLines('none is held any more; what went before counts on until rollcall brake release')
}
