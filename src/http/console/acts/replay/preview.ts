import type { Evaluator } from '../../../../core/expression/evaluator.ts'
import type { ConsoleContext } from '../../context.ts'
import { type Asked, justificationOf, type Result } from '../asked.ts'
import { planForm, type Preview } from './plan-form.ts'
import { previewView } from './preview-view.ts'

/**
 * Shows what a replay would do: operations, calls, what is stale and what would be refused again.
 */
export async function previewReplay(
  asked: Asked,
  context: ConsoleContext,
  evaluator: Evaluator,
): Promise<Result> {
  const preview = await planForm(asked, context, evaluator)
  return showPreview(preview, asked, context, null)
}

/** `problem`: why the replay that was asked for was not begun. */
export async function showPreview(
  preview: Preview,
  asked: Asked,
  context: ConsoleContext,
  problem: string | null,
): Promise<Result> {
  const { visitor, form, ledger, actor, now } = asked
  // Only one body is written by hand, and who writes it has seen it.
  const values = preview.patch?.kind === 'body' && visitor.permissions.has('values')
  if (values) {
    const employees = preview.plan.changes.flatMap((change) => change.employees)
    await ledger.recordDisclosure({ employees, actor, justification: justificationOf(form) }, now)
  }
  const body = previewView(preview, {
    visitor,
    values,
    problem,
    now,
    zone: context.zone,
    why: form.text('justification'),
  })
  return {
    page: { title: 'Replay', body, current: '/failures', status: problem === null ? 200 : 422 },
  }
}
