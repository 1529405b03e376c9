import { hash } from 'node:crypto'
import { eventKey } from '../../../core/plan/fold/event.ts'
import type { EventName } from '../../../core/model.ts'
import type { Sealing } from '../sealing/sealing.ts'

/**
 * What remains of a removed event: it identifies the event and does not reveal the employee.
 */
export const nameHash = (sealing: Sealing, name: EventName): string =>
  sealing.keyedHash(hash('sha256', eventKey(name)))

/** What remains of whose event it was; it links no two events of one employee. */
export const ownerHash = (sealing: Sealing, name: EventName, employeeId: string): string =>
  sealing.keyedHash(hash('sha256', `${eventKey(name)}\n${employeeId}`))
