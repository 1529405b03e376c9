import { planRules } from '../../../compose/rules.ts'
import { LEAVER_CAUSES, type LeaverCause } from '../../../core/leavers/causes.ts'
import { openCasesPage } from '../../../core/leavers/open-cases.ts'
import { isNumber, misread, numberOr, type PageOf, ROWS } from '../page.ts'
import { timesAt } from '../times.ts'
import { leaversView } from './view.ts'

export const leaversPage: PageOf = (context) => {
  const { fold } = planRules(context.config)
  return async (query, ledger, visitor) => {
    const [cause, after] = [query('cause'), query('after')]
    if ((cause !== null && !isCause(cause)) || (after !== null && !isNumber(after)))
      return misread('Leavers', '/leavers')
    const now = context.now()
    const asked = { cause, after: numberOr(after) }
    const page = await openCasesPage(ledger, { ...asked, now, employeeId: null, fold, limit: ROWS })
    const counts = (await context.snapshot()).ledger?.figures.leavers ?? null
    const body = leaversView(page, { ...asked, counts, visitor }, timesAt(now, context.zone))
    return { title: 'Leavers', body, current: '/leavers' }
  }
}

const isCause = (text: string): text is LeaverCause => Object.hasOwn(LEAVER_CAUSES, text)
