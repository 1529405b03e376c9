import { RollcallError } from '../../core/errors.ts'
import { type ActionPath, ownPage } from '../access/routes.ts'
import { actorText, type Visitor } from '../access/visitor.ts'
import type { ConsoleContext, ConsoleLedger } from './context.ts'
import { LONGEST_JUSTIFICATION } from './forms.ts'
import { unit } from './layout.ts'

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

/** What came of an action: a page to go to, with one line about what was done, or why nothing was. */
export type Result =
  | { readonly done: string; readonly to: string }
  | { readonly refused: string; readonly fix: string; readonly to: string }

export type Actions = Readonly<Record<ActionPath, (asked: Asked) => Promise<Result>>>

/**
 * Every action of the console. What it says must hold no value of an employee: it goes into the
 * address. A `RollcallError` that it throws is shown, and any other error is a 500.
 */
export function actionsOf(_context: ConsoleContext): Actions {
  return {
    '/leavers/acknowledge': async ({ form, ledger, actor, now }) => {
      const to = ownPage(form.text('to') ?? '/leavers')
      const ids = form.all('case').filter(isCaseId).map(Number)
      if (ids.length === 0)
        return { refused: 'No case was chosen', fix: 'Tick the cases to acknowledge.', to }
      const justification = justificationOf(form)
      const acknowledged = await ledger.acknowledgeLeavers({ ids, actor, justification }, now)
      const others = ids.length - acknowledged.length
      const was = others === 0 ? '' : `; ${unit(others, 'other')} had been closed already`
      return { done: `${unit(acknowledged.length, 'leaver case')} acknowledged${was}`, to }
    },
  }
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

const isCaseId = (text: string): boolean => /^\d{1,15}$/.test(text)

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
