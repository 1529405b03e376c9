import { RollcallError } from '../../../core/errors.ts'
import { actorText } from '../../../core/actor.ts'
import type { Visitor } from '../../access/visitor.ts'
import type { ConsoleLedger } from '../context.ts'
import { LONGEST_JUSTIFICATION } from '../forms.ts'
import { type Content, isNumber } from '../page.ts'

/** What an action gets, after everything in front of it was checked. */
export interface Asked {
  readonly form: Form
  readonly ledger: ConsoleLedger
  readonly visitor: Visitor
  /** The visitor as the audit trail names it. */
  readonly actor: string
  readonly now: number
}

/** The fields of a form, as text. */
export interface Form {
  /** Without spaces around it; `null` when it is missing or blank. */
  text(name: string): string | null
  /** Every field of that name, as of boxes that were ticked. */
  all(name: string): readonly string[]
}

/**
 * The result of an action: a page to go to, with one line about what was done; why nothing was
 * done; or a page that asks for more before anything is done.
 */
export type Result =
  | { readonly done: string; readonly to: string }
  | { readonly refused: string; readonly fix: string; readonly to: string }
  | { readonly page: Content }

/** The numbers of the boxes of that name that were ticked, each once. */
export function tickedIn(form: Form, name: string): readonly number[] {
  return [...new Set(form.all(name).filter(isNumber).map(Number))]
}

/** Every action takes one. Throws `ArgumentInvalid` when it is blank or too long. */
export function justificationOf(form: Form): string {
  const text = form.text('justification')
  if (text === null)
    throw new RollcallError(
      'ArgumentInvalid',
      'say why: the audit trail keeps a justification for each action',
    )
  if (text.length > LONGEST_JUSTIFICATION)
    throw new RollcallError(
      'ArgumentInvalid',
      `the justification has more than ${LONGEST_JUSTIFICATION} characters`,
    )
  return text
}

export const askedFor = (visitor: Visitor, form: Form, ledger: ConsoleLedger, now: number): Asked => ({
  form,
  ledger,
  visitor,
  actor: actorText(visitor.actor),
  now,
})

export function formOf(body: string): Form {
  const fields = new URLSearchParams(body)
  return {
    text: (name) => fields.get(name)?.trim() || null,
    all: (name) => fields.getAll(name),
  }
}
