import { callsOf } from '../../../compose/observe/destinations.ts'
import type { LedgerReadings, ObservedLimits } from '../../../compose/observe/measurements.ts'
import { type LaneStanding, standingInWords } from '../../../core/emergency/standing.ts'
import { eachDestination } from '../../../core/destinations/figures.ts'
import type { DestinationFigures } from '../../../core/ledger/port/figures.ts'
import type { CallLimits } from '../../../core/ledger/port/submit.ts'
import { type Forecast, nextCallAt, reserveOf } from '../../../core/provision/pace.ts'
import { counted, unit } from '../layout.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import type { Times } from '../times.ts'

interface QuotaView {
  readonly ledger: LedgerReadings
  readonly limits: ObservedLimits
  readonly backlog: Backlog
}

export interface Backlog {
  /** By destination, in the order of the figures. */
  readonly destinations: readonly { readonly waiting: number; readonly forecast: Forecast }[]
  /** `null`: the emergency lane is off. */
  readonly lane: LaneStanding | null
}

/** The calls of the last 24 hours: used, kept for leavers, and when what waits is sent. */
export function quotaCard({ ledger, limits, backlog }: QuotaView, times: Times): Markup {
  const { figures, at } = ledger
  const { lane, destinations } = backlog
  const all = eachDestination(figures)
  const ofOne = all.length === 1
  const parts = all.map((one, index) => {
    const shown = { one, at, calls: callsOf(limits, one.name), backlog: destinations[index] ?? NO_BACKLOG }
    return markup`${ofOne ? NOTHING : markup`<h3>${one.name}</h3>`}
${quotaPart(shown, ofOne ? lane : null, times)}`
  })
  return markup`<section class="card" aria-labelledby="quota"><h2 id="quota">Quota, last 24 hours</h2>
${parts}${ofOne || lane === null ? NOTHING : markup`<dl><dt>Emergency lane</dt><dd>${standingInWords(lane)}</dd></dl>`}</section>`
}

const NO_BACKLOG = { waiting: 0, forecast: { calls: 0, doneAt: null } }

interface PartView {
  readonly one: DestinationFigures
  readonly at: number
  readonly calls: CallLimits
  readonly backlog: Backlog['destinations'][number]
}

function quotaPart({ one, at, calls, backlog }: PartView, lane: Backlog['lane'], times: Times): Markup {
  const { quota } = one
  const reserve = reserveOf(calls)
  const next = nextCallAt({ now: at, ...quota }, calls, false)
  const { doneAt, calls: needed } = backlog.forecast
  const limited = Number.isFinite(calls.perDay)
  return markup`${limited ? meter(quota.used, reserve, calls.perDay) : NOTHING}
<dl>
<dt>Used</dt><dd>${limited ? `${counted(quota.used)} of ${unit(calls.perDay, 'call')}` : `${unit(quota.used, 'call')}, no limit is set`}</dd>
${limited ? markup`<dt>Kept for leavers</dt><dd>${unit(reserve, 'call')}</dd>` : NOTHING}
<dt>Next call</dt><dd>${next > at ? times.element(next) : 'can be made now'}</dd>
<dt>Waiting</dt><dd>${unit(backlog.waiting, 'operation')}</dd>
<dt>All sent by</dt><dd>${doneAt === null ? 'nothing waits' : markup`${times.element(doneAt)}, ${unit(needed, 'call')}`}</dd>
${lane === null ? NOTHING : markup`<dt>Emergency lane</dt><dd>${standingInWords(lane)}</dd>`}
</dl>`
}

const WIDTH = 400

function meter(used: number, reserve: number, perDay: number): Markup {
  const share = (part: number): number => Math.round((Math.min(part, perDay) / perDay) * WIDTH)
  const title = `${counted(used)} of ${unit(perDay, 'call')} used, ${counted(reserve)} kept for leavers`
  return markup`<svg class="meter" viewBox="0 0 ${WIDTH} 12" preserveAspectRatio="none" role="img" aria-label="${title}"><rect class="track" width="${WIDTH}" height="12"/><rect class="used" width="${share(used)}" height="12"/><rect class="kept" x="${WIDTH - share(reserve)}" width="${share(reserve)}" height="12"/></svg>`
}
