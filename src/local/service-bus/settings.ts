import * as z from 'zod'

/**
 * What the configuration file cannot express. Each default is the documented figure of the Standard
 * tier unless it says otherwise; where the service's behaviour is not known, the setting names the
 * choice. Explained one by one in `docs/reference/doubles-service-bus.md`.
 */
export interface BrokerSettings {
  /**
   * What the namespace says it is. `Premium` lets an entity have messages of up to 100 MB, and
   * changes two defaults.
   */
  readonly sku: 'Standard' | 'Premium'
  /** Largest message, and largest batch, in bytes. Announced to senders in the attach. */
  readonly maxMessageBytes: number
  /** Most messages in one batch. */
  readonly maxBatchMessages: number
  /** Bytes an entity may hold before sends are refused with a quota error. */
  readonly maxEntityBytes: number
  readonly maxConnections: number
  /** Largest AMQP frame taken, in bytes; a larger one ends the connection before it is buffered. */
  readonly maxFrameBytes: number
  /** A connection silent for twice this long is closed. Milliseconds. */
  readonly idleTimeoutMs: number
  /** A connection that has not opened AMQP by then is dropped. Milliseconds. */
  readonly handshakeTimeoutMs: number
  /** Messages a sender may have on the way, per link. */
  readonly senderCredit: number
  /** Bytes waiting in one socket above which the broker sends it no more messages. */
  readonly outputHighWater: number
  /** How often locks, schedules and times to live are checked, in milliseconds. */
  readonly sweepIntervalMs: number
  /**
   * A link on which nothing has moved for this long is closed with `amqp:link:detach-forced`.
   * Milliseconds.
   */
  readonly linkIdleMs: number
  /**
   * A connection without links for this long is closed with `amqp:connection:forced`. Milliseconds.
   */
  readonly connectionIdleMs: number
  /** Deliveries of one AMQP session that may be unsettled; further messages wait. */
  readonly maxUnsettled: number
  /** How long a receiver waits for a free session when it does not say itself. Milliseconds. */
  readonly sessionWaitMs: number
  /**
   * Whether a message keeps its sequence number when it moves to the dead-letter queue. The
   * service's behaviour is not documented.
   */
  readonly deadLetterSequence: 'keep' | 'renew'
  /**
   * Whether a message larger than the link allows is rejected alone or closes the link (AMQP 1.0,
   * 2.8.16).
   */
  readonly oversizedMessage: 'detach' | 'reject'
  /** What happens to a message without an id. The service appears to generate one. */
  readonly missingMessageId: 'generate' | 'leave'
  /** Whether the locks of a receiver without session outlive its link. */
  readonly locksAfterDetach: 'keep' | 'release'
}

export const DEFAULT_SETTINGS: BrokerSettings = {
  sku: 'Standard',
  maxMessageBytes: 256 * 1024,
  maxBatchMessages: 4500,
  maxEntityBytes: 1024 ** 3,
  maxConnections: 5000,
  maxFrameBytes: 64 * 1024,
  idleTimeoutMs: 240_000,
  handshakeTimeoutMs: 60_000,
  senderCredit: 1000,
  outputHighWater: 1024 ** 2,
  sweepIntervalMs: 15,
  linkIdleMs: 600_000,
  connectionIdleMs: 300_000,
  maxUnsettled: 5000,
  sessionWaitMs: 65_000,
  deadLetterSequence: 'keep',
  oversizedMessage: 'reject',
  missingMessageId: 'generate',
  locksAfterDetach: 'keep',
}

/** Premium: 1 MB a message unless the entity says otherwise, 80 GB an entity [documented]. */
const PREMIUM_SETTINGS: Partial<BrokerSettings> = {
  maxMessageBytes: 1024 ** 2,
  maxEntityBytes: 80 * 1024 ** 3,
}

/** Largest message of an entity in a Premium namespace, in bytes [documented]. */
export const LARGEST_PREMIUM_MESSAGE = 100 * 1024 ** 2

/** The settings given over the defaults of their SKU. */
export function settingsFrom(given: Partial<BrokerSettings> = {}): BrokerSettings {
  return { ...DEFAULT_SETTINGS, ...(given.sku === 'Premium' ? PREMIUM_SETTINGS : {}), ...given }
}

const count = z.int().min(1)
// A timer takes no more.
const ms = z
  .int()
  .min(1)
  .max(2 ** 31 - 1)

/** Settings as JSON. Throws a ZodError that names what is not a setting. */
export const settingsSchema = z
  .strictObject({
    sku: z.enum(['Standard', 'Premium']),
    maxMessageBytes: count.max(LARGEST_PREMIUM_MESSAGE),
    maxBatchMessages: count,
    maxEntityBytes: count,
    maxConnections: count,
    maxFrameBytes: count.min(512),
    idleTimeoutMs: ms,
    handshakeTimeoutMs: ms,
    senderCredit: count,
    outputHighWater: count,
    sweepIntervalMs: ms,
    linkIdleMs: ms,
    connectionIdleMs: ms,
    maxUnsettled: count,
    sessionWaitMs: ms,
    deadLetterSequence: z.enum(['keep', 'renew']),
    oversizedMessage: z.enum(['detach', 'reject']),
    missingMessageId: z.enum(['generate', 'leave']),
    locksAfterDetach: z.enum(['keep', 'release']),
  } satisfies Record<keyof BrokerSettings, z.ZodType>)
  .partial()
  .transform((settings): Partial<BrokerSettings> =>
    Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
  )
