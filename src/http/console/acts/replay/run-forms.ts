import type { ReplayRun } from '../../../../core/ledger/port/replays.ts'
import type { Visitor } from '../../../access/visitor.ts'
import { actionForm, justificationField } from '../../forms.ts'
import { unit } from '../../layout.ts'
import { type Markup, markup, NOTHING } from '../../markup.ts'
import { type Fields, hidden } from '../confirm.ts'
import type { ReplayRunner } from './runner.ts'

/** Pause, resume and give up a run. What cannot be done now says why. */
export function runForms(run: ReplayRun, runner: ReplayRunner, visitor: Visitor): Markup {
  const { id, endedAt, paused, counts } = run
  const ended = endedAt === null ? null : 'The run has ended.'
  const isRunning = runner.isRunning(id)
  const form = (
    path: '/replays/pause' | '/replays/resume',
    label: string,
    why: string,
    blocked: string | null,
  ): Markup =>
    actionForm(visitor, {
      path,
      label,
      fields: markup`${hidden({ run: String(id) })}${justificationField(why)}`,
      blocked: ended ?? blocked,
    })
  return markup`<section class="card" aria-labelledby="run-orders"><h2 id="run-orders">What you can do</h2>
${failureView(runner.failureOf(id))}
<div class="orders">${form('/replays/pause', 'Pause', 'pause-why', paused === null ? null : `${paused.actor} paused it.`)}
${form('/replays/resume', 'Resume', 'resume-why', isRunning ? 'It is being carried out.' : null)}
${actionForm(visitor, {
  path: '/replays/cancel',
  label: `Give up ${unit(counts.frozen, 'dead letter')}…`,
  fields: hidden({ run: String(id) }),
  blocked: ended ?? (isRunning ? 'Pause it first.' : counts.frozen === 0 ? 'Everything is begun.' : null),
  danger: true,
})}</div></section>`
}

const failureView = (failure: string | null): Markup =>
  failure === null
    ? NOTHING
    : markup`<p class="problem">The run stopped before its end: ${failure}. Resume it once that is put right.</p>`

/** Shows the plan for what the filter of a run still selects. */
export function restForm(filter: Fields, visitor: Visitor): Markup {
  return markup`<section class="card" aria-labelledby="rest"><h2 id="rest">Then the rest</h2><p class="quiet">When these came out well, replay what the same filter still selects.</p>${actionForm(visitor, { path: '/replays/preview', label: 'Replay the rest…', fields: hidden(filter) })}</section>`
}
