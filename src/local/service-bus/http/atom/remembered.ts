import type { ManagedConfig } from '../../config.ts'
import { durationText, type Fields } from './fields.ts'
import type { Element } from './xml.ts'
import { unreachable } from '../../unreachable.ts'

/** Properties without effect, with the service's defaults. Durations have the service's format. */
export const REMEMBERED_OF_QUEUE: readonly Remembered[] = [
  { name: 'EnableBatchedOperations', type: 'boolean', byDefault: 'true' },
  { name: 'UserMetadata', type: 'text', byDefault: undefined },
  { name: 'AutoDeleteOnIdle', type: 'duration', byDefault: durationText(Infinity) },
  { name: 'EnableExpress', type: 'boolean', byDefault: 'false' },
]
export const REMEMBERED_OF_TOPIC: readonly Remembered[] = [
  ...REMEMBERED_OF_QUEUE,
  { name: 'SupportOrdering', type: 'boolean', byDefault: 'true' },
]
export const REMEMBERED_OF_SUBSCRIPTION: readonly Remembered[] = [
  ...REMEMBERED_OF_QUEUE.filter(({ name }) => name !== 'EnableExpress'),
  { name: 'DeadLetteringOnFilterEvaluationExceptions', type: 'boolean', byDefault: 'true' },
]

export interface Remembered {
  readonly name: string
  readonly type: 'text' | 'boolean' | 'duration'
  readonly byDefault: string | undefined
}

export function readRemembered(
  fields: Fields,
  before: ManagedConfig | undefined,
  remembered: readonly Remembered[],
): Record<string, string> {
  const all: Record<string, string> = {}
  for (const { name, type, byDefault } of remembered) {
    const value = readOne(fields, name, type) ?? before?.remembered?.[name] ?? byDefault
    if (value !== undefined) all[name] = value
  }
  return all
}

function readOne(fields: Fields, name: string, type: Remembered['type']): string | undefined {
  switch (type) {
    case 'text':
      return fields.text(name)
    case 'boolean':
      return fields.boolean(name)?.toString()
    case 'duration': {
      const ms = fields.duration(name)
      return ms === undefined ? undefined : durationText(ms)
    }
    default:
      return unreachable(type)
  }
}

export function rememberedOf({ remembered }: ManagedConfig, all: readonly Remembered[]): Element {
  return Object.fromEntries(
    all.flatMap(({ name, byDefault }) => {
      const value = remembered?.[name] ?? byDefault
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
