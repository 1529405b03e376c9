import type { AccessAnswer } from '../../../core/explain/access.ts'
import type { EmployeeTrace } from '../../../core/ledger/port/views/trace.ts'
import type { Visitor } from '../../access/visitor.ts'
import { employeeHref } from '../employee/href.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import { blockForm, unblockForm } from './block-forms.ts'
import { eraseForm } from './erase/form.ts'
import { brakeFormsOf } from './brake-forms.ts'
import { resendForm } from './leavers/resend-form.ts'

/** What can be done about one employee. What cannot be done now says why. */
export function employeeForms(
  { employeeId, between }: AccessAnswer,
  trace: EmployeeTrace | null,
  visitor: Visitor,
): Markup {
  const to = employeeHref(employeeId)
  const kinds = new Set(between.map(({ kind }) => kind))
  const isBlocked = kinds.has('block')
  const braked = kinds.has('brake') ? 'held' : kinds.has('brake-refused') ? 'refused' : null
  const forms = { visitor, employeeId, to }
  const part = (title: string, form: Markup): Markup =>
    markup`<details><summary>${title}</summary>${form}</details>`
  return markup`<section class="card" aria-labelledby="orders"><h2 id="orders">What you can do</h2>
${braked === null ? NOTHING : brakeFormsOf(employeeId, braked, { visitor, to })}
${part(isBlocked ? 'Change the end of the block' : 'Block: keep the account disabled, whatever HR says', blockForm(forms))}
${part('Lift the block', unblockForm(forms, isBlocked ? null : 'No block of this employee is in force.'))}
${part('Send all attributes again', resendForm(forms, disabledAlone(trace)))}
${part('Erase what the ledger holds', eraseForm({ visitor, employeeId, blocked: trace === null ? 'The ledger holds no event of this employee.' : null }))}</section>`
}

const disabledAlone = (trace: EmployeeTrace | null): boolean =>
  trace?.events.some(({ reason }) => reason === 'DisabledAlone') ?? false
