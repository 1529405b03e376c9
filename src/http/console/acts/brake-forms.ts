import type { Visitor } from '../../access/visitor.ts'
import { actionForm } from '../forms.ts'
import { type Markup, markup, NOTHING, verbatim } from '../markup.ts'
import { hidden } from './confirm.ts'

/** What a list of held employees needs to be ticked and decided about. */
export interface BrakeForms {
  readonly visitor: Visitor
  /** How many are held now. */
  readonly held: number
  /** The page to come back to. */
  readonly to: string
}

const CHOSEN = 'brake-chosen'

/** The box of one employee of the list. It belongs to the form that releases and refuses. */
export function brakeBox(employeeId: string): Markup {
  return markup`<input type="checkbox" form="${CHOSEN}" name="employee" value="${verbatim(employeeId)}" aria-label="Choose ${employeeId}">`
}

/**
 * Releases or refuses those that are ticked, or all who are held. Each asks with the count before
 * anything is done.
 */
export function brakeForms({ visitor, held, to }: BrakeForms): Markup {
  const blocked = held === 0 ? 'The brake holds no employee.' : null
  const all = { fields: hidden({ to, all: 'yes' }), blocked } as const
  return markup`<p class="quiet">You are asked with the count before anything is done.</p><div class="orders">${actionForm(
    visitor,
    {
      path: '/brake/release',
      label: 'Release the chosen…',
      fields: hidden({ to }),
      id: CHOSEN,
      blocked,
      also: [{ path: '/brake/refuse', label: 'Refuse the chosen…' }],
    },
  )}
${actionForm(visitor, { path: '/brake/release', label: 'Release all…', ...all, also: [{ path: '/brake/refuse', label: 'Refuse all…' }] })}</div>`
}

/** Releases those of the refused that are ticked. */
export function refusedForm({ visitor, to }: Pick<BrakeForms, 'visitor' | 'to'>): Markup {
  return actionForm(visitor, {
    path: '/brake/release',
    label: 'Release the chosen…',
    fields: hidden({ to }),
    id: CHOSEN,
  })
}

/** Decides about one employee whom the brake holds, or whose deactivation was refused. */
export function brakeFormsOf(
  employeeId: string,
  state: 'held' | 'refused',
  { visitor, to }: Pick<BrakeForms, 'visitor' | 'to'>,
): Markup {
  const fields = hidden({ to, employee: employeeId })
  const refuse =
    state === 'refused'
      ? NOTHING
      : actionForm(visitor, { path: '/brake/refuse', label: 'Refuse the deactivation…', fields })
  return markup`${actionForm(visitor, { path: '/brake/release', label: 'Release the deactivation…', fields })}${refuse}`
}
