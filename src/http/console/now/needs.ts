import type { AlertState } from '../../../core/alerts/alert.ts'
import { ALERTS } from '../../../core/alerts/codes.ts'
import { describeAlert } from '../../../core/alerts/describe.ts'
import { STALE_LOOK_MS } from '../../../core/alerts/worth.ts'
import type { LedgerReadings } from '../../../compose/observe/measurements.ts'
import { ON_BUS } from '../../../core/alerts/assess.ts'
import { deadLettersHref } from '../dead-letters/filter.ts'
import { findingsHref } from '../findings/view.ts'
import { unit } from '../layout.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import type { Times } from '../times.ts'

/** The most that are shown at once. */
const SHOWN = 20

/** What needs a person: cause, then what to do, then where to look. */
export function needsCard({ alerts }: Pick<LedgerReadings, 'alerts'>, times: Times): Markup {
  return markup`<section class="card" aria-labelledby="needs"><h2 id="needs">Needs a person</h2>${content(alerts, times)}</section>`
}

function content(alerts: LedgerReadings['alerts'], times: Times): Markup {
  if (alerts === null)
    return markup`<p class="quiet">No connector has looked for alerts on this ledger yet. It does so every few seconds while it plans: see <code>rollcall instances</code>.</p>`
  const { open, lookedAt } = alerts
  const stale =
    times.at - lookedAt > STALE_LOOK_MS
      ? markup`<p class="warn-text">These may be out of date: no connector has looked for alerts since ${times.element(lookedAt)}. See <code>rollcall instances</code>.</p>`
      : NOTHING
  if (open.length === 0) return markup`${stale}<p class="all-well">Nothing. Every alert is resolved.</p>`
  const more =
    open.length > SHOWN
      ? markup`<p class="quiet">${unit(open.length - SHOWN, 'more alert')}: <code>rollcall alerts</code> lists all.</p>`
      : NOTHING
  return markup`${stale}<ul class="needs">${open.slice(0, SHOWN).map((alert) => entry(alert, linkOf(alert), times))}</ul>${more}`
}

function entry(alert: AlertState, link: Link | null, times: Times): Markup {
  const { what, meaning, cure } = describeAlert(alert)
  const { code, cause, count, urgency, openedAt } = alert
  const [one, several] = ALERTS[code].counts
  return markup`<li class="${urgency}">
<div>
<p class="what"><strong>${what}</strong></p>
<p class="facts"><span class="tag ${urgency}">${urgency}</span> ${unit(count, one, several)}${cause === '' ? NOTHING : markup` · <code>${cause}</code>`} · since ${times.element(openedAt)}</p>
${meaning === null ? NOTHING : markup`<p>${meaning}</p>`}
<p><span class="do">What to do:</span> ${cure}${cure.endsWith('.') ? '' : '.'}</p>
</div>
${link === null ? NOTHING : markup`<a class="button" href="${link.href}">${link.text}</a>`}
</li>`
}

interface Link {
  readonly href: string
  readonly text: string
}

/** The page that shows what an alert counts; `null` where there is none yet. */
function linkOf({ code, cause }: AlertState): Link | null {
  switch (code) {
    case 'leaver.open':
      return { href: `/leavers?cause=${encodeURIComponent(cause)}`, text: 'Open leavers' }
    case 'emergency.waits':
      return { href: '/leavers', text: 'Open leavers' }
    case 'brake.tripped':
      return { href: '/held?cause=brake', text: 'Review the brake' }
    case 'deadletter.new':
      return { href: groupHref(cause), text: 'Open dead letters' }
    case 'finding.new':
      return { href: findingsHref({ code: cause, open: true, next: null }), text: 'Open findings' }
    case 'instance.lost':
    case 'loop.missing':
      return { href: '/configuration', text: 'See instances' }
    case 'job.failing':
    case 'job.stopped':
      return { href: '/job', text: 'See the job' }
    case 'bus.unreachable':
    case 'channel.down':
    case 'log.behind':
    case 'quota.low':
    case 'record.refused':
    case 'stage.stuck':
    case 'submission.held':
      return null
  }
}

/** The alert of a code says whether it is about the bus. */
function groupHref(cause: string): string {
  const isOnBus = cause.startsWith(ON_BUS)
  const code = isOnBus ? cause.slice(ON_BUS.length) : cause
  return deadLettersHref({ store: isOnBus ? 'bus' : 'ledger', code, attribute: null, age: 'any' })
}
