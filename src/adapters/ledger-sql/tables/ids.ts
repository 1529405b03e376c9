/** Rows have numbers; outside the ledger the number has a prefix that says what it identifies. */
export const operationId = (seq: number): string => `op-${seq}`
export const batchId = (seq: number): string => `batch-${seq}`
export const seqOf = (id: string): number => Number(id.slice(id.lastIndexOf('-') + 1))
