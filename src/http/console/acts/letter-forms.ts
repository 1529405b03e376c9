import type { Visitor } from '../../access/visitor.ts'
import { actionForm } from '../forms.ts'
import { type Markup, markup } from '../markup.ts'
import { type Fields, hidden } from './confirm.ts'

export interface LetterForms {
  readonly visitor: Visitor
  /** The filter of the list, or the ids of dead letters. */
  readonly fields: Fields
  /** Whether only dead letters of the bus are meant, which cannot be archived. */
  readonly onlyBus: boolean
  /** The page to come back to. */
  readonly to: string
  /** So that boxes elsewhere on the page can belong to the form. */
  readonly id?: string
}

/** Replay, discard or archive what a filter selects. Each shows first what it would do. */
export function letterForms({ visitor, fields, onlyBus, to, id }: LetterForms): Markup {
  const all = { ...fields, to }
  return markup`<div class="orders">${actionForm(visitor, {
    path: '/replays/preview',
    label: 'Replay…',
    fields: hidden(all),
    ...(id === undefined ? {} : { id }),
  })}
${actionForm(visitor, { path: '/dead-letters/discard', label: 'Discard…', fields: markup`${hidden(all)}<label class="quiet"><input type="checkbox" name="terminations" value="yes"> terminations too</label>` })}
${actionForm(visitor, {
  path: '/dead-letters/archive',
  label: 'Archive…',
  fields: hidden(all),
  blocked: onlyBus ? 'Only dead letters in the ledger can be archived.' : null,
})}</div>`
}
