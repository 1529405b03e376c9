import type { Config } from '../../config/load.ts'
import type { AlertLimits } from '../../core/alerts/assess.ts'
import type { AlertServiceSettings } from '../../core/alerts/service.ts'

const MINUTE_MS = 60_000
const QUARTER_MS = 15 * MINUTE_MS
const HOUR_MS = 60 * MINUTE_MS

/** From when on something is an alert: later than the settings alone may make it wait. */
export function alertLimitsOf(config: Config): AlertLimits {
  const planned = QUARTER_MS + config.COALESCE_MAX_WAIT_MS
  return {
    leaverMs: HOUR_MS,
    stagesMs: {
      received: planned,
      due: planned,
      waiting: HOUR_MS,
      accepted: config.OUTCOME_DEADLINE_MS + config.LOG_MAX_LAG_MS + QUARTER_MS,
      answered: config.FINAL_QUIET_MS + QUARTER_MS,
      unpublished: QUARTER_MS,
    },
    holdMs: 10 * MINUTE_MS,
    logMs: config.LOG_MAX_LAG_MS + QUARTER_MS,
    callsPerDay: config.CALLS_PER_DAY,
    quotaShare: 0.9,
    channelMs: 10 * MINUTE_MS,
    receiversMs: MINUTE_MS,
    loopMs: 5 * MINUTE_MS,
  }
}

export function alertSettingsOf(config: Config): AlertServiceSettings {
  const { rules, link } = config.rules.notifications
  return {
    pollMs: 5_000,
    limits: alertLimitsOf(config),
    rules,
    link,
    brakeWindowMs: config.BRAKE_WINDOW_MS,
  }
}
