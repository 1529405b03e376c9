import { findingKind, type FindingCode } from '../../../core/findings/codes.ts'
import { nameOf, stateOf } from '../../../core/findings/state.ts'
import type { Figures } from '../../../core/ledger/port/figures.ts'
import type { Finding, FindingsPage } from '../../../core/ledger/port/findings.ts'
import type { Visitor } from '../../access/visitor.ts'
import { acknowledgeForm, findingBox } from '../acts/finding-forms.ts'
import { employeeLink } from '../employee/link.ts'
import { notice } from '../layout.ts'
import { chips, type Column, hrefOf, listTable, pager } from '../list.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import { lasting, type Times } from '../times.ts'

export interface FindingsFilter {
  readonly code: FindingCode | null
  /** Only those that are neither settled nor acknowledged. */
  readonly open: boolean
  readonly next: number | null
}

interface Shown extends FindingsFilter {
  /** Of open ones; `null` while they are not known. */
  readonly counts: Figures['findings'] | null
  readonly visitor: Visitor
}

/** What a person should look at that is not a dead letter, oldest first. */
export function findingsView({ findings, next }: FindingsPage, shown: Shown, times: Times): Markup {
  const { counts, visitor, ...filter } = shown
  return markup`<div class="heading"><h1>Findings</h1><p class="quiet">What a person should look at that is not a dead letter, oldest first.</p></div>
${filters(filter, counts ?? [])}
${findings.length === 0 ? nothingFound(filter) : markup`${listTable('Findings, oldest first', columnsOf(filter, times), findings)}${acknowledgeForm(visitor, findingsHref(filter))}`}
${pager({
  first: filter.next === null ? null : findingsHref({ ...filter, next: null }),
  next: next === null ? null : findingsHref({ ...filter, next }),
  further: 'Newer findings',
})}`
}

export function findingsHref({
  code,
  open,
  next,
}: {
  readonly code: string | null
  readonly open: boolean
  readonly next: number | null
}): string {
  return hrefOf('/findings', { code, which: open ? null : 'all', next })
}

function filters(filter: FindingsFilter, counts: Figures['findings']): Markup {
  const all = counts.reduce((sum, { count }) => sum + count, 0)
  const open = [true, false].map((one) => ({
    text: one ? 'open' : 'settled and acknowledged too',
    href: findingsHref({ ...filter, open: one, next: null }),
    count: one ? all : null,
    chosen: one === filter.open,
  }))
  const codes = [
    { code: null, count: null },
    ...counts,
    ...(filter.code === null || counts.some(({ code }) => code === filter.code)
      ? []
      : [{ code: filter.code, count: 0 }]),
  ].map(({ code, count }) => ({
    text: code ?? 'all codes',
    href: findingsHref({ ...filter, code, next: null }),
    count,
    chosen: code === filter.code,
  }))
  return markup`<div class="filters">${chips('Filter by state', open)}${chips('Filter by code', codes)}</div>`
}

function nothingFound({ next, open }: FindingsFilter): Markup {
  if (next !== null) return notice('No further finding', 'This was the last page.')
  return open
    ? notice(
        'No finding is open',
        'Nothing has to be looked at. Settled and acknowledged ones are behind the filter.',
      )
    : notice('No finding fits', 'Choose all codes above.')
}

function columnsOf({ open }: FindingsFilter, times: Times): readonly Column<Finding>[] {
  return [
    {
      name: 'Finding',
      cell: (finding) =>
        markup`${boxOf(finding)}<strong>${finding.code}</strong><br><span class="quiet">${nameOf(finding)}</span>`,
    },
    { name: 'About', cell: aboutCell },
    {
      name: 'Raised',
      cell: ({ raisedAt }) =>
        markup`<strong>${lasting(times.at - raisedAt)} ago</strong><br><span class="quiet">${times.plain(raisedAt)}</span>`,
    },
    { name: 'Why', cell: ({ code }) => findingKind(code).cause },
    ...(open ? [] : [{ name: 'State', cell: (finding: Finding) => stateCell(finding, times) }]),
    { name: 'What to do', cell: whatToDo },
  ]
}

/** Only what acknowledging closes can be ticked. */
function boxOf(finding: Finding): Markup {
  const isOpen = finding.acknowledged === null && findingKind(finding.code).acknowledging !== null
  return isOpen ? markup`${findingBox(finding.seq, nameOf(finding))} ` : NOTHING
}

function aboutCell({ employeeId, event, detail }: Finding): Markup {
  const employee = employeeId === null ? NOTHING : markup`${employeeLink(employeeId)}<br>`
  return markup`${employee}${event === null ? NOTHING : markup`<code>${event.id}</code><br>`}${detail === null ? NOTHING : markup`<span class="quiet">${detail}</span>`}`
}

function whatToDo({ code }: Finding): Markup {
  const { fix, owner, acknowledging } = findingKind(code)
  const does =
    acknowledging === null
      ? NOTHING
      : markup`<br><span class="quiet">Acknowledging it: ${acknowledging}</span>`
  return markup`${fix}<br><span class="quiet">Owner: ${owner}.</span>${does}`
}

function stateCell(finding: Finding, times: Times): Markup {
  const { acknowledged, settledAt } = finding
  if (acknowledged !== null)
    return markup`<span class="state done">acknowledged</span><br><span class="quiet">${times.plain(acknowledged.at)} by ${acknowledged.by}: ${acknowledged.justification}</span>`
  if (settledAt !== null)
    return markup`<span class="state done">settled</span><br><span class="quiet">${times.plain(settledAt)}</span>`
  return markup`<span class="state held">${stateOf(finding)}</span>`
}
