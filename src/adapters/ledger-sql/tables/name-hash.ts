import { createHash } from 'node:crypto'
import { eventKey } from '../../../core/plan/fold/event.ts'
import type { EventName } from '../../../core/model.ts'
import type { Sealing } from '../sealing/sealing.ts'

/**
 * What remains of a removed event: it identifies the event and does not reveal the employee.
 */
export const nameHash = (sealing: Sealing, name: EventName): string =>
  sealing.keyedHash(createHash('sha256').update(eventKey(name)).digest('hex'))
