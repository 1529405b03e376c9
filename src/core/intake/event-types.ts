import { own } from '../own.ts'

/** The `active` that a type implies; an event may override it. `undefined`: it implies nothing. */
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
}
/**
 * The `active` that a type implies when the event does not give it; `undefined` when it implies
 * nothing.
 */
export function impliedActive(type: string): boolean | undefined {
  return own(TYPES, type)
}
export const EVENT_TYPES = Object.keys(TYPES)
