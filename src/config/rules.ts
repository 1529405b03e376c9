import { RollcallError } from '../core/errors.ts'
import type { Evaluator } from '../core/expression/evaluator.ts'
import { own as ownOf } from '../core/own.ts'
import { compileShape, type Shape, type ShapeRules } from '../core/intake/shape.ts'
import { SHIPPED_SHAPES } from '../core/intake/shapes/shipped.ts'
import type { ConfiguredSource } from '../core/intake/sources.ts'
import {
  compileMapping,
  DEFAULT_REQUIRED,
  DEFAULT_RULES,
  type Mapping,
  type Rule,
} from '../core/plan/mapping/mapping.ts'
import { type Targets, targetsOf } from '../core/plan/mapping/targets.ts'
import { compileRule } from '../core/plan/mapping/rule.ts'
import { entityOf, type Place } from '../adapters/service-bus/address.ts'
import { httpReader } from '../adapters/hr-reader/http-reader.ts'
import { NoticeSettings } from '../adapters/hr-reader/settings.ts'
import type { HrReader } from '../core/intake/hydrate/loop.ts'
import { type Activation, HOLD } from '../core/plan/fold/activation.ts'
import { sha256 } from '../adapters/system.ts'
import type { Settings } from './environment.ts'
import type { Path, Problem } from './file.ts'
import type { FileContent, MappingContent, SHAPE, SourceContent } from './schema.ts'
import type { z } from 'zod'

/** A queue or subscription to receive from. */
export type SourceAddress = Place & { readonly entity: string; readonly sessions: boolean }

/** What the file says, ready to work with. */
export interface Rules {
  readonly mapping: Mapping
  /** How many lines the mapping has. */
  readonly mapped: number
  readonly sources: readonly ConfiguredSource[]
  /** Who reads the notices of a source, by its configured name. */
  readonly readers: ReadonlyMap<string, HrReader>
  readonly activation: Activation
  /** What the directory's attributes are filled from. */
  readonly targets: Targets
  readonly notices: NoticeSettings
  /** Each queue and subscription once, in the order they are named. */
  readonly sourceAddresses: readonly SourceAddress[]
}

/**
 * Compiles mapping, shapes and sources; what cannot be carried out goes to `problems`, by its path in the file. Expressions are evaluated by
 * `evaluator`, when there is something to evaluate.
 */
