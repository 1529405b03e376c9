import type { ConnectionAnswer } from '../../../core/connections/connection.ts'
import { answerInWords } from '../../../core/connections/words.ts'
import type { EmployeeTrace } from '../../../core/ledger/port/views/trace.ts'
import type { Visitor } from '../../access/visitor.ts'
import { hidden } from '../acts/confirm.ts'
import { actionForm, justificationField } from '../forms.ts'
import { sentence } from '../layout.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'

/** Asks the service which account the provisioning job has for the employee, or says its answer. */
export function connectionView(
  employee: EmployeeTrace['employee'],
  answer: ConnectionAnswer | null,
  visitor: Visitor,
): Markup {
  if (answer !== null) {
    const name = answer.kind === 'found' ? answer.connection.displayName : null
    return markup`<p class="values" role="status">Asked just now: ${sentence(answerInWords(answer, employee))}${name === null ? NOTHING : markup` The account is called ${name}.`}</p>`
  }
  const form = actionForm(visitor, {
    path: '/employee/connection',
    label: 'Ask the service',
    fields: markup`<p class="quiet">Reads the object connection of the employee, a preview of Microsoft Graph that needs a permission. It has no date, and proves no record.</p>${hidden({ employee: employee.id })}${justificationField('connection-why')}`,
    quiet: true,
  })
  return markup`<details><summary>Ask which account the provisioning job has</summary>${form}</details>`
}
