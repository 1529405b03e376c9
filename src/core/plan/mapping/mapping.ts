import { RollcallError } from '../../errors.ts'
import { ASK, type DirectInput } from '../../expression/direct.ts'
import type { Evaluated, Evaluator } from '../../expression/evaluator.ts'
import { touches } from '../../expression/reads.ts'
import type { Attribute, Json, ScimUser } from '../../model.ts'
import { nest } from './nest.ts'
import { type CompiledRule, compileRule, type Rule } from './rule.ts'
import { CORE_USER, ENTERPRISE_USER, type ScimDraft, setScim, type ScimPath } from './scim.ts'

/** A rule that copies one attribute. */
export type PlainRule = Rule & { readonly from: string }

/**
 * Worker attributes by their names in HR events, and their SCIM places. `hireDate` and
 * `terminationDate` have no place in the standard schemas; the preset `lifecycle` gives them one.
 */
export const DEFAULT_RULES: readonly PlainRule[] = [
  { from: 'userName', to: 'userName' },
  { from: 'name.givenName', to: 'name.givenName' },
  { from: 'name.middleName', to: 'name.middleName' },
  { from: 'name.familyName', to: 'name.familyName' },
  { from: 'name.formatted', to: 'name.formatted' },
  { from: 'displayName', to: 'displayName' },
  { from: 'nickName', to: 'nickName' },
  { from: 'title', to: 'title' },
  { from: 'userType', to: 'userType' },
  { from: 'preferredLanguage', to: 'preferredLanguage' },
  { from: 'locale', to: 'locale' },
  { from: 'timezone', to: 'timezone' },
  { from: 'emails.work', to: 'emails[type eq "work"].value' },
  { from: 'phones.work', to: 'phoneNumbers[type eq "work"].value' },
  { from: 'address.work.streetAddress', to: 'addresses[type eq "work"].streetAddress' },
  { from: 'address.work.locality', to: 'addresses[type eq "work"].locality' },
  { from: 'address.work.region', to: 'addresses[type eq "work"].region' },
  { from: 'address.work.postalCode', to: 'addresses[type eq "work"].postalCode' },
  { from: 'address.work.country', to: 'addresses[type eq "work"].country' },
  { from: 'active', to: 'active' },
  { from: 'employeeNumber', to: `${ENTERPRISE_USER}:employeeNumber` },
  { from: 'costCenter', to: `${ENTERPRISE_USER}:costCenter` },
  { from: 'organization', to: `${ENTERPRISE_USER}:organization` },
  { from: 'division', to: `${ENTERPRISE_USER}:division` },
  { from: 'department', to: `${ENTERPRISE_USER}:department` },
  { from: 'managerId', to: `${ENTERPRISE_USER}:manager.value` },
]
export const DEFAULT_REQUIRED: readonly string[] = ['userName', 'active']

/** A rule that failed for one employee. Holds names of places and our own text, never a value. */
export interface MappingFailure {
  /** The SCIM place the rule is for: its name in the configuration. */
  readonly rule: string
  readonly why: string
  /** True when the value at this worker path can be the cause. */
  readonly reads: (path: string) => boolean
}

export interface MappedRecord {
  /**
   * Complete, valid SCIM; cleared attributes are explicit `null`, unless the mapping omits them.
   */
  readonly record: ScimUser
  /** Required attributes without a value, as the mapping names their source. */
  readonly missing: readonly string[]
  /** One of the rules that failed. The places of all failed rules are left out of `record`. */
  readonly failure: MappingFailure | null
}

/**
 * `map` returns a record when every rule copies or computes something simple, and a promise when a
 * rule needs the evaluator. Records asked for in the same tick are computed together.
 */
export interface Mapping<
  R extends MappedRecord | Promise<MappedRecord> = MappedRecord | Promise<MappedRecord>,
> {
  /** True when the value of this worker attribute can reach the directory. */
  uses(path: string): boolean
  /** Which worker attributes can reach this SCIM place. */
  readsOf(place: string): (path: string) => boolean
  /**
   * The complete record of one employee. The same attributes serialise to the same bytes. Never
   * throws because of the attributes; rejects when expressions cannot be computed at the moment.
   */
  map(employeeId: string, attributes: ReadonlyMap<string, Attribute>): R
}
export type PlainMapping = Mapping<MappedRecord>

/**
 * Compiles rules; rules that compute need an evaluator. Throws `MappingInvalid`, naming the rule,
 * for a rule that cannot work for any employee.
 */