export function compileRules(
  file: Partial<FileContent>,
  settings: Settings,
  problems: Problem[],
  evaluator: Evaluator,
): Rules {
  const attempt = <T>(path: Path, work: () => T): T | null => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error
      problems.push({ path, message: `cannot be used: ${error.message}` })
      return null
    }
  }
  const rules = rulesOf(file.mapping, problems)
  for (const rule of rules) attempt(['mapping', 'attributes', rule.to], () => compileRule(rule))
  const mapping =
    problems.length > 0
      ? null
      : attempt(['mapping', 'attributes', 'active'], () => compileMapping(rules, [], evaluator))

  const shapes = new Map<string, Shape | null>()
  for (const [name, shape] of Object.entries(file.shapes ?? {}))
    shapes.set(
      name,
      attempt(['shapes', name], () => compileShape(name, shapeRules(shape), sha256, evaluator)),
    )
  const shapeOf = (source: SourceContent, index: number): Shape | null => {
    const { shape } = source
    if (shape === undefined) return null
    const path = ['sources', index, 'shape']
    if (typeof shape !== 'string')
      return attempt(path, () => compileShape(source.name, shapeRules(shape), sha256, evaluator))
    const shipped = ownOf(SHIPPED_SHAPES, shape)
    const own = shapes.get(shape)
    if (own !== undefined) return own
    if (shipped) return compileShape(shape, shipped, sha256, evaluator)
    const names = [...Object.keys(SHIPPED_SHAPES), ...shapes.keys()]
    problems.push({ path, message: `takes one of ${names.join(', ')}, or rules` })
    return null
  }

  const given = file.sources ?? [DEFAULT]
  const sources = given.map((source, index) => configured(source, settings, shapeOf(source, index)))
  const sourceAddresses = new Map<string, SourceAddress>()
  for (const [index, source] of given.entries()) {
    const place = placeOf(source, settings)
    const entity = entityOf(place)
    const there = sourceAddresses.get(entity)
    if (there && there.sessions !== source.sessions)
      problems.push({
        path: ['sources', index, 'sessions'],
        message: `differs from that of another source on ${entity}`,
      })
    sourceAddresses.set(entity, { ...place, entity, sessions: source.sessions })
    if (given.findIndex(({ name }) => name === source.name) !== index)
      problems.push({ path: ['sources', index, 'name'], message: 'is taken by another source' })
    if (
      source.shape !== undefined &&
      sources.findIndex((one, other) => one.entity === entity && given[other]?.shape !== undefined) !== index
    )
      problems.push({
        path: ['sources', index, 'shape'],
        message: `is the second on ${entity}; give each vendor a queue or subscription of its own`,
      })
  }
  const readers = new Map<string, HrReader>()
  for (const [index, { name, read }] of given.entries()) {
    const reader =
      read === undefined ? null : attempt(['sources', index, 'read'], () => httpReader(read, evaluator))
    if (reader) readers.set(name, reader)
  }
  return {
    readers,
    activation: file.activation ?? HOLD,
    targets: targetsOf(file.targets),
    notices: file.notices ?? NoticeSettings.parse({}),
    mapping: mapping ?? compileMapping(),
    mapped: rules.length,
    sources,
    sourceAddresses: [...sourceAddresses.values()],
  }
}

const DEFAULT: SourceContent = { name: 'default', sessions: false, rank: 0 }

/** What stands without a file: canonical events of anybody on one queue. */
export function defaultSource(settings: Settings): ConfiguredSource {
  return configured(DEFAULT, settings, null)
}

function configured(source: SourceContent, settings: Settings, shape: Shape | null): ConfiguredSource {
  return {
    name: source.name,
    entity: entityOf(placeOf(source, settings)),
    match: source.match === undefined ? null : [source.match].flat(),
    source: {
      zone: source.zone ?? settings.SOURCE_ZONE,
      rank: source.rank,
      order: source.order ?? settings.SOURCE_ORDER,
      lastDay: source.lastDay ?? settings.SOURCE_LAST_DAY,
      ...(source.types ? { types: source.types } : {}),
      ...(source.read ? { notices: true } : {}),
    },
    shape,
    owns: source.owns ?? null,
  }
}

/** The default mapping with what the file says over it, in a fixed order. */
function rulesOf(mapping: MappingContent | undefined, problems: Problem[]): readonly Rule[] {
  const rules = new Map<string, Rule>()
  const { base = 'default', nulls = 'explicit', attributes = {} } = mapping ?? {}
  if (base === 'default')
    for (const rule of DEFAULT_RULES) rules.set(rule.to, { ...rule, nulls, ...needed(rule.to) })
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
      path: ['mapping', 'attributes', 'active'],
      message: 'is missing; every record says it: write active: active',
    })
  return [...rules.values()]
}

/** Entra makes nobody without them. */
function needed(to: string): { readonly required?: boolean } {
  return DEFAULT_REQUIRED.includes(to) ? { required: true } : {}
}

function shapeRules({ event, items, fields, id }: z.output<typeof SHAPE>): ShapeRules {
  return {
    event,
    ...(items === undefined ? {} : { items }),
    ...(fields === undefined ? {} : { fields }),
    ...(id === undefined ? {} : { id }),
  }
}

function placeOf({ queue, topic, subscription }: SourceContent, settings: Settings): Place {
  return topic !== undefined && subscription !== undefined
    ? { topic, subscription }
    : { queue: queue ?? settings.SERVICEBUS_QUEUE }
}
