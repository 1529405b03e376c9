import { LEDGER_AWAY, type PageOf } from '../page.ts'
import { timesAt } from '../times.ts'
import { failuresView } from './view.ts'

export const failuresPage: PageOf = (context) => async (_query, _ledger, visitor) => {
  const { ledger: readings } = await context.snapshot()
  if (readings === null) return LEDGER_AWAY
  const body = failuresView(readings.figures, visitor, timesAt(readings.at, context.zone))
  return { title: 'Failures', body, current: '/failures', live: true }
}
