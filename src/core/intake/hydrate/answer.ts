import { RollcallError } from '../../errors.ts'
import { compileExpression, type Expression } from '../../expression/compile.ts'
import type { Evaluator } from '../../expression/evaluator.ts'
import { isObject, isShallow, MAX_DEPTH } from '../../json.ts'
import type { Notice } from '../../ledger/port/intake.ts'
import type { Json, JsonObject } from '../../model.ts'
import { own } from '../../own.ts'
import { type Access, type AccessReading, compileAccess } from '../access.ts'
import { employeeIdOf } from '../event/employee-id.ts'
import { canonicalAttributes } from '../event/worker.ts'
import type { Source } from '../sources.ts'
import { instant } from '../event/dates.ts'
import { failureIn, formOf, holds, pathsIn, saysNothing, withoutLists } from './answer-form.ts'
import type { NoRecord, ReadAnswer } from './loop.ts'
import type { HrSystemSettings } from './settings.ts'

/** What the HR system sent for one employee. */
export interface HrAnswer {
  /** The pages at `url`, at least one. */
  readonly pages: readonly Json[]
  /** The pages of each of `calls`, by name. An optional one that is missing has no entry. */
  readonly calls: Readonly<Record<string, readonly Json[]>>
}

/** Reads answers of one HR system. Never throws because of the content of an answer. */
export interface AnswerRules {
  /**
   * The employee's record, or why the answer is not one. An answer without an employee, or about
   * another employee, is never a record.
   */
  understand(answer: HrAnswer, notice: Notice): Promise<ReadAnswer>
  /** The address of the page after this one as the answer gives it, or `null` after the last. */
  nextPage(expression: Expression, page: Json, notice: Notice): Promise<NextPage>
}

export type NextPage =
  | { readonly kind: 'page'; readonly address: string }
  | { readonly kind: 'last' }
  | { readonly kind: 'unusable'; readonly answer: NoRecord }

interface Rules extends AnswerTools {
  readonly settings: HrSystemSettings
  readonly worker: Expression
  readonly at: Expression | null
  readonly found: Expression | null
  readonly employee: Expression | null
  readonly access: Access | null
}

export interface AnswerTools {
  readonly evaluator: Evaluator
  /** The source of the notices: its form of employee ids is that of the answers. */
  readonly source: Pick<Source, 'employeeId'>
  /** Whether the mapping takes the attribute at this dotted path. */
  uses(path: string): boolean
}

/**
 * Compiles the rules of `read`. Throws `ConfigInvalid`, naming the expression that cannot be used.
 */
export function answerRules(settings: HrSystemSettings, tools: AnswerTools): AnswerRules {
  const optional = (name: 'at' | 'found' | 'employee'): Expression | null => {
    const text = settings[name]
    return text === undefined ? null : readExpression(text, name)
  }
  const rules: Rules = {
    ...tools,
    settings,
    worker: readExpression(settings.worker, 'worker'),
    at: optional('at'),
    found: optional('found'),
    employee: optional('employee'),
    access: settings.access === undefined ? null : compileAccess(settings.access),
  }
  return {
    understand: (answer, notice) => understand(answer, notice, rules),
    nextPage: (expression, page, notice) =>
      nextPage(expression, { page, notice, evaluator: tools.evaluator }),
  }
}

/** An expression of `read`. Throws `ConfigInvalid`. */
export function readExpression(text: string, name: string): Expression {
  try {
    return compileExpression(text)
  } catch (error) {
    if (error instanceof RollcallError)
      throw new RollcallError('ConfigInvalid', `the expression ${name} of the HR system ${error.message}`)
    throw error
  }
}

