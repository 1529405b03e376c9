import { EXIT_CODES } from '../../../core/errors.ts'
import { employeeNamed, nearlyMatching } from '../../support/employees.ts'
import { withLedger } from '../../support/ledger.ts'
import { expectTexts } from '../../support/options/texts.ts'
import { type Format, printJson, say } from '../../support/output.ts'

export interface SendOptions {
  readonly actor: string
  readonly justification: string
  readonly output: Format
}

/** Has employees planned now. Exit 4 when the ledger knows none of them. */
export function orderSending(
  environment: NodeJS.ProcessEnv,
  names: readonly string[],
  { again, actor, justification, output }: SendOptions & { readonly again: boolean },
): Promise<number> {
  expectTexts({ actor, justification })
  return withLedger(
    environment,
    async (ledger) => {
      const asked: string[] = []
      for (const name of names) asked.push(await employeeNamed(ledger, name))
      const employees = await ledger.orderSending(
        { employees: asked, again, actor, justification },
        Date.now(),
      )
      if (output === 'json') printJson({ employees, actor, justification })
      else if (employees.length > 0)
        say(
          `${employees.join(', ')}: ${again ? 'sent once more' : 'planned now'}, requested by ${actor}: ${justification}`,
          'quota, brake, pilot and blocks still hold; rollcall explain says what is left to happen',
        )
      for (const id of asked)
        if (!employees.includes(id)) say(`the ledger does not know ${id}${await nearlyMatching(ledger, id)}`)
      return employees.length === 0 ? EXIT_CODES.notFound : EXIT_CODES.done
    },
    'write',
  )
}
