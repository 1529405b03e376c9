import { isNumber, misread, numberOr, type PageOf } from '../page.ts'
import { timesAt } from '../times.ts'
import { type AuditFilter, auditQuery, auditView, DAYS } from './view.ts'

export const auditPage: PageOf = (context) => async (query, ledger) => {
  const [days, next] = [query('days') ?? '7', query('next')]
  if (!isDays(days) || (next !== null && !isNumber(next))) return misread('Audit', '/audit')
  const [actor, action, employee] = [query('actor'), query('action'), query('employee')]
  const filter = { days, actor, action, employee, next: numberOr(next) }
  const now = context.now()
  const page = await ledger.listAudit(auditQuery(filter, now))
  return { title: 'Audit', body: auditView(page, filter, timesAt(now, context.zone)), current: '/audit' }
}

const isDays = (text: string): text is AuditFilter['days'] => DAYS.some((one) => one === text)
