import type { Visitor } from '../../access/visitor.ts'
import { actionForm, justificationField } from '../forms.ts'
import { type Markup, markup } from '../markup.ts'
import { hidden, keyField } from './confirm.ts'

export interface BlockForms {
  readonly visitor: Visitor
  /** `null`: the form asks for the id. */
  readonly employeeId: string | null
  /** The page to come back to. */
  readonly to: string
}

/** Keeps an employee disabled, whatever HR says. */
export function blockForm({ visitor, employeeId, to }: BlockForms, blocked: string | null = null): Markup {
  const who =
    employeeId === null
      ? markup`<p class="field-of"><label for="block-employee">Employee</label><input id="block-employee" name="employee" required maxlength="200" autocomplete="off" spellcheck="false"></p>`
      : hidden({ employee: employeeId })
  return actionForm(visitor, {
    path: '/block',
    label: 'Block',
    fields: markup`${keyField()}${hidden({ to })}${who}
<p class="field-of"><label for="block-until">Until</label><input id="block-until" name="until" maxlength="40" autocomplete="off" aria-describedby="block-until-help"><span class="quiet" id="block-until-help">A day, an instant or a duration, as in 2027-01-31 or 30d. Empty: until somebody lifts it.</span></p>
${justificationField('block-why')}`,
    blocked,
    danger: true,
  })
}

/** Lifts a block. `employees`: whose block can be lifted; one is a button, several are a choice. */
export function unblockForm({ visitor, employeeId, to }: BlockForms, blocked: string | null = null): Markup {
  const name = employeeId ?? ''
  return actionForm(visitor, {
    path: '/unblock',
    label: employeeId === null ? 'Lift the block' : `Lift the block of ${name}`,
    fields: markup`${keyField()}${hidden({ to })}${employeeId === null ? CHOSEN : hidden({ employee: name })}${justificationField('unblock-why')}`,
    blocked,
  })
}

const CHOSEN = markup`<p class="field-of"><label for="unblock-employee">Employee</label><input id="unblock-employee" name="employee" required maxlength="200" autocomplete="off" spellcheck="false"></p>`
