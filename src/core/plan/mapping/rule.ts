import { RollcallError } from '../../errors.ts'
import { compileExpression } from '../../expression/compile.ts'
import type { Direct } from '../../expression/direct.ts'
import type { Evaluated } from '../../expression/evaluator.ts'
import { isBelow, type Reads } from '../../expression/reads.ts'
import type { Attribute, Json } from '../../model.ts'
import { parseScimPath, type ScimPath } from './scim.ts'

/**
 * How a cleared attribute appears in the record: as `null`, which clears it in the directory, or
 * not at all.
 */
export type Nulls = 'explicit' | 'omit'

/** One line of a mapping: the value for the SCIM place `to`. */
export interface Rule {
  readonly to: string
  /** A worker attribute by its dotted path, an expression over the whole worker, or a constant. */
  readonly from: string | { readonly jsonata: string } | { readonly constant: string | number | boolean }
  /** Used when there is no value, also after it was cleared. */
  readonly default?: string | number | boolean
  /** Without a value the employee's record is incomplete. */
  readonly required?: boolean
  readonly nulls?: Nulls
}

interface Common {
  readonly to: ScimPath
  readonly reads: Reads
  readonly required: boolean
  readonly nulls: Nulls
  /** Its name in messages about a missing value: the attribute, or the SCIM place. */
  readonly name: string
  /** The attribute, for a rule that passes it on unchanged. */
  readonly plainFrom: string | null
}
export type Computed =
  | { readonly kind: 'computed'; readonly value: Json | undefined }
  | { readonly kind: 'failed'; readonly why: string }
export type CompiledRule =
  | (Common & {
      readonly kind: 'copied'
      readonly value: (attributes: ReadonlyMap<string, Attribute>) => Json | undefined
    })
  | (Common & {
      readonly kind: 'computed'
      readonly expression: string
      /** The same expression where it is simple enough to be evaluated without an evaluator. */
      readonly direct: Direct | null
      /** The record's value for a result of the expression. */
      readonly toValue: (answer: Evaluated, attributes: ReadonlyMap<string, Attribute>) => Computed
    })

/**
 * Most characters of a computed value. No attribute of the directory accepts more, and a record has
 * to fit into a call.
 */
const LONGEST_VALUE = 32_768

/**
 * Only these entries are processed by the service (learn.microsoft.com, API-driven provisioning:
 * known limitations).
 */
const WORK_ONLY = ['addresses', 'emails', 'phoneNumbers']

/** Throws `MappingInvalid`, naming the rule by its target. */
export function compileRule(rule: Rule): CompiledRule {
  const { to, from } = rule
  const path = parseScimPath(to)
  const described = typeof from === 'string' ? `"${from}" → "${to}"` : `of "${to}"`
  if (!path)
    throw invalid(
      described,
      'the target is not a SCIM attribute; write for example name.givenName or emails[type eq "work"].value',
    )
  if (path.urn === null && WORK_ONLY.includes(path.name) && path.entry !== 'work')
    throw invalid(described, `the service processes only ${path.name}[type eq "work"]`)
  if (path.urn === null && ['schemas', 'externalId', 'id', 'meta'].includes(path.name))
    throw invalid(described, `${path.name} is set by the connector`)
  const fallback = rule.default
  const common = { to: path, required: rule.required ?? false, nulls: rule.nulls ?? 'explicit' }
  const otherwise = (value: Json | undefined): Json | undefined =>
    fallback !== undefined && (value ?? null) === null ? fallback : value

  if (typeof from === 'string') {
    if (from === '')
      throw invalid(described, 'the source is empty; write a worker attribute such as name.givenName')
    const plainFrom = fallback === undefined ? from : null
    return {
      ...common,
      kind: 'copied',
      name: from,
      plainFrom,
      reads: { kind: 'paths', paths: new Set([from]) },
      value:
        fallback === undefined
          ? (attributes) => attributes.get(from)?.value
          : (attributes) => otherwise(attributes.get(from)?.value),
    }
  }
  if ('constant' in from) {
    const { constant } = from
    return {
      ...common,
      kind: 'copied',
      name: to,
      plainFrom: null,
      reads: { kind: 'paths', paths: new Set() },
      value: () => constant,
    }
  }
  return { ...common, ...computed(from.jsonata, described, otherwise), name: to, plainFrom: null }
}

function computed(
  text: string,
  described: string,
  otherwise: (value: Json | undefined) => Json | undefined,
): Pick<
  CompiledRule & { readonly kind: 'computed' },
  'kind' | 'reads' | 'expression' | 'direct' | 'toValue'
> {
  const { reads, direct } = compile(text, described)
  // A value that existed and is now empty must be cleared in the directory; one that never
  // existed is left out.
  const wasKnown = (attributes: ReadonlyMap<string, Attribute>): boolean =>
    reads.kind === 'everything'
      ? attributes.size > 0
      : [...attributes.keys()].some((path) => isRead(reads.paths, path))
  return {
    kind: 'computed',
    reads,
    expression: text,
    direct,
    toValue: (answer, attributes) => {
      if (answer.kind === 'failed') return answer
      const { value } = answer
      if (typeof value === 'string' && value.length > LONGEST_VALUE)
        return { kind: 'failed', why: `gives a text of more than ${LONGEST_VALUE} characters` }
      return {
        kind: 'computed',
        value: otherwise(value === undefined && wasKnown(attributes) ? null : value),
      }
    },
  }
}

/** Whether the value at this path is read, alone or as a part of what is read. */
function isRead(paths: ReadonlySet<string>, path: string): boolean {
  if (paths.has(path)) return true
  for (const read of paths) if (isBelow(path, read)) return true
  return false
}

function compile(text: string, described: string): ReturnType<typeof compileExpression> {
  try {
    return compileExpression(text)
  } catch (error) {
    if (error instanceof RollcallError) throw invalid(described, `the expression ${error.message}`)
    throw error
  }
}

function invalid(described: string, why: string): RollcallError {
  return new RollcallError('MappingInvalid', `mapping ${described}: ${why}`)
}
