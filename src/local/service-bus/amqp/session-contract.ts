import type { Fate } from '../faults.ts'
import type { Turn } from '../turn.ts'
import type { Answer } from '../wire/disposition-run.ts'
import type { DispositionState, FlowFrame, TransferFrame } from '../wire/frames.ts'
import type { Output } from '../wire/output.ts'

/** What a session needs from its connection. */
export interface SessionConnection {
  /** The name by which the peer knows this broker. */
  readonly host: string
  readonly output: Output
  readonly turn: Turn
  /** Milliseconds, precise enough to tell what is idle. */
  readonly coarseNow: number
  readonly maxUnsettled: number
  /** The largest frame that the peer accepts, in bytes. */
  readonly peerFrameLimit: number
  /** Whether the socket accepts more messages. */
  readonly hasRoom: boolean
  /** Cuts the connection without a closing frame. */
  destroy(): void
}

/** One end of a link, as its AMQP session drives it. */
export interface Attached {
  /** A frame of a message from the peer. */
  onTransfer(frame: TransferFrame): void
  onFlow(frame: FlowFrame): void
  /** The session's window or the socket has room again. */
  onRoom(): void
  /** The link is gone, detached or cut off. */
  onGone(): void
}

/** Where the peer's word about a delivery goes. */
export interface Unsettled {
  readonly owner: Attached
  /** Its link is gone before it was settled. */
  orphaned(): void
  settledByPeer(state: DispositionState, reply: (answer: Answer, fate: Fate) => void): void
}

/** Writes a message at `offset` and returns the offset after it. */
export type WriteBody = (target: Buffer, offset: number) => number
