import { leftOf, totalOf } from '../../../../core/report/replay/run/counts.ts'
import { findRun } from '../../../../core/report/replay/run/run.ts'
import type { ReplayEntry, ReplayRun } from '../../../../core/ledger/port/replays.ts'
import type { Visitor } from '../../../access/visitor.ts'
import type { ConsoleContext } from '../../context.ts'
import { counted, notice, unit } from '../../layout.ts'
import { type Markup, markup, NOTHING } from '../../markup.ts'
import { isNumber, misread, type PageOf, type Query, ROWS } from '../../page.ts'
import { timesAt, type Times } from '../../times.ts'
import { FILTER_FIELDS } from './request.ts'
import { restForm, runForms } from './run-forms.ts'
import { runHref } from './run-href.ts'

/** One run of replay: its progress, its results, and what can be done about it. */
export const runPage: PageOf = (context) => async (query, ledger, visitor) => {
  const [id, after] = [query('run'), query('after') ?? '0']
  if (id === null || !isNumber(id) || !isNumber(after)) return misread('Replay', '/failures')
  const run = await findRun(ledger, Number(id))
  if (run === null)
    return {
      title: 'Replay',
      body: markup`<h1>Replay</h1>${notice('There is no such run', 'Retention removes old ones. The audit trail has those that began.')}`,
      current: '/replays',
      status: 404,
    }
  const entries = await ledger.listReplayEntries(run.id, Number(after), ROWS)
  const shown = { context, visitor, filter: filterOf(query), after: Number(after) }
  const body = runView(run, entries, shown, timesAt(context.now(), context.zone))
  return { title: `Replay ${run.id}`, body, current: '/replays', live: run.endedAt === null }
}

interface Shown {
  readonly context: ConsoleContext
  readonly visitor: Visitor
  /** `null` when the address does not say by what the run was selected. */
  readonly filter: Readonly<Record<string, string>> | null
  readonly after: number
}

function filterOf(query: Query): Shown['filter'] {
  const given = FILTER_FIELDS.flatMap((name): [string, string][] => {
    const value = query(name)
    return value === null ? [] : [[name, value]]
  })
  return given.length === 0 ? null : Object.fromEntries(given)
}

function runView(run: ReplayRun, entries: readonly ReplayEntry[], shown: Shown, times: Times): Markup {
  const { filter, visitor, context, after } = shown
  return markup`<div class="heading"><h1>Replay ${run.id}</h1><p class="quiet">Begun ${times.element(run.createdAt)} by ${run.actor}: ${run.justification}</p><div data-controls></div></div>
${progressView(run, context.replays.isRunning(run.id), times)}
${runForms(run, context.replays, visitor)}
${filter === null || run.endedAt === null ? NOTHING : restForm(filter, visitor)}
${entriesView(run, entries, after)}`
}

function progressView(run: ReplayRun, isRunning: boolean, times: Times): Markup {
  const { done, gone, refused, sent } = run.counts
  const [total, left] = [totalOf(run), leftOf(run)]
  return markup`<section class="card" aria-labelledby="progress"${run.endedAt === null ? markup` data-events="/replays/events?run=${run.id}"` : NOTHING}><h2 id="progress">${stateOf(run, isRunning, times)}</h2>
<progress max="${total}" value="${total - left + sent}" aria-labelledby="progress">${counted(total - left + sent)} of ${counted(total)}</progress>
<p role="status">${unit(done, 'dead letter')} replayed, ${counted(gone)} gone, ${counted(refused)} refused, ${counted(left)} left of ${counted(total)}.${sent === 0 ? NOTHING : ` Of those left, ${counted(sent)} sent: only the original is to be removed.`}</p>
${run.resumed.map(({ at, actor, justification }) => markup`<p class="quiet">Resumed ${times.element(at)} by ${actor}: ${justification}</p>`)}
${run.paused === null ? NOTHING : markup`<p class="quiet">Paused ${times.element(run.paused.at)} by ${run.paused.actor}: ${run.paused.justification}</p>`}</section>`
}

function stateOf({ endedAt, paused }: ReplayRun, isRunning: boolean, times: Times): Markup {
  if (endedAt !== null) return markup`Ended ${times.element(endedAt)}`
  if (isRunning) return markup`${paused === null ? 'Under way' : 'Pauses after this batch'}`
  return markup`${paused === null ? 'Not carried out by this process' : 'Paused'}`
}

function entriesView({ id }: ReplayRun, entries: readonly ReplayEntry[], after: number): Markup {
  const rows = entries.map(
    ({ id: letter, stage, code, became }) =>
      markup`<tr><td data-label="Dead letter"><span class="id">${letter}</span></td><td data-label="Result">${stage}${code === null ? NOTHING : markup` <code>${code}</code>`}</td><td data-label="Afterwards">${became === null ? '' : became.state}${became?.reason ? markup` <code>${became.reason}</code>` : NOTHING}</td></tr>`,
  )
  const further =
    entries.length < ROWS
      ? NOTHING
      : markup`<nav class="pager" aria-label="Pages"><a class="button" rel="next" href="${runHref(id, { after: String(after + ROWS) })}">Further dead letters</a></nav>`
  return markup`<section class="card table"><table><caption class="hidden">Dead letters of the run</caption><thead><tr><th scope="col">Dead letter</th><th scope="col">Result</th><th scope="col">Afterwards</th></tr></thead><tbody>${rows}</tbody></table></section>${further}`
}
