import { CORE_USER, ENTERPRISE_USER } from '../directory/scim.ts'
import type { Settings } from '../settings.ts'
import type { Staged } from './provision.ts'

/** Gives the operations that another source adds to a cycle, each for a new user. */
export function createForeignOperations({
  foreignPerCycle,
  defaultDomain,
}: Settings): () => readonly Staged[] {
  let count = 0
  return () =>
    Array.from({ length: foreignPerCycle }, () => {
      count += 1
      const externalId = `foreign-${count}`
      const data = {
        schemas: [CORE_USER, ENTERPRISE_USER],
        externalId,
        userName: `${externalId}@${defaultDomain}`,
        active: true,
      }
      return { externalId, data, origin: { bulkId: '', requestId: '', clientRequestId: '' } }
    })
}
