import type { Ledger } from '../ledger/ledger.ts'
import { DAY_MS, type Runtime } from '../runtime.ts'
import { loop, type Service } from '../service.ts'

/** A figure has one value for each interval. */
export const INTERVAL_MS = 300_000
/** How often the last interval is updated. */
const EVERY_MS = 60_000
/** What the longest chart shows, and the step before it. */
const KEPT_MS = 8 * DAY_MS
/** The most outcomes of one minute that are read. */
const MOST_OUTCOMES = 1_000

/** Keeps figures over time, for the charts of the console. */
export function historyLoop(ledger: Pick<Ledger, 'recordHistory'>, runtime: Runtime): Service {
  return loop('history', runtime, async () => {
    const query = { intervalMs: INTERVAL_MS, keptMs: KEPT_MS, most: MOST_OUTCOMES }
    await ledger.recordHistory({ ...query, now: runtime.now() })
    return EVERY_MS
  })
}
