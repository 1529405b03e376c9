import type { LedgerReadings, ObservedLimits } from '../../../compose/observe/measurements.ts'
import { backlogForecast } from '../../../core/provision/pace.ts'
import type { ConsoleContext, ConsoleLedger } from '../context.ts'
import type { Backlog } from './quota.ts'

type Read = (
  ledger: Pick<ConsoleLedger, 'readSubmissionStatus'>,
  readings: Pick<LedgerReadings, 'at'>,
  limits: ObservedLimits,
) => Promise<Backlog>

/** Reads what waits to be sent once for each snapshot, however many pages show it. */
export function backlogReader({ config }: Pick<ConsoleContext, 'config'>): Read {
  let last: { readonly at: number; readonly backlog: Promise<Backlog> } | null = null
  return (ledger, { at }, { calls }) => {
    if (last?.at === at) return last.backlog
    const backlog = ledger.readSubmissionStatus(at).then((status) => ({
      waiting: status.pending,
      forecast: backlogForecast(status, config.BATCH_OPERATIONS, calls, at),
    }))
    last = { at, backlog }
    backlog.catch(() => (last = null))
    return backlog
  }
}
