import { LEAVER_CAUSES, type LeaverCause } from '../../../core/leavers/causes.ts'
import { nameOf } from '../../../core/leavers/case-name.ts'
import type { OpenCase, OpenCasesPage } from '../../../core/leavers/open-cases.ts'
import type { LeaverFigures } from '../../../core/ledger/port/figures.ts'
import type { Visitor } from '../../access/visitor.ts'
import { actionForm, justificationField } from '../forms.ts'
import { counted, notice, sentence, unit } from '../layout.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import { employeeLink } from '../employee/link.ts'
import { lasting, type Times } from '../times.ts'
import { leaverTabs } from './tabs.ts'

export interface LeaversQuery {
  /** `null`: any. */
  readonly cause: LeaverCause | null
  /** Only cases behind this one; `null` for the first page. */
  readonly after: number | null
}

interface Shown extends LeaversQuery {
  /** `null` while it is not known. */
  readonly counts: LeaverFigures | null
  readonly visitor: Visitor
}

/** Open leaver cases, oldest first: cause, age and what to do. */
export function leaversView(page: OpenCasesPage, { counts, visitor, ...query }: Shown, times: Times): Markup {
  return markup`<div class="heading"><h1>Leavers</h1><p class="quiet">Employees who left, until the directory is known to hold their accounts disabled.</p></div>
${leaverTabs('open', counts?.count ?? null)}
${counts === null ? NOTHING : causeFilter(counts, query.cause)}
${page.cases.length === 0 ? nothingOpen(query, page.capped) : caseTable(page.cases, times)}
${page.cases.length === 0 ? NOTHING : acknowledging(query, visitor)}
${pager(page, query)}`
}

export function leaversHref({ cause, after }: LeaversQuery): string {
  const query = new URLSearchParams({
    ...(cause === null ? {} : { cause }),
    ...(after === null ? {} : { after: String(after) }),
  }).toString()
  return query === '' ? '/leavers' : `/leavers?${query}`
}

/** Counts are of the last assessment, so a case may have another cause by now. */
function causeFilter({ count, causes }: LeaverFigures, chosen: LeaverCause | null): Markup {
  const chip = (cause: LeaverCause | null, cases: number): Markup =>
    markup`<li><a class="chip" href="${leaversHref({ cause, after: null })}"${cause === chosen ? markup` aria-current="true"` : NOTHING}>${cause ?? 'all causes'} <span class="count">${counted(cases)}</span></a></li>`
  return markup`<nav aria-label="Filter by cause"><ul class="chips">${[chip(null, count), ...causes.map((one) => chip(one.cause, one.count))]}</ul></nav>`
}

function nothingOpen({ cause, after }: LeaversQuery, capped: boolean): Markup {
  if (capped)
    return notice('None among the cases looked at', 'There may be some among newer ones: go on below.')
  if (after !== null) return notice('No further case', 'This was the last page.')
  return cause === null
    ? notice(
        'Every leaver is out',
        'No case is open: the directory is known to hold the account of every leaver disabled.',
      )
    : notice(
        'No case has this cause now',
        sentence(LEAVER_CAUSES[cause].meaning),
        markup`<p><a href="/leavers">Show all causes</a></p>`,
      )
}

function caseTable(cases: readonly OpenCase[], times: Times): Markup {
  return markup`<section class="card table"><table><caption class="hidden">Open leaver cases, oldest first</caption>
<thead><tr><th scope="col">Employee</th><th scope="col">Why it is open</th><th scope="col">Open for</th><th scope="col">What to do</th></tr></thead>
<tbody>${cases.map((one) => caseRow(one, times))}</tbody></table></section>`
}

function caseRow({ leaverCase, assessment }: OpenCase, times: Times): Markup {
  const { cause, detail, nextAt } = assessment
  const { meaning, fix, waits } = LEAVER_CAUSES[cause]
  const { id, employeeId, openedAt, effectiveAt, resends } = leaverCase
  return markup`<tr>
<td data-label="Employee"><input type="checkbox" form="${FORM}" name="case" value="${id}" aria-label="Choose ${nameOf(id)} of ${employeeId}"> ${employeeLink(employeeId)}<br><span class="quiet">${nameOf(id)}</span></td>
<td data-label="Why it is open"><span class="tag ${waits ? 'normal' : 'urgent'}">${cause}</span>${detail === null ? NOTHING : markup` <code>${detail}</code>`}<br>${sentence(meaning)}</td>
<td data-label="Open for"><strong>${lasting(times.at - openedAt)}</strong><br><span class="quiet">${effectiveAt > times.at ? 'leaves' : 'left'} ${times.element(effectiveAt)}${resends === 0 ? NOTHING : markup`, resent ${unit(resends, 'time')}`}</span></td>
<td data-label="What to do">${sentence(fix)}${nextAt === null ? NOTHING : markup`<br><span class="quiet">next step ${times.element(nextAt)}</span>`}</td>
</tr>`
}

const FORM = 'acknowledge'

/** Closes the cases that are ticked. */
function acknowledging(query: LeaversQuery, visitor: Visitor): Markup {
  const fields = markup`<input type="hidden" name="to" value="${leaversHref(query)}">${justificationField('acknowledge-why')}`
  const form = {
    path: '/leavers/acknowledge',
    label: 'Acknowledge the chosen cases',
    fields,
    id: FORM,
  } as const
  return markup`<section class="card" aria-labelledby="acknowledging"><h2 id="acknowledging">Acknowledge</h2><p class="quiet">Closes cases that need nothing more, though the directory is not known to hold the account disabled.</p>${actionForm(visitor, form)}</section>`
}

function pager({ next, capped }: OpenCasesPage, { cause, after }: LeaversQuery): Markup {
  const first =
    after === null
      ? NOTHING
      : markup`<a class="button" href="${leaversHref({ cause, after: null })}">First page</a>`
  const further =
    next === null
      ? NOTHING
      : markup`<a class="button" rel="next" href="${leaversHref({ cause, after: next })}">Newer cases</a>`
  const said = capped
    ? markup`<p class="quiet">The search stopped after 2,000 cases without filling a page.</p>`
    : NOTHING
  return markup`<div class="pager">${first}${further}${said}</div>`
}
