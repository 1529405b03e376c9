import {
  type DeadLetter,
  ledgerReason,
  parseDeadLetterId,
} from '../../../core/report/dead-letters/dead-letter.ts'
import { misread, type PageOf } from '../page.ts'
import { timesAt } from '../times.ts'
import { cursorIn } from './cursor.ts'
import { filterIn } from './filter.ts'
import { listView } from './list-view.ts'
import { noSuchDeadLetter, oneView } from './one-view.ts'
import { readList, readTrend } from './read.ts'

export const deadLettersPage: PageOf = (context) => async (query, ledger, visitor) => {
  const filter = filterIn(query)
  const next = cursorIn(query)
  if (filter === null || next === 'misread') return misread('Dead letters', '/failures')
  const now = context.now()
  const list = await readList(ledger, filter, { config: context.config, now, next })
  const figures = (await context.snapshot()).ledger?.figures ?? null
  const trend = await readTrend(ledger, filter, now)
  const shown = { filter, isFirst: next === null, figures, trend, visitor }
  const body = listView(list, shown, timesAt(now, context.zone))
  return { title: 'Dead letters', body, current: '/failures' }
}

/** One dead letter of the ledger. Those on the bus are shown in their list. */
export const deadLetterPage: PageOf = (context) => async (query, ledger, visitor) => {
  const id = query('id')
  const name = id === null ? null : parseDeadLetterId(id)
  if (id === null || name === null || name.store === 'bus') return misread('Dead letter', '/failures')
  const found = await ledger.findDeadLetter(name.seq)
  if (found === null)
    return { title: 'Dead letter', body: noSuchDeadLetter(id), current: '/failures', status: 404 }
  const { letter, original } = found
  const dead: DeadLetter = { store: 'ledger', reason: ledgerReason(letter), letter }
  const body = oneView({ dead, original, visitor }, timesAt(context.now(), context.zone))
  return { title: `Dead letter ${id}`, body, current: '/failures' }
}
