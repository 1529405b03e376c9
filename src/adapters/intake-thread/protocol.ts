import type { Declared } from '../../core/intake/body/bytes.ts'
import type { BodyTrouble, SourceMessage } from '../../core/ports.ts'
import type { AttributesOf, CounterName } from '../../core/telemetry.ts'

/** The methods that the module adds to those of the ledger's thread. */
export interface IntakeMethods {
  /** Reads messages. The batch can be committed until some more have been read. */
  readMessages(messages: SentMessages, wantsOrigins: boolean): Promise<BatchRead>
  /** Commits a batch in one transaction. */
  commitMessages(batch: number, backlog: boolean): Promise<BatchCommitted>
}

/** Messages on their way to the thread. Tuples cost half of what objects cost to copy. */
export interface SentMessages {
  readonly heads: readonly SentHead[]
  /** All bodies that are not read yet, one after another. Handed over, not copied. */
  readonly bodies: Uint8Array
}
export type SentHead = readonly [
  entity: string,
  sequence: string,
  enqueuedAt: number,
  messageId: string | null,
  sessionId: string | null,
  contentType: string | null,
  subject: string | null,
  correlationId: string | null,
  replyTo: string | null,
  properties: SourceMessage['properties'],
  /** The length of the body in `bodies`; or what reading it has shown. */
  body: number | ReadBody,
  /** What is declared about the bytes, where it is more than the content type. */
  declared: Pick<Declared, 'encodings' | 'agreed'> | null,
]
export type ReadBody = { readonly text: string } | { readonly unreadable: BodyTrouble }

export interface BatchRead {
  readonly batch: number
  /** The traces of its events; empty when they are not wanted. */
  readonly origins: readonly string[]
}
export interface BatchCommitted {
  /** Messages to be dead-lettered, by their place; all others are complete. */
  readonly refused: readonly Refused[]
  readonly counted: readonly Counted[]
}
export interface Refused {
  readonly place: number
  readonly reason: string
  readonly field: string | null
  readonly description: string
}
export interface Counted {
  readonly name: CounterName
  readonly value: number
  readonly attributes: AttributesOf<CounterName> | undefined
}
