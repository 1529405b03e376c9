import type { NotificationMessage } from './message.ts'

/** Where notifications go. Each channel is on its own: one that fails holds up no other. */
export interface Channel {
  /**
   * One attempt, bounded in time. Never rejects for what the network or the receiver does. When
   * `cut` aborts, it stops waiting: the message may have arrived.
   */
  send(message: NotificationMessage, cut: AbortSignal): Promise<Sent>
  /**
   * Tries whether the channel can be reached, without sending anything. Resolves with what it
   * found; rejects with a `RollcallError`, or with an error of the network.
   */
  probe(cut: AbortSignal): Promise<string>
}

/**
 * The result of an attempt. `code` is a status or the code of an error, never a text of the
 * receiver.
 */
export type Sent =
  | { readonly kind: 'sent' }
  /** `afterMs`: the wait that the receiver asks for. */
  | { readonly kind: 'again'; readonly code: string; readonly afterMs: number | null }
  /** The receiver refuses this message; another one may be accepted. */
  | { readonly kind: 'refused'; readonly code: string }
