import { createHash, randomUUID } from 'node:crypto'
import { visible } from '../../../core/display/visible.ts'
import type { ActionPath, RoutePath } from '../../access/routes.ts'
import { type Asked, type Form, justificationOf, type Result } from './asked.ts'
import { actionForm, justificationField } from '../forms.ts'
import { counted } from '../layout.ts'
import { type Markup, markup, NOTHING, verbatim } from '../markup.ts'

/** From this many on, the number must be typed, as the commands ask for it. */
const TYPED_FROM = 2

/** What is asked before something is done that cannot be undone. */
export interface Question {
  readonly path: ActionPath
  /** As in `Release 401 employees?` */
  readonly title: string
  /** What would happen. */
  readonly facts: Markup
  readonly label: string
  /** To how many it would be done now. */
  readonly count: number
  /** What has to be typed instead of the count. */
  readonly typed?: { readonly text: string; readonly called: string }
  /** Tells this selection from any other: `fingerprint` of it. */
  readonly seen: string
  /** What the form says again. */
  readonly fields: Fields
  /** Further fields to fill in. */
  readonly more?: Markup
  /** Why it cannot be done now; `null` when it can. */
  readonly blocked?: string | null
  /** The page it was asked on. */
  readonly back: string
  readonly current: RoutePath | null
}

export type Fields = Readonly<Record<string, string | readonly string[] | null>>

/**
 * Asks, and once the answer fits what is there now, acts. An answer to another selection than the
 * one that is there now is refused with what changed.
 */
export async function confirmed(
  { form, visitor }: Asked,
  question: Question,
  act: (justification: string) => Promise<Result>,
): Promise<Result> {
  const ask = (problem: string | null): Result => ({
    page: {
      title: question.title,
      body: questionView(question, problem, (fields) =>
        actionForm(visitor, {
          path: question.path,
          label: question.label,
          fields,
          danger: true,
          blocked: question.blocked ?? null,
        }),
      ),
      current: question.current,
      status: problem === null ? 200 : 422,
    },
  })
  if (form.text('seen') === null) return ask(null)
  const problem = problemWith(form, question)
  return problem === null && (question.blocked ?? null) === null
    ? act(justificationOf(form))
    : ask(problem ?? question.blocked ?? null)
}

function problemWith(form: Form, { count, seen, typed }: Question): string | null {
  if (form.text('seen') !== seen) {
    const shown = form.text('count') ?? '?'
    return shown === String(count)
      ? 'Nothing was done: others are chosen now than when this was asked. Look again, then confirm.'
      : `Nothing was done: there were ${shown} when this was asked, and there are ${counted(count)} now. Look again, then confirm.`
  }
  // What cannot be shown as it is can be copied as the page shows it.
  if (typed && ![typed.text, visible(typed.text)].includes(form.text('typed') ?? ''))
    return `Nothing was done: what was typed is not ${typed.called}. Type it to confirm.`
  if (!typed && !isTyped(form, count))
    return `Nothing was done: the number that was typed is not ${counted(count)}. Type it to confirm.`
  return form.text('justification') === null ? 'Nothing was done: say why. The audit trail keeps it.' : null
}

function questionView(
  { title, facts, count, typed, seen, fields, more = NOTHING, back }: Question,
  problem: string | null,
  formWith: (fields: Markup) => Markup,
): Markup {
  return markup`<div class="heading"><h1>${title}</h1></div>
${problem === null ? NOTHING : problemView(problem)}
<section class="card">${facts}
${formWith(markup`${hidden({ ...fields, seen, count: String(count), 'form-key': randomUUID() })}${more}${typed ? typedTextField(typed.called) : typedField('typed', count)}${justificationField('why')}`)}
<p><a href="${back}">Cancel</a></p></section>`
}

/** Asks for the number, where it must be typed. `id` differs from that of every other field. */
export function typedField(id: string, count: number): Markup {
  if (count < TYPED_FROM) return NOTHING
  return markup`<p class="field-of"><label for="${id}">Type ${count} to confirm</label><input id="${id}" name="typed" required inputmode="numeric" autocomplete="off"></p>`
}

const typedTextField = (called: string): Markup =>
  markup`<p class="field-of"><label for="typed">Type ${called} to confirm</label><input id="typed" name="typed" required maxlength="200" autocomplete="off" spellcheck="false"></p>`

/** Whether a form has the number that it asked for. */
export function isTyped(form: Form, count: number): boolean {
  return count < TYPED_FROM || form.text('typed')?.replaceAll(/[,\s]/g, '') === String(count)
}

/** What was wrong with a form. The focus goes to it. */
export function problemView(problem: string): Markup {
  return markup`<p class="message problem" role="alert" tabindex="-1" autofocus>${problem}</p>`
}

/** Fields that the visitor does not see. */
export function hidden(fields: Fields): Markup {
  const all = Object.entries(fields).flatMap(([name, value]) =>
    [value]
      .flat()
      .map((one) =>
        one === null ? NOTHING : markup`<input type="hidden" name="${name}" value="${verbatim(one)}">`,
      ),
  )
  return markup`${all}`
}

/** The same text for the same selection. */
export function fingerprint(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

/** Makes a form do what it does once only, however often it is sent. */
export const keyField = (): Markup => hidden({ 'form-key': randomUUID() })
