import { isNumber, misread, numberOr, type PageOf, ROWS } from '../page.ts'
import { timesAt } from '../times.ts'
import { replaysView } from './view.ts'

export const replaysPage: PageOf = (context) => async (query, ledger) => {
  const next = query('next')
  if (next !== null && !isNumber(next)) return misread('Replays', '/replays')
  const before = numberOr(next)
  const runs = await ledger.listReplays({ before, limit: ROWS })
  const body = replaysView(runs, before, timesAt(context.now(), context.zone))
  return { title: 'Replays', body, current: '/replays', live: before === null }
}
