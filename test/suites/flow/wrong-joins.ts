import type { Candidate, Candidates, Interim, JoinedRecord } from '../../../src/core/ledger/port/report.ts'
import type { LogRecord } from '../../../src/core/ledger/log-record.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { ProvisioningLog } from '../../../src/core/ports.ts'
import { parseLogRecord } from '../../../src/core/report/correlate/log-record.ts'
import { implicationsOf } from '../../../src/core/report/correlate/slice.ts'
import { joinsOf, joinContext } from '../../fakes/log.ts'

export type JoinRule = (records: readonly LogRecord[], found: Candidates, skewMs: number) => JoinedRecord[]

interface Surroundings {
  readonly ledger: Ledger
  readonly log: ProvisioningLog
}

/**
 * A ledger that stores what another rule would have joined, and the log that it reads along. A page of the log must be
 * one slice.
 */
export function joinedBy(rule: JoinRule, { ledger, log }: Surroundings, skewMs: number): Surroundings {
  let records: readonly LogRecord[] = []
  let found: Candidates | null = null
  return {
    log: {
      page: async (query) => {
        const page = await log.page(query)
        records = page.records.flatMap((record) => parseLogRecord(record) ?? [])
        return page
      },
    },
    ledger: {
      ...ledger,
      findCandidates: async (slice) => (found = await ledger.findCandidates(slice)),
      recordLogRecords: (page) => {
        if (found === null) return ledger.recordLogRecords(page)
        const joins = rule(records, found, skewMs)
        return ledger.recordLogRecords({
          ...page,
          ...implicationsOf(joins, found, joinContext(records, found, skewMs)),
        })
      },
    },
  }
}

/**
 * The usual way to join: the latest record for the externalId answers the operation that is open.
 */
export const latestRecordWins: JoinRule = (records, found) => {
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

/** The real join, without the operations that were given up, withdrawn or submitted twice. */
export const forgetful: JoinRule = (records, found, skewMs) =>
  joinsOf(records, { ...found, operations: found.operations.filter(isOpen) }, skewMs)
