import { isNumber, misread, type PageOf, ROWS } from '../page.ts'
import { timesAt } from '../times.ts'
import { closedView, SUMMARISED } from './closed-view.ts'

/** Closed leaver cases, with how long the proof took. */
export const closedLeaversPage: PageOf = (context) => async (query, ledger, visitor) => {
  const [at, id] = [query('at'), query('next')]
  if ([at, id].some((one) => one !== null && !isNumber(one))) return misread('Leavers', '/leavers')
  const next = at === null || id === null ? null : { endedAt: Number(at), id: Number(id) }
  const [page, newest] = await Promise.all([
    ledger.listClosedLeavers({ next, limit: ROWS }),
    ledger.listClosedLeavers({ next: null, limit: SUMMARISED }),
  ])
  const shown = { newest: newest.leavers, after: next, visitor }
  const body = closedView(page, shown, timesAt(context.now(), context.zone))
  return { title: 'Closed leaver cases', body, current: '/leavers' }
}
