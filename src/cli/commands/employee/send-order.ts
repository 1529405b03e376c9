import { EXIT_CODES } from '../../../core/errors.ts'
import type { Ledger } from '../../../core/ledger/ledger.ts'
import type { SendOrder } from '../../../core/ledger/port/plan.ts'
import { nearlyMatching } from '../../support/employees.ts'
import { type Format, printJson, say } from '../../support/output.ts'

/** Has employees planned now. Exit 4 when the ledger knows none of them. */
export async function orderSending(ledger: Ledger, order: SendOrder, output: Format): Promise<number> {
  const { again, actor, justification } = order
  const employees = await ledger.orderSending(order, Date.now())
  if (output === 'json') printJson({ employees, actor, justification })
  else if (employees.length > 0)
    say(
      `${employees.join(', ')}: ${again ? 'sent once more' : 'planned now'}, requested by ${actor}: ${justification}`,
      'quota, brake, pilot and blocks still hold; rollcall explain says what is left to happen',
    )
  for (const id of order.employees)
    if (!employees.includes(id)) say(`the ledger does not know ${id}${await nearlyMatching(ledger, id)}`)
  return employees.length === 0 ? EXIT_CODES.notFound : EXIT_CODES.done
}
