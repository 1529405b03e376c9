import { planRules } from '../../compose/rules.ts'
import { cursorOf } from '../../core/explain/trace-cursor.ts'
import { LEAVER_CAUSES, type LeaverCause } from '../../core/leavers/causes.ts'
import { openCasesPage } from '../../core/leavers/open-cases.ts'
import type { RoutePath } from '../access/routes.ts'
import { type AuditFilter, auditQuery, auditView, DAYS } from './audit/view.ts'
import type { ConsoleContext, ConsoleLedger } from './context.ts'
import { employeeHref } from './employee/href.ts'
import { readEmployee, searchEmployees } from './employee/read.ts'
import { searchView, searchWithoutText } from './employee/search-view.ts'
import { employeeView, unknownEmployee } from './employee/view.ts'
import { failuresView } from './failures/view.ts'
import { notice } from './layout.ts'
import { leaversView } from './leavers/view.ts'
import { type Markup, markup } from './markup.ts'
import { backlogReader } from './now/backlog.ts'
import { ledgerAway, nowView } from './now/view.ts'
import { timesAt } from './times.ts'

/** The content of a page, or where to go instead. */
export type Answer =
  | {
      readonly title: string
      readonly body: Markup
      readonly current: RoutePath | null
      readonly search?: string
      readonly live?: boolean
      readonly status?: 400 | 404 | 503
    }
  | { readonly redirect: string }

/** A parameter of the address; `null` when it is missing or empty. */
export type Query = (name: string) => string | null

type Pages = Readonly<
  Record<
    '/' | '/audit' | '/employee' | '/failures' | '/leavers' | '/search',
    (query: Query, ledger: ConsoleLedger) => Promise<Answer>
  >
>

export const LEDGER_AWAY: Answer = { title: 'Now', body: ledgerAway(), current: '/', live: true, status: 503 }

/** Leaver cases of one page. */
const CASES = 50
const LONGEST_SEARCH = 300

/** Every page that shows what the ledger holds. */
export function pagesOf(context: ConsoleContext): Pages {
  const backlog = backlogReader(context)
  const { fold } = planRules(context.config)
  return {
    '/': async (_query, ledger) => {
      const snapshot = await context.snapshot()
      if (snapshot.ledger === null) return LEDGER_AWAY
      const waiting = await backlog(ledger, snapshot.ledger, snapshot.limits)
      const body = nowView(snapshot, waiting, timesAt(snapshot.ledger.at, context.zone))
      return { title: 'Now', body, current: '/', live: true }
    },
    '/audit': async (query, ledger) => {
      const [days, next] = [query('days') ?? '7', query('next')]
      if (!isDays(days) || (next !== null && !isNumber(next))) return misread('Audit', '/audit')
      const [actor, action, employee] = [query('actor'), query('action'), query('employee')]
      const filter = { days, actor, action, employee, next: next === null ? null : Number(next) }
      const now = context.now()
      const page = await ledger.listAudit(auditQuery(filter, now))
      const body = auditView(page, filter, timesAt(now, context.zone))
      return { title: 'Audit', body, current: '/audit' }
    },
    '/failures': async () => {
      const { ledger: readings } = await context.snapshot()
      if (readings === null) return LEDGER_AWAY
      const body = failuresView(readings.figures, timesAt(readings.at, context.zone))
      return { title: 'Failures', body, current: '/failures', live: true }
    },
    '/leavers': async (query, ledger) => {
      const [cause, after] = [query('cause'), query('after')]
      if ((cause !== null && !isCause(cause)) || (after !== null && !isNumber(after)))
        return misread('Leavers', '/leavers')
      const now = context.now()
      const asked = { cause, after: after === null ? null : Number(after) }
      const page = await openCasesPage(ledger, { ...asked, now, employeeId: null, fold, limit: CASES })
      const counts = (await context.snapshot()).ledger?.figures.leavers ?? null
      const body = leaversView(page, asked, counts, timesAt(now, context.zone))
      return { title: 'Leavers', body, current: '/leavers' }
    },
    '/search': async (query, ledger) => {
      const text = (query('q') ?? '').trim().slice(0, LONGEST_SEARCH)
      if (text === '') return { title: 'Search', body: searchWithoutText(), current: null }
      const { found, similar } = await searchEmployees(ledger, text, context.now())
      const [first, ...others] = found
      if (first !== undefined && others.length === 0) return { redirect: employeeHref(first) }
      const body = searchView(found, similar)
      return {
        title: 'Search',
        body,
        current: null,
        search: text,
        ...(first === undefined ? { status: 404 } : {}),
      }
    },
    '/employee': async (query, ledger) => {
      const [id, next] = [query('id'), query('next')]
      const cursor = next === null ? null : cursorOf(next)
      if (id === null || (next !== null && cursor === null)) return misread('Employee', null)
      const found = await readEmployee(ledger, id, cursor, context)
      if (found === null)
        return { title: 'Employee', body: unknownEmployee(id), current: null, search: id, status: 404 }
      const body = employeeView(found, timesAt(found.answer.at, context.zone))
      return { title: `Employee ${id}`, body, current: null }
    },
  }
}

const isCause = (text: string): text is LeaverCause => Object.hasOwn(LEAVER_CAUSES, text)

const isDays = (text: string): text is AuditFilter['days'] => DAYS.some((one) => one === text)

const isNumber = (text: string): boolean => /^\d{1,15}$/.test(text)

/** The address says something that no link of the console says. */
function misread(title: string, current: RoutePath | null): Answer {
  const body = markup`<h1>${title}</h1>${notice('The address cannot be read', 'A part behind the question mark is not one that this page knows. Begin again from the navigation or the search.')}`
  return { title, body, current, status: 400 }
}