async function understand(answer: HrAnswer, notice: Notice, rules: Rules): Promise<ReadAnswer> {
  const failure = failureOf(answer, rules)
  if (failure !== null) return later('AnswerIsFailure', failure)
  const { input, calls } = inputOf(answer, rules.settings)
  const access: AccessReading = rules.access?.(withoutLists(input)) ?? { kind: 'notice' }
  const active = access.kind === 'access' ? access.active : null
  const values = await evaluateAll(rules, input, {
    employee: notice.employeeId,
    calls,
    ...(active === null ? {} : { active }),
  })
  if ('kind' in values) return values
  const refusal =
    notFound(values.found, rules) ??
    noEmployee(answer, rules) ??
    otherEmployee(values.employee, notice, rules)
  if (refusal !== null) return refusal
  if (access.kind === 'unknown') return unusable('AccessUnknown', `${access.field} ${access.what}`)
  const found = workerIn(values.worker, answer, rules)
  if (found.kind !== 'worker') return found
  const worker = canonicalAttributes(withAccess(found.worker, active), rules.source)
  return notValid(worker, rules) ?? record(worker, values.at)
}

type Values = Readonly<Partial<Record<'worker' | 'at' | 'found' | 'employee', Json>>>

/** The value of every expression that is configured, or which of them failed. */
async function evaluateAll(
  { worker, at, found, employee, evaluator }: Rules,
  input: Json,
  bindings: JsonObject,
): Promise<Values | NoRecord> {
  const expressions = Object.entries({ worker, at, found, employee }).flatMap(([name, expression]) =>
    expression === null ? [] : [{ name, text: expression.text }],
  )
  const results = await evaluator.evaluate({
    expressions: expressions.map(({ text }) => text),
    input,
    bindings,
  })
  const values: [name: string, value: Json][] = []
  for (const [index, { name }] of expressions.entries()) {
    const result = results[index]
    if (result?.kind === 'failed') return unusable('ExpressionFailed', `${name}: ${result.why}`)
    if (result?.value !== undefined) values.push([name, result.value])
  }
  return Object.fromEntries(values)
}

/**
 * A status without access wins over what the worker says, and a status with access fills in what it
 * does not say.
 */
function withAccess(worker: JsonObject, active: boolean | null): JsonObject {
  const said = own(worker, 'active')
  if (active === null || (active && typeof said === 'boolean')) return worker
  return { ...worker, active }
}

/** What expressions see: `$` and `$calls`. With `next`, an answer is the list of its pages. */
function inputOf(
  { pages, calls }: HrAnswer,
  settings: HrSystemSettings,
): { readonly input: Json; readonly calls: JsonObject } {
  const shown = (all: readonly Json[], next: string | undefined): Json =>
    next === undefined ? (all[0] ?? null) : [...all]
  const named = settings.calls.flatMap(({ name, next }): readonly (readonly [string, Json])[] => {
    const answers = own(calls, name)
    return answers === undefined ? [] : [[name, shown(answers, next)]]
  })
  return { input: shown(pages, settings.next), calls: Object.fromEntries(named) }
}

/** How one of the answers reports a failure. For the first address, `found` decides instead. */
function failureOf({ pages, calls }: HrAnswer, { found }: Rules): string | null {
  for (const page of found === null ? pages : []) {
    const failure = failureIn(page)
    if (failure !== null) return failure
  }
  for (const [name, answers] of Object.entries(calls))
    for (const page of answers) {
      const failure = failureIn(page)
      if (failure !== null) return `call ${name}: ${failure}`
    }
  return null
}

/** Refuses an answer in which `found` does not see the employee. */
function notFound(found: Json | undefined, { found: expression }: Rules): NoRecord | null {
  if (expression === null || found === true) return null
  if (found === false || found === undefined) return { kind: 'gone' }
  return unusable('AnswerInvalid', `found is neither true nor false, but ${formOf(found)}`)
}

/** Refuses an answer about another employee. */
function otherEmployee(id: Json | undefined, notice: Notice, { employee, source }: Rules): NoRecord | null {
  if (employee === null) return null
  if (id === undefined || id === null || id === '') return later('AnswerEmpty', 'employee yields no id')
  if (typeof id !== 'string' && typeof id !== 'number')
    return unusable('AnswerInvalid', `employee is not one id, but ${formOf(id)}`)
  return employeeIdOf(id, source.employeeId) === employeeIdOf(notice.employeeId, source.employeeId)
    ? null
    : unusable('OtherEmployee', 'employee yields the id of another employee')
}

