import type { Config } from '../config/load.ts'
import { takeIn, takeInShaped } from '../core/intake/message.ts'
import { DEFAULT_SOURCE, type Source, sourceRules } from '../core/intake/sources.ts'
import type { PlanRules } from '../core/plan/decide/planning.ts'
import type { SourceMessage } from '../core/ports.ts'

/** What the configuration says about the meaning of events, for the commands that only look. */
export function planRules(config: Config, digest: (text: string) => string): PlanRules {
  const { fold } = sourceRules(config.rules.sources)
  return {
    mapping: config.rules.mapping,
    digest,
    fold: { ...fold, activation: config.rules.activation },
    attributeFailure: { attempts: config.FAILED_ATTEMPTS, targets: config.rules.targets },
  }
}

/** Takes a message the way intake would. */
export function takingIn(config: Config): (message: SourceMessage) => Promise<ReturnType<typeof takeIn>> {
  const { sources, shapes } = sourceRules(config.rules.sources)
  return async (message) => {
    const shaped = shapes(message)
    return shaped ? takeInShaped(message, shaped) : takeIn(message, sources)
  }
}

/** What is agreed with a source of this name; the default where nothing is. */
export function sourceNamed(config: Config, name: string): Source {
  const { nameOf } = sourceRules(config.rules.sources)
  const configured = nameOf(name)
  return (
    config.rules.sources.find((one) => one.name === configured)?.source ?? {
      ...DEFAULT_SOURCE,
      zone: config.SOURCE_ZONE,
      order: config.SOURCE_ORDER,
    }
  )
}
