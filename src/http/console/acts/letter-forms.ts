import type { Visitor } from '../../access/visitor.ts'
import { actionForm } from '../forms.ts'
import { type Markup, markup, verbatim } from '../markup.ts'
import { type Fields, hidden } from './confirm.ts'

export interface LetterForms {
  readonly visitor: Visitor
  /** The filter of the list, or the ids of dead letters. */
  readonly fields: Fields
  /** Whether only dead letters of the bus are meant, which cannot be archived. */
  readonly onlyBus: boolean
  /** The page to come back to. */
  readonly to: string
}

const CHOSEN = 'letters-chosen'
const NOT_ON_BUS = 'Only dead letters in the ledger can be archived.'

/** Replay, discard or archive what a filter selects. Each shows first what it would do. */
export function letterForms({ visitor, fields, onlyBus, to }: LetterForms): Markup {
  const all = hidden({ ...fields, to })
  return markup`<div class="orders">${actionForm(visitor, { path: '/replays/preview', label: 'Replay…', fields: all })}
${actionForm(visitor, { path: '/dead-letters/discard', label: 'Discard…', fields: markup`${all}${TERMINATIONS}`, quiet: true })}
${actionForm(visitor, {
  path: '/dead-letters/archive',
  label: 'Archive…',
  fields: all,
  quiet: true,
  blocked: onlyBus ? NOT_ON_BUS : null,
})}</div>`
}

const TERMINATIONS = markup`<label class="quiet"><input type="checkbox" name="terminations" value="yes"> terminations too</label>`

/** The box of one dead letter of a list. It belongs to the form for those that are chosen. */
export function letterBox(id: string): Markup {
  return markup`<input type="checkbox" form="${CHOSEN}" name="id" value="${verbatim(id)}" aria-label="Choose ${id}">`
}

/** The same for the dead letters of a list that are ticked. */
export function chosenLettersForm({ visitor, onlyBus, to }: Omit<LetterForms, 'fields'>): Markup {
  const archive = { path: '/dead-letters/archive', label: 'Archive the chosen…' } as const
  return actionForm(visitor, {
    path: '/replays/preview',
    label: 'Replay the chosen…',
    fields: hidden({ to }),
    id: CHOSEN,
    also: [{ path: '/dead-letters/discard', label: 'Discard the chosen…' }, ...(onlyBus ? [] : [archive])],
  })
}
