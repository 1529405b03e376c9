import type { Json, JsonObject } from './model.ts'
import type { JobReport } from './provision/quarantine.ts'
import type { RejectionCode } from './reasons.ts'

/**
 * The outside as the core sees it. Each port has one conformance suite that every implementation
 * passes. The ledger's port is in `ledger/ledger.ts`.
 */

// The bus, inwards
/** What a message carries beside its body and properties. */
export interface MessageHead {
  readonly messageId: string | null
  readonly sessionId: string | null
  readonly contentType: string | null
  readonly subject?: string | null
  readonly correlationId?: string | null
  readonly replyTo?: string | null
}
export interface SourceMessage extends MessageHead {
  /** The queue it came from. */
  readonly entity: string
  readonly sequence: string
  readonly enqueuedAt: number
  /** The body as text, unpacked and decoded; `null` when it is not text. */
  readonly text: string | null
  /** Why the body is not text; `null` when it is. */
  readonly unreadable?: BodyTrouble | null
  readonly properties: Readonly<Record<string, string | number | boolean | Date | null>>
}
/** Why a body cannot be read, and what to do. The description quotes nothing of it. */
export interface BodyTrouble {
  readonly code: RejectionCode
  /** The path of the field that is wrong, when it is about one. */
  readonly field?: string
  readonly description: string
  /**
   * The body as text in a charset that is only guessed, to see whether an employee in it may be
   * leaving. Never taken in.
   */
  readonly guess?: string
}
export type Disposition<M> =
  | { readonly kind: 'complete'; readonly message: M }
  | {
      readonly kind: 'dead-letter'
      readonly message: M
      readonly reason: string
      /**
       * The path of the field that is wrong, sent as the property `REJECTED_FIELD`; `null` for
       * none.
       */
      readonly field: string | null
      readonly description: string
    }

/**
 * The application property of a dead-lettered message that holds the path of the field that is
 * wrong.
 */
export const REJECTED_FIELD = 'rollcall-field'

export interface SourceQueue<M extends SourceMessage = SourceMessage> {
  /** Starts receiving. Each delivery passes the message once, locked and unsettled. */
  open(onMessage: (message: M) => void): Promise<Receiver<M>>
}
export interface Receiver<M extends SourceMessage = SourceMessage> {
  /**
   * Settles messages, each with its own disposition, whatever else is settled at the time. Resolves
   * when the bus has answered for all of them. A message that could not be settled is delivered
   * again.
   */
  settle(dispositions: readonly Disposition<M>[]): Promise<void>
  /**
   * Requests no more messages. Messages on their way still arrive before this resolves, and
   * settling continues. Bounded in time.
   */
  stopReceiving(): Promise<void>
  /**
   * Abandons unsettled messages, so that another receiver gets them at once. The bus counts one
   * delivery of each, as it does when a lock expires. For an orderly end only: during an outage the
   * same messages would be delivered at once, again and again. Bounded in time.
   */
  handBack(): Promise<void>
  /**
   * Stops receiving, without abandoning: unsettled messages return when their locks expire. Bounded
   * in time.
   */
  close(): Promise<void>
}

// Dead letters on the bus
/**
 * A message that was peeked, in the native dead-letter queue of a source queue or in the queue of
 * copies.
 */
export interface PeekedMessage extends SourceMessage {
  readonly deliveryCount: number
  /** Why the bus or a receiver dead-lettered it; `null` when it is not dead-lettered. */
  readonly reason: string | null
  readonly description: string | null
}
/** What is counted of a peeked message. */
export type PeekedReason = Pick<PeekedMessage, 'sequence' | 'enqueuedAt' | 'reason'>
export interface DeadLetterReasons {
  /** The queue or subscription, as its messages name it. */
  readonly entity: string
  /** As `DeadLetterQueue.peek`. */
  peek(from: string, limit: number, signal: AbortSignal): Promise<readonly PeekedReason[]>
}
/** A copy of a peeked message, with its own or an edited body, under a new message id. */
export interface ResendCopy {
  readonly original: PeekedMessage
  readonly messageId: string
  readonly text: string | null
  /** Added to the original's properties; the bus's own dead-letter properties are left out. */
  readonly properties: Readonly<Record<string, string>>
}
export interface DeadLetterQueue {
  /** The queue or subscription, as its messages name it. */
  readonly entity: string
  /**
   * False for a subscription: what is sent to its topic would reach every other subscription too.
   */
  readonly takesCopies: boolean
  /**
   * Messages from this sequence number on, in order, without a lock or any change. Empty at the
   * end.
   */
  peek(from: string, limit: number): Promise<readonly PeekedMessage[]>
  /**
   * Sends copies to the entity with content type, session and properties of the originals; those of
   * one session in order. When it rejects, some may have been sent.
   */
  resend(copies: readonly ResendCopy[]): Promise<void>
  /**
   * Removes these messages for good and leaves all others unchanged. Answers those that are gone,
   * also those that another receiver removed. Resolves early, with fewer, when `signal` aborts.
   */
  remove(sequences: ReadonlySet<string>, signal: AbortSignal): Promise<ReadonlySet<string>>
  close(): Promise<void>
}

