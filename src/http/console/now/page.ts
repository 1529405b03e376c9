import { LEDGER_AWAY, type PageOf } from '../page.ts'
import { timesAt } from '../times.ts'
import { backlogReader } from './backlog.ts'
import { nowView } from './view.ts'

export const nowPage: PageOf = (context) => {
  const backlog = backlogReader(context)
  return async (_query, ledger) => {
    const snapshot = await context.snapshot()
    if (snapshot.ledger === null) return LEDGER_AWAY
    const waiting = await backlog(ledger, snapshot.ledger, snapshot.limits)
    const body = nowView(snapshot, waiting, timesAt(snapshot.ledger.at, context.zone))
    return { title: 'Now', body, current: '/', live: true }
  }
}
