import { monitorEventLoopDelay } from 'node:perf_hooks'
import { systemClock } from '../../adapters/system.ts'
import type { Config } from '../../config/load.ts'
import { openAlerts } from '../../core/alerts/worth.ts'
import { instanceStates } from '../../core/instances/state.ts'
import type { Runtime } from '../../core/runtime.ts'
import type { Measurement } from '../../core/telemetry.ts'
import type { Composed } from '../connector.ts'
import { brakeOf } from '../settings.ts'
import { destinationNames, limitsOf } from '../destinations/list.ts'
import {
  type LedgerReadings,
  measurementsOf,
  type ObservedLimits,
  type ProcessFigures,
  type Readings,
} from './measurements.ts'
import { kept } from './kept.ts'
import { type Readiness, readiness, shared } from './readiness.ts'

/** How often the ledger is read while this instance is ready, and while it is not. */
const READ_MS = { ready: 5_000, notReady: 1_000 }
/** With the longer time, ten minutes; collectors ask more often. */
const IDLE_READINGS = 120
/** A ledger that does not answer within this time is left out. */
const PATIENCE_MS = 2_000
/** How many employees are active changes slowly, and is counted over all of them. */
const ACTIVE_FRESH_MS = 60_000
/** The resolution with which the event loop's delay is measured; an idle loop shows this much. */
const RESOLUTION_MS = 20
/** How many polls the state of the job counts as known for. */
const JOB_POLLS = 3

/** What a process knows of its ledger at one moment. */
export type Snapshot = Omit<Readings, 'process'>

/** What others may learn about a running connector. */
export interface Observed {
  ready(): Promise<Readiness>
  /**
   * As they were read in the background, so that a scrape waits for nothing. Never rejects: while
   * the ledger does not answer, its measurements are left out.
   */
  observe(): Promise<readonly Measurement[]>
  /**
   * The same readings for a page. Never rejects: `ledger` is `null` while the ledger does not
   * answer.
   */
  snapshot(): Promise<Snapshot>
  close(): void
}

type ObservedConfig = Pick<
  Config,
  | 'CALLS_PER_DAY'
  | 'CALLS_PER_5S'
  | 'JOB_POLL_MS'
  | 'BRAKE_WINDOW_MS'
  | 'BRAKE_ABSOLUTE'
  | 'BRAKE_PERCENT'
  | 'BRAKE_FLOOR'
> & { readonly rules: Pick<Config['rules'], 'destinations'> }

/**
 * Until `composed` returns a connector, the process is alive but not ready: creating the tables of
 * a new release can take minutes, and a restart in that time would begin again.
 */
export function observed(
  config: ObservedConfig,
  composed: () => Pick<Composed, 'ledger' | 'receiving'> | null,
  { now, sleep }: Pick<Runtime, 'now' | 'sleep'> = systemClock,
): Observed {
  const limits = observedLimits(config)
  const destinations = destinationNames(config)
  let opened: (() => Promise<Readiness>) | null = null
  const ready = async (): Promise<Readiness> => {
    const there = composed()
    if (!there) return { ready: false, checks: { ledger: 'failed' } }
    return (opened ??= readiness(there.ledger, there.receiving, now))()
  }
  const active = shared(ACTIVE_FRESH_MS, now, async () => {
    const status = await composed()?.ledger.readBrakeStatus(limits.brake, now())
    return status?.active ?? 0
  })
  const readLedger = shared(0, now, async (): Promise<LedgerReadings | null> => {
    const there = composed()
    if (!there) return null
    const at = now()
    const [figures, book, instances] = await Promise.all([
      there.ledger.readFigures({ now: at, brakeWindowMs: limits.brake.windowMs, destinations }),
      there.ledger.readAlerts(),
      there.ledger.listInstances(at),
    ])
    const alerts = book.lookedAt === null ? null : { lookedAt: book.lookedAt, open: openAlerts(book) }
    return { figures, at, active: await active(), alerts, instances: instanceStates(instances, at) }
  })
  const readings = kept(
    async (closing): Promise<Pick<Readings, 'readiness' | 'ledger'>> => {
      const readinessNow = await ready()
      if (readinessNow.checks['ledger'] !== 'ok') return { readiness: readinessNow, ledger: null }
      const answered = new AbortController()
      const late = sleep(PATIENCE_MS, AbortSignal.any([closing, answered.signal])).then(() => null)
      const ledger = await Promise.race([readLedger().catch(() => null), late])
      answered.abort()
      return { readiness: readinessNow, ledger }
    },
    {
      everyMs: ({ readiness: { ready }, ledger }) =>
        ready && ledger !== null ? READ_MS.ready : READ_MS.notReady,
      idleReadings: IDLE_READINGS,
    },
    { sleep },
  )
  let lag: EventLoopLag | null = null
  return {
    ready,
    observe: async () => {
      const process = processFigures((lag ??= measureLag()), now())
      return measurementsOf({ ...(await readings.latest()), limits, process })
    },
    snapshot: async () => ({ ...(await readings.latest()), limits }),
    close: () => {
      readings.close()
      lag?.disable()
    },
  }
}

function observedLimits(config: ObservedConfig): ObservedLimits {
  return {
    brake: brakeOf(config),
    calls: limitsOf(config),
    callsAt: Object.fromEntries(destinationNames(config).map(({ name }) => [name, limitsOf(config, name)])),
    jobSeenMs: config.JOB_POLL_MS * JOB_POLLS,
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
