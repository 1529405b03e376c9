import type { Visitor } from '../../../access/visitor.ts'
import { actionForm, justificationField } from '../../forms.ts'
import { type Markup, markup } from '../../markup.ts'
import { hidden } from '../confirm.ts'

/** Asks why before the body of a dead letter is shown for editing. */
export function openForm(id: string, visitor: Visitor): Markup {
  return actionForm(visitor, {
    path: '/dead-letters/open',
    label: 'Show the body and edit it…',
    fields: markup`${hidden({ id })}${justificationField('open-why')}`,
  })
}
