import { allowanceInWords, brakeLimitInWords } from '../../../core/explain/brake.ts'
import { HELD_CAUSES, type HeldCause, type HeldCounts } from '../../../core/ledger/port/views/held.ts'
import type { Visitor } from '../../access/visitor.ts'
import { blockForm, unblockForm } from '../acts/block-forms.ts'
import { brakeForms, refusedForm } from '../acts/brake-forms.ts'
import { counted, notice, unit } from '../layout.ts'
import { chips, commands, hrefOf, pager } from '../list.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import type { Times } from '../times.ts'
import { HELD_TEXTS } from './causes.ts'
import { type BrakeView, type HeldList, type HeldQuery, nextOf } from './read.ts'
import { heldTable } from './rows.ts'

interface Shown extends HeldQuery {
  readonly counts: HeldCounts
  readonly visitor: Visitor
}

/** Counting stops here. */
export const MOST_COUNTED = 10_000

/** What is not sent, why, and what releases it; the employees that one cause holds. */
export function heldView(list: HeldList, { cause, from, counts, visitor }: Shown, times: Times): Markup {
  const next = nextOf(list)
  const pages = {
    first: from === null ? null : heldHref({ cause, from: null }),
    next: next && heldHref({ cause, from: next }),
    further: 'Further employees',
  }
  return markup`<div class="heading"><h1>Held</h1><p class="quiet">What is known and not sent yet, why, and what releases it.</p></div>
${chips(
  'Filter by cause',
  HELD_CAUSES.map((one) => ({
    text: HELD_TEXTS[one].name,
    href: heldHref({ cause: one, from: null }),
    count: atMost(counts[one]),
    chosen: one === cause,
  })),
)}
${causeCard(list, counts[cause], times)}
${ordersCard(list, counts[cause], visitor)}
${rowsOf(list).length === 0 ? nothingHeld(cause, from !== null) : heldTable(list, times)}
${pager(pages)}`
}

export function heldHref({ cause, from }: HeldQuery): string {
  return hrefOf('/held', { cause, at: from?.at ?? null, after: from?.employeeId ?? null })
}

const atMost = (count: number): number | string =>
  count < MOST_COUNTED ? count : `${counted(MOST_COUNTED)} or more`

const rowsOf = (list: HeldList): readonly unknown[] =>
  list.cause === 'blocks' ? list.page.blocks : list.page.employees

function nothingHeld(cause: HeldCause, further: boolean): Markup {
  return further
    ? notice('No further employee', 'This was the last page.')
    : notice(HELD_TEXTS[cause].none, 'Choose another cause above, or search for an employee.')
}

/** The cause in full, and what one can do about it. */
function causeCard(list: HeldList, count: number, times: Times): Markup {
  const { name, meaning, releases, commands: all } = HELD_TEXTS[list.cause]
  const brake = 'brake' in list ? brakeFacts(list.brake, times) : NOTHING
  return markup`<div class="grid two about">
<section class="card" aria-labelledby="cause"><h2 id="cause">${name}</h2><p>${meaning}</p>
<dl class="left"><dt>How many</dt><dd>${count < MOST_COUNTED ? unit(count, 'employee') : `${counted(MOST_COUNTED)} employees or more`}</dd><dt>Released by</dt><dd>${releases}</dd>${brake}</dl></section>
<section class="card doing" aria-labelledby="doing"><h2 id="doing">What can be done</h2>${commands(all)}</section>
</div>`
}

/** What a visitor can decide here about the employees of the list. */
function ordersCard({ cause }: HeldList, count: number, visitor: Visitor): Markup {
  const to = heldHref({ cause, from: null })
  const orders = (title: string, forms: Markup): Markup =>
    markup`<section class="card" aria-labelledby="orders"><h2 id="orders">${title}</h2>${forms}</section>`
  switch (cause) {
    case 'brake':
      return orders('Release or refuse', brakeForms({ visitor, held: count, to }))
    case 'refused':
      return orders('Release', refusedForm({ visitor, to }))
    case 'blocks': {
      const forms = { visitor, employeeId: null, to }
      return markup`<div class="grid two">${orders('Block an employee', blockForm(forms))}<section class="card" aria-labelledby="lift"><h2 id="lift">Lift a block</h2>${unblockForm(forms, count === 0 ? 'No employee is blocked.' : null)}</section></div>`
    }
    case 'future':
    case 'incomplete':
    case 'pilot':
      return NOTHING
  }
}

function brakeFacts({ status, limits }: BrakeView, times: Times): Markup {
  const { employees, active, heldSince, allowance } = status
  return markup`<dt>In the window</dt><dd>${unit(employees, 'deactivation')}; ${unit(active, 'employee')} active</dd>
<dt>Limit</dt><dd>${brakeLimitInWords(limits)}</dd>
<dt>More may go</dt><dd>${allowanceInWords(allowance, times.text)}</dd>
${heldSince === null ? NOTHING : markup`<dt>Held since</dt><dd>${times.element(heldSince)}</dd>`}`
}
