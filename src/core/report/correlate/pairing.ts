import type { LogRecord } from '../../ledger/log-record.ts'
import {
  agrees,
  type Echoes,
  isIndistinguishable,
  isPossibleAnswer,
  missingIn,
  type Sent,
  unsentIn,
} from './evidence.ts'

/** What the join knows besides the records and operations of one employee. */
export interface JoinContext {
  readonly echoes: Echoes
  /** How far the clocks of the parties may be apart. */
  readonly skewMs: number
}

/** The log records of one change (`changeId`). */
export interface Change {
  readonly records: readonly LogRecord[]
  /** The record that is about what was sent; `null` while only follow-ups are known. */
  readonly primary: LogRecord | null
  /** The service retried an older submission. */
  readonly retry: boolean
}

export interface Pair {
  readonly change: Change
  readonly sent: Sent
}

/**
 * The next change whose operation is certain; `null` when none is.
 *
 * A change that only one content can have caused goes first: its operation is then out of the
 * question for changes that show less. Operations that no record could tell apart count as one
 * content. Otherwise a change waits until there are as many changes as operations; then they pair
 * in order of time.
 */
export function nextPair(
  pending: ReadonlySet<Change>,
  left: ReadonlySet<Sent>,
  context: JoinContext,
): Pair | null {
  const choices = [...pending].map((change) => ({
    change,
    eligible: eligibleFor(change, pending, left, context),
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
    const rivals = choices.filter((choice) => choice.eligible.some((sent) => open.includes(sent)))
    // With an operation that was given up among them, the number of changes to come is unknown.
    if (
      sent &&
      rivals.length >= open.length &&
      eligible.every((other) => isAwaited(other) || isIndistinguishable(other, sent))
    )
      return { change, sent }
  }
  return null
}

/** Whether a record other than the retry of a failure may still report it. */
export function mayBeReported(sent: Sent): boolean {
  return isAwaited(sent) || sent.operation.timesSubmitted > sent.operation.timesReported
}

/**
 * The operation after one more change reported it. One that was submitted again before its answer
 * was known may have been carried out again too.
 */
export function reportedOnce(sent: Sent): Sent {
  const timesReported = sent.operation.timesReported + 1
  return { ...sent, operation: { ...sent.operation, state: 'answered', timesReported } }
}

/** Whether the log has yet to answer it. */
function isAwaited({ operation: { state } }: Sent): boolean {
  return state === 'accepted' || state === 'batched'
}

/**
 * Of indistinguishable operations, an awaited one is answered first, then one that never was
 * answered.
 */
function rankOf(sent: Sent): number {
  const { state } = sent.operation
  if (isAwaited(sent)) return 0
  return state === 'unanswered' || state === 'withdrawn' ? 1 : 2
}

/** The operations that this change may answer. */
function eligibleFor(
  change: Change,
  pending: ReadonlySet<Change>,
  left: ReadonlySet<Sent>,
  context: JoinContext,
): readonly Sent[] {
  const { primary } = change
  if (primary === null) return []
  const possible = [...left].filter(
    (sent) => isPossibleAnswer(primary, sent, context.skewMs) && mayBeReported(sent),
  )
  const complete = possible.filter((sent) => missingIn(primary, sent, context.echoes).length === 0)
  if (complete.length > 0) return bestExplanations(primary, complete, context.echoes)
  return possible.filter(
    (sent) => sent.operation.state === 'accepted' && isMissedAlike(primary, sent, pending, left, context),
  )
}

/**
 * Of the possible operations, the ones that explain the record best. One that sent all the values
 * the record shows is preferred to one that did not. An awaited operation that is shown in full is
 * preferred to one that was given up and sent more than is shown: had it been that one, the
 * directory would hold the same.
 */
function bestExplanations(record: LogRecord, complete: readonly Sent[], echoes: Echoes): readonly Sent[] {
  if (complete.length === 1) return complete
  const fewest = Math.min(...complete.map((sent) => unsentIn(record, sent).length))
  const explaining = complete.filter((sent) => unsentIn(record, sent).length === fewest)
  const showing = explaining.filter((sent) => agrees(record, sent, echoes))
  return showing.some((sent) => rankOf(sent) === 0)
    ? explaining.filter((sent) => rankOf(sent) === 0 || showing.includes(sent))
    : explaining
}

/**
 * Whether an earlier submission of the same record, which was given up, was answered without the
 * same attributes. The service then does not echo them for this employee, whatever it does for
 * others.
 */
function isMissedAlike(
  primary: LogRecord,
  sent: Sent,
  pending: ReadonlySet<Change>,
  left: ReadonlySet<Sent>,
  { echoes, skewMs }: JoinContext,
): boolean {
  const missing = missingIn(primary, sent, echoes).join()
  const earlier = [...left].filter(
    ({ operation }) =>
      operation.state === 'unanswered' &&
      operation.record === sent.operation.record &&
      operation.submittedAt < sent.operation.submittedAt,
  )
  return [...pending].some(
    ({ primary: other }) =>
      other !== null &&
      other !== primary &&
      other.activityAt < primary.activityAt &&
      earlier.some(
        (resent) =>
          isPossibleAnswer(other, resent, skewMs) && missingIn(other, resent, echoes).join() === missing,
      ),
  )
}
