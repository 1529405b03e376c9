import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type Directory, newObjectId } from './directory.ts'
import { faultListSchema, type FaultRule } from '../fault-settings.ts'
import type { Rows } from './row.ts'
import { flatten } from './scim.ts'

const userSchema = z.strictObject({
  objectId: z.string().optional(),
  /** Missing if the job has not matched the user yet. */
  externalId: z.string().optional(),
  active: z.boolean().default(true),
  /** What the source has sent so far, as a SCIM user. */
  record: z.record(z.string(), z.unknown()).optional(),
  /** The directory's own attributes. */
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
})

/**
 * Reads a list of faults. Throws if the file is missing or is not JSON, and a ZodError if it is not
 * a list of faults.
 */
export async function readFaultFile(path: string): Promise<readonly FaultRule[]> {
  return faultListSchema.parse(JSON.parse(await readFile(path, 'utf8')))
}

/** Puts the users of a file, a JSON list, into the directory. Throws as `readFaultFile` does. */
export async function readDirectoryFile(path: string, directory: Directory, rows: Rows): Promise<void> {
  const users = z.array(userSchema).parse(JSON.parse(await readFile(path, 'utf8')))
  for (const { objectId = newObjectId(), externalId, active, record, attributes } of users) {
    const source = record === undefined ? undefined : rows.row(flatten({ ...record, active }, rows))
    const target = rows.row(new Map(Object.entries({ ...attributes, accountEnabled: active })))
    directory.put({ objectId, externalId, active, source, target, operations: 0 })
  }
}
