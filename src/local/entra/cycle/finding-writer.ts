import { randomUUID } from 'node:crypto'
import type { Faults } from '../faults.ts'
import type { Retry } from '../log/fact.ts'
import type { Log } from '../log/log.ts'
import type { Settings } from '../settings.ts'
import type { Finding } from './provision.ts'

interface Parts {
  readonly settings: Settings
  readonly faults: Faults
  readonly log: Log
  readonly now: () => number
  readonly random: () => number
}

/** Adds a finding to the log, unless a fault loses its record. */
export function createFindingWriter({
  settings: { logLagMs },
  faults,
  log,
  now,
  random,
}: Parts): (cycleId: string, finding: Finding, retry?: Retry) => void {
  let lastAt = -Infinity

  const isLost = ({ externalId, imported }: Finding): boolean =>
    faults.hasOperationRules &&
    imported !== undefined &&
    faults.onOperation('lose-record', externalId, imported) !== undefined

  return (cycleId, finding, retry) => {
    if (isLost(finding)) return
    // The log is ordered by time even if the clock it is given is not.
    const happened = Math.max(lastAt, now())
    lastAt = happened
    log.append({
      ...finding,
      retry,
      id: randomUUID(),
      cycleId,
      at: Math.floor(happened / 1000) * 1000,
      visibleAt: happened + logLagMs.min + random() * Math.max(0, logLagMs.max - logLagMs.min),
      durationMs: 100 + Math.floor(random() * 3000),
    })
  }
}
