import type { Candidate, EchoedKey } from '../../ledger/port/report.ts'
import { parseRecord } from '../../plan/mapping/record.ts'
import { echoOf } from '../../plan/mapping/scim.ts'
import type { LogRecord } from '../../ledger/log-record.ts'

/**
 * What a record shows of the values that were sent. The service repeats what it imported, attribute by attribute, as far as the job maps it (seen in
 * real records), so a value shown speaks for the operations that sent it, and a value missing speaks against them: but only where this job is
 * known to repeat that attribute.
 */

/** By job, the attributes it has been seen to repeat. */
export type Echoes = ReadonlyMap<string, ReadonlyMap<string, EchoedKey>>

/** What was sent, ready to be held against records. */
export interface Sent {
  readonly operation: Candidate
  readonly active: boolean
  /** As the log would spell it. */
  readonly values: ReadonlyMap<string, string | null>
}

export function sentBy(operation: Candidate): Sent {
  return { operation, active: operation.active, values: valueOrigins(operation.record) }
}

export function valueOrigins(record: string): ReadonlyMap<string, string | null> {
  return echoOf(parseRecord(record))
}

/** Adds what these records show to what was known. */
export function learnEchoes(known: readonly EchoedKey[], records: readonly LogRecord[]): Echoes {
  const echoes = new Map<string, Map<string, EchoedKey>>()
  const of = (job: string): Map<string, EchoedKey> =>
    echoes.get(job) ?? echoes.set(job, new Map()).get(job) ?? new Map<string, EchoedKey>()
  for (const one of known) of(one.job).set(one.key, one)
  for (const record of records) {
    const { jobId: job, activityAt, cycleId: cycle } = record
    const keys = of(job)
    for (const [key, value] of Object.entries(record.echo)) {
      if (value === '') continue
      const before = keys.get(key)
      if (!before) keys.set(key, { job, key, from: activityAt, to: activityAt, cycle })
      else if (activityAt < before.from) keys.set(key, { ...before, from: activityAt })
      else if (activityAt > before.to || (activityAt === before.to && cycle !== before.cycle))
        keys.set(key, { ...before, to: activityAt, cycle })
    }
  }
  return echoes
}

/** What has to be written down of it. */
export function newlyLearned(known: readonly EchoedKey[], echoes: Echoes): EchoedKey[] {
  const before = new Set(known)
  return [...echoes.values()].flatMap((keys) => [...keys.values()].filter((one) => !before.has(one)))
}

/**
 * Whether a value of this attribute would have been repeated in this record: another record of the same cycle repeats it, or records before and after do.
 * A mapping that was edited in between proves nothing for what came later.
 */
function repeats(echoes: Echoes, record: LogRecord, key: string): boolean {
  const seen = echoes.get(record.jobId)?.get(key)
  if (!seen) return false
  return (
    (record.cycleId !== '' && record.cycleId === seen.cycle) ||
    (seen.from <= record.activityAt && record.activityAt <= seen.to)
  )
}

/** No two values may differ that both sides speak of. What is not shown is no contradiction. */
export function contradicts(record: LogRecord, sent: Pick<Sent, 'active' | 'values'>): boolean {
  if (record.active !== null && record.active !== sent.active) return true
  return Object.entries(record.echo).some(([key, value]) => {
    const ours = sent.values.get(key)
    return ours !== undefined && key !== 'active' && value !== null && (ours ?? '') !== value
  })
}

/** Attributes that were sent with a value, that this job repeats, and that this record does not show. A record that repeats nothing at all tells nothing. */
export function missingIn(record: LogRecord, sent: Pick<Sent, 'values'>, echoes: Echoes): string[] {
  if (Object.keys(record.echo).length === 0) return []
  return [...sent.values].flatMap(([key, value]) =>
    value !== null &&
    value !== '' &&
    key !== 'active' &&
    !Object.hasOwn(record.echo, key) &&
    repeats(echoes, record, key)
      ? [key]
      : [],
  )
}

/** Attributes the record shows and this operation never spoke of. */
export function notReportedBy(record: LogRecord, { values }: Pick<Sent, 'values'>): string[] {
  return Object.entries(record.echo).flatMap(([key, value]) =>
    value !== '' && !values.has(key) ? [key] : [],
  )
}

/** Whether the record shows everything that was sent and nothing else, as far as this job is known ever to have shown it. */
export function agrees(record: LogRecord, sent: Pick<Sent, 'active' | 'values'>, echoes: Echoes): boolean {
  const shown = echoes.get(record.jobId)
  return (
    !contradicts(record, sent) &&
    ![...sent.values].some(
      ([key, value]) =>
        value !== null &&
        value !== '' &&
        key !== 'active' &&
        !Object.hasOwn(record.echo, key) &&
        shown?.has(key),
    )
  )
}

/** Whether no record could tell the two apart: an attribute without a value is not shown, whether it was cleared or left out. */
export function isIndistinguishable(a: Sent, b: Sent): boolean {
  if (a.operation.record === b.operation.record) return true
  const shown = ({ values }: Sent, other: Sent): boolean =>
    [...values].every(([key, value]) => key === 'active' || (value ?? '') === (other.values.get(key) ?? ''))
  return a.active === b.active && shown(a, b) && shown(b, a)
}
