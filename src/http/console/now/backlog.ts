import { destinationNames } from '../../../compose/destinations/list.ts'
import { callsOf } from '../../../compose/observe/destinations.ts'
import type { LedgerReadings, ObservedLimits } from '../../../compose/observe/measurements.ts'
import { type LaneStanding, standingOf } from '../../../core/emergency/standing.ts'
import { backlogForecast } from '../../../core/provision/pace.ts'
import type { ConsoleContext, ConsoleLedger } from '../context.ts'
import type { Backlog } from './quota.ts'

type Read = (
  ledger: Pick<ConsoleLedger, 'readSubmissionStatus' | 'readEmergencyStatus'>,
  readings: Pick<LedgerReadings, 'at' | 'figures'>,
  limits: ObservedLimits,
) => Promise<Backlog>

/** Reads what waits to be sent once for each snapshot, however many pages show it. */
export function backlogReader({ config }: Pick<ConsoleContext, 'config'>): Read {
  const { emergency } = config.rules
  const destinations = destinationNames(config)
  const laneOf = async (
    ledger: Pick<ConsoleLedger, 'readEmergencyStatus'>,
    { at, figures }: Pick<LedgerReadings, 'at' | 'figures'>,
  ): Promise<LaneStanding | null> => {
    if (emergency === null) return null
    return standingOf((await ledger.readEmergencyStatus(at)).spent, figures, emergency)
  }
  let last: { readonly at: number; readonly backlog: Promise<Backlog> } | null = null
  return (ledger, readings, limits) => {
    const { at } = readings
    if (last?.at === at) return last.backlog
    const read = Promise.all([
      Promise.all(
        destinations.map(async ({ name, quota }) => {
          const status = await ledger.readSubmissionStatus(at, name, quota)
          const calls = callsOf(limits, name)
          return {
            waiting: status.pending,
            forecast: backlogForecast(status, config.BATCH_OPERATIONS, calls, at),
          }
        }),
      ),
      laneOf(ledger, readings),
    ])
    const backlog = read.then(([all, lane]) => ({ destinations: all, lane }))
    last = { at, backlog }
    backlog.catch(() => (last = null))
    return backlog
  }
}
