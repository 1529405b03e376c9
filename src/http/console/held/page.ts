import { HELD_CAUSES, type HeldCause, type HeldCounts } from '../../../core/ledger/port/views/held.ts'
import { isNumber, misread, type PageOf } from '../page.ts'
import { timesAt } from '../times.ts'
import { HELD_TEXTS } from './causes.ts'
import { readHeld } from './read.ts'
import { heldView, MOST_COUNTED } from './view.ts'

export const heldPage: PageOf = (context) => async (query, ledger, visitor) => {
  const [cause, at, after] = [query('cause'), query('at'), query('after')]
  if ((cause !== null && !isCause(cause)) || (at !== null && !isNumber(at))) return misread('Held', '/held')
  const now = context.now()
  const counts = await ledger.countHeld({ now, most: MOST_COUNTED })
  const from = after === null ? null : { at: Number(at ?? 0), employeeId: after }
  const asked = { cause: cause ?? firstOf(counts), from }
  const list = await readHeld(ledger, asked, { config: context.config, now })
  const body = heldView(list, { ...asked, counts, visitor }, timesAt(now, context.zone))
  return { title: 'Held', body, current: '/held' }
}

const isCause = (text: string): text is HeldCause => HELD_CAUSES.some((one) => one === text)

/** What waits for a person comes first, and what waits at all next. */
function firstOf(counts: HeldCounts): HeldCause {
  const held = HELD_CAUSES.filter((cause) => counts[cause] > 0)
  return held.find((cause) => HELD_TEXTS[cause].needsPerson) ?? held[0] ?? 'brake'
}
