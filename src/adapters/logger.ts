import { pino } from 'pino'
import { visibleJson } from '../core/display/visible.ts'
import type { Logger } from '../core/runtime.ts'

/**
 * One JSON object a line on stderr, so that stdout stays for data. Fields are chosen by the caller
 * and hold no personal data.
 */
export function jsonLogger(level: string): Logger {
  const stderr = pino.destination({ dest: 2, sync: true })
  const log = pino(
    { level, base: null, messageKey: 'event', timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line: string) => void stderr.write(visibleJson(line)) },
  )
  return {
    info: (event, fields = {}) => log.info(fields, event),
    warn: (event, fields = {}) => log.warn(fields, event),
    error: (event, fields = {}) => log.error(fields, event),
  }
}
