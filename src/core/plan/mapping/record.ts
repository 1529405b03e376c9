import type { ScimUser } from '../../model.ts'

/** A record as the plan serialised it, read back. */
export function parseRecord(json: string): ScimUser {
  return JSON.parse(json) as ScimUser
}
