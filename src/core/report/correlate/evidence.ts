import type { Candidate, EchoedKey } from '../../ledger/port/report.ts'
import { parseRecord } from '../../plan/mapping/record.ts'
import { echoOf } from '../../plan/mapping/scim.ts'
import type { LogRecord } from '../../ledger/log-record.ts'

/**
 * What a log record shows of the values that were sent. The service echoes what it imported,
 * attribute by attribute, as far as the job maps it (seen in real records). An echoed value is
 * evidence for the operations that sent it. A missing value is evidence against them, if this job
 * is known to echo the attribute.
 */

/** The log counts whole seconds, so moments in the same second may be this far apart. */
export const SAME_SECOND_MS = 999

/** By job, the attributes it has been seen to echo. */
export type Echoes = ReadonlyMap<string, ReadonlyMap<string, EchoedKey>>

/** An operation, prepared for comparison with log records. */
export interface Sent {
  readonly operation: Candidate
  readonly active: boolean
  /** By attribute, spelled as the log would echo them. */
  readonly values: ReadonlyMap<string, string | null>
}

export function sentBy(operation: Candidate): Sent {
  return { operation, active: operation.active, values: echoableValues(operation.record) }
}

export function echoableValues(record: string): ReadonlyMap<string, string | null> {
  return echoOf(parseRecord(record))
}

/** Adds the echoes of these records to the known ones. */
export function learnEchoes(known: readonly EchoedKey[], records: readonly LogRecord[]): Echoes {
  const echoes = new Map<string, Map<string, EchoedKey>>()
  const keysOf = (job: string): Map<string, EchoedKey> => {
    const keys = echoes.get(job) ?? new Map<string, EchoedKey>()
    echoes.set(job, keys)
    return keys
  }
  for (const echoed of known) keysOf(echoed.job).set(echoed.key, echoed)
  for (const record of records) {
    const { jobId: job, activityAt, cycleId: cycle } = record
    const keys = keysOf(job)
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

/** The echoes that are not known yet, or have changed. */
export function newlyLearned(known: readonly EchoedKey[], echoes: Echoes): EchoedKey[] {
  const before = new Set(known)
  return [...echoes.values()].flatMap((keys) => [...keys.values()].filter((echoed) => !before.has(echoed)))
}

/**
 * Whether this record would have echoed a value of this attribute: another record of the same cycle
 * echoes it, or records before and after do. Older records alone prove nothing, because the mapping
 * may have been edited since.
 */
function wouldEcho(echoes: Echoes, record: LogRecord, key: string): boolean {
  const seen = echoes.get(record.jobId)?.get(key)
  if (!seen) return false
  return (
    (record.cycleId !== '' && record.cycleId === seen.cycle) ||
    (seen.from <= record.activityAt && record.activityAt <= seen.to)
  )
}

/**
 * Whether record and operation have different values for one attribute. A missing value does not
 * contradict.
 */
export function contradicts(record: LogRecord, sent: Pick<Sent, 'active' | 'values'>): boolean {
  if (record.active !== null && record.active !== sent.active) return true
  return Object.entries(record.echo).some(([key, value]) => {
    const sentValue = sent.values.get(key)
    return sentValue !== undefined && key !== 'active' && value !== null && (sentValue ?? '') !== value
  })
}

/**
 * Attributes that were sent with a value, that this job echoes, and that this record does not show.
 * None for a record without any echo.
 */
export function missingIn(record: LogRecord, sent: Pick<Sent, 'values'>, echoes: Echoes): string[] {
  if (Object.keys(record.echo).length === 0) return []
  return [...sent.values].flatMap(([key, value]) =>
    value !== null &&
    value !== '' &&
    key !== 'active' &&
    !Object.hasOwn(record.echo, key) &&
    wouldEcho(echoes, record, key)
      ? [key]
      : [],
  )
}

/** Attributes that the record shows and the operation did not send. */
export function unsentIn(record: LogRecord, { values }: Pick<Sent, 'values'>): string[] {
  return Object.entries(record.echo).flatMap(([key, value]) =>
    value !== '' && !values.has(key) ? [key] : [],
  )
}

/**
 * Whether the record shows what was sent and nothing else, in every attribute this job has ever
 * echoed.
 */
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

/**
 * Whether no record could tell the two apart. An attribute without a value is not echoed, whether
 * it was cleared or left out.
 */
export function isIndistinguishable(a: Sent, b: Sent): boolean {
  if (a.operation.record === b.operation.record) return true
  const isShownBy = ({ values }: Sent, other: Sent): boolean =>
    [...values].every(([key, value]) => key === 'active' || (value ?? '') === (other.values.get(key) ?? ''))
  return a.active === b.active && isShownBy(a, b) && isShownBy(b, a)
}

/**
 * Whether a record may answer what was sent: it is not earlier, and no value it shows contradicts.
 */
export function isPossibleAnswer(record: LogRecord, sent: Sent, skewMs: number): boolean {
  // A record of the same second may be later than it looks.
  const latestAt = record.activityAt + SAME_SECOND_MS
  return latestAt >= sent.operation.submittedAt - skewMs && !contradicts(record, sent)
}
