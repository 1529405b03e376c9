import { cursorText } from '../../../core/explain/trace-cursor.ts'
import type { TraceCursor } from '../../../core/ledger/port/views/trace.ts'
import { actorText } from '../../../core/actor.ts'
import type { Visitor } from '../../access/visitor.ts'
import { employeeHref } from '../employee/href.ts'
import { actionForm, justificationField } from '../forms.ts'
import { type Markup, markup } from '../markup.ts'
import { hidden } from './confirm.ts'

interface ValuesForm {
  readonly visitor: Visitor
  /** Whether the page shows values. */
  readonly values: boolean
  /** The part of the page that is shown; `null` for the newest. */
  readonly cursor: TraceCursor | null
}

/** Asks for the values of the page, or leads back to the page without them. */
export function valuesForm(employeeId: string, { visitor, values, cursor }: ValuesForm): Markup {
  const next = cursor && cursorText(cursor)
  if (values)
    return markup`<p class="values" role="status">Values are shown. The audit trail says that ${actorText(visitor.actor)} asked for them, and why. <a class="button" href="${employeeHref(employeeId, next)}">Hide values</a></p>`
  const form = actionForm(visitor, {
    path: '/employee/values',
    label: 'Show values',
    fields: markup`${hidden({ employee: employeeId, ...(next === null ? {} : { next }) })}${justificationField('values-why')}`,
  })
  return markup`<details><summary>Values are hidden: show them</summary>${form}</details>`
}
