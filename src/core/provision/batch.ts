import type { BatchOperation } from '../ledger/port/submit.ts'
import { BULK_REQUEST } from '../plan/mapping/scim.ts'

/**
 * The request body. Records are serialised already and are inserted as they are. `bulkId` is
 * unique, because an operation is in a batch once.
 */
export function bulkRequest(operations: readonly BatchOperation[]): string {
  const items = operations.map(
    ({ id, record }) => `{"method":"POST","bulkId":${JSON.stringify(id)},"path":"/Users","data":${record}}`,
  )
  return `{"schemas":["${BULK_REQUEST}"],"Operations":[${items.join(',')}],"failOnErrors":null}`
}
