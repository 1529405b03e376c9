import type { Visitor } from '../../../access/visitor.ts'
import { actionForm, justificationField } from '../../forms.ts'
import { type Markup, markup } from '../../markup.ts'
import { hidden, keyField } from '../confirm.ts'

interface ResendForm {
  readonly visitor: Visitor
  readonly employeeId: string
  /** The page to come back to. */
  readonly to: string
}

/** Sends all attributes of a leaver again. `isAlone`: whether the directory took the deactivation alone. */
export function resendForm({ visitor, employeeId, to }: ResendForm, isAlone: boolean): Markup {
  return actionForm(visitor, {
    path: '/leavers/resend',
    label: 'Send all attributes again',
    fields: markup`${keyField()}${hidden({ to, employee: employeeId })}${justificationField('resend-why')}`,
    blocked: isAlone
      ? null
      : 'No event shown here has the reason DisabledAlone: the directory did not take the deactivation alone.',
  })
}

/** The same in a row of a list, which asks for the justification on a page of its own. */
export function resendQuestionForm({ visitor, employeeId, to }: ResendForm): Markup {
  return actionForm(visitor, {
    path: '/leavers/resend',
    label: 'Send all attributes again…',
    fields: hidden({ to, employee: employeeId }),
    quiet: true,
  })
}
