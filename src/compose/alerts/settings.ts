import type { Config } from '../../config/load.ts'
import type { AlertServiceSettings } from '../../core/alerts/service.ts'
import { destinationNames } from '../destinations/list.ts'

export function alertSettingsOf(config: Config): AlertServiceSettings {
  const { rules, link } = config.rules.notifications
  return {
    pollMs: 5_000,
    limits: { ...config.rules.alerts, callsPerDay: config.CALLS_PER_DAY },
    rules,
    link,
    brakeWindowMs: config.BRAKE_WINDOW_MS,
    destinations: destinationNames(config),
  }
}
