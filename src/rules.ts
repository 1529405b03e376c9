import type { Config } from './config.ts'
import { type SourceRules, sourceRules as rulesOf } from './core/intake/sources.ts'
import type { PlanRules } from './core/plan/plan.ts'

/** What the configuration says about the meaning of events, for the commands that only look. */
export function sourceRules(config: Config): SourceRules {
  return rulesOf(config.rules.sources).sources
}

export function planRules(config: Config, digest: (text: string) => string): PlanRules {
  return { mapping: config.rules.mapping, fold: rulesOf(config.rules.sources).fold, digest }
}
