import { visibleJson } from '../../../../core/display/visible.ts'
import { findDeadLetter, findMessage } from '../../../../core/report/dead-letters/find.ts'
import { factsOf, parseDeadLetterId } from '../../../../core/report/dead-letters/dead-letter.ts'
import { readJson } from '../../../../core/parse-json.ts'
import { type Asked, justificationOf, type Result } from '../asked.ts'
import type { ConsoleContext } from '../../context.ts'
import { actionForm } from '../../forms.ts'
import { type Markup, markup, verbatim } from '../../markup.ts'
import { hidden } from '../confirm.ts'

/**
 * Shows the body of one dead letter to edit it. Who sees it, and why, is in the audit trail before
 * it is shown.
 */
export async function openDeadLetter(asked: Asked, context: ConsoleContext): Promise<Result> {
  const { form, ledger, visitor, actor, now } = asked
  const id = form.text('id') ?? ''
  const name = parseDeadLetterId(id)
  const gone = { refused: 'There is nothing to edit', to: '/failures' } as const
  if (name === null) return { ...gone, fix: 'Choose a dead letter from the list.' }
  const justification = justificationOf(form)
  await using stack = new AsyncDisposableStack()
  const outside = await context.deadLetters({ ledger, store: name.store, rate: null }, stack)
  const found = await outside.withStores(async (stores) => {
    const dead = await findDeadLetter(stores, name)
    return dead && { dead, message: await findMessage({ ledger }, dead) }
  })
  if (found === null) return { ...gone, fix: 'It is no longer a dead letter.' }
  const text = found.message?.text ?? null
  if (text === null) return { ...gone, fix: 'Its body is not kept, or is not text.' }
  const { employeeId } = factsOf(found.dead)
  if (employeeId !== null)
    await ledger.recordDisclosure({ employees: [employeeId], actor, justification }, now)
  return {
    page: {
      title: 'Edit a dead letter',
      body: editView(id, text, justification, (fields) =>
        actionForm(visitor, { path: '/replays/preview', label: 'Show the difference', fields }),
      ),
      current: '/failures',
    },
  }
}

function editView(id: string, text: string, why: string, formWith: (fields: Markup) => Markup): Markup {
  return markup`<div class="heading"><h1>Edit <span class="id">${id}</span></h1><p class="quiet">The audit trail holds that you see it. The event keeps its id, and a termination stays one. Nothing is sent before you have seen the difference and confirmed it.</p></div>
<section class="card">${formWith(markup`${hidden({ id, 'patch-kind': 'body', justification: why })}<p class="field-of wide"><label for="body">Body</label><textarea id="body" name="patch" rows="24" spellcheck="false" required>${verbatim(indented(text))}</textarea></p>`)}</section>`
}

/**
 * JSON with a line for each field, in which what cannot be seen is escaped; any other text as it
 * is.
 */
function indented(text: string): string {
  const read = readJson(text)
  return read.kind === 'json' ? visibleJson(JSON.stringify(read.value, null, 2)) : text
}
