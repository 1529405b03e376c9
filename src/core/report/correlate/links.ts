import { askAbout } from '../../connections/ask.ts'
import type { Link, ObjectConnections } from '../../connections/connection.ts'
import type { Overdue, ReportLedger } from '../../ledger/port/report.ts'
import type { Runtime } from '../../runtime.ts'
import { mayEnd } from './settle.ts'

interface LinkContext {
  /** Without it nothing is asked. */
  readonly connections?: ObjectConnections
  readonly ledger: Pick<ReportLedger, 'findLinkedEmployee'>
  readonly settings: { readonly maxResends: number }
  readonly runtime: Pick<Runtime, 'sleep'>
}

/** Between two requests, because the limits of this interface are not documented. */
const PAUSE_MS = 500

/**
 * What the service says about employees whose events may now end. It is asked late, and
 * about few. A refusal, or no answer, delays nothing.
 */
export async function linksOf(
  { connections, ledger, settings, runtime }: LinkContext,
  silent: readonly Overdue[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Link>> {
  const about = silent.flatMap(({ employeeId, resends }) =>
    mayEnd(resends, settings.maxResends) ? [employeeId] : [],
  )
  if (!connections) return new Map()
  return askAbout(about, {
    connections,
    control: () => ledger.findLinkedEmployee(about),
    pause: () => runtime.sleep(PAUSE_MS, signal),
    signal,
  })
}
