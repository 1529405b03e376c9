import type { ScimUser } from '../../model.ts'

/** Reads back a record that the plan serialised. */
export function parseRecord(json: string): ScimUser {
  return JSON.parse(json) as ScimUser
}
