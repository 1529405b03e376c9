import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Counted } from './counters.ts'
import type { Composed } from '../compose/connector.ts'
import type { Config } from '../config/load.ts'
import { httpAddressOf } from '../config/http-address.ts'
import type { Runtime } from '../core/runtime.ts'
import { type Figures, renderMetrics } from './metrics.ts'
import { type Probes, startProbes } from './probes.ts'
import { type Readiness, readiness, shared } from './readiness.ts'

/** However many scrape, the ledger is asked this often at the most. */
const FRESH_MS = 5_000
/** How finely the lateness of the event loop is measured, and what an idle one shows by itself. */
const RESOLUTION_MS = 20

/**
 * The probes of a connector, where `HTTP_ADDRESS` wants them; `null` otherwise. Until `composed`
 * gives it, it is alive and not ready: making the tables of a new release can take minutes, and
 * whoever is ended meanwhile begins anew.
 */
export async function serveProbes(
  config: Config,
  composed: () => Pick<Composed, 'ledger' | 'receiving'> | null,
  counters: () => readonly Counted[],
  runtime: Pick<Runtime, 'now' | 'log'>,
): Promise<Probes | null> {
  const address = httpAddressOf(config)
  if (address === null) return null
  let looking: (() => Promise<Readiness>) | null = null
  const ready = async (): Promise<Readiness> => {
    const there = composed()
    if (!there) return { ready: false, checks: { ledger: 'failed' } }
    return (looking ??= readiness(there.ledger, there.receiving, runtime.now))()
  }
  const lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  lag.enable()
  const asked = shared(FRESH_MS, runtime.now, async (): Promise<Figures['ledger']> => {
    const now = runtime.now()
    const ledger = composed()?.ledger
    if (!ledger) return null
    const [totals, submissionStatus, watermark] = await Promise.all([
      ledger.readTotals(),
      ledger.readSubmissionStatus(now),
      ledger.readWatermark(),
    ])
    // As rollcall status has it: the job's hold ends by itself when nobody looks at it any more.
    const holds = submissionStatus.holds.filter(({ name, until }) => name !== 'job' || until > now)
    return { totals, submissionStatus: { ...submissionStatus, holds }, watermark }
  })
  const metrics = async (): Promise<string> => {
    const readyNow = await ready()
    // A scrape that waits for a ledger that is away would show nothing at all.
    const said = readyNow.checks['ledger'] === 'ok' ? await asked().catch(() => null) : null
    const cpu = process.cpuUsage()
    const lagSeconds = Math.max(
      0,
      (Number.isFinite(lag.percentile(99)) ? lag.percentile(99) : 0) / 1e9 - RESOLUTION_MS / 1_000,
    )
    lag.reset()
    return renderMetrics({
      readiness: readyNow,
      counters: counters(),
      ledger: said,
      callsPerDay: config.CALLS_PER_DAY,
      process: {
        residentBytes: process.memoryUsage.rss(),
        cpuSeconds: (cpu.user + cpu.system) / 1e6,
        startedAt: runtime.now() - process.uptime() * 1_000,
        lagSeconds,
      },
    })
  }
  const probes = await startProbes({ address, token: config.HTTP_TOKEN }, ready, metrics)
  runtime.log.info('probes.listening', { port: probes.port, loopback: address.loopback })
  return {
    port: probes.port,
    close: async () => {
      lag.disable()
      await probes.close()
    },
  }
}
