import type { Visitor } from '../../../access/visitor.ts'
import { actionForm } from '../../forms.ts'
import type { Markup } from '../../markup.ts'
import { hidden } from '../confirm.ts'

export interface EraseForm {
  readonly visitor: Visitor
  readonly employeeId: string
  /** Why there is nothing to erase; `null` when there is. */
  readonly blocked: string | null
}

/** Leads to a page that says what would be erased, and asks for the employee id. */
export function eraseForm({ visitor, employeeId, blocked }: EraseForm): Markup {
  return actionForm(visitor, {
    path: '/employee/erase',
    label: 'Erase…',
    fields: hidden({ employee: employeeId }),
    blocked,
    danger: true,
  })
}
