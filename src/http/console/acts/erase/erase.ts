import { isSharedLedger } from '../../../../compose/ledger/open.ts'
import { erasureInWords, JUSTIFICATIONS_STAY, valuesLeft } from '../../../../core/display/erasure.ts'
import type { AccessAnswer } from '../../../../core/explain/access.ts'
import { leftInWords } from '../../../../core/explain/moves.ts'
import { directoryInWords } from '../../../../core/explain/words.ts'
import type { ConsoleContext } from '../../context.ts'
import { employeeHref } from '../../employee/href.ts'
import { readEmployee } from '../../employee/read.ts'
import { sentence } from '../../layout.ts'
import { type Markup, markup } from '../../markup.ts'
import { type Times, timesAt } from '../../times.ts'
import type { Asked, Result } from '../asked.ts'
import { confirmed, fingerprint } from '../confirm.ts'

/** Erases what the ledger holds about an employee, once the id has been typed again. */
export async function eraseEmployee(asked: Asked, context: ConsoleContext): Promise<Result> {
  const { form, ledger, actor, now } = asked
  const [employeeId = ''] = form.all('employee')
  const found = await readEmployee(ledger, employeeId, null, context)
  if (found === null || found.trace === null) return NOTHING_ERASED
  const { answer } = found
  const question = {
    path: '/employee/erase',
    title: `Erase employee ${employeeId}?`,
    facts: factsOf(answer, timesAt(answer.at, context.zone)),
    label: 'Erase',
    count: 1,
    typed: { text: employeeId, called: 'the employee id' },
    seen: fingerprint([employeeId, answer.directory.kind, answer.hr.kind]),
    fields: { employee: employeeId },
    back: employeeHref(employeeId),
    current: null,
  } as const
  return confirmed(asked, question, async (justification) => {
    const erased = await ledger.eraseEmployee({ employeeId, actor, justification }, now)
    if (erased === null) return NOTHING_ERASED
    const left = valuesLeft(erased, isSharedLedger(context.config))
    const said = [sentence(erasureInWords(erased)), JUSTIFICATIONS_STAY, ...(left === null ? [] : [left])]
    // A page that shows a message ends it. The page of the employee is not there any more.
    return { done: said.join(' ').replace(/\.$/, ''), to: '/audit?action=erase' }
  })
}

function factsOf({ directory, place }: AccessAnswer, times: Times): Markup {
  return markup`<p>Everything that the ledger holds about this employee is removed for good: events, operations, values, and the messages that the events came in. The audit trail stays and names the employee by a hash.</p>
<p><strong>The account stays as it is:</strong> ${directoryInWords(directory, times.text, place)}.</p>
${(place?.left ?? []).map((account) => markup`<p>So does an account that the employee left: ${leftInWords(account, times.text)}.</p>`)}`
}

const NOTHING_ERASED = {
  refused: 'Nothing was erased',
  fix: 'The ledger holds no event of this employee.',
  to: '/search',
} as const
