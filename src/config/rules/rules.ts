import { RollcallError } from '../../core/errors.ts'
import type { Evaluator } from '../../core/expression/evaluator.ts'
import { own as ownOf } from '../../core/own.ts'
import { type EntityAddress, entityOf } from '../../core/intake/entity.ts'
import { withWords } from '../../core/intake/access.ts'
import { compileShape, type Shape, type ShapeRules } from '../../core/intake/shape.ts'
import { SHIPPED_SHAPES } from '../../core/intake/shapes/shipped.ts'
import type { EmployeeIdForm } from '../../core/intake/event/employee-id.ts'
import type { ConfiguredSource } from '../../core/intake/sources.ts'
import {
  compileMapping,
  DEFAULT_REQUIRED,
  DEFAULT_RULES,
  type Mapping,
} from '../../core/plan/mapping/mapping.ts'
import type { Rule } from '../../core/plan/mapping/rule.ts'
import { type Pilot, pilotOf } from '../../core/plan/pilot.ts'
import { type Targets, targetsOf } from '../../core/plan/mapping/targets.ts'
import { compileRule } from '../../core/plan/mapping/rule.ts'
import { type HrSystemSettings, NoticeSettings } from '../../core/intake/hydrate/settings.ts'
import type { AnswerTools } from '../../core/intake/hydrate/answer.ts'
import type { HrReader } from '../../core/intake/hydrate/loop.ts'
import { type Activation, HOLD } from '../../core/plan/fold/activation.ts'
import type { ChannelSettings } from '../../core/alerts/settings.ts'
import type { Settings } from '../environment.ts'
import { type AlertThresholds, compileThresholds } from './alerts.ts'
import { compileNotifications, type Notifications } from './notifications.ts'
import type { Path, Problem } from '../file.ts'
import type { FileContent, MappingContent, SHAPE, SourceContent } from '../schema.ts'
import type { z } from 'zod'

/** A queue or subscription to receive from. */
export type SourceAddress = EntityAddress & {
  readonly entity: string
  readonly sessions: boolean
  /** The charset of bodies that are not UTF-8 and name none. */
  readonly charset?: string
}

/** The rules of the file, compiled. */
export interface Rules {
  readonly mapping: Mapping
  /** How many attributes the mapping sets. */
  readonly mapped: number
  readonly sources: readonly ConfiguredSource[]
  /** The HR readers of sources with `read`, by the configured name of the source. */
  readonly readers: ReadonlyMap<string, HrReader>
  readonly activation: Activation
  /** `null`: every employee is sent. */
  readonly pilot: Pilot | null
  /** Which attributes fill each attribute of the directory. */
  readonly targets: Targets
  readonly notices: NoticeSettings
  readonly alerts: AlertThresholds
  readonly notifications: Notifications
  /** Each queue and subscription once, in the order of the file. */
  readonly sourceAddresses: readonly SourceAddress[]
}

/** What compiling needs from outside; `compose/` provides it. */
export interface RuleTools {
  readonly evaluator: Evaluator
  /** A stable hash of a text. */
  digest(text: string): string
  /** Makes the reader of an HR system. Throws `ConfigInvalid` for settings that cannot be used. */
  makeReader(settings: HrSystemSettings, tools: AnswerTools): HrReader
  /** Throws `ConfigInvalid` for a channel of notifications that cannot be used. */
  checkChannel(settings: ChannelSettings): void
}

/** Collects what cannot be used in `problems`, so that one check names every problem. */
interface Compilation {
  readonly settings: Settings
  readonly problems: Problem[]
  readonly tools: RuleTools
  /**
   * The result of `work`, or `null` after it threw a `RollcallError`, which becomes a problem at
   * `path`.
   */
  attempt<T>(path: Path, work: () => T): T | null
}

/**
 * Compiles mapping, shapes and sources. What cannot be used goes to `problems`, by its path in the
 * file.
 */
