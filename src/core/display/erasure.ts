import type { ErasureResult } from '../ledger/port/upkeep.ts'

export function erasureInWords({ events, operations, outcomesWithheld }: ErasureResult): string {
  const outcomes = unit(outcomesWithheld, 'outcome')
  return `erased: ${unit(events, 'event')}, ${unit(operations, 'operation')}; ${outcomes} will not be published`
}

const unit = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

export const JUSTIFICATIONS_STAY =
  'Justifications are free text and are not changed: rollcall audit lists them.'

/** Where values are left after an erasure, and what removes them; `null` when they are gone. */
export function valuesLeft(
  { filesClean }: Pick<ErasureResult, 'filesClean'>,
  isSharedLedger: boolean,
): string | null {
  if (filesClean) return null
  return isSharedLedger ? VALUES_IN_DEAD_ROWS : VALUES_IN_WAL
}

const VALUES_IN_DEAD_ROWS =
  'The values stay in the files of PostgreSQL until it overwrites them. rollcall erase with --vacuum rewrites the tables now, also after the erasure; instances wait until it ends. The PostgreSQL log, replicas and backups keep the values until they are deleted.'
const VALUES_IN_WAL =
  'Another process was reading, so the write-ahead log beside the file (-wal) still holds the values. They are removed when the last process closes the ledger.'
