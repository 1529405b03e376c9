import type { Visitor } from '../../access/visitor.ts'
import { actionForm, justificationField } from '../forms.ts'
import { type Markup, markup } from '../markup.ts'
import { hidden } from './confirm.ts'

const CHOSEN = 'findings-chosen'

/** The box of one finding of the list. */
export function findingBox(seq: number, name: string): Markup {
  return markup`<input type="checkbox" form="${CHOSEN}" name="finding" value="${seq}" aria-label="Choose ${name}">`
}

/** Acknowledges the findings that are ticked. Several are asked for with their count. */
export function acknowledgeForm(visitor: Visitor, to: string): Markup {
  return markup`<section class="card" aria-labelledby="acknowledging"><h2 id="acknowledging">Acknowledge</h2><p class="quiet">Somebody has looked at the findings, and they need no more action.</p>${actionForm(
    visitor,
    {
      path: '/findings/acknowledge',
      label: 'Acknowledge the chosen findings',
      fields: markup`${hidden({ to })}${justificationField('findings-why')}`,
      id: CHOSEN,
    },
  )}</section>`
}