export function compileRules(
  file: Partial<FileContent>,
  settings: Settings,
  problems: Problem[],
  tools: RuleTools,
): Rules {
  const compilation: Compilation = {
    settings,
    problems,
    tools,
    attempt: (path, work) => {
      try {
        return work()
      } catch (error) {
        if (!(error instanceof RollcallError)) throw error
        problems.push({ path, message: `cannot be used: ${error.message}` })
        return null
      }
    },
  }
  const rules = rulesOf(file.mapping, problems)
  const mapping = mappingOf(rules, compilation) ?? compileMapping()
  const shapes = shapesOf(file.shapes, compilation)
  const given = file.sources ?? [DEFAULT]
  const sources = given.map((source, index) =>
    configured(source, settings, shapeOf(source, index, shapes, compilation)),
  )
  return {
    mapping,
    mapped: rules.length,
    sources,
    sourceAddresses: sourceAddressesOf(given, compilation),
    readers: readersOf(given, mapping, compilation),
    activation: file.activation ?? HOLD,
    pilot: file.pilot ? pilotOf(file.pilot, formsOf(sources), tools.digest) : null,
    targets: targetsOf(file.targets),
    notices: file.notices ?? NoticeSettings.parse({}),
    alerts: compileThresholds(file.alerts, settings, problems),
    notifications: compileNotifications(file.notifications, problems, (settings, path) =>
      compilation.attempt(path, () => tools.checkChannel(settings)),
    ),
  }
}

function formsOf(sources: readonly ConfiguredSource[]): readonly EmployeeIdForm[] {
  return sources.flatMap(({ source }) => source.employeeId ?? [])
}

function mappingOf(rules: readonly Rule[], { problems, tools, attempt }: Compilation): Mapping | null {
  for (const rule of rules) attempt(['mapping', 'attributes', rule.to], () => compileRule(rule))
  if (problems.length > 0) return null
  return attempt(['mapping', 'attributes', 'active'], () => compileMapping(rules, [], tools.evaluator))
}

/**
 * The shapes of the file, by name; `shape: null` for one that cannot be used, which is a problem
 * already.
 */
type Shapes = ReadonlyMap<string, { readonly rules: ShapeRules; readonly shape: Shape | null }>

function shapesOf(shapes: FileContent['shapes'] | undefined, { tools, attempt }: Compilation): Shapes {
  return new Map(
    Object.entries(shapes ?? {}).map(([name, written]) => {
      const rules = shapeRules(written)
      const compile = (): Shape => compileShape(name, rules, tools.digest, tools.evaluator)
      return [name, { rules, shape: attempt(['shapes', name], compile) }]
    }),
  )
}

/** The shape of a source: its own rules, a shape of the file, or a shipped one. */
function shapeOf(
  { name, shape, access }: SourceContent,
  index: number,
  shapes: Shapes,
  { problems, tools, attempt }: Compilation,
): Shape | null {
  const path = ['sources', index, 'shape']
  const own = typeof shape === 'string' ? shapes.get(shape) : undefined
  const rules =
    typeof shape === 'object'
      ? shapeRules(shape)
      : (own?.rules ?? (shape === undefined ? undefined : ownOf(SHIPPED_SHAPES, shape)))
  if (access !== undefined && rules?.access === undefined)
    problems.push({
      path: ['sources', index, 'access'],
      message: 'needs a shape that has access rules, and the shape of this source has none',
    })
  if (shape === undefined) return null
  if (rules === undefined) {
    const names = [...Object.keys(SHIPPED_SHAPES), ...shapes.keys()]
    problems.push({ path, message: `must be one of ${names.join(', ')}, or rules` })
    return null
  }
  if (own && access === undefined) return own.shape
  const worded = access && rules.access ? { ...rules, access: withWords(rules.access, access) } : rules
  return attempt(path, () =>
    compileShape(typeof shape === 'string' ? shape : name, worded, tools.digest, tools.evaluator),
  )
}

