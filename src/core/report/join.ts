import type { Candidate, Candidates, Interim, JoinedRecord, TakenRecord } from '../ledger/port.ts'
import { parseRecord } from '../plan/record.ts'
import { echoOf } from '../plan/scim.ts'
import type { LogRecord } from './log-record.ts'

/** The service's word for "the target already holds these values". */
export const REDUNDANT_EXPORT = 'RedundantExport'
/** What creating somebody fails with for want of attributes: to a leaver nobody completed it means that the directory never knew the person. */
const MANDATORY_MISSING = new Set(['MandatoryFieldsMissing', 'MissingValues'])

/**
 * Which operation each new record speaks of. The log names no request, so the join goes by person, time and what the record shows of the values:
 *
 * - records of one change (`changeId`) belong together, in whichever order they come;
 * - a record can only speak of what was handed over before it;
 * - no value it echoes, and nothing it shows of `active`, may contradict what was sent;
 * - when several operations remain, none is settled until there are as many changes as operations; then they pair in order of time.
 *
 * A record that speaks of nothing we sent stays without an operation. Names are never looked at.
 */
export function joinRecords(records: readonly LogRecord[], found: Candidates, skewMs: number): JoinedRecord[] {
  const fresh = records.filter((record) => !found.known.has(record.id))
  const byPerson = new Map<string, LogRecord[]>()
  for (const record of [...found.unjoined, ...fresh]) add(byPerson, record.employee, record)
  const operations = new Map<string, Candidate[]>()
  for (const operation of found.operations) add(operations, operation.employee, operation)

  const joins: JoinedRecord[] = []
  for (const [employee, theirs] of byPerson) {
    joins.push(...joinPerson(unique(theirs), operations.get(employee) ?? [], found.byChange, skewMs))
  }
  return joins
}

interface Change {
  readonly records: readonly LogRecord[]
  /** The record that speaks of what was sent; follow-ups do not. */
  readonly primary: LogRecord | undefined
  /** The service tried an older submission again. */
  readonly retry: boolean
}

function joinPerson(
  records: readonly LogRecord[],
  operations: readonly Candidate[],
  byChange: ReadonlyMap<string, string>,
  skewMs: number,
): JoinedRecord[] {
  const joins: JoinedRecord[] = []
  const changes: Change[] = []
  for (const [changeId, group] of groupBy(records, (record) => record.changeId)) {
    const known = byChange.get(changeId)
    if (known !== undefined) {
      const escrowed = operations.find(({ id, state }) => id === known && state === 'escrowed')
      const retry = escrowed && latest(group.filter((record) => record.escrowRetry))
      joins.push(
        ...group.map((record) => ({
          record,
          operation: known,
          interim: escrowed && record === retry ? interimOf(record, escrowed) : null,
        })),
      )
    } else {
      const primary = group.find((record) => record.imported) ?? group.find((record) => record.escrowRetry)
      changes.push({ records: group, primary, retry: primary?.escrowRetry ?? false })
    }
  }
  changes.sort((a, b) => timeOf(a) - timeOf(b))

  const open = new Map(operations.map((operation) => [operation.id, operation]))
  for (const change of changes.filter(({ retry }) => retry)) {
    const operation = escrowedFor(change, [...open.values()], skewMs)
    const joined = operation ? answer(change, operation) : change.records.map((record) => ({ record, operation: null, interim: null }))
    joins.push(...joined)
    // What failed once more may be tried again yet.
    if (operation && joined.some(({ interim }) => interim !== null && interim !== 'escrowed')) open.delete(operation.id)
  }
  const pending = changes.filter(({ retry }) => !retry)
  for (let pair = nextPair(pending, [...open.values()], skewMs); pair; pair = nextPair(pending, [...open.values()], skewMs)) {
    const { change, operation } = pair
    open.delete(operation.id)
    pending.splice(pending.indexOf(change), 1)
    joins.push(...answer(change, operation))
  }
  for (const change of pending) joins.push(...change.records.map((record) => ({ record, operation: null, interim: null })))
  return joins
}

/** A change that only one operation can have caused goes first: what it takes may leave one for a change that shows less. */
function nextPair(
  pending: readonly Change[],
  open: readonly Candidate[],
  skewMs: number,
): { readonly change: Change; readonly operation: Candidate } | undefined {
  const choices = pending.map((change) => ({ change, eligible: open.filter((operation) => mayAnswer(change, operation, skewMs)) }))
  for (const { change, eligible } of choices) {
    const [operation] = eligible
    if (operation && eligible.length === 1) return { change, operation }
  }
  for (const { change, eligible } of choices) {
    const rivals = choices.filter((other) => other.eligible.some((operation) => eligible.includes(operation)))
    const [operation] = eligible.toSorted((a, b) => a.acceptedAt - b.acceptedAt)
    if (operation && rivals.length >= eligible.length) return { change, operation }
  }
  return undefined
}

/**
 * Which of the operations the service failed with it tried again: the last that was handed over before it put this one aside; where the record does not say
 * when that was, the last of all, because a newer operation takes the place of an older one.
 */
