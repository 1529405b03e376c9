import { sha256 } from '../adapters/system.ts'
import type { Config } from '../config/load.ts'
import { takeIn, takeInShaped } from '../core/intake/message.ts'
import { DEFAULT_SOURCE, type Source, sourceRules } from '../core/intake/sources.ts'
import type { PlanRules } from '../core/plan/decide/planning.ts'
import { startingRules } from '../core/plan/mapping/presets.ts'
import type { SourceMessage } from '../core/ports.ts'

/** The rules by which the configuration plans an employee, for commands that only look. */
export function planRules(config: Config): PlanRules {
  const { fold } = sourceRules(config.rules.sources)
  return {
    mapping: config.rules.mapping,
    digest: sha256,
    fold: { ...fold, activation: config.rules.activation },
    ...(config.rules.pilot ? { pilot: config.rules.pilot } : {}),
    ...(config.rules.destinations ? { routing: config.rules.destinations.routing } : {}),
    attributeFailure: { attempts: config.FAILED_ATTEMPTS, targets: config.rules.targets },
  }
}

/** Decodes a message as intake would. */
export function takingIn(config: Config): (message: SourceMessage) => Promise<ReturnType<typeof takeIn>> {
  const { sources, shapes } = sourceRules(config.rules.sources)
  return async (message) => {
    const shaped = shapes(message)
    return shaped ? takeInShaped(message, shaped) : takeIn(message, sources)
  }
}

/**
 * The rules of the source that sends under this name. Default: those without a configured source.
 */
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

/** The worker attributes that rules of the mapping copy, by their dotted paths. */
export function attributeNames({ rules: { mapping }, file }: Config): readonly string[] {
  const written = Object.values(file?.content.mapping?.attributes ?? {}).flatMap((rule) => {
    const from = typeof rule === 'string' ? rule : rule?.from
    return from === undefined ? [] : [from]
  })
  const starting = startingRules(file?.content.mapping).map(({ from }) => from)
  const names = new Set([...starting, ...written])
  return [...names].filter((name) => mapping.uses(name))
}