/** Where the sources receive from. Sources that contradict each other are problems. */
function sourceAddressesOf(
  given: readonly SourceContent[],
  { settings, problems }: Compilation,
): readonly SourceAddress[] {
  const addresses = new Map<string, SourceAddress>()
  const entities = given.map((source) => entityOf(addressOf(source, settings)))
  for (const [index, source] of given.entries()) {
    const address = addressOf(source, settings)
    const entity = entityOf(address)
    const there = addresses.get(entity)
    if (there && there.sessions !== source.sessions)
      problems.push({
        path: ['sources', index, 'sessions'],
        message: `differs from that of another source on ${entity}`,
      })
    const charset = source.charset?.toLowerCase() ?? there?.charset
    if (there?.charset !== undefined && there.charset !== charset)
      problems.push({
        path: ['sources', index, 'charset'],
        message: `differs from that of another source on ${entity}`,
      })
    addresses.set(entity, {
      ...address,
      entity,
      sessions: source.sessions,
      ...(charset === undefined ? {} : { charset }),
    })
    if (given.findIndex(({ name }) => name === source.name) !== index)
      problems.push({ path: ['sources', index, 'name'], message: 'is the name of another source' })
    const firstWithShape = given.findIndex(
      ({ shape }, other) => shape !== undefined && entities[other] === entity,
    )
    if (source.shape !== undefined && firstWithShape !== index)
      problems.push({
        path: ['sources', index, 'shape'],
        message: `is the second on ${entity}; give each vendor a queue or subscription of its own`,
      })
  }
  return [...addresses.values()]
}

function readersOf(
  given: readonly SourceContent[],
  mapping: Mapping,
  { tools, attempt }: Compilation,
): ReadonlyMap<string, HrReader> {
  const readers = new Map<string, HrReader>()
  const { evaluator } = tools
  for (const [index, { name, read, employeeId }] of given.entries()) {
    if (read === undefined) continue
    const source = employeeId ? { employeeId } : {}
    const uses = (path: string): boolean => mapping.uses(path)
    const reader = attempt(['sources', index, 'read'], () =>
      tools.makeReader(read, { evaluator, source, uses }),
    )
    if (reader) readers.set(name, reader)
  }
  return readers
}

const DEFAULT: SourceContent = { name: 'default', sessions: false, rank: 0 }

/** The source without a file: canonical events of every sender on one queue. */
export function defaultSource(settings: Settings): ConfiguredSource {
  return configured(DEFAULT, settings, null)
}

function configured(source: SourceContent, settings: Settings, shape: Shape | null): ConfiguredSource {
  return {
    name: source.name,
    entity: entityOf(addressOf(source, settings)),
    match: source.match === undefined ? null : [source.match].flat(),
    source: {
      zone: source.zone ?? settings.SOURCE_ZONE,
      rank: source.rank,
      order: source.order ?? settings.SOURCE_ORDER,
      lastDay: source.lastDay ?? settings.SOURCE_LAST_DAY,
      ...(source.types ? { types: source.types } : {}),
      ...(source.read ? { notices: true } : {}),
      ...(source.may?.includes('block') ? { mayBlock: true } : {}),
      ...(source.employeeId ? { employeeId: source.employeeId } : {}),
      ...(source.placeholderDates ? { placeholderDates: source.placeholderDates } : {}),
    },
    shape,
    owns: source.owns ?? null,
  }
}

/** The default mapping, overridden by that of the file, in a fixed order. */
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
      message: 'is missing; every record needs it: add active: active',
    })
  return [...rules.values()]
}

/** Entra does not create a user without them. */
function needed(to: string): { readonly required?: boolean } {
  return DEFAULT_REQUIRED.includes(to) ? { required: true } : {}
}

function shapeRules({
  event,
  xml,
  form,
  body,
  items,
  fields,
  id,
  access,
}: z.output<typeof SHAPE>): ShapeRules {
  return {
    event,
    ...(xml === undefined ? {} : { xml }),
    ...(form === undefined ? {} : { form }),
    ...(body === undefined ? {} : { body }),
    ...(access === undefined ? {} : { access }),
    ...(items === undefined ? {} : { items }),
    ...(fields === undefined ? {} : { fields }),
    ...(id === undefined ? {} : { id }),
  }
}

function addressOf({ queue, topic, subscription }: SourceContent, settings: Settings): EntityAddress {
  return topic !== undefined && subscription !== undefined
    ? { topic, subscription }
    : { queue: queue ?? settings.SERVICEBUS_QUEUE }
}
