import type { Candidate, Candidates, Interim, JoinedRecord } from '../../ledger/port/report.ts'
import {
  agrees,
  contradicts,
  type Echoes,
  learnEchoes,
  isIndistinguishable,
  missingIn,
  type Sent,
  sentBy,
  notReportedBy,
} from './evidence.ts'
import type { LogRecord } from '../../ledger/log-record.ts'
import { NOT_ENTITLED } from './log-record.ts'
import { isCode } from '../outcomes/reason-catalogue.ts'
import { REDUNDANT_EXPORT } from './settle.ts'

/** What creating somebody fails with for want of attributes: to a leaver nobody completed it means that the directory never knew the person. */
const MANDATORY_MISSING = ['MandatoryFieldsMissing', 'MissingValues']
/** Comes after the match: on a creation it says that the directory knows nobody to match. */
const INVALID = ['AttributeValidationFailed']
/** Skips that say what is wrong with the record: nothing of it was taken, and somebody has to correct it. Without a match nothing is known of the directory. */
const FAULTY = [...INVALID, 'JoiningPropertyValueIsMissing', 'ImportSkipped']
/** The log counts whole seconds, so what has the same second may be this much apart. */
const SAME_SECOND_MS = 999
/** What the service tries again it put aside when it failed, or soon after. */
const PUT_ASIDE_WITHIN_MS = 180_000

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
export function joinRecords(
  records: readonly LogRecord[],
  found: Candidates,
  skewMs: number,
): JoinedRecord[] {
  const fresh = records.filter((record) => !found.known.has(record.id))
  const byEmployee = new Map<string, LogRecord[]>()
  for (const record of [...found.unjoined, ...fresh]) add(byEmployee, record.employeeId, record)
  const operations = groupBy(found.operations, (operation) => operation.employeeId)
  const echoes = learnEchoes(found.echoes, [...records, ...found.unjoined])

  const joins: JoinedRecord[] = []
  for (const [employeeId, theirs] of byEmployee) {
    joins.push(
      ...joinEmployee(unique(theirs), (operations.get(employeeId) ?? []).map(sentBy), found.byChange, {
        echoes,
        skewMs,
      }),
    )
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

function joinEmployee(
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
      const tried = operations.find(
        ({ operation }) => operation.id === known && isPutAside(operation),
      )?.operation
      const retry = tried && latest(group.filter((record) => record.escrowRetry))
      joins.push(
        ...group.map((record) => ({
          record,
          operation: known,
          interim: tried && record === retry ? interimOf(record, tried) : null,
        })),
      )
    } else {
      const primary = group.find((record) => record.imported) ?? group.find((record) => record.escrowRetry)
      changes.push({ records: group, primary, retry: primary?.escrowRetry ?? false })
    }
  }
  changes.sort((a, b) => timeOf(a) - timeOf(b))

  const left = new Set(operations)
  const failed: Failure[] = []
  const pending = new Set(changes.filter(({ retry }) => !retry))
  for (let pair = nextPair(pending, left, knowledge); pair; pair = nextPair(pending, left, knowledge)) {
    const { change, sent } = pair
    left.delete(sent)
    if (sent.operation.timesSubmitted > sent.operation.timesReported + 1) left.add(timesReported(sent))
    pending.delete(change)
    if (change.primary?.status === 'failure') failed.push({ at: change.primary.activityAt, sent })
    // Its own answer to the upload is still to come: until then nothing can be settled, and the record is looked at again.
    joins.push(...(sent.operation.state === 'batched' ? unanswered(change) : answer(change, sent.operation)))
  }
  for (const change of pending) {
    if (change.primary?.status === 'failure') failed.push({ at: change.primary.activityAt, sent: null })
    joins.push(...unanswered(change))
  }
  for (const change of changes.filter(({ retry }) => retry)) {
    const sent = retriedBy(change, [...left], failed, knowledge)
    const joined = sent ? answer(change, sent.operation) : unanswered(change)
    joins.push(...joined)
    // What failed once more may be tried again yet.
    if (sent && joined.some(({ interim }) => interim !== null && interim !== 'escrowed')) left.delete(sent)
  }
  return joins.map((join) => (decides(join, joins) ? join : { ...join, interim: null }))
}

/** A failure that these records show, and what had failed: `null` when that is not known, or nobody here sent it. */
interface Failure {
  readonly at: number
  readonly sent: Sent | null
}

