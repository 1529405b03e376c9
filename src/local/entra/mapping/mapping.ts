import { parseExpression } from './expression.ts'
import {
  activeDirectoryMapping,
  type AttributeMapping,
  attributeMappingSchema,
  entraMapping,
} from './mapping-settings.ts'
import { createMemo } from '../support/memo.ts'
import { asText, entriesOf, type Row, type Value, valueOf } from '../directory/row.ts'
import { MANAGER } from '../directory/scim.ts'
import type { Settings } from '../settings.ts'
import { unreachable } from '../support/unreachable.ts'

export interface MapRequest {
  /** The merged source, `active` included. */
  readonly source: Row
  readonly before: { readonly source: Row | undefined; readonly target: Row } | undefined
  /**
   * What the manager's externalId stands for in the directory; missing leaves the reference as it
   * is.
   */
  readonly manager: string | undefined
  readonly isTaken: (target: string, value: string) => boolean
}

export interface Mapping {
  /** The directory's attributes for this record. */
  apply(request: MapRequest): Map<string, Value>
  /**
   * Whether the mapping uses the attribute: only such are echoed by the import step and counted as
   * a change.
   */
  readonly uses: (path: string) => boolean
  /**
   * Whether leaving the attribute out clears it: both gates of the null flow, the attribute's and
   * the mapping's.
   */
  readonly clears: (path: string) => boolean
  /** The target attributes that find an existing user, in the order in which they are tried. */
  readonly matching: readonly string[]
  /** The target attributes whose values must be unique, because an expression makes them so. */
  readonly unique: readonly string[]
  /** The target that holds the manager; missing when the mapping has none. */
  readonly reference: string | undefined
}

/** Parts of a work entry or of the manager that are not mapped unless a rule names them. */
const NOT_PROCESSED = /\.(primary|display|displayName|\$ref|type)$/

type Evaluate = (request: MapRequest) => Value | undefined
interface Rule {
  readonly mapping: AttributeMapping
  readonly sources: readonly string[]
  readonly evaluate: Evaluate
}

/** The mappings of the settings, or the default ones for the kind of job. */
export function attributeMappingsOf({ kind, defaultDomain, mapping }: Settings): readonly AttributeMapping[] {
  if (mapping !== undefined) return mapping
  const standard = kind === 'entra' ? entraMapping(defaultDomain) : activeDirectoryMapping(defaultDomain)
  return standard.map((given) => attributeMappingSchema.parse(given))
}

export function createMapping(settings: Settings): Mapping {
  const rules = attributeMappingsOf(settings).map(ruleOf)
  const targets = new Set(rules.map(({ mapping }) => mapping.target))
  const used = new Set(rules.flatMap(({ sources }) => sources))
  const uses = (path: string): boolean =>
    used.has(path) || (settings.attributeList === 'all' && !NOT_PROCESSED.test(path))

  const prefix = `extension_${settings.applicationId.replaceAll('-', '')}_`
  /** The target of an attribute that is only mapped because everything is. */
  const impliedTarget = createMemo(10_000, (path) => {
    const name = path.startsWith('urn:') ? prefix + path.slice(path.lastIndexOf(':') + 1) : path
    return uses(path) && !used.has(path) && path !== 'active' && path !== MANAGER ? name : undefined
  })

  const clears = createMemo(10_000, (path) => {
    const ofMapping = rules
      .filter(({ sources }) => sources.includes(path))
      .every(({ mapping }) => mapping.flowNull ?? settings.flowNulls)
    return (settings.sourceFlowNull[path] ?? settings.flowNulls) && ofMapping
  })

  /** What the former state has that no rule speaks of. */
  function* carried({ before }: MapRequest): Generator<readonly [string, Value]> {
    if (before === undefined) return
    const gone = new Set([...(before.source?.shape.names ?? [])].map(impliedTarget))
    for (const [name, value] of entriesOf(before.target))
      if (!targets.has(name) && !gone.has(name)) yield [name, value]
  }

  function apply(request: MapRequest): Map<string, Value> {
    const target = new Map<string, Value>()
    for (const rule of rules) {
      const value = valueBy(rule, request, clears)
      if (value !== undefined && value !== '') target.set(rule.mapping.target, value)
    }
    for (const [path, value] of entriesOf(request.source)) {
      const name = impliedTarget(path)
      if (name !== undefined) target.set(name, value)
    }
    for (const [name, value] of carried(request)) if (!target.has(name)) target.set(name, value)
    return target
  }

  return { apply, uses, clears, ...specialTargets(rules) }
}

/**
 * What a rule makes of a record. A missing value keeps the former one where it may not be cleared.
 */
function valueBy(
  { mapping, sources, evaluate }: Rule,
  request: MapRequest,
  clears: (path: string) => boolean,
): Value | undefined {
  const { before } = request
  if (before === undefined) return evaluate(request) ?? mapping.defaultIfNull
  const former = valueOf(before.target, mapping.target)
  const fallback = mapping.type === 'none' ? mapping.defaultIfNull : undefined
  if (mapping.apply === 'onCreate') return former ?? fallback
  const isKept = !sources.every((path) => path === 'active' || clears(path))
  return evaluate(request) ?? (isKept ? former : undefined) ?? fallback
}

function specialTargets(rules: readonly Rule[]): Pick<Mapping, 'matching' | 'unique' | 'reference'> {
  const matching = rules
    .flatMap(({ mapping: { target, matching: precedence } }) =>
      precedence === undefined ? [] : [{ target, precedence }],
    )
    .sort((a, b) => a.precedence - b.precedence)
    .map(({ target }) => target)
  const unique = rules.flatMap(({ mapping }) =>
    mapping.type === 'expression' && /selectuniquevalue/i.test(mapping.expression) ? [mapping.target] : [],
  )
  const reference = rules.find(({ mapping }) => mapping.type === 'direct' && mapping.source === MANAGER)
    ?.mapping.target
  return { matching, unique, reference }
}

/** The attributes of the source that a mapping reads. */
export const sourcesOf = (mapping: AttributeMapping): readonly string[] => ruleOf(mapping).sources

function ruleOf(mapping: AttributeMapping): Rule {
  switch (mapping.type) {
    case 'direct': {
      const { source, target } = mapping
      const evaluate: Evaluate =
        source === MANAGER
          ? (request) =>
              request.manager ??
              (valueOf(request.source, MANAGER) === undefined
                ? undefined
                : valueOf(request.before?.target, target))
          : (request) => valueOf(request.source, source)
      return { mapping, sources: [source], evaluate }
    }
    case 'constant':
      return { mapping, sources: [], evaluate: () => mapping.value }
    case 'none':
      return { mapping, sources: [], evaluate: ({ before }) => valueOf(before?.target, mapping.target) }
    case 'expression': {
      const expression = parseExpression(mapping.expression)
      const evaluate: Evaluate = ({ source, isTaken }) => {
        const read = (path: string): string | undefined => {
          const value = valueOf(source, path)
          return value === undefined ? undefined : asText(value)
        }
        const value = expression.evaluate({
          read,
          isTaken: (candidate) => isTaken(mapping.target, candidate),
        })
        return value === '' ? undefined : value
      }
      return { mapping, sources: expression.sources, evaluate }
    }
    default:
      return unreachable(mapping)
  }
}
