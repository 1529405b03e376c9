import { type Span, SPANS } from '../../../core/history/series.ts'
import { LEDGER_AWAY, misread, type PageOf } from '../page.ts'
import { timesAt } from '../times.ts'
import { backlogReader } from './backlog.ts'
import { historyReader } from './history.ts'
import { nowView } from './view.ts'

export const nowPage: PageOf = (context) => {
  const [readBacklog, readHistory] = [backlogReader(context), historyReader()]
  return async (query, ledger) => {
    const span = query('over') ?? 'hour'
    if (!isSpan(span)) return misread('Now', '/')
    const snapshot = await context.snapshot()
    if (snapshot.ledger === null) return LEDGER_AWAY
    const { at } = snapshot.ledger
    const [backlog, history] = await Promise.all([
      readBacklog(ledger, snapshot.ledger, snapshot.limits),
      readHistory(ledger, span, at),
    ])
    const body = nowView(snapshot, { backlog, history }, timesAt(at, context.zone))
    return { title: 'Now', body, current: '/', live: true }
  }
}

const isSpan = (text: string): text is Span => Object.hasOwn(SPANS, text)
