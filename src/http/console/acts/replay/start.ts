import type { Evaluator } from '../../../../core/expression/evaluator.ts'
import { freezeRun } from '../../../../core/report/replay/replay.ts'
import { type Asked, justificationOf, type Result } from '../asked.ts'
import type { ConsoleContext } from '../../context.ts'
import { counted, unit } from '../../layout.ts'
import { isTyped } from '../confirm.ts'
import { FIRST } from './preview-view.ts'
import { planForm, type Preview } from './plan-form.ts'
import { showPreview } from './preview.ts'
import { runHref } from './run-href.ts'

/**
 * Freezes what the preview showed, or the first of it, and carries it out in this process. Nothing
 * is begun when something else fits by then: the page says what changed.
 */
export async function startReplay(
  asked: Asked,
  context: ConsoleContext,
  evaluator: Evaluator,
): Promise<Result> {
  const { form, ledger, actor } = asked
  const preview = await planForm(asked, context, evaluator)
  const count = form.text('first') === 'all' ? preview.plan.targets.length : FIRST
  const problem = problemWith(asked, preview, count)
  if (problem !== null) return showPreview(preview, asked, context, problem)
  const justification = justificationOf(form)
  const targets = preview.plan.targets.slice(0, count)
  // The selection, and never what it is changed to.
  const command = JSON.stringify(['console', preview.request.fields, preview.seen, count])
  const { rate } = preview
  const run = await context.replays.start({
    ledger,
    resumed: null,
    begin: async () => {
      await using stack = new AsyncDisposableStack()
      const outside = await context.deadLetters({ ledger, store: 'ledger', rate }, stack)
      return freezeRun({ ...preview.plan, targets }, { command, actor, justification }, outside)
    },
    open: (stack) => context.deadLetters({ ledger, store: null, rate }, stack),
  })
  if (run === null) return showPreview(preview, asked, context, BUSY)
  return {
    done: `The replay of ${unit(targets.length, 'dead letter')} has begun`,
    to: runHref(run.id, preview.patch === null ? preview.request.fields : {}),
  }
}

export const BUSY =
  'Nothing was begun: another replay is carried out now. Wait until it has ended, or pause it. If its process was killed, try again in a minute.'

function problemWith({ form }: Asked, { seen, plan, patchRefused }: Preview, count: number): string | null {
  const now = plan.targets.length
  if (form.text('seen') !== seen) {
    const shown = form.text('count') ?? '?'
    return shown === String(now)
      ? 'Nothing was begun: other dead letters fit now than when this was shown. Look again.'
      : `Nothing was begun: ${shown} fitted when this was shown, and ${counted(now)} fit now. Look again.`
  }
  if (patchRefused || now === 0) return 'Nothing was begun: see what is wrong below.'
  if (!isTyped(form, Math.min(count, now)))
    return `Nothing was begun: the number that was typed is not ${counted(Math.min(count, now))}.`
  return form.text('justification') === null ? 'Nothing was begun: say why. The audit trail keeps it.' : null
}
