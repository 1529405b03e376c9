import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Config } from '../../config/load.ts'
import type { Measurement } from '../../core/telemetry.ts'
import type { Composed } from '../connector.ts'
import { type LedgerFigures, measurementsOf, type ProcessFigures } from './measurements.ts'
import { type Readiness, readiness, shared } from './readiness.ts'

/** Metrics may be collected more often; the ledger is asked this often at most. */
const FRESH_MS = 5_000
/** The resolution of the event loop's delay, which an idle loop shows by itself. */
const RESOLUTION_MS = 20

/** What others may learn about a running connector. */
export interface Observed {
  ready(): Promise<Readiness>
  /** Never rejects: while the ledger does not answer, its measurements are left out. */
  observe(): Promise<readonly Measurement[]>
  close(): void
}

/**
 * Until `composed` returns something, the process is alive and not ready: creating the tables of a
 * new release can take minutes, and a process that is ended meanwhile has to start over.
 */
export function observed(
  config: Pick<Config, 'CALLS_PER_DAY'>,
  composed: () => Pick<Composed, 'ledger' | 'receiving'> | null,
  now: () => number,
): Observed {
  let opened: (() => Promise<Readiness>) | null = null
  const ready = async (): Promise<Readiness> => {
    const there = composed()
    if (!there) return { ready: false, checks: { ledger: 'failed' } }
    return (opened ??= readiness(there.ledger, there.receiving, now))()
  }
  const snapshot = shared(FRESH_MS, now, async () => {
    const there = composed()
    return there ? readLedger(there.ledger, now()) : null
  })
  let lag: EventLoopLag | null = null
  return {
    ready,
    observe: async () => {
      const readyNow = await ready()
      // A ledger that does not answer must not keep the other measurements back.
      const ledger = readyNow.checks['ledger'] === 'ok' ? await snapshot().catch(() => null) : null
      return measurementsOf({
        readiness: readyNow,
        ledger,
        callsPerDay: config.CALLS_PER_DAY,
        process: processFigures((lag ??= measureLag()), now()),
      })
    },
    close: () => void lag?.disable(),
  }
}

/**
 * Running totals and open work. Each of them is read from a small table or an index of what is
 * open.
 */
async function readLedger(ledger: Composed['ledger'], now: number): Promise<LedgerFigures> {
  const [totals, submissionStatus, watermark, findings, deadLetters, blocks] = await Promise.all([
    ledger.readTotals(),
    ledger.readSubmissionStatus(now),
    ledger.readWatermark(),
    ledger.countOpenFindings(),
    ledger.countDeadLetters(),
    ledger.countBlocks(now),
  ])
  // The job's hold ends by itself when the job is no longer watched.
  const holds = submissionStatus.holds.filter(({ name, until }) => name !== 'job' || until > now)
  return {
    totals,
    submissionStatus: { ...submissionStatus, holds },
    watermark,
    findings,
    deadLetters,
    blocks,
  }
}

type EventLoopLag = ReturnType<typeof monitorEventLoopDelay>

function measureLag(): EventLoopLag {
  const lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  lag.enable()
  return lag
}

/** Starts a new measurement of the event loop's delay. */
function processFigures(lag: EventLoopLag, now: number): ProcessFigures {
  const cpu = process.cpuUsage()
  const delay = lag.percentile(99)
  lag.reset()
  return {
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    startedAt: now - process.uptime() * 1_000,
    lagSeconds: Math.max(0, (Number.isFinite(delay) ? delay : 0) / 1e9 - RESOLUTION_MS / 1_000),
  }
}
