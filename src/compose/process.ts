import { setFlagsFromString } from 'node:v8'
import { jsonLogger } from '../adapters/logger.ts'
import type { Observe } from '../adapters/telemetry/producer.ts'
import { systemRuntime } from '../adapters/system.ts'
import type { Config } from '../config/load.ts'
import type { Logger, Runtime } from '../core/runtime.ts'
import { silentLogger, silentTelemetry } from '../core/runtime.ts'

/** Clock, logger and telemetry of this process; `close` sends what telemetry still holds. */
export interface ProcessRuntime {
  readonly runtime: Runtime
  /** The metrics of this process as Prometheus text; empty without `HTTP_ADDRESS`. */
  scrape(): Promise<string>
  close(): Promise<void>
}

/**
 * The runtime of a process that runs a connector. Telemetry is silent without an OTLP endpoint and
 * without an address to be scraped at.
 */
export async function processRuntime(
  config: Config,
  observe: Observe = async () => [],
): Promise<ProcessRuntime> {
  const log = jsonLogger(config.LOG_LEVEL)
  const close = async (): Promise<void> => {}
  // OpenTelemetry is some 500 modules, of gRPC among others: a process loads what it uses.
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT !== null) {
    const { openTelemetry } = await import('../adapters/telemetry/open-telemetry.ts')
    const { metricProducer } = await import('../adapters/telemetry/producer.ts')
    const { telemetry, scrape, stop } = await openTelemetry(metricProducer(observe, Date.now))
    return { runtime: systemRuntime(log, telemetry), scrape, close: stop }
  }
  if (config.HTTP_ADDRESS !== null) {
    const { scrapedTelemetry } = await import('../adapters/telemetry/scrape.ts')
    const { metricProducer } = await import('../adapters/telemetry/producer.ts')
    const { telemetry, scrape } = scrapedTelemetry(metricProducer(observe, Date.now))
    return { runtime: systemRuntime(log, telemetry), scrape, close }
  }
  return { runtime: systemRuntime(log, silentTelemetry), scrape: async () => '', close }
}

/** The log of a process without a configuration. */
export const processLog = (): Logger => jsonLogger('info')

/** How much the old generation grows, in percent of what lives in it, before it is collected. */
const HEAP_GROWS_PERCENT = 75

/**
 * Keeps the heaps of all threads of this process close to what they use. V8 otherwise lets them
 * grow up to fourfold under load. `NODE_OPTIONS` does not take this option.
 */
export function keepHeapsSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWS_PERCENT}`)
}

/** Longest orderly end of a process. Interrupted work is continued at the next start. */
const GRACE_MS = 30_000
const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const

export interface StopSignal extends Disposable {
  readonly signal: AbortSignal
}

/**
 * Aborts on the first SIGTERM or SIGINT. The second signal, or the end of `GRACE_MS`, ends the
 * process. Once disposed, a signal ends the process as Node does, and the time no longer counts.
 */
export function stopSignal(log: Logger = silentLogger): StopSignal {
  const stopping = new AbortController()
  let grace: NodeJS.Timeout | undefined
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping.signal.aborted) process.exit(1)
    log.info('stopping', {
      signal,
      what: 'finishes the work in progress; a second signal ends the process at once',
    })
    stopping.abort()
    grace = setTimeout(() => {
      log.error('stop.hangs', {
        afterMs: GRACE_MS,
        what: 'ends with unfinished work; the next start continues it',
      })
      process.exit(1)
    }, GRACE_MS).unref()
  }
  for (const name of STOP_SIGNALS) process.on(name, stop)
  return {
    signal: stopping.signal,
    [Symbol.dispose]: () => {
      clearTimeout(grace)
      for (const name of STOP_SIGNALS) process.off(name, stop)
    },
  }
}

/** Time for a process that has closed everything to end by itself. */
const LINGER_MS = 1_000

/**
 * Ends the process soon, also while a library keeps a timer: rhea keeps one for two minutes when a
 * connection is closed that was still opening.
 */
export function endSoon(): void {
  setTimeout(() => process.exit(), LINGER_MS).unref()
}

export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
