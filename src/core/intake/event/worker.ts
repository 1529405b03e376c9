import { BLOCKED, type JsonObject, type Mode, UNBLOCKED } from '../../model.ts'
import { own } from '../../own.ts'
import { rejectField, type Rejection } from '../decode.ts'
import { employeeIdOf } from './employee-id.ts'
import { impliedActive } from './event-types.ts'
import { fromScim } from './scim-worker.ts'
import type { Source } from '../sources.ts'

export interface Worker {
  readonly kind: 'worker'
  readonly attributes: JsonObject
  /** The type says that the employee leaves, and the data says `active: true`: the type counts. */
  readonly contradicts: boolean
}

/** Types that say all they have to say without attributes, and imply nothing about `active`. */
const NEEDS_NO_ATTRIBUTES = new Set(['worker.rescinded', BLOCKED, UNBLOCKED])

/** The attributes of an event, with `active` where its type implies it. */
export function workerOf(
  type: string,
  mode: Mode,
  given: JsonObject | null,
  source: Source,
): Worker | Rejection {
  const implied = impliedActive(type)
  // A notice only says that there is something to read. The leaving is kept, should the read fail.
  if (mode === 'notice') return worker(implied === false ? { active: false } : {})
  if (given === null) {
    if (mode === 'snapshot' || (implied === undefined && !NEEDS_NO_ATTRIBUTES.has(type)))
      return rejectField('FieldMissing', 'data.worker', 'is missing; send the attributes in it')
    return worker(implied === undefined ? {} : { active: implied })
  }
  const attributes = canonicalAttributes(given, source)
  const active = own(attributes, 'active')
  if (active === undefined)
    return worker(implied === undefined ? attributes : { ...attributes, active: implied })
  // Access never follows a guess: not null, not a list, not a word that looks like a boolean.
  if (typeof active !== 'boolean')
    return rejectField('FieldInvalid', 'data.worker.active', 'is neither true nor false; send one of them')
  const contradicts = implied === false && active
  return { ...worker(contradicts ? { ...attributes, active: false } : attributes), contradicts }
}

function worker(attributes: JsonObject): Worker {
  return { kind: 'worker', attributes, contradicts: false }
}

/**
 * The attributes of a worker in the canonical form, whatever way they came: in an event, in an
 * answer of the HR system, or in a row of a file. A manager is named by an employee id, so it takes
 * the same form as the employee's own.
 */
export function canonicalAttributes(
  given: JsonObject,
  { employeeId }: Pick<Source, 'employeeId'>,
): JsonObject {
  const attributes = fromScim(given)
  const manager = own(attributes, 'managerId')
  if (typeof manager !== 'string' && typeof manager !== 'number') return attributes
  const managerId = employeeIdOf(manager, employeeId)
  return managerId === manager ? attributes : { ...attributes, managerId }
}
