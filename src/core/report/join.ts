import type { Candidate, Candidates, Interim, JoinedRecord } from '../ledger/port.ts'
import { contradicts, type Echoes, learnEchoes, missingIn, type Sent, sentBy, unspokenBy } from './evidence.ts'
import type { LogRecord } from './log-record.ts'

/** The service's word for "the target already holds these values". */
export const REDUNDANT_EXPORT = 'RedundantExport'
/** What creating somebody fails with for want of attributes: to a leaver nobody completed it means that the directory never knew the person. */
const MANDATORY_MISSING = new Set(['MandatoryFieldsMissing', 'MissingValues'])
/** What the service tries again it put aside when it failed, or soon after. */
const PUT_ASIDE_WITHIN_MS = 600_000

/**
 * Which operation each new record speaks of. The log names no request, so the join goes by person, time and what the record shows of the values:
 *
 * - records of one change (`changeId`) belong together, in whichever order they come;
 * - a record can only speak of what was handed over before it, whether or not anybody still waits for the answer: one that is late speaks of what
 *   was given up, and does not settle what took its place;
 * - no value it echoes, and nothing it shows of `active`, may contradict what was sent;
 * - a value that was sent and that this job echoes for others has to be there too;
 * - when operations of different content remain, none is settled until there are as many changes as operations; then they pair in order of time.
 *
 * A record that speaks of nothing we sent stays without an operation. Names are never looked at.
 */
export function joinRecords(records: readonly LogRecord[], found: Candidates, skewMs: number): JoinedRecord[] {
  const fresh = records.filter((record) => !found.known.has(record.id))
  const byPerson = new Map<string, LogRecord[]>()
  for (const record of [...found.unjoined, ...fresh]) add(byPerson, record.employee, record)
  const operations = groupBy(found.operations, (operation) => operation.employee)
  const echoes = learnEchoes(found.echoes, [...records, ...found.unjoined])

  const joins: JoinedRecord[] = []
  for (const [employee, theirs] of byPerson) {
    joins.push(...joinPerson(unique(theirs), (operations.get(employee) ?? []).map(sentBy), found.byChange, { echoes, skewMs }))
  }
  return joins
}

interface Knowledge {
  readonly echoes: Echoes
  readonly skewMs: number
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
  operations: readonly Sent[],
  byChange: ReadonlyMap<string, string>,
  knowledge: Knowledge,
): JoinedRecord[] {
  const joins: JoinedRecord[] = []
  const changes: Change[] = []
  for (const [changeId, group] of groupBy(records, (record) => record.changeId)) {
    const known = byChange.get(changeId)
    if (known !== undefined) {
      const tried = operations.find(({ operation }) => operation.id === known && isPutAside(operation))?.operation
      const retry = tried && latest(group.filter((record) => record.escrowRetry))
      joins.push(
        ...group.map((record) => ({ record, operation: known, interim: tried && record === retry ? interimOf(record, tried) : null })),
      )
    } else {
      const primary = group.find((record) => record.imported) ?? group.find((record) => record.escrowRetry)
      changes.push({ records: group, primary, retry: primary?.escrowRetry ?? false })
    }
  }
  changes.sort((a, b) => timeOf(a) - timeOf(b))

  const left = new Set(operations)
  for (const change of changes.filter(({ retry }) => retry)) {
    const sent = retriedBy(change, [...left], knowledge)
    const joined = sent ? answer(change, sent.operation) : unanswered(change)
    joins.push(...joined)
    // What failed once more may be tried again yet.
    if (sent && joined.some(({ interim }) => interim !== null && interim !== 'escrowed')) left.delete(sent)
  }
  const pending = new Set(changes.filter(({ retry }) => !retry))
  for (let pair = nextPair(pending, left, knowledge); pair; pair = nextPair(pending, left, knowledge)) {
    const { change, sent } = pair
    left.delete(sent)
    if (sent.operation.handedOver > 1) left.add(carriedOutOnce(sent))
    pending.delete(change)
    // Its own answer to the upload is still to come: until then nothing can be settled, and the record is looked at again.
    joins.push(...(sent.operation.state === 'batched' ? unanswered(change) : answer(change, sent.operation)))
  }
  for (const change of pending) joins.push(...unanswered(change))
  return joins.map((join) => (decides(join, joins) ? join : { ...join, interim: null }))
}

/** Handed over again before its answer was known, it may have been carried out again too. */
function carriedOutOnce(sent: Sent): Sent {
  return { ...sent, operation: { ...sent.operation, state: 'answered', handedOver: sent.operation.handedOver - 1 } }
}

/** An operation has one interim outcome: where it was carried out more than once, a success stands before a failure, and then the first. */
function decides(join: JoinedRecord, joins: readonly JoinedRecord[]): boolean {
  const rivals = joins.filter(({ operation, interim }) => operation === join.operation && interim !== null)
  return join.interim !== null && join === (rivals.find(({ interim }) => interim !== 'failed' && interim !== 'escrowed') ?? rivals[0])
}

/**
 * A change that only one content can have caused goes first: what it takes may leave one for a change that shows less. Operations of the same bytes cannot
 * be told apart, nor need they be.
 */
