import { jsonLogger } from '../../adapters/logger.ts'
import { systemRuntime } from '../../adapters/system.ts'
import type { Config } from '../../config/load.ts'
import { type Runtime, silentTelemetry } from '../../core/runtime.ts'

export interface Outside {
  readonly runtime: Runtime
  close(): Promise<void>
}

/** Clock, logger and, where an endpoint is configured, telemetry. */
export async function outside(config: Config): Promise<Outside> {
  const log = jsonLogger(config.LOG_LEVEL)
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT === null)
    return { runtime: systemRuntime(log, silentTelemetry), close: async () => {} }
  // Half a thousand modules, some of gRPC among them: loaded only by a process that sends something.
  const { openTelemetry } = await import('../../adapters/telemetry/open-telemetry.ts')
  const { telemetry, stop } = openTelemetry()
  return { runtime: systemRuntime(log, telemetry), close: stop }
}

/** How long an orderly end may take before the process ends anyway. What is cut off is a row to take up again. */
const GRACE_MS = 30_000

/** Aborts on the first SIGTERM or SIGINT; the second, or too long a grace, ends the process at once. */
export function stopSignal(log: Runtime['log']): AbortSignal {
  const stopping = new AbortController()
  const ask = (signal: NodeJS.Signals): void => {
    if (stopping.signal.aborted) process.exit(1)
    log.info('stopping', { signal, what: 'finishes what is on its way; once more ends at once' })
    stopping.abort()
    setTimeout(() => {
      log.error('stop.hangs', {
        afterMs: GRACE_MS,
        what: 'ends without the rest; it is taken up at the next start',
      })
      process.exit(1)
    }, GRACE_MS).unref()
  }
  process.on('SIGTERM', ask)
  process.on('SIGINT', ask)
  return stopping.signal
}

export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