function escrowedFor(change: Change, open: readonly Candidate[], skewMs: number): Candidate | undefined {
  const escrowedAt = change.primary?.escrowedAt ?? Number.POSITIVE_INFINITY
  const eligible = open.filter((operation) => mayAnswer(change, operation, skewMs)).toSorted((a, b) => a.submittedAt - b.submittedAt)
  return eligible.findLast(({ submittedAt }) => submittedAt <= escrowedAt + 999) ?? eligible[0]
}

function mayAnswer({ primary, retry }: Change, operation: Candidate, skewMs: number): boolean {
  // A retry speaks of what failed before, and never of what was sent since.
  if (primary === undefined || retry !== (operation.state === 'escrowed')) return false
  // The log counts whole seconds, so a record of the same second may be later than it looks.
  return primary.activityAt + 999 >= operation.submittedAt - skewMs && !contradicts(primary, operation)
}

/** Only values both sides speak of count: what is not echoed proves nothing. */
export function contradicts(record: LogRecord, operation: Pick<Candidate, 'record' | 'active'>): boolean {
  if (record.active !== null && record.active !== operation.active) return true
  const sent = echoOf(parseRecord(operation.record))
  return Object.entries(record.echo).some(([key, value]) => {
    const ours = sent.get(key)
    return ours !== undefined && key !== 'active' && (ours ?? '') !== value
  })
}

/** When a change failed and was tried again before anybody looked, the last try counts. */
function answer({ records, primary }: Change, operation: Candidate): JoinedRecord[] {
  const decisive = latest(records.filter((record) => record === primary || record.escrowRetry))
  return records.map((record) => ({ record, operation: operation.id, interim: record === decisive ? interimOf(record, operation) : null }))
}

function latest(records: readonly LogRecord[]): LogRecord | undefined {
  return records.toSorted((a, b) => b.activityAt - a.activityAt)[0]
}

function interimOf({ status, code, willRetry }: LogRecord, operation: Candidate): Interim | null {
  switch (status) {
    case 'success':
    case 'warning':
      return 'confirmed'
    case 'skipped':
      return code === REDUNDANT_EXPORT ? 'unchanged' : 'skipped'
    case 'failure':
      if (willRetry) return 'escrowed'
      return !operation.active && code !== null && MANDATORY_MISSING.has(code) ? 'unchanged' : 'failed'
    case 'unknown':
      return null
  }
}

function timeOf({ records, primary }: Change): number {
  return primary?.activityAt ?? records[0]?.activityAt ?? 0
}

function unique(records: readonly LogRecord[]): LogRecord[] {
  return [...new Map(records.map((record) => [record.id, record])).values()]
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) add(groups, keyOf(item), item)
  return groups
}

function add<T>(groups: Map<string, T[]>, key: string, item: T): void {
  const there = groups.get(key)
  if (there) there.push(item)
  else groups.set(key, [item])
}

/** New records of changes nobody here sent: nothing of the person is on its way. */
export function foreignRecords(joins: readonly JoinedRecord[], found: Candidates): LogRecord[] {
  const open = stillOpen(joins, found)
  const seen = new Set(found.unjoined.map(({ id }) => id))
  return joins.flatMap(({ record, operation }) =>
    operation === null && record.imported && !seen.has(record.id) && !open.has(record.employee) ? [record] : [],
  )
}

/**
 * People of whom the directory may hold something else than it took from us, because a record later than ours shows a change that answers no open
 * operation: somebody else's, one of ours that was given up, or a new try of one that had failed for good. It is looked at whenever a record of the
 * person comes and nothing of it is on its way, and not only when it is new: while something was, nobody could tell. What we offer again is
 * answered by a later record still, so that this ends.
 */
export function disturbedPeople(joins: readonly JoinedRecord[], found: Candidates): string[] {
  const open = stillOpen(joins, found)
  const taken = takenAfter(joins, found)
  const disturbed = joins.filter(({ record, operation, interim }) => {
    const ours = taken.get(record.employee)
    if (record.status !== 'success' || open.has(record.employee) || (ours && record.activityAt < ours.at)) return false
    if (record.escrowRetry) return interim === null
    return operation === null && record.imported && ours !== undefined && contradicts(record, ours)
  })
  return [...new Set(disturbed.map(({ record }) => record.employee))]
}

/** People with an operation the log has not spoken of. An escrowed one is answered by a new try only, which says that it is one. */
function stillOpen(joins: readonly JoinedRecord[], found: Candidates): ReadonlySet<string> {
  const answered = new Set(joins.flatMap(({ operation, interim }) => (operation !== null && interim !== null ? [operation] : [])))
  return new Set(found.operations.filter(({ id, state }) => state === 'accepted' && !answered.has(id)).map(({ employee }) => employee))
}

/** What the directory took last of each person, these records included, in the order of the log. */
function takenAfter(joins: readonly JoinedRecord[], found: Candidates): ReadonlyMap<string, TakenRecord> {
  const taken = new Map(found.taken)
  const operations = new Map(found.operations.map((operation) => [operation.id, operation]))
  for (const { record, operation, interim } of joins) {
    const sent = operation === null ? undefined : operations.get(operation)
    const took = interim === 'confirmed' || (interim === 'unchanged' && record.code === REDUNDANT_EXPORT)
    if (sent && took && record.activityAt >= (taken.get(sent.employee)?.at ?? 0))
      taken.set(sent.employee, { record: sent.record, active: sent.active, at: record.activityAt })
  }
  return taken
}
