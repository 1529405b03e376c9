import { DAY_MS } from '../../../core/runtime.ts'
import type { AuditEntry, AuditPage, AuditQuery } from '../../../core/ledger/port/inspect.ts'
import { counted, notice } from '../layout.ts'
import { hrefOf } from '../list.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import type { Times } from '../times.ts'
import { type Format, FORMATS, MOST_EXPORTED } from './export.ts'

/** What the address says; `null` for what it leaves out. */
export interface AuditFilter {
  readonly days: (typeof DAYS)[number]
  readonly actor: string | null
  readonly action: string | null
  readonly employee: string | null
  readonly next: number | null
}

/** How far back, in days. */
export const DAYS = ['1', '7', '30', 'all'] as const

const PAGE = 50

export function auditQuery({ days, actor, action, employee, next }: AuditFilter, now: number): AuditQuery {
  const since = days === 'all' ? null : now - Number(days) * DAY_MS
  return { since, about: null, actor, action, employeeId: employee, newest: true, next, limit: PAGE }
}

/** Who did what, to what, and why. Newest first. */
export function auditView({ entries, next }: AuditPage, filter: AuditFilter, times: Times): Markup {
  return markup`<div class="heading"><h1>Audit</h1><p class="quiet">What was done, by whom and why. Newest first.</p></div>
${filterForm(filter)}
${exportLinks(filter)}
${entries.length === 0 ? notice('No entry fits', 'Choose a longer time, or clear a field.') : entryTable(entries, times)}
${next === null ? NOTHING : markup`<div class="pager"><a class="button" rel="next" href="${auditHref({ ...filter, next })}">Older entries</a></div>`}`
}

const auditHref = (filter: AuditFilter): string => hrefOf('/audit', { ...filter })

function exportLinks(filter: AuditFilter): Markup {
  const link = (format: Format): Markup =>
    markup`<a class="button small" download href="${hrefOf('/audit/export', { ...filter, next: null, format })}">${format.toUpperCase()}</a>`
  return markup`<p class="export"><span class="quiet">Export what the filter leaves, the newest ${counted(MOST_EXPORTED)} entries at most:</span> ${FORMATS.map(link)}</p>`
}

function filterForm({ days, actor, action, employee }: AuditFilter): Markup {
  const field = (name: string, label: string, value: string | null): Markup =>
    markup`<label>${label} <input name="${name}" value="${value ?? ''}" maxlength="200" autocomplete="off"></label>`
  const options = DAYS.map(
    (one) =>
      markup`<option value="${one}"${one === days ? markup` selected` : NOTHING}>${DAY_NAMES[one]}</option>`,
  )
  return markup`<form class="card filter" action="/audit"><label>Since <select name="days">${options}</select></label>${field('actor', 'Actor', actor)}${field('action', 'Action, as in brake', action)}${field('employee', 'Employee id', employee)}<button>Filter</button></form>`
}

const DAY_NAMES: Readonly<Record<AuditFilter['days'], string>> = {
  '1': '1 day',
  '7': '7 days',
  '30': '30 days',
  all: 'the beginning',
}

function entryTable(entries: readonly AuditEntry[], times: Times): Markup {
  return markup`<section class="card table"><table><caption class="hidden">Audit entries, newest first</caption>
<thead><tr><th scope="col">When</th><th scope="col">Actor</th><th scope="col">Action</th><th scope="col">About</th><th scope="col">Justification</th></tr></thead>
<tbody>${entries.map((entry) => entryRow(entry, times))}</tbody></table></section>`
}

function entryRow({ at, actor, action, about, count, justification }: AuditEntry, times: Times): Markup {
  return markup`<tr>
<td data-label="When">${times.element(at)}</td>
<td data-label="Actor">${actor}</td>
<td data-label="Action"><code>${action}</code></td>
<td data-label="About">${about ?? ''}${count > 1 ? markup` <span class="quiet">${counted(count)} in all</span>` : NOTHING}</td>
<td data-label="Justification">${justification}</td>
</tr>`
}
