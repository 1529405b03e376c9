import { isNumber, misread, numberOr, type PageOf, type Query } from '../page.ts'
import { timesAt } from '../times.ts'
import { exportAudit, FORMATS, type Format } from './export.ts'
import { type AuditFilter, auditQuery, auditView, DAYS } from './view.ts'

export const auditPage: PageOf = (context) => async (query, ledger) => {
  const filter = filterIn(query)
  if (filter === null) return misread('Audit', '/audit')
  const now = context.now()
  const page = await ledger.listAudit(auditQuery(filter, now))
  return { title: 'Audit', body: auditView(page, filter, timesAt(now, context.zone)), current: '/audit' }
}

/** The same filter as a file. */
export const auditExport: PageOf = (context) => async (query, ledger) => {
  const [filter, format] = [filterIn(query), query('format')]
  if (filter === null || format === null || !isFormat(format)) return misread('Audit', '/audit')
  const { limit: _limit, next: _next, ...asked } = auditQuery(filter, context.now())
  return { file: await exportAudit(ledger, asked, format) }
}

function filterIn(query: Query): AuditFilter | null {
  const [days, next] = [query('days') ?? '7', query('next')]
  if (!isDays(days) || (next !== null && !isNumber(next))) return null
  const [actor, action, employee] = [query('actor'), query('action'), query('employee')]
  return { days, actor, action, employee, next: numberOr(next) }
}

const isDays = (text: string): text is AuditFilter['days'] => DAYS.some((one) => one === text)
const isFormat = (text: string): text is Format => FORMATS.some((one) => one === text)
