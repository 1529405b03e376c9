import { hash } from 'node:crypto'
import { eventKey } from '../../../core/plan/fold/event.ts'
import type { EventName } from '../../../core/model.ts'
import type { Sealing } from '../sealing/sealing.ts'

/**
 * What remains of a removed event: it identifies the event and does not reveal the employee.
 */
export const nameHash = (sealing: Sealing, name: EventName): string =>
  sealing.keyedHash(hash('sha256', eventKey(name)))

/**
 * Hexadecimal digits of the hashes that retention keeps for good: 128 bits, so that a billion events
 * are told apart, and 64 bits where two employees of one event are compared.
 */
const NAME_DIGITS = 32
const OWNER_DIGITS = 16

/** What retention keeps of the name of an event. */
export const foldedHash = (sealing: Sealing, name: EventName): string =>
  sealing.keyedHash(hash('sha256', eventKey(name)).slice(0, NAME_DIGITS))

/** What it keeps of whose event it was; this links no two events of one employee. */
export const ownerHash = (sealing: Sealing, name: EventName, employeeId: string): string =>
  sealing.keyedHash(hash('sha256', `${eventKey(name)}\n${employeeId}`).slice(0, OWNER_DIGITS))
