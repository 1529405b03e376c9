import { nameOf } from '../../../core/leavers/case-name.ts'
import type { ClosedAs } from '../../../core/leavers/causes.ts'
import { type Durations, summarizeLeavers, toProof } from '../../../core/leavers/summary.ts'
import type {
  ClosedLeaver,
  ClosedLeaversPage,
  EndedLeaversCursor,
} from '../../../core/ledger/port/leavers.ts'
import type { Visitor } from '../../access/visitor.ts'
import { resendQuestionForm } from '../acts/leavers/resend-form.ts'
import { employeeLinkOrErased } from '../employee/link.ts'
import { counted, notice, unit } from '../layout.ts'
import { type Column, hrefOf, listTable, pager } from '../list.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import { lasting, type Times } from '../times.ts'
import { leaverTabs } from './tabs.ts'

/** How many of the cases that closed last the summary covers. */
export const SUMMARISED = 1_000

interface Shown {
  readonly newest: readonly ClosedLeaver[]
  /** `null` for the first page. */
  readonly after: EndedLeaversCursor | null
  readonly visitor: Visitor
}

export function closedView(page: ClosedLeaversPage, shown: Shown, times: Times): Markup {
  const { newest, after } = shown
  const isFirst = after === null
  return markup`<div class="heading"><h1>Leavers</h1><p class="quiet">Closed cases, the last first, and how long the proof took.</p></div>
${leaverTabs('closed', null)}
${newest.length === 0 ? NOTHING : summaryCard(newest)}
${page.leavers.length === 0 ? nothingClosed(isFirst) : listTable('Closed leaver cases, the last first', columnsOf(shown, times), page.leavers)}
${pager({
  first: isFirst ? null : closedHref(null),
  next: page.next && closedHref(page.next),
  further: 'Older cases',
})}`
}

const closedHref = (next: EndedLeaversCursor | null): string =>
  hrefOf('/leavers/closed', { at: next?.endedAt ?? null, next: next?.id ?? null })

function nothingClosed(isFirst: boolean): Markup {
  return isFirst
    ? notice('No case is closed', 'Either no employee has left yet, or retention removed the closed cases.')
    : notice('No further case', 'This was the last page.')
}

function summaryCard(newest: readonly ClosedLeaver[]): Markup {
  const { ended, toProven } = summarizeLeavers(newest)
  const of = newest.length < SUMMARISED ? '' : ` of the last ${counted(SUMMARISED)}`
  const without = Object.entries(ended)
    .filter(([as, count]) => as !== 'proven' && count > 0)
    .map(([as, count]) => `${counted(count)} ${as}`)
  return markup`<section class="card" aria-labelledby="proof"><h2 id="proof">Time to proof</h2>
<p class="quiet">${unit(ended.proven, 'case')}${of} ended with proof that the account is disabled${without.length === 0 ? '' : `; ${without.join(', ')}`}.</p>
${
  ended.proven === 0
    ? NOTHING
    : markup`<dl class="figures">${durations('since HR recorded it', toProven.recorded)}${durations('since it took effect', toProven.effective)}${durations('since the event arrived', toProven.received)}</dl>`
}</section>`
}

function durations(name: string, { p50Ms, p95Ms, worstMs }: Durations): Markup {
  const shown = (ms: number | null): string => (ms === null ? 'not known' : lasting(ms))
  return markup`<div><dt>${name}</dt><dd>half within <strong>${shown(p50Ms)}</strong><br><span class="quiet">95 % within ${shown(p95Ms)}, the longest ${shown(worstMs)}</span></dd></div>`
}

const AS: Readonly<Record<ClosedAs, string>> = {
  proven: 'proven disabled',
  superseded: 'HR recorded later that the employee is active',
  rescinded: 'HR took it back',
  discarded: 'its event was discarded',
  acknowledged: 'acknowledged',
}

function columnsOf({ visitor, after }: Shown, times: Times): readonly Column<ClosedLeaver>[] {
  return [
    {
      name: 'Employee',
      cell: ({ employeeId, id }) =>
        markup`${employeeLinkOrErased(employeeId)}<br><span class="quiet">${nameOf(id)}</span>`,
    },
    { name: 'Left', cell: ({ effectiveAt }) => times.plain(effectiveAt) },
    { name: 'Ended', cell: ({ endedAt }) => times.element(endedAt) },
    {
      name: 'How',
      cell: (one) =>
        markup`${howCell(one)}${one.lacksRest ? restCell(one, visitor, closedHref(after)) : NOTHING}`,
    },
    {
      name: 'Time to proof',
      cell: (one) =>
        one.as === 'proven'
          ? lasting(toProof(one, one.receivedAt))
          : markup`<span class="quiet">no proof</span>`,
    },
  ]
}

function restCell({ employeeId }: ClosedLeaver, visitor: Visitor, to: string): Markup {
  return markup`<br><span class="tag normal">the other attributes were refused</span>${resendQuestionForm({ visitor, employeeId, to })}`
}

const EMERGENCY = markup`<br><span class="quiet">first by the emergency lane, then by the log</span>`

function howCell({ as, acknowledged, byEmergency }: ClosedLeaver): Markup {
  const by =
    acknowledged === null
      ? NOTHING
      : markup` by ${acknowledged.by}<br><span class="quiet">${acknowledged.justification}</span>`
  return markup`<span class="state ${as === 'proven' ? 'done' : ''}">${AS[as]}</span>${by}${byEmergency ? EMERGENCY : NOTHING}`
}
