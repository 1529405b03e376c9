import type { DeadLetterSample } from '../../../core/ledger/port/dead-letters.ts'
import type { Depth, Figures } from '../../../core/ledger/port/figures.ts'
import { type DeadLetter, deadLetterId, factsOf } from '../../../core/report/dead-letters/dead-letter.ts'
import { detailOf } from '../../../core/report/dead-letters/detail.ts'
import { attributeIn } from '../../../core/report/dead-letters/groups.ts'
import { reasonOf } from '../../../core/report/outcomes/reason-catalogue.ts'
import type { Visitor } from '../../access/visitor.ts'
import { chosenLettersForm, letterBox, letterForms } from '../acts/letter-forms.ts'
import { bars } from '../now/bars.ts'
import { employeeLink } from '../employee/link.ts'
import { counted, notice, unit } from '../layout.ts'
import { type Chip, chips, type Column, commands, listTable, pager } from '../list.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import { lasting, type Times } from '../times.ts'
import {
  AGE_NAMES,
  AGES,
  deadLetterHref,
  type DeadLetterFilter,
  deadLettersHref,
  formFieldsOf,
  optionsOf,
} from './filter.ts'
import { type DeadLetterList, SAMPLE } from './read.ts'

interface Shown {
  /**
   * How many there were at the end of each 6 hours of the last 7 days; `null` without a code, and
   * on the bus.
   */
  readonly trend: readonly (number | null)[] | null
  readonly filter: DeadLetterFilter
  readonly isFirst: boolean
  /** `null` while the counts are not known. */
  readonly figures: Pick<Figures, 'deadLetters' | 'busDeadLetters'> | null
  readonly visitor: Visitor
}

/**
 * The dead letters that a filter leaves, the last to die first; those with one code with what it
 * means.
 */
export function listView(
  list: DeadLetterList,
  { filter, isFirst, figures, trend, visitor }: Shown,
  times: Times,
): Markup {
  const { code } = filter
  const groups = figures === null ? [] : groupsOf(figures, filter)
  return markup`<div class="heading"><h1>Dead letters</h1><p class="quiet">${filter.store === 'ledger' ? 'Events that failed after they were taken in, the last first.' : 'Messages in the dead-letter queues of the bus, as they lie there.'}</p></div>
${filters(filter, groups)}
${code === null ? NOTHING : groupCard({ code, filter, list, trend, depth: groups.find((one) => one.code === code) }, times)}
${list.letters.length === 0 ? nothingFits(filter, list, isFirst) : markup`${ordersCard(filter, visitor)}${listTable('Dead letters', columnsOf(filter, times), list.letters)}`}
${pager({
  first: isFirst ? null : deadLettersHref(filter),
  next: list.next && deadLettersHref(filter, list.next),
  further: filter.store === 'ledger' ? 'Older dead letters' : 'Further dead letters',
  said: list.letters.length === 0 ? null : list.said,
})}`
}

/** What is done to all that the filter selects, or to those that are ticked. */
function ordersCard(filter: DeadLetterFilter, visitor: Visitor): Markup {
  const forms = { visitor, onlyBus: filter.store === 'bus', to: deadLettersHref(filter) }
  return markup`<section class="card" aria-labelledby="orders"><h2 id="orders">All that fit this filter</h2><p class="quiet">Each shows first what it would do, and to how many.</p>
${letterForms({ ...forms, fields: formFieldsOf(filter) })}
<h3>Those that are ticked below</h3>${chosenLettersForm(forms)}</section>`
}

type Group = Depth & { readonly code: string }

function groupsOf(
  { deadLetters, busDeadLetters }: NonNullable<Shown['figures']>,
  { store }: DeadLetterFilter,
) {
  const groups: readonly Group[] = store === 'ledger' ? deadLetters : (busDeadLetters?.codes ?? [])
  return groups.toSorted((one, other) => other.count - one.count)
}

/** The most codes that are offered; the page Failures has all. */
const CODES = 8

function filters(filter: DeadLetterFilter, groups: readonly Group[]): Markup {
  const link = (part: Partial<DeadLetterFilter>): string => deadLettersHref({ ...filter, ...part })
  const stores: readonly Chip[] = (['ledger', 'bus'] as const).map((store) => ({
    text: store === 'ledger' ? 'in the ledger' : 'on the bus',
    href: deadLettersHref({ store, code: null, attribute: null, age: filter.age }),
    count: null,
    chosen: store === filter.store,
  }))
  const ages: readonly Chip[] = AGES.map((age) => ({
    text: AGE_NAMES[age],
    href: link({ age }),
    count: null,
    chosen: age === filter.age,
  }))
  const offered = groups.filter(({ code }, index) => index < CODES || code === filter.code)
  const codes: readonly Chip[] = [
    {
      text: 'all codes',
      href: link({ code: null, attribute: null }),
      count: null,
      chosen: filter.code === null,
    },
    ...offered.map(({ code, count }) => ({
      text: code,
      href: link({ code, attribute: null }),
      count,
      chosen: code === filter.code,
    })),
  ]
  return markup`<div class="filters">${chips('Filter by store', stores)}${chips('Filter by age', ages)}</div>${chips('Filter by code', codes)}`
}

interface GroupView extends Pick<Shown, 'trend'> {
  readonly code: string
  readonly filter: DeadLetterFilter
  readonly list: DeadLetterList
  readonly depth: Depth | undefined
}

