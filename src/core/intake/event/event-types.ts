import { BLOCKED, UNBLOCKED } from '../../model.ts'
import { own } from '../../own.ts'

/** What a type says about `active`; `undefined` is nothing. */
const TYPES: Readonly<Record<string, boolean | undefined>> = {
  'worker.hired': true,
  'worker.rehired': true,
  'worker.updated': undefined,
  'worker.snapshot': undefined,
  'worker.job.changed': undefined,
  'worker.manager.changed': undefined,
  'worker.leave.started': undefined,
  'worker.leave.ended': undefined,
  'worker.terminated': false,
  'worker.deleted': false,
  'worker.corrected': undefined,
  'worker.rescinded': undefined,
  [BLOCKED]: undefined,
  [UNBLOCKED]: undefined,
}
export const EVENT_TYPES = Object.keys(TYPES)

export function isEventType(type: string): boolean {
  return Object.hasOwn(TYPES, type)
}

/** What a type says about `active` when the event does not; `undefined` is nothing. */
export function impliedActive(type: string): boolean | undefined {
  return own(TYPES, type)
}