/** Refuses an empty answer, and a list of employees when it is not known which one is meant. */
function noEmployee({ pages, calls }: HrAnswer, { settings, employee, found }: Rules): NoRecord | null {
  const all = [...pages, ...Object.values(calls).flat()]
  if (all.every((page) => saysNothing(page))) return later('AnswerEmpty', 'the answer holds nothing')
  const [first] = pages
  const several = settings.next === undefined && Array.isArray(first) && first.length > 1
  return several && employee === null && found === null
    ? unusable(
        'AnswerInvalid',
        'the answer is a list of several; pick one in worker, and check it with employee',
      )
    : null
}

/** What `worker` yields. Refuses an answer from which it yields nothing. */
function workerIn(
  worker: Json | undefined,
  { pages, calls }: HrAnswer,
  rules: Rules,
): { readonly kind: 'worker'; readonly worker: JsonObject } | NoRecord {
  if (worker === undefined || worker === null) return later('AnswerEmpty', 'worker yields nothing')
  if (Array.isArray(worker) && worker.length === 0) return later('AnswerEmpty', 'worker yields an empty list')
  if (!isObject(worker)) return unusable('AnswerInvalid', `worker is not an object, but ${formOf(worker)}`)
  if (!isShallow(worker, MAX_DEPTH))
    return unusable('AnswerTooDeep', `worker has more than ${MAX_DEPTH} levels`)
  const { reads } = rules.worker
  // From an answer without an employee an expression still makes constants, and `active: false`.
  const finds =
    reads.kind === 'everything' ||
    reads.paths.size === 0 ||
    Object.keys(calls).length > 0 ||
    [...reads.paths].some((path) => holds([...pages], path))
  return saysNothing(worker) || !finds
    ? later('AnswerEmpty', 'the answer has none of the attributes that worker reads')
    : { kind: 'worker', worker }
}

/** Refuses a worker whose `active` is neither true nor false, or that lacks a required field. */
function notValid(worker: JsonObject, { settings, uses }: Rules): NoRecord | null {
  const active = own(worker, 'active')
  if (active !== undefined && typeof active !== 'boolean')
    return unusable('AnswerInvalid', `active is neither true nor false, but ${formOf(active)}`)
  // It would set nothing, and clear whatever the source has set before.
  if (!pathsIn(worker).some((path) => uses(path)))
    return later('AnswerEmpty', 'worker yields no attribute that the mapping takes')
  const missing = (settings.required ?? []).filter((path) => !holds(worker, path))
  return missing.length === 0
    ? null
    : later('AnswerIncomplete', `${missing.join(', ')}: required and missing`)
}

function record(worker: JsonObject, moment: Json | undefined): ReadAnswer {
  if (moment === undefined || moment === null) return { kind: 'record', worker, at: null }
  const at = typeof moment === 'string' ? instant(moment, 'utc') : typeof moment === 'number' ? moment : null
  return at === null
    ? unusable('AnswerInvalid', `at is not an instant, but ${formOf(moment)}`)
    : { kind: 'record', worker, at }
}

async function nextPage(
  { text }: Expression,
  {
    page,
    notice,
    evaluator,
  }: { readonly page: Json; readonly notice: Notice; readonly evaluator: Evaluator },
): Promise<NextPage> {
  const bindings: JsonObject = { employee: notice.employeeId }
  const [result] = await evaluator.evaluate({ expressions: [text], input: page, bindings })
  if (result?.kind === 'failed')
    return { kind: 'unusable', answer: unusable('ExpressionFailed', `next: ${result.why}`) }
  const address = result?.value
  if (address === undefined || address === null || address === '' || address === false)
    return { kind: 'last' }
  return typeof address === 'string'
    ? { kind: 'page', address }
    : {
        kind: 'unusable',
        answer: unusable('AnswerInvalid', `next is not an address, but ${formOf(address)}`),
      }
}

function later(code: string, why: string): NoRecord {
  return { kind: 'later', code, why, afterMs: null }
}

function unusable(code: string, why: string): NoRecord {
  return { kind: 'unusable', code, why }
}