/** Handed over again before its answer was known, it may have been carried out again too. */
function timesReported(sent: Sent): Sent {
  return {
    ...sent,
    operation: { ...sent.operation, state: 'answered', timesReported: sent.operation.timesReported + 1 },
  }
}

/** An operation has one interim outcome: where it was carried out more than once, a success stands before a failure, and then the first. */
function decides(join: JoinedRecord, joins: readonly JoinedRecord[]): boolean {
  const rivals = joins.filter(({ operation, interim }) => operation === join.operation && interim !== null)
  return (
    join.interim !== null &&
    join === (rivals.find(({ interim }) => interim !== 'failed' && interim !== 'escrowed') ?? rivals[0])
  )
}

/**
 * A change that only one content can have caused goes first: what it takes may leave one for a change that shows less. Operations that no
 * record could tell apart need not be: what the record shows is what each of them sent.
 */
function nextPair(
  pending: ReadonlySet<Change>,
  left: ReadonlySet<Sent>,
  knowledge: Knowledge,
): { readonly change: Change; readonly sent: Sent } | undefined {
  const choices = [...pending].map((change) => ({
    change,
    eligible: eligibleFor(change, pending, left, knowledge),
  }))
  for (const { change, eligible } of choices) {
    const [sent] = eligible.toSorted(
      (a, b) => rankOf(a) - rankOf(b) || a.operation.submittedAt - b.operation.submittedAt,
    )
    if (
      sent &&
      eligible.every((other) => isIndistinguishable(other, sent)) &&
      eligible.filter(isAwaited).length < 2
    )
      return { change, sent }
  }
  for (const { change, eligible } of choices) {
    const open = eligible
      .filter(isAwaited)
      .toSorted((a, b) => a.operation.acceptedAt - b.operation.acceptedAt)
    const [sent] = open
    const rivals = choices.filter((other) => other.eligible.some((one) => open.includes(one)))
    // Beside what was given up nobody knows how many changes there will be.
    if (
      sent &&
      rivals.length >= open.length &&
      eligible.every((one) => isAwaited(one) || isIndistinguishable(one, sent))
    )
      return { change, sent }
  }
  return undefined
}

function isAwaited({ operation: { state } }: Sent): boolean {
  return state === 'accepted' || state === 'batched'
}

/** Of operations that look alike the one that is waited for is answered first, then one that never was. */
function rankOf(sent: Sent): number {
  const { state } = sent.operation
  if (isAwaited(sent)) return 0
  return state === 'unanswered' || state === 'withdrawn' ? 1 : 2
}

function eligibleFor(
  change: Change,
  pending: ReadonlySet<Change>,
  left: ReadonlySet<Sent>,
  knowledge: Knowledge,
): readonly Sent[] {
  const { primary } = change
  if (primary === undefined) return []
  const possible = [...left].filter(
    (sent) =>
      mayAnswer(primary, sent, knowledge.skewMs) &&
      (isAwaited(sent) || sent.operation.timesSubmitted > sent.operation.timesReported),
  )
  const whole = possible.filter((sent) => missingIn(primary, sent, knowledge.echoes).length === 0)
  if (whole.length > 0) return best(primary, whole, knowledge.echoes)
  return possible.filter(
    (sent) => sent.operation.state === 'accepted' && missedBefore(change, sent, pending, left, knowledge),
  )
}

/**
 * Of those that may have caused it, the ones that explain it best: what one of them spoke of and another did not, the other did not cause. And where all that one
 * sent is shown that is waited for, one that was given up and sent more, though it is not certain that it would be shown, gives way: had it been that
 * one, the directory would hold the same.
 */
function best(record: LogRecord, whole: readonly Sent[], echoes: Echoes): readonly Sent[] {
  const fewest = Math.min(...whole.map((sent) => notReportedBy(record, sent).length))
  const explaining = whole.filter((sent) => notReportedBy(record, sent).length === fewest)
  const showing = explaining.filter((sent) => agrees(record, sent, echoes))
  return showing.some((sent) => rankOf(sent) === 0)
    ? explaining.filter((sent) => rankOf(sent) === 0 || showing.includes(sent))
    : explaining
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
      operation.state === 'unanswered' &&
      operation.record === sent.operation.record &&
      operation.submittedAt < sent.operation.submittedAt,
  )
  return [...pending].some(
    ({ primary: other }) =>
      other !== undefined &&
      other !== primary &&
      other.activityAt < primary.activityAt &&
      earlier.some(
        (offer) => mayAnswer(other, offer, skewMs) && missingIn(other, offer, echoes).join() === missing,
      ),
  )
}

