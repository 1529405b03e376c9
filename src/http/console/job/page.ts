import { LEDGER_AWAY, type PageOf } from '../page.ts'
import { timesAt } from '../times.ts'
import { jobView } from './view.ts'

export const jobPage: PageOf = (context) => async () => {
  const { ledger } = await context.snapshot()
  if (ledger === null) return LEDGER_AWAY
  const body = jobView(ledger.figures, timesAt(ledger.at, context.zone))
  return { title: 'Provisioning job', body, current: '/' }
}
