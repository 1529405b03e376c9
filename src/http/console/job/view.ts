import { eachDestination } from '../../../core/destinations/figures.ts'
import type { Figures } from '../../../core/ledger/port/figures.ts'
import {
  disabledAt,
  type JobQuarantine,
  LIMIT_MEANINGS,
  type LimitUse,
  limitUsesIn,
} from '../../../core/provision/quarantine.ts'
import { counted, notice } from '../layout.ts'
import { type Column, commands, listTable } from '../list.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import type { Times } from '../times.ts'

/** What each provisioning job said about itself last, and how near it is to quarantine. */
export function jobView(figures: Figures, times: Times): Markup {
  const all = eachDestination(figures)
  const ofOne = all.length === 1
  const jobs = all.map(
    (one) => markup`${ofOne ? NOTHING : markup`<h2 class="section">${one.name}</h2>`}
${stateView(one.jobReport, times)}
${listTable('Limits of quarantine', LIMIT_COLUMNS, limitUsesIn(one))}`,
  )
  return markup`<div class="heading"><h1>${ofOne ? 'Provisioning job' : 'Provisioning jobs'}</h1></div>
<p class="quiet">A job keeps operations that failed and retries them itself. When a limit is passed, it goes into quarantine and stops for everyone.</p>
${jobs}
${commands(['rollcall status', 'rollcall check'])}`
}

function stateView(jobReport: Figures['jobReport'], times: Times): Markup {
  if (jobReport === null)
    return notice(
      'The job was not seen yet',
      'The connector asks every few minutes (JOB_POLL_MS), and needs the permission Synchronization.Read.All for it.',
    )
  const { code, quarantine, failures, seenAt } = jobReport
  return markup`<section class="card" aria-label="State"><dl>
<dt>State</dt><dd>${code}</dd>
<dt>Seen</dt><dd>${times.element(seenAt)}</dd>
${failures === null ? NOTHING : markup`<dt>Objects kept in step</dt><dd>${counted(failures.synchronized)}</dd>`}
${quarantine === null ? NOTHING : quarantineRows(quarantine, times)}
</dl></section>`
}

function quarantineRows(quarantine: JobQuarantine, times: Times): Markup {
  const { reason, since, nextAttempt } = quarantine
  const row = (name: string, at: number | null): Markup =>
    at === null ? NOTHING : markup`<dt>${name}</dt><dd>${times.element(at)}</dd>`
  return markup`<dt>In quarantine because</dt><dd>${reason ?? 'the service gives no reason'}</dd>
${row('Since', since)}${row('Tries again', nextAttempt)}${row('Disabled, unless it ends before', disabledAt(quarantine))}`
}

const LIMIT_COLUMNS: readonly Column<LimitUse>[] = [
  { name: 'Limit', cell: ({ limit }) => LIMIT_MEANINGS[limit] },
  { name: 'Failed now', cell: ({ count }) => counted(count) },
  { name: 'Quarantine at', cell: ({ at }) => counted(at) },
  { name: 'Used', cell: ({ count, at }) => `${Math.floor((count / at) * 100)} %` },
]