function groupCard({ code, filter, list: { sample }, depth, trend }: GroupView, times: Times): Markup {
  const { cause, fix, owner, waitingHelps } = reasonOf(code)
  return markup`<div class="grid two about">
<section class="card" aria-labelledby="cause"><h2 id="cause"><code>${code}</code></h2><p>${cause}</p><p><span class="do">What to do:</span> ${fix}</p>
<dl class="left"><dt>Owner</dt><dd>${owner}; waiting ${waitingHelps ? 'helps' : 'does not help'}</dd>
${depth === undefined ? NOTHING : markup`<dt>How many</dt><dd>${unit(depth.count, 'dead letter')}${depth.oldestAt === null ? NOTHING : markup`, the oldest since ${times.element(depth.oldestAt)}`}</dd>`}
${sample === null ? NOTHING : replayed(sample)}${trend === null ? NOTHING : trendRow(trend)}</dl>
${sample === null ? NOTHING : attributes(sample, code, filter)}</section>
<section class="card doing" aria-labelledby="doing"><h2 id="doing">What can be done</h2>${commands([
    `rollcall replay ${optionsOf(filter)} --dry-run`,
    `rollcall dead-letters discard ${optionsOf(filter)} --dry-run`,
    `rollcall dead-letters list ${optionsOf(filter)}`,
  ])}</section>
</div>`
}

function replayed({ looked, replayed: again, mostReplays }: DeadLetterSample): Markup {
  const of = looked < SAMPLE ? '' : ` of the newest ${counted(SAMPLE)}`
  const text =
    again === 0
      ? `none${of} was replayed before`
      : `${unit(again, 'dead letter')}${of} failed again after a replay, up to ${unit(mostReplays, 'time')}`
  return markup`<dt>Replays</dt><dd>${text}</dd>`
}

function trendRow(trend: readonly (number | null)[]): Markup {
  const known = trend.filter((value) => value !== null)
  if (known.length === 0) return markup`<dt>Trend</dt><dd>not known yet</dd>`
  const [most, last] = [Math.max(...known), known.at(-1) ?? 0]
  const title = `Over the last 7 days: ${counted(most)} at most, ${counted(last)} at the end`
  return markup`<dt>Trend</dt><dd>${bars(trend, title)}<span class="quiet">${title}</span></dd>`
}

/** Further attributes are left to the command. */
const ATTRIBUTES = 12

function attributes({ details, looked }: DeadLetterSample, code: string, filter: DeadLetterFilter): Markup {
  const counts = new Map<string, number>()
  for (const { detail, count } of details) {
    const attribute = attributeIn({ code, detail })
    if (attribute !== null) counts.set(attribute, (counts.get(attribute) ?? 0) + count)
  }
  if (counts.size === 0) return NOTHING
  const most = [...counts].sort(([, one], [, other]) => other - one).slice(0, ATTRIBUTES)
  const all: readonly Chip[] = [
    {
      text: 'any',
      href: deadLettersHref({ ...filter, attribute: null }),
      count: null,
      chosen: filter.attribute === null,
    },
    ...most.map(([attribute, count]) => ({
      text: attribute,
      href: deadLettersHref({ ...filter, attribute }),
      count,
      chosen: attribute === filter.attribute,
    })),
  ]
  return markup`<h3>About</h3>${looked < SAMPLE ? NOTHING : markup`<p class="quiet">Counted in the newest ${counted(SAMPLE)}.</p>`}${chips('Filter by attribute', all)}`
}

function nothingFits({ store }: DeadLetterFilter, { said }: DeadLetterList, isFirst: boolean): Markup {
  if (said !== null) return notice('Nothing to show', said)
  if (!isFirst) return notice('No further dead letter', 'This was the last page.')
  const elsewhere = store === 'ledger' ? 'those on the bus' : 'those in the ledger'
  return notice('No dead letter fits', `Choose another age or code above, or look at ${elsewhere}.`)
}

function columnsOf({ code }: DeadLetterFilter, times: Times): readonly Column<DeadLetter>[] {
  return [
    { name: 'Failed', cell: (dead) => age(factsOf(dead).at, times) },
    { name: 'Dead letter', cell: nameCell },
    { name: 'Employee', cell: (dead) => employeeCell(factsOf(dead).employeeId) },
    ...(code === null ? [{ name: 'Code', cell: codeCell }] : []),
    { name: 'About', cell: (dead) => aboutCell(dead) },
    { name: 'Replays', cell: replaysCell },
  ]
}

const age = (at: number, times: Times): Markup =>
  markup`<strong>${lasting(times.at - at)} ago</strong><br><span class="quiet">${times.plain(at)}</span>`

function nameCell(dead: DeadLetter): Markup {
  const { type, id } = factsOf(dead)
  const name = deadLetterId(dead)
  const link =
    dead.store === 'ledger'
      ? markup`<a class="id" href="${deadLetterHref(name)}">${name}</a>`
      : markup`<span class="id">${name}</span>`
  return markup`${letterBox(name)} ${link}<br><span class="quiet">${type ?? 'no type can be read'}${id === null ? NOTHING : markup` <code>${id}</code>`}</span>`
}

function employeeCell(id: string | null): Markup {
  return id === null ? markup`<span class="quiet">not known</span>` : employeeLink(id)
}

const codeCell = (dead: DeadLetter): Markup => markup`<code>${factsOf(dead).code}</code>`

function aboutCell(dead: DeadLetter): Markup {
  const detail = detailOf(dead)
  const blocks =
    dead.store === 'ledger' && dead.letter.blocksReactivation
      ? markup` <span class="tag urgent">blocks reactivation</span>`
      : NOTHING
  const stale =
    dead.store === 'bus' && dead.letter.stale === true
      ? markup` <span class="tag">its events arrived in another message</span>`
      : NOTHING
  return markup`${detail === null ? NOTHING : markup`<code>${detail}</code>`}${blocks}${stale}`
}

function replaysCell(dead: DeadLetter): string {
  if (dead.store === 'bus') return 'not counted on the bus'
  const { replays } = dead.letter
  return replays === 0 ? 'none' : `failed again ${unit(replays, 'time')}`
}
