import type { Config } from '../../config/load.ts'
import type { AlertServiceSettings } from '../../core/alerts/service.ts'
import { destinationNames, limitsOf } from '../destinations/list.ts'

export function alertSettingsOf(config: Config): AlertServiceSettings {
  const { rules, link } = config.rules.notifications
  const [first, ...others] = destinationNames(config)
  const callsPerDayAt = Object.fromEntries(others.map(({ name }) => [name, limitsOf(config, name).perDay]))
  return {
    pollMs: 5_000,
    limits: {
      ...config.rules.alerts,
      callsPerDay: limitsOf(config).perDay,
      ...(others.length === 0 ? {} : { callsPerDayAt }),
    },
    rules,
    link,
    brakeWindowMs: config.BRAKE_WINDOW_MS,
    destinations: [first, ...others],
  }
}
