import { pino } from 'pino'
import type { Logger } from '../core/runtime.ts'

/** One JSON object a line on stderr, so that stdout stays for data. Fields are chosen by the caller and hold no personal data. */
export function jsonLogger(level: string): Logger {
  const log = pino(
    { level, base: null, messageKey: 'event', timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  )
  return {
    info: (event, fields = {}) => log.info(fields, event),
    warn: (event, fields = {}) => log.warn(fields, event),
    error: (event, fields = {}) => log.error(fields, event),
  }
}
