import { ENTERPRISE_USER } from '../../src/core/plan/mapping/scim.ts'
import type { DirectoryEntry } from '../../src/local/entra/directory/directory.ts'
import type { Expected, Oracle } from './history.ts'

/** A directory entry in the words of the oracle. */
export function heldBy({ active, record }: DirectoryEntry): Expected {
  const enterprise = objectOf(record[ENTERPRISE_USER])
  return {
    active,
    userName: textOf(record['userName']) ?? '',
    title: textOf(record['title']),
    department: textOf(enterprise['department']),
    managerId: textOf(objectOf(enterprise['manager'])['value']),
  }
}

/**
 * What the directory holds otherwise than it should; empty when it is as it should be. Bounded, so
 * that a failure can be read.
 */
export function differences(directory: Readonly<Record<string, DirectoryEntry>>, oracle: Oracle): string[] {
  const wrong: string[] = []
  for (const [id, expected] of oracle) {
    const entry = directory[id]
    const [held, wanted] = [entry ? JSON.stringify(heldBy(entry)) : 'no account', JSON.stringify(expected)]
    if (held !== wanted) wrong.push(`${id}: holds ${held}, should hold ${wanted}`)
  }
  for (const id of Object.keys(directory)) if (!oracle.has(id)) wrong.push(`${id} should not be there`)
  return wrong.slice(0, 10)
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
