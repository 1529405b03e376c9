import { jsonLogger } from '../adapters/logger.ts'
import { systemRuntime } from '../adapters/system.ts'
import type { Config } from '../config/load.ts'
import type { Logger, Runtime } from '../core/runtime.ts'
import { silentTelemetry } from '../core/runtime.ts'

/** Clock, logger and telemetry of this process; `close` sends what telemetry still holds. */
export interface ProcessRuntime {
  readonly runtime: Runtime
  close(): Promise<void>
}

/**
 * The runtime of a process that runs a connector. Without an OTLP endpoint, telemetry is silent.
 */
export async function processRuntime(config: Config): Promise<ProcessRuntime> {
  const log = jsonLogger(config.LOG_LEVEL)
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT === null)
    return { runtime: systemRuntime(log, silentTelemetry), close: async () => {} }
  // About 500 modules, some of them of gRPC: loaded only by a process that sends telemetry.
  const { openTelemetry } = await import('../adapters/telemetry/open-telemetry.ts')
  const { telemetry, stop } = openTelemetry()
  return { runtime: systemRuntime(log, telemetry), close: stop }
}

/** The log of a process without a configuration. */
export const processLog = (): Logger => jsonLogger('info')

/** Longest orderly end of a process. Work that is cut off is taken up again at the next start. */
const GRACE_MS = 30_000

/**
 * Aborts on the first SIGTERM or SIGINT. The second signal, or the end of `GRACE_MS`, ends the
 * process.
 */
export function stopSignal(log: Logger): AbortSignal {
  const stopping = new AbortController()
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping.signal.aborted) process.exit(1)
    log.info('stopping', {
      signal,
      what: 'finishes the work in progress; a second signal ends the process at once',
    })
    stopping.abort()
    setTimeout(() => {
      log.error('stop.hangs', {
        afterMs: GRACE_MS,
        what: 'ends with work left over; the next start takes it up',
      })
      process.exit(1)
    }, GRACE_MS).unref()
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  return stopping.signal
}

export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