export function compileMapping(rules?: readonly PlainRule[], required?: readonly string[]): PlainMapping
export function compileMapping(
  rules: readonly Rule[],
  required: readonly string[],
  evaluator: Evaluator,
): Mapping
export function compileMapping(
  rules: readonly Rule[] = DEFAULT_RULES,
  required: readonly string[] = DEFAULT_REQUIRED,
  evaluator?: Evaluator,
): Mapping {
  const compiled = rules.map(compileRule).map((rule) => ({
    ...rule,
    required: rule.required || (rule.plainFrom !== null && required.includes(rule.plainFrom)),
  }))
  checkActive(compiled)
  const schemas = [
    ...new Set([
      CORE_USER,
      ENTERPRISE_USER,
      ...compiled.flatMap(({ to }) => (to.urn === null ? [] : [to.urn])),
    ]),
  ]
  const computed = compiled.flatMap((rule) => (rule.kind === 'computed' ? [rule] : []))
  const plan: RecordPlan = { rules: compiled, schemas, required }
  const used = new Set(
    compiled.flatMap(({ kind, reads }) =>
      kind === 'copied' && reads.kind === 'paths' ? [...reads.paths] : [],
    ),
  )
  return {
    uses: (path) => used.has(path) || computed.some(({ reads }) => touches(reads, path)),
    readsOf: (place) => {
      const there = compiled.filter(({ to }) => to.text === place)
      return (path) => there.some(({ reads }) => touches(reads, path))
    },
    map: (employeeId, attributes) => {
      const build = (answers: Answers): MappedRecord => buildRecord(plan, employeeId, attributes, answers)
      if (!evaluator || computed.length === 0) return build(NO_ANSWERS)
      const input = { input: nest(attributes), bindings: { employee: employeeId } }
      const direct = answerDirectly(computed, input)
      const rest = computed.filter((rule) => !direct.has(rule))
      if (rest.length === 0) return build(direct)
      return evaluator
        .evaluate({ ...input, expressions: rest.map(({ expression }) => expression) })
        .then((answers) => {
          const asked = rest.map((rule, index) => [rule, answers[index] ?? NO_VALUE] as const)
          return build(new Map([...direct, ...asked]))
        })
    },
  }
}

type ComputedRule = CompiledRule & { readonly kind: 'computed' }

/** What the expressions of a mapping give for one employee. */
type Answers = ReadonlyMap<CompiledRule, Evaluated>
const NO_ANSWERS: Answers = new Map()
const NO_VALUE: Evaluated = { kind: 'value', value: undefined }

/** Of those rules whose expressions need no evaluator for this input. */
function answerDirectly(rules: readonly ComputedRule[], input: DirectInput): Answers {
  const answers = new Map<CompiledRule, Evaluated>()
  for (const rule of rules) {
    const value = rule.direct ? rule.direct(input) : ASK
    if (value !== ASK) answers.set(rule, { kind: 'value', value })
  }
  return answers
}

/** What every record of a mapping is made by. */
interface RecordPlan {
  readonly rules: readonly CompiledRule[]
  readonly schemas: readonly string[]
  readonly required: readonly string[]
}

function buildRecord(
  { rules, schemas, required }: RecordPlan,
  employeeId: string,
  attributes: ReadonlyMap<string, Attribute>,
  answers: Answers,
): MappedRecord {
  const record: ScimDraft = { schemas: [...schemas], externalId: employeeId }
  const missing = required.filter((path) => isNothing(attributes.get(path)?.value))
  let failure: MappingFailure | null = null
  // In the order of the rules, so that the bytes are the same.
  for (const rule of rules) {
    if (rule.kind === 'copied') failure = place(record, rule, rule.value(attributes), missing) ?? failure
    else {
      const computed = rule.toValue(answers.get(rule) ?? NO_VALUE, attributes)
      failure =
        (computed.kind === 'failed'
          ? failed(rule, computed.why)
          : place(record, rule, computed.value, missing)) ?? failure
    }
  }
  return { record, missing, failure }
}

/** Access never depends on a computation: `active` is passed on as HR sends it. */
function checkActive(rules: readonly CompiledRule[]): void {
  if (rules.every(({ to, plainFrom }) => to.urn !== null || to.name !== 'active' || plainFrom === 'active'))
    return
  throw new RollcallError(
    'MappingInvalid',
    `mapping of "active": it is passed on as HR sends it, so that no rule activates an employee; write active: active, without a default`,
  )
}

/** Puts a value at the place of its rule. Returns a failure when the place cannot hold it. */
function place(
  draft: ScimDraft,
  rule: CompiledRule,
  value: Json | undefined,
  missing: string[],
): MappingFailure | null {
  if (rule.required && isNothing(value)) {
    // The service accepts no record without a required value; a leaver's is sent without it all the
    // same.
    if (!missing.includes(rule.name)) missing.push(rule.name)
    return null
  }
  if (value === undefined || (value === null && rule.nulls === 'omit')) return null
  if (typeof value === 'object' && value !== null)
    return failed(
      rule,
      Array.isArray(value)
        ? 'gives a list where one value belongs'
        : 'gives an object where one value belongs',
    )
  setScim(draft, rule.to, scimValue(rule.to, value))
  return null
}

function failed(rule: CompiledRule, why: string): MappingFailure {
  return { rule: rule.to.text, why, reads: (path) => touches(rule.reads, path) }
}

/** The service clears on an empty text as it does on `null`. */
function isNothing(value: Json | undefined): boolean {
  return value === undefined || value === null || value === ''
}

/** Entra takes text for everything but `active`. */
function scimValue(to: ScimPath, value: Json): Json {
  return typeof value === 'number' || (typeof value === 'boolean' && to.text !== 'active')
    ? String(value)
    : value
}