/** What the service failed with, and may try again: it goes on for weeks, also with what was given up here. */
function isPutAside({ state, failedAt }: Candidate): boolean {
  return state === 'escrowed' || state === 'failed' || failedAt !== null
}

/**
 * Which of the operations the service failed with it tried again: the one that failed when this was put aside. Where nobody saw a failure then, one that
 * nobody heard of, if it can be no other, or the last that was handed over before. Where the record does not say when it was put aside, the last that
 * failed, because a newer operation takes the place of an older one.
 */
function retriedBy(
  { primary }: Change,
  left: readonly Sent[],
  seen: readonly Failure[],
  { skewMs }: Knowledge,
): Sent | undefined {
  if (primary === undefined) return undefined
  const escrowedAt = primary.escrowedAt ?? null
  const eligible = left
    .filter((sent) => mayAnswer(primary, sent, skewMs))
    .toSorted((a, b) => a.operation.submittedAt - b.operation.submittedAt)
  const putAside = eligible.filter(({ operation }) => isPutAside(operation))
  if (escrowedAt === null) return putAside.at(-1)
  const failures = [
    ...seen,
    ...left.flatMap((sent) =>
      sent.operation.failedAt === null ? [] : [{ at: sent.operation.failedAt, sent }],
    ),
  ]
  const distance = ({ at }: Failure): number => Math.abs(at - escrowedAt)
  const [nearest, ...others] = failures.toSorted((a, b) => distance(a) - distance(b))
  if (nearest && distance(nearest) <= PUT_ASIDE_WITHIN_MS) {
    const { sent } = nearest
    // What failed in the same second cannot be told apart by when it was put aside.
    const equals = others.filter(
      (other) =>
        Math.abs(other.at - nearest.at) <= SAME_SECOND_MS &&
        (!other.sent || mayAnswer(primary, other.sent, skewMs)),
    )
    return sent &&
      mayAnswer(primary, sent, skewMs) &&
      equals.every((other) => other.sent && isIndistinguishable(other.sent, sent))
      ? sent
      : undefined
  }
  const unreported = eligible.filter(
    ({ operation: { submittedAt, failedAt, state } }) =>
      submittedAt <= escrowedAt + SAME_SECOND_MS && failedAt === null && state !== 'batched',
  )
  const [only] = unreported
  if (only && unreported.length === 1 && only.operation.state !== 'accepted') return only
  return unreported.findLast(({ operation }) => isPutAside(operation))
}

/** Whether a record may speak of what was sent: it is no earlier, and no value it shows contradicts. */
export function mayAnswer(record: LogRecord, sent: Sent, skewMs: number): boolean {
  // The log counts whole seconds, so a record of the same second may be later than it looks.
  return (
    record.activityAt + SAME_SECOND_MS >= sent.operation.submittedAt - skewMs && !contradicts(record, sent)
  )
}

function unanswered({ records }: Change): JoinedRecord[] {
  return records.map((record) => ({ record, operation: null, interim: null }))
}

/** When a change failed and was tried again before anybody looked, the last try counts. */
function answer({ records, primary }: Change, operation: Candidate): JoinedRecord[] {
  const decisive = latest(records.filter((record) => record === primary || record.escrowRetry))
  return records.map((record) => ({
    record,
    operation: operation.id,
    interim: record === decisive ? interimOf(record, operation) : null,
  }))
}

function latest(records: readonly LogRecord[]): LogRecord | undefined {
  return records.toSorted((a, b) => b.activityAt - a.activityAt)[0]
}

function interimOf(
  { status, code, willRetry, action, objectId }: LogRecord,
  operation: Candidate,
): Interim | null {
  switch (status) {
    case 'success':
    case 'warning':
      // Somebody who is to be out is out, whatever the directory calls it.
      return code === NOT_ENTITLED && operation.active ? 'skipped' : 'confirmed'
    case 'skipped':
      if (code === REDUNDANT_EXPORT) return 'unchanged'
      if (code === null || !isCode(code, FAULTY)) return 'skipped'
      return !operation.active && isCode(code, INVALID) && action === 'create' && objectId === null
        ? 'unchanged'
        : 'failed'
    case 'failure':
      if (willRetry) return 'escrowed'
      return !operation.active && code !== null && isCode(code, MANDATORY_MISSING) ? 'unchanged' : 'failed'
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
