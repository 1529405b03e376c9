import { sha256 } from '../../adapters/system.ts'
import type { Config } from '../../config/load.ts'
import type { SourceContent } from '../../config/schema.ts'
import { SHIPPED_SHAPES } from '../../core/intake/shapes/shipped.ts'
import type { RulePart } from '../../core/ledger/port/instances.ts'
import { own } from '../../core/own.ts'
import { DEFAULT_RULES } from '../../core/plan/mapping/mapping.ts'
import { PRESETS } from '../../core/plan/mapping/presets.ts'

/**
 * A hash of each part of the rules in force, defaults of this release included. Spelling, comments
 * and the order of keys in the file do not matter.
 */
export function ruleHashesOf({ file, rules, ...settings }: Config): Readonly<Record<RulePart, string>> {
  const content = file?.content
  return {
    mapping: digestOf([content?.mapping ?? null, DEFAULT_RULES, PRESETS]),
    sources: digestOf((content?.sources ?? []).map(withoutAccess)),
    shapes: digestOf([content?.shapes ?? {}, (content?.sources ?? []).map(shippedShapeOf)]),
    activation: digestOf(rules.activation),
    pilot: digestOf(content?.pilot ?? null),
    notices: digestOf(rules.notices),
    targets: digestOf(content?.targets ?? {}),
    'source settings': digestOf([settings.SOURCE_ZONE, settings.SOURCE_ORDER, settings.SOURCE_LAST_DAY]),
  }
}

/** A hash that does not depend on the order of keys. */
export function digestOf(value: unknown): string {
  return sha256(JSON.stringify(sorted(value)))
}

/** Of the read from HR, only how the answer is understood: the rest contains secrets. */
function withoutAccess({ read, ...source }: SourceContent): unknown {
  if (read === undefined) return source
  const { calls, worker, access, required, found, employee, at } = read
  const names = calls.map(({ name, optional }) => ({ name, optional }))
  return { ...source, read: { names, worker, access, required, found, employee, at } }
}

function shippedShapeOf({ shape }: SourceContent): unknown {
  return typeof shape === 'string' ? (own(SHIPPED_SHAPES, shape) ?? null) : null
}

function sorted(value: unknown): unknown {
  if (value === Infinity) return 'unlimited'
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, one]): [string, unknown] => [key, sorted(one)])
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)))
}