function nextPair(
  pending: ReadonlySet<Change>,
  left: ReadonlySet<Sent>,
  knowledge: Knowledge,
): { readonly change: Change; readonly sent: Sent } | undefined {
  const choices = [...pending].map((change) => ({ change, eligible: eligibleFor(change, pending, left, knowledge) }))
  for (const { change, eligible } of choices) {
    const [sent] = eligible.toSorted((a, b) => rankOf(a) - rankOf(b) || a.operation.submittedAt - b.operation.submittedAt)
    if (sent && eligible.every(({ operation }) => operation.record === sent.operation.record)) return { change, sent }
  }
  for (const { change, eligible } of choices) {
    const rivals = choices.filter((other) => other.eligible.some((sent) => eligible.includes(sent)))
    const [sent] = eligible.toSorted((a, b) => a.operation.acceptedAt - b.operation.acceptedAt)
    if (sent && rivals.length >= eligible.length) return { change, sent }
  }
  return undefined
}

/** Of two operations of the same bytes the one that is waited for is answered first, then one that never was. */
function rankOf({ operation: { state } }: Sent): number {
  if (state === 'accepted' || state === 'batched') return 0
  return state === 'unanswered' || state === 'withdrawn' ? 1 : 2
}

function eligibleFor(change: Change, pending: ReadonlySet<Change>, left: ReadonlySet<Sent>, knowledge: Knowledge): Sent[] {
  const { primary } = change
  if (primary === undefined) return []
  const possible = [...left].filter(
    (sent) => mayAnswer(primary, sent, knowledge.skewMs) && (!isPutAside(sent.operation) || sent.operation.handedOver > 1),
  )
  const whole = possible.filter((sent) => missingIn(primary, sent, knowledge.echoes).length === 0)
  // What one of them explains and another does not, the other did not cause.
  const fewest = Math.min(...whole.map((sent) => unspokenBy(primary, sent).length))
  if (whole.length > 0) return whole.filter((sent) => unspokenBy(primary, sent).length === fewest)
  return possible.filter((sent) => sent.operation.state === 'accepted' && missedBefore(change, sent, pending, left, knowledge))
}

/**
 * When the answers to two offers of the same record lack the same attributes, the service does not echo them of this person, whatever it does for others:
 * the other answer is among the pending changes, and the other offer was given up.
 */
function missedBefore(
  { primary }: Change,
  sent: Sent,
  pending: ReadonlySet<Change>,
  left: ReadonlySet<Sent>,
  { echoes, skewMs }: Knowledge,
): boolean {
  if (primary === undefined) return false
  const missing = missingIn(primary, sent, echoes).join()
  const earlier = [...left].filter(
    ({ operation }) =>
      operation.state === 'unanswered' && operation.record === sent.operation.record && operation.submittedAt < sent.operation.submittedAt,
  )
  return [...pending].some(
    ({ primary: other }) =>
      other !== undefined &&
      other !== primary &&
      other.activityAt < primary.activityAt &&
      earlier.some((offer) => mayAnswer(other, offer, skewMs) && missingIn(other, offer, echoes).join() === missing),
  )
}

/** What the service failed with, and may try again: it goes on for weeks, also with what was given up here. */
function isPutAside({ state }: Candidate): boolean {
  return state === 'escrowed' || state === 'failed'
}

/**
 * Which of the operations the service failed with it tried again: the one that failed when this was put aside, or one nobody heard of since, if it
 * can be no other. Where nobody knows when they failed, the last that was handed over before; and where the record does not say when it was put aside, the
 * last of all, because a newer operation takes the place of an older one.
 */
function retriedBy({ primary }: Change, left: readonly Sent[], { skewMs }: Knowledge): Sent | undefined {
  if (primary === undefined) return undefined
  const escrowedAt = primary.escrowedAt ?? null
  const eligible = left
    .filter((sent) => mayAnswer(primary, sent, skewMs))
    .toSorted((a, b) => a.operation.submittedAt - b.operation.submittedAt)
  const failed = eligible.filter(({ operation }) => isPutAside(operation))
  if (escrowedAt === null) return failed.at(-1)
  const distance = ({ operation: { failedAt } }: Sent): number => (failedAt === null ? Infinity : Math.abs(failedAt - escrowedAt))
  const nearest = failed.toSorted((a, b) => distance(a) - distance(b))[0]
  if (nearest && distance(nearest) <= PUT_ASIDE_WITHIN_MS) return nearest
  const before = eligible.filter(({ operation }) => operation.submittedAt <= escrowedAt + 999 && operation.state !== 'batched')
  const [only] = before
  if (only && before.length === 1 && only.operation.state !== 'accepted') return only
  return failed.findLast(({ operation }) => operation.failedAt === null && operation.submittedAt <= escrowedAt + 999)
}

function mayAnswer(record: LogRecord, sent: Sent, skewMs: number): boolean {
  // The log counts whole seconds, so a record of the same second may be later than it looks.
  return record.activityAt + 999 >= sent.operation.submittedAt - skewMs && !contradicts(record, sent)
}

function unanswered({ records }: Change): JoinedRecord[] {
  return records.map((record) => ({ record, operation: null, interim: null }))
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
