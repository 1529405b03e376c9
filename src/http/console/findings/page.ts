import { FINDING_CODES, type FindingCode } from '../../../core/findings/codes.ts'
import { isNumber, misread, numberOr, type PageOf, ROWS } from '../page.ts'
import { timesAt } from '../times.ts'
import { findingsView } from './view.ts'

export const findingsPage: PageOf = (context) => async (query, ledger, visitor) => {
  const [code, which, next] = [query('code'), query('which') ?? 'open', query('next')]
  if ((code !== null && !isCode(code)) || (which !== 'open' && which !== 'all')) return misreadFindings()
  if (next !== null && !isNumber(next)) return misreadFindings()
  const asked = { code, open: which === 'open', next: numberOr(next) }
  const page = await ledger.listFindings({ ...asked, employeeId: null, limit: ROWS })
  const counts = (await context.snapshot()).ledger?.figures.findings ?? null
  const body = findingsView(page, { ...asked, counts, visitor }, timesAt(context.now(), context.zone))
  return { title: 'Findings', body, current: '/findings' }
}

const misreadFindings = () => misread('Findings', '/findings')

const isCode = (text: string): text is FindingCode => FINDING_CODES.some((one) => one === text)
