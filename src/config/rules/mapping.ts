import { compileMapping, DEFAULT_REQUIRED, type Mapping } from '../../core/plan/mapping/mapping.ts'
import { startingRules } from '../../core/plan/mapping/presets.ts'
import { compileRule, type Nulls, type Rule } from '../../core/plan/mapping/rule.ts'
import type { Path, Problem } from '../path.ts'
import type { MappingContent } from './mapping-schema.ts'
import type { Compilation } from './compilation.ts'

/** The default mapping and presets, overridden by the mapping of the file, in a fixed order. */
export function rulesOf(
  mapping: MappingContent | undefined,
  problems: Problem[],
  path: Path = ['mapping'],
): readonly Rule[] {
  const rules = new Map<string, Rule>()
  const { nulls = 'explicit', attributes = {} } = mapping ?? {}
  for (const rule of startingRules(mapping)) rules.set(rule.to, { ...rule, nulls, ...needed(rule.to) })
  for (const [to, written] of Object.entries(attributes)) {
    if (written === null) rules.delete(to)
    else if (typeof written === 'string') rules.set(to, { to, from: written, nulls, ...needed(to) })
    else {
      const { from, jsonata, constant, default: otherwise, required, nulls: own } = written
      rules.set(to, {
        to,
        from: from ?? (jsonata !== undefined ? { jsonata } : { constant: constant ?? '' }),
        nulls: own ?? nulls,
        ...needed(to),
        ...(otherwise === undefined ? {} : { default: otherwise }),
        ...(required === undefined ? {} : { required }),
      })
    }
  }
  if (!rules.has('active'))
    problems.push({
      path: [...path, 'attributes', 'active'],
      message: 'is missing; every record needs it: add active: active',
    })
  return [...rules.values()]
}

/** Entra does not create a user without them. */
function needed(to: string): { readonly required?: boolean } {
  return DEFAULT_REQUIRED.includes(to) ? { required: true } : {}
}

/** The SCIM places that rules fill, each once, and whether a cleared value is sent as null. */
export function placesOf(rules: readonly Rule[]): ReadonlyMap<string, Nulls> {
  return new Map(rules.map(({ to, nulls = 'explicit' }) => [to, nulls]))
}

/** `null` if a rule cannot be used. */
export function mappingOf(
  rules: readonly Rule[],
  { problems, tools, attempt }: Compilation,
  path: Path = ['mapping'],
): Mapping | null {
  for (const rule of rules) attempt([...path, 'attributes', rule.to], () => compileRule(rule))
  if (problems.length > 0) return null
  return attempt([...path, 'attributes', 'active'], () => compileMapping(rules, [], tools.evaluator))
}
