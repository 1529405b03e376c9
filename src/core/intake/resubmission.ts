/**
 * An event that dies and is sent again in a loop must become visible: after this many resubmissions
 * only `rollcall replay` reopens it.
 */
const MAX_RESUBMISSIONS = 3

/** A message with the source and id of a dead event. */
export interface Resubmission {
  /** When the event died, by the connector's clock. */
  readonly diedAt: number
  /** When the message was enqueued, by the clock of the bus. */
  readonly enqueuedAt: number
  /** How far the connector's clock may be ahead of the bus. */
  readonly aheadMs: number
  /** How often the event was reopened before. */
  readonly replays: number
  /** The message is a copy that `rollcall replay` sent, seen for the first time. */
  readonly isReplay: boolean
}

/**
 * Whether a message reopens the dead event it names: it was enqueued after the event died, and the
 * event was not resubmitted too often. A message that was only delivered late or twice does not.
 */
export function reopensDeadEvent(resubmission: Resubmission): boolean {
  const { diedAt, enqueuedAt, aheadMs, replays, isReplay } = resubmission
  return diedAt < enqueuedAt + aheadMs && (isReplay || replays < MAX_RESUBMISSIONS)
}
