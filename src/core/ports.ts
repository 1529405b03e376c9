import type { Json, JsonObject } from './model.ts'

/**
 * The outside as the core sees it. Each port has one conformance suite that every implementation passes.
 * The ledger's port is in `ledger/ledger.ts`.
 */

// ── the bus, inwards ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
export interface SourceMessage {
  /** The queue it came from. */
  readonly entity: string
  readonly sequence: string
  readonly enqueuedAt: number
  readonly messageId: string | null
  readonly sessionId: string | null
  readonly contentType: string | null
  /** The body as text; `null` when it is no text. */
  readonly text: string | null
  readonly properties: Readonly<Record<string, string | number | boolean | Date | null>>
}
export type Disposition<M> =
  | { readonly kind: 'complete'; readonly message: M }
  | {
      readonly kind: 'dead-letter'
      readonly message: M
      readonly reason: string
      /** The path of the field that is wrong, sent as the property `REJECTED_FIELD`; `null` for none. */
      readonly field: string | null
      readonly description: string
    }

/** The application property of a dead-lettered message that holds the path of the field that is wrong. */
export const REJECTED_FIELD = 'rollcall-field'

export interface SourceQueue<M extends SourceMessage = SourceMessage> {
  /** Starts to receive. Each message is handed over once a delivery, locked and unsettled. */
  open(onMessage: (message: M) => void): Promise<Receiver<M>>
}
export interface Receiver<M extends SourceMessage = SourceMessage> {
  /**
   * Settles messages, each with its own outcome whatever else is settled at the time. Resolves when the bus has answered for all of them;
   * one that could not be settled comes again.
   */
  settle(dispositions: readonly Disposition<M>[]): Promise<void>
  /** No further message is asked for; what is on its way still arrives before this resolves. Settling goes on. Bounded in time. */
  stopReceiving(): Promise<void>
  /**
   * Abandons what is unsettled, so that another receiver gets it at once; the bus counts one delivery of each, as it does when a lock lapses.
   * For an orderly end only: in an outage of ours the same messages would come back at once, again and again. Bounded in time.
   */
  handBack(): Promise<void>
  /** Stops receiving. What is unsettled comes again when its lock lapses; nothing is abandoned. Bounded in time. */
  close(): Promise<void>
}

// ── dead letters on the bus ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
/** A message in a queue that is only looked at: the native dead-letter queue of an entrance, or the queue of copies. */
export interface PeekedMessage extends SourceMessage {
  readonly deliveryCount: number
  /** Why the bus, or whoever settled it, dead-lettered it; `null` when it was not. */
  readonly reason: string | null
  readonly description: string | null
}
/** What is sent instead of a message on a shelf: its own words, or edited ones, under a new name. */
export interface ResendCopy {
  readonly original: PeekedMessage
  readonly messageId: string
  readonly text: string | null
  /** On top of the original's; the broker's own dead-letter properties are left out. */
  readonly properties: Readonly<Record<string, string>>
}
export interface DeadLetterQueue {
  /** The queue or subscription whose messages these are, as messages of it name it. */
  readonly entity: string
  /** False for a subscription: what is sent to its topic would reach every other subscription too. */
  readonly takesCopies: boolean
  /** Messages from this sequence number on, in their order; no lock is taken and nothing changes. Empty at the end. */
  peek(from: string, limit: number): Promise<readonly PeekedMessage[]>
  /** Sends copies to the entity, those of one session in order, with body, content type, session and properties of the originals. When it rejects, some may have been sent. */
  resend(copies: readonly ResendCopy[]): Promise<void>
  /**
   * Takes these messages off the shelf for good, and leaves every other where and as it is. Answers those that are gone now, also when somebody
   * else took them; resolves early, with fewer, when `signal` aborts.
   */
  remove(sequences: ReadonlySet<string>, signal: AbortSignal): Promise<ReadonlySet<string>>
  close(): Promise<void>
}

// ── the bus, outwards ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────
export interface OutboxMessage<Body extends JsonObject | string = JsonObject> {
  /** The same message again has the same id, so that duplicate detection can drop it. */
  readonly id: string
  readonly subject: string
  readonly contentType: string
  readonly sessionId?: string
  /** A text goes as it is. */
  readonly body: Body
  readonly properties: Readonly<Record<string, string | number | boolean>>
}
export interface Sender<Body extends JsonObject | string = JsonObject> {
  /** Sends all of them, those of one session in order, and those without one. When it rejects, some may have been sent. */
  send(messages: readonly OutboxMessage<Body>[]): Promise<void>
}

// ── Entra ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
/** What came back of one call, with everything a verdict needs. */
export type UploadAnswer =
  | {
      readonly kind: 'response'
      readonly status: number
      readonly retryAfter: string | null
      readonly requestId: string | null
      /** The service's clock, from the `Date` header. */
      readonly serverAt: number | null
      /** `error.code` of the body, when there is one. */
      readonly code: string | null
      /** `error.message` of the body, when there is one: words of the service, never logged. */
      readonly message: string | null
    }
  /** No answer: refused, reset, timed out. The service may have acted. */
  | { readonly kind: 'network'; readonly code: string }

export interface Provisioning {
  /**
   * One attempt, bounded in time well below a batch's lease. Never throws for what the network or the service does. When `cut` aborts no answer is
   * waited for any longer, which is answered as a failure of the network: the service may have acted.
   */
  upload(body: string, clientRequestId: string, cut?: AbortSignal): Promise<UploadAnswer>
}

export interface ProvisioningLog {
  /**
   * One page of records with `activityDateTime` after `since` and, where given, not after `until`; of one person where `about` names one. In no
   * order that may be relied on. `next` continues, with everything else the same.
   * Throws `LogThrottled` (with `retryAfterMs`) and `LogUnavailable`.
   */
  page(query: LogQuery): Promise<LogPage>
}
export interface LogQuery {
  readonly since: number
  readonly until: number | null
  readonly about: string | null
  readonly next: string | null
  readonly signal: AbortSignal
}
export interface LogPage {
  readonly records: readonly Json[]
  readonly next: string | null
  /** The service's clock when it answered. */
  readonly serverAt: number | null
}

/** What the job says of itself; `forbidden` where the permission to ask is missing, which is allowed. */
export type JobState =
  | { readonly kind: 'running'; readonly startedAt: number | null }
  | {
      readonly kind: 'stopped'
      readonly code: string
      readonly reason: string | null
      readonly startedAt: number | null
    }
  | { readonly kind: 'forbidden' }

export interface ProvisioningJob {
  /** Rejects with `JobUnavailable` when the answer is neither. */
  state(signal: AbortSignal): Promise<JobState>
}
