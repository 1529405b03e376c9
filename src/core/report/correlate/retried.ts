import type { Candidate } from '../../ledger/port/report.ts'
import { isIndistinguishable, isPossibleAnswer, SAME_SECOND_MS, type Sent } from './evidence.ts'
import type { Change } from './pairing.ts'

/** The service escrows an operation when it fails, or within this time. */
const ESCROWED_WITHIN_MS = 180_000

/**
 * A failure that the log shows; `sent` is `null` when the operation is unknown or was not sent by
 * Rollcall.
 */
export interface Failure {
  readonly at: number
  readonly sent: Sent | null
}

/**
 * Whether the service may retry it: that goes on for weeks, also after Rollcall has given the
 * operation up.
 */
export function mayBeRetried({ state, failedAt }: Candidate): boolean {
  return state === 'escrowed' || state === 'failed' || failedAt !== null
}

/**
 * The operation that the service retried; `null` when it is not certain.
 *
 * - It is the one that failed when the service escrowed it.
 * - If no failure is known at that time, it is an operation that was never answered, if only one is
 *   possible, or else the last one that was submitted before.
 * - If the record does not say when it was escrowed, it is the last one that failed, because a
 *   newer operation replaces an older one.
 */
export function retriedBy(
  { primary }: Change,
  left: readonly Sent[],
  seen: readonly Failure[],
  skewMs: number,
): Sent | null {
  if (primary === null) return null
  const escrowedAt = primary.escrowedAt ?? null
  const eligible = left
    .filter((sent) => isPossibleAnswer(primary, sent, skewMs))
    .toSorted((a, b) => a.operation.submittedAt - b.operation.submittedAt)
  if (escrowedAt === null) return eligible.findLast(({ operation }) => mayBeRetried(operation)) ?? null
  const failures = [
    ...seen,
    ...left.flatMap((sent) =>
      sent.operation.failedAt === null ? [] : [{ at: sent.operation.failedAt, sent }],
    ),
  ]
  const distance = ({ at }: Failure): number => Math.abs(at - escrowedAt)
  const [nearest, ...others] = failures.toSorted((a, b) => distance(a) - distance(b))
  if (nearest && distance(nearest) <= ESCROWED_WITHIN_MS) {
    const { sent } = nearest
    // Failures in the same second cannot be told apart by the time of the escrow.
    const equals = others.filter(
      (other) =>
        Math.abs(other.at - nearest.at) <= SAME_SECOND_MS &&
        (!other.sent || isPossibleAnswer(primary, other.sent, skewMs)),
    )
    return sent &&
      isPossibleAnswer(primary, sent, skewMs) &&
      equals.every((other) => other.sent && isIndistinguishable(other.sent, sent))
      ? sent
      : null
  }
  const unanswered = eligible.filter(
    ({ operation: { submittedAt, failedAt, state } }) =>
      submittedAt <= escrowedAt + SAME_SECOND_MS && failedAt === null && state !== 'batched',
  )
  const [only] = unanswered
  if (only && unanswered.length === 1 && only.operation.state !== 'accepted') return only
  return unanswered.findLast(({ operation }) => mayBeRetried(operation)) ?? null
}
