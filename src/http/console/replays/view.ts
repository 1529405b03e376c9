import type { ReplayRun } from '../../../core/ledger/port/replays.ts'
import { leftOf, totalOf } from '../../../core/report/replay/run/counts.ts'
import { runHref } from '../acts/replay/run-href.ts'
import { counted, notice, unit } from '../layout.ts'
import { type Column, hrefOf, listTable, pager } from '../list.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import { ROWS } from '../page.ts'
import { lasting, type Times } from '../times.ts'

/** Runs of replay, newest first: who began each, when, why, and how far it is. */
export function replaysView(runs: readonly ReplayRun[], before: number | null, times: Times): Markup {
  return markup`<div class="heading"><h1>Replays</h1><p class="quiet">Dead letters that were put back at their place in the order, newest run first.</p><span data-controls></span></div>
${runs.length === 0 ? nothingRan(before) : listTable('Replays, newest first', columnsOf(times), runs)}
${pager({
  first: before === null ? null : '/replays',
  next: runs.length < ROWS ? null : hrefOf('/replays', { next: runs.at(-1)?.id ?? null }),
  further: 'Older runs',
})}`
}

function nothingRan(before: number | null): Markup {
  if (before !== null) return notice('No further run', 'This was the last page.')
  return notice(
    'No dead letter was replayed',
    'Choose dead letters under Failures, correct the cause, and replay them.',
    markup`<p><a href="/failures">To the failures</a></p>`,
  )
}

function columnsOf(times: Times): readonly Column<ReplayRun>[] {
  return [
    {
      name: 'Run',
      cell: ({ id }) => markup`<a href="${runHref(id)}">run ${id}</a>`,
    },
    { name: 'State', cell: (run) => stateCell(run, times) },
    { name: 'Progress', cell: progressCell },
    { name: 'Began', cell: ({ createdAt }) => times.element(createdAt) },
    {
      name: 'By, and why',
      cell: ({ actor, justification, resumed }) =>
        markup`${actor}<br><span class="quiet">${justification}${resumed.length === 0 ? NOTHING : markup`; resumed ${unit(resumed.length, 'time')}`}</span>`,
    },
  ]
}

function stateCell(run: ReplayRun, times: Times): Markup {
  const { endedAt, createdAt, paused } = run
  if (endedAt !== null)
    return markup`<span class="state done">ended</span><br><span class="quiet">after ${lasting(endedAt - createdAt)}</span>`
  if (paused !== null)
    return markup`<span class="state held">paused</span><br><span class="quiet">${times.plain(paused.at)} by ${paused.actor}: ${paused.justification}</span>`
  return markup`<span class="state waits">not ended</span>`
}

const WIDTH = 200

function progressCell(run: ReplayRun): Markup {
  const { done, gone, refused } = run.counts
  const [total, left] = [totalOf(run), leftOf(run)]
  const share = total === 0 ? WIDTH : Math.round(((total - left) / total) * WIDTH)
  const others = [
    ...(gone === 0 ? [] : [`${counted(gone)} gone`]),
    ...(refused === 0 ? [] : [`${counted(refused)} refused`]),
    ...(left === 0 ? [] : [`${counted(left)} left`]),
  ]
  const text = `${counted(done)} of ${unit(total, 'dead letter')} replayed${others.length === 0 ? '' : `, ${others.join(', ')}`}`
  return markup`<svg class="meter small-meter" viewBox="0 0 ${WIDTH} 12" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="${WIDTH}" height="12"/><rect class="used" width="${share}" height="12"/></svg>${text}`
}
