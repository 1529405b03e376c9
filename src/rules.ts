import type { Config } from './config.ts'
import { DEFAULT_SOURCE, type Source, type SourceRules } from './core/intake/sources.ts'
import { compileMapping } from './core/plan/mapping.ts'
import type { PlanRules } from './core/plan/plan.ts'

/** What the configuration says about the meaning of events, for the connector and for the commands that only look. */
export function sourceRules(config: Config): SourceRules {
  const source: Source = { ...DEFAULT_SOURCE, zone: config.SOURCE_ZONE, order: config.SOURCE_ORDER, lastDay: config.SOURCE_LAST_DAY }
  return () => source
}

export function planRules(_config: Config, digest: (text: string) => string): PlanRules {
  return { mapping: compileMapping(), digest }
}
