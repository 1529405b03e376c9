import type { LogRecord } from '../../ledger/log-record.ts'
import type { Candidates, CorrelatedPage, JoinedRecord } from '../../ledger/port/report.ts'
import { employeesChangedElsewhere, foreignRecords } from './changed-elsewhere.ts'
import { accessElsewhere } from './elsewhere.ts'
import { learnEchoes, newlyLearned } from './evidence.ts'
import { joinRecords } from './join.ts'
import type { JoinContext } from './pairing.ts'

/** What a slice of log records means, before the ledger stores it. */
export type CorrelatedSlice = Omit<CorrelatedPage, 'now' | 'finalAt' | 'watermark'>

/** Joins a slice of a log page. The echoes are learned from the whole `page`. */
export function correlateSlice(
  slice: readonly LogRecord[],
  found: Candidates,
  page: readonly LogRecord[],
  skewMs: number,
): CorrelatedSlice {
  const echoes = learnEchoes(found.echoes, [...page, ...found.unjoined])
  const context = { echoes, skewMs }
  return {
    ...implicationsOf(joinRecords(slice, found, context), found, context),
    echoes: newlyLearned(found.echoes, echoes),
  }
}

/** What joined records say about changes that Rollcall did not make. */
export function implicationsOf(
  joins: readonly JoinedRecord[],
  found: Candidates,
  context: JoinContext,
): Omit<CorrelatedSlice, 'echoes'> {
  return {
    joins,
    changedElsewhere: employeesChangedElsewhere(joins, found, context.echoes),
    elsewhere: accessElsewhere(joins, found, context),
    foreign: foreignRecords(joins, found).length,
  }
}