// The bus, outwards
export interface OutboxMessage<Body extends JsonObject | string = JsonObject> {
  /** The same whenever the message is sent again, so that duplicate detection can drop it. */
  readonly id: string
  readonly subject: string
  readonly contentType: string
  readonly sessionId?: string
  /** A text is sent as it is. */
  readonly body: Body
  readonly properties: Readonly<Record<string, string | number | boolean>>
}
export interface Sender<Body extends JsonObject | string = JsonObject> {
  /**
   * Sends all messages. Those of one session stay in order, and so do those without a session. When
   * it rejects, some may have been sent.
   */
  send(messages: readonly OutboxMessage<Body>[]): Promise<void>
}

// Entra
/** The result of one call, with everything that a verdict needs. */
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
      /**
       * `error.message` of the body, when there is one. Never logged, because the service writes
       * it.
       */
      readonly message: string | null
    }
  /** No answer: refused, reset, timed out. The service may have acted. */
  | { readonly kind: 'network'; readonly code: string }

export interface Provisioning {
  /**
   * One attempt, bounded in time well below a batch's lease. Never throws for what the network or
   * the service does. When `cut` aborts, it stops waiting and answers with a network failure: the
   * service may have acted.
   */
  upload(body: string, clientRequestId: string, cut?: AbortSignal): Promise<UploadAnswer>
}

/** Disables one account at once, past the provisioning job. It can do nothing else. */
export interface DirectDeactivation {
  /**
   * One attempt, bounded in time; repeating it changes nothing more. 2xx: the directory holds the
   * account disabled. 404: it has no account with this object id. Never throws for what the network
   * or the service does.
   */
  deactivate(objectId: string, clientRequestId: string, cut?: AbortSignal): Promise<UploadAnswer>
}

export interface ProvisioningLog {
  /**
   * One page of records with `activityDateTime` after `since` and, if given, not after `until`; of
   * one employee if `about` is given. The order is undefined. `next` continues a query that is
   * otherwise the same. Throws `LogThrottled` (with `retryAfterMs`) and `LogUnavailable`.
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

/**
 * The state of the job; `forbidden` when the permission to read it is missing, which is allowed.
 */
export type JobState =
  | {
      readonly kind: 'running' | 'stopped'
      /** The first steady state; `null` before it, also after a restart. */
      readonly startedAt: number | null
      readonly report: JobReport
    }
  | { readonly kind: 'forbidden' }

export interface ProvisioningJob {
  /** Rejects with `JobUnavailable` when the state cannot be read. */
  state(signal: AbortSignal): Promise<JobState>
}

/** The accounts that the directory really holds, for comparison. Nothing is ever written there. */
export interface AccountReader {
  /**
   * One page of all accounts; the order is undefined. `next` continues a query that is otherwise the
   * same. Throws `DirectoryThrottled` (with `retryAfterMs`), `DirectoryForbidden` and
   * `DirectoryUnavailable` (with `lasts: true` when the same request would fail again).
   */
  page(query: AccountQuery): Promise<AccountPage>
  /** The accounts that have one of these employee ids, in no order. Throws what `page` throws. */
  find(employeeIds: readonly string[], signal: AbortSignal): Promise<readonly Account[]>
  /** The names of the accounts with these object ids, in no order. Throws what `page` throws. */
  findNames(objectIds: readonly string[], signal: AbortSignal): Promise<readonly AccountNames[]>
  /**
   * The accounts that have one of these names as their user name or as a mail address, whatever its
   * case. Throws what `page` throws.
   */
  findByName(names: readonly string[], signal: AbortSignal): Promise<readonly NamedAccount[]>
}
/** An account that was found by a name. */
export interface NamedAccount {
  readonly objectId: string
  readonly employeeId: string | null
  /** The user name and the mail addresses, aliases included. */
  readonly names: readonly string[]
}
/** What an account is called. Published where the configuration says so, and never stored or logged. */
export interface AccountNames {
  readonly objectId: string
  /** The user principal name. */
  readonly userName: string | null
  /** The mail address; `null` as long as the account has no mailbox. */
  readonly mail: string | null
}
export interface AccountQuery {
  readonly next: string | null
  readonly signal: AbortSignal
}
export interface AccountPage {
  readonly accounts: readonly Account[]
  readonly next: string | null
  /** The service's clock when it answered. */
  readonly serverAt: number | null
}
/** An account of the directory. Its values are compared and never stored or logged. */
export interface Account {
  readonly objectId: string
  readonly employeeId: string | null
  readonly userName: string | null
  readonly enabled: boolean
  readonly isGuest: boolean
  /** By SCIM place, the values of the attributes that were asked for; an empty one is `null`. */
  readonly values: ReadonlyMap<string, string | null>
  /** The object id of the manager; `null`: there is none. Left out where it was not asked for. */
  readonly manager?: string | null
}
