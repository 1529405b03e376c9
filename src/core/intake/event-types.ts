import { own } from '../own.ts'

/** What a type says of `active` by itself; an event may say otherwise. `undefined` says nothing. */
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
/** What a type says of `active` where the event does not; `undefined` says nothing. */
export function impliedActive(type: string): boolean | undefined {
  return own(TYPES, type)
}
export const EVENT_TYPES = Object.keys(TYPES)
