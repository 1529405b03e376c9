import type { DirectoryLedger, DirectoryRead } from '../ledger/port/directory.ts'
import type { Runtime } from '../runtime.ts'
import { loop, type Service } from '../service.ts'
import type { Cleared } from './attributes.ts'
import { beginComparison, type Comparison, type DirectoryPart } from './comparison.ts'

export interface DirectorySettings {
  /** Between the end of one comparison and the beginning of the next. */
  readonly everyMs: number
  /** How long the directory may take to show what it accepted. */
  readonly settleMs: number
  readonly cleared: Cleared
}

/** A new instance lets the flow begin before it reads the directory. */
const FIRST_MS = 600_000
/** After a comparison that could not read everything. */
const AGAIN_MS = 3_600_000
/** Between two pages, so that the ledger does other work too. */
const PAUSE_MS = 100
const LOOK_MS = 60_000

/**
 * Compares the accounts of the directory with the ledger, once in a while and page by page. What is
 * due is read off the ledger, so a restart neither forgets a comparison nor repeats it. Without the
 * right to read users nothing is compared, and the log says so once.
 */
export function directoryLoop(
  ledger: DirectoryLedger,
  directories: readonly DirectoryPart[],
  { everyMs, settleMs, cleared }: DirectorySettings,
  runtime: Runtime,
): Service {
  const startedAt = runtime.now()
  let comparison: Comparison | null = null
  let before: DirectoryRead['outcome'] | null = null

  const report = ({ outcome, failure, accounts, differences, skipped, requests }: DirectoryRead): void => {
    if (outcome === 'complete')
      runtime.log.info('directory.compared', { accounts, differences, skipped, requests })
    if (outcome === 'incomplete')
      runtime.log.warn('directory.incomplete', { accounts, differences, requests, code: failure })
    if (outcome === 'forbidden' && before !== 'forbidden')
      runtime.log.info('directory.unknown', {
        what: 'what the directory holds is unknown; grant User.Read.All so that accounts are compared',
      })
    before = outcome
  }
  return loop('directory', runtime, async (signal) => {
    const waitMs =
      comparison === null ? await untilDue(ledger, { everyMs, startedAt, now: runtime.now() }) : 0
    if (waitMs > 0) return Math.min(waitMs, LOOK_MS)
    comparison ??= beginComparison({ ledger, directories, runtime, settleMs, cleared, dryRun: false })
    const read = await comparison.step(signal)
    if (read === null) return PAUSE_MS
    comparison = null
    report(read)
    return LOOK_MS
  })
}

async function untilDue(
  ledger: Pick<DirectoryLedger, 'readDirectoryRead'>,
  { everyMs, startedAt, now }: { readonly everyMs: number; readonly startedAt: number; readonly now: number },
): Promise<number> {
  const last = await ledger.readDirectoryRead()
  const restMs = last?.outcome === 'incomplete' ? Math.min(AGAIN_MS, everyMs) : everyMs
  // A comparison that ended in the future was dated by a clock that was ahead.
  const due = last === null || last.endedAt > now ? startedAt : last.endedAt + restMs
  return Math.max(due, startedAt + Math.min(FIRST_MS, everyMs)) - now
}
