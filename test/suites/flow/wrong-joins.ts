import type { Candidate, Candidates, Interim, JoinedRecord } from '../../../src/core/ledger/port/report.ts'
import { joinRecords } from '../../../src/core/report/correlate/join.ts'
import type { LogRecord } from '../../../src/core/ledger/log-record.ts'

/** What everybody does who joins at all: the latest record for the externalId is the answer to what is waited for. */
export function latestRecordWins(records: readonly LogRecord[], found: Candidates): JoinedRecord[] {
  const latest = new Map<string, LogRecord>()
  for (const record of records)
    if (record.activityAt >= (latest.get(record.employeeId)?.activityAt ?? 0))
      latest.set(record.employeeId, record)
  return [...latest.values()].map((record) => {
    const operation = found.operations.findLast((one) => one.employeeId === record.employeeId && isOpen(one))
    return { record, operation: operation?.id ?? null, interim: operation ? interimOf(record) : null }
  })
}

function isOpen({ state }: Candidate): boolean {
  return state === 'accepted' || state === 'escrowed'
}

function interimOf({ status, willRetry }: LogRecord): Interim {
  if (status === 'failure') return willRetry ? 'escrowed' : 'failed'
  return status === 'skipped' ? 'unchanged' : 'confirmed'
}

/** The real join, but only what is waited for is looked at: what was given up, withdrawn or handed over twice is forgotten. */
export function forgetful(records: readonly LogRecord[], found: Candidates, skewMs: number): JoinedRecord[] {
  return joinRecords(records, { ...found, operations: found.operations.filter(isOpen) }, skewMs)
}
