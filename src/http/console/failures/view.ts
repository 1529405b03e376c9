import type { BusDeadLetters, Depth, Figures } from '../../../core/ledger/port/figures.ts'
import { reasonOf } from '../../../core/report/outcomes/reason-catalogue.ts'
import type { Visitor } from '../../access/visitor.ts'
import { letterForms } from '../acts/letter-forms.ts'
import { notice, unit } from '../layout.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import { deadLettersHref } from '../dead-letters/filter.ts'
import { lasting, type Times } from '../times.ts'

type Failed = Pick<Figures, 'deadLetters' | 'busDeadLetters'>

/** Dead letters that share a store and a code. */
interface FailureGroup extends Depth {
  readonly store: 'ledger' | 'bus'
  readonly code: string
}

/**
 * What failed, by code: how much, since when, why, who can act, and what to do. The largest group
 * first.
 */
export function failuresView(failed: Failed, visitor: Visitor, times: Times): Markup {
  const groups = [
    ...failed.deadLetters.map((group) => ({ ...group, store: 'ledger' as const })),
    ...(failed.busDeadLetters?.codes ?? []).map((group) => ({ ...group, store: 'bus' as const })),
  ].sort((one, other) => other.count - one.count)
  return markup`<div class="heading"><h1>Failures</h1><p class="quiet">Events and messages that failed and wait for a person, as of ${times.local(times.at)}.</p></div>
${busNote(failed.busDeadLetters, times)}
${groups.length === 0 ? notice('Nothing failed', 'There are no dead letters in the ledger, and none were counted on the bus.') : groupTable(groups, visitor, times)}`
}

/** The bus is counted by one instance, every few seconds at most. */
function busNote(bus: BusDeadLetters | null, times: Times): Markup {
  if (bus === null)
    return markup`<p class="quiet">The dead letters on the bus were not counted yet: <code>rollcall dead-letters groups --store bus</code> looks into its queues.</p>`
  const more = bus.capped ? ' There are more than could be counted.' : ''
  return markup`<p class="quiet">Those on the bus were counted ${times.element(bus.countedAt)}.${more}</p>`
}

function groupTable(groups: readonly FailureGroup[], visitor: Visitor, times: Times): Markup {
  return markup`<section class="card table"><table><caption class="hidden">Dead letters by code, the largest group first</caption>
<thead><tr><th scope="col">Code</th><th scope="col">How many</th><th scope="col">Cause</th><th scope="col">What to do</th></tr></thead>
<tbody>${groups.map((group) => groupRow(group, visitor, times))}</tbody></table></section>`
}

function groupRow({ store, code, count, oldestAt }: FailureGroup, visitor: Visitor, times: Times): Markup {
  const { cause, fix, owner, waitingHelps } = reasonOf(code)
  const href = deadLettersHref({ store, code, attribute: null, age: 'any' })
  const oldest =
    oldestAt === null
      ? NOTHING
      : markup`<br><span class="quiet">oldest ${lasting(times.at - oldestAt)}</span>`
  return markup`<tr>
<td data-label="Code"><a class="id" href="${href}">${code}</a></td>
<td data-label="How many"><strong>${store === 'bus' ? unit(count, 'message') : unit(count, 'event')}</strong> ${store === 'bus' ? 'on the bus' : 'in the ledger'}${oldest}</td>
<td data-label="Cause">${cause}<br><span class="quiet">Owner: ${owner}. Waiting ${waitingHelps ? 'helps' : 'does not help'}.</span></td>
<td data-label="What to do">${fix}<br><a class="button small" href="${href}">Open the list<span class="hidden"> of ${code}</span></a>
${letterForms({ visitor, fields: { store, code }, onlyBus: store === 'bus', to: '/failures' })}</td>
</tr>`
}
