import * as z from 'zod'

const DURATION_PATTERN = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/**
 * Milliseconds of an ISO 8601 duration of days and smaller (`PT1M`, `P14D`, `PT0.5S`). Throws a
 * RangeError for anything else.
 */
export function durationMs(text: string): number {
  const match = DURATION_PATTERN.exec(text)
  if (match === null || text === 'P' || text.endsWith('T'))
    throw new RangeError(`'${text}' is not an ISO 8601 duration`)
  const [, days, hours, minutes, seconds] = match
  return (
    ((Number(days ?? 0) * 24 + Number(hours ?? 0)) * 60 + Number(minutes ?? 0)) * 60_000 +
    Math.round(Number(seconds ?? 0) * 1000)
  )
}

const duration = z.string().transform((text, context) => {
  try {
    return durationMs(text)
  } catch {
    context.addIssue({ code: 'custom', message: `'${text}' is not an ISO 8601 duration` })
    return z.NEVER
  }
})

const optionalName = z
  .string()
  .optional()
  .transform((name) => (name === undefined || name === '' ? undefined : name))
const status = z.enum(['Active', 'Disabled', 'SendDisabled', 'ReceiveDisabled']).default('Active')
const positive = z.int().min(1)

const queueProperties = z.object({
  DeadLetteringOnMessageExpiration: z.boolean().default(false),
  DefaultMessageTimeToLive: duration.default(3_600_000),
  DuplicateDetectionHistoryTimeWindow: duration.default(20_000),
  EnablePartitioning: z.boolean().default(false),
  ForwardDeadLetteredMessagesTo: optionalName,
  ForwardTo: optionalName,
  LockDuration: duration.default(60_000),
  MaxDeliveryCount: positive.default(10),
  RequiresDuplicateDetection: z.boolean().default(false),
  RequiresSession: z.boolean().default(false),
  Status: status,
})

const subscriptionProperties = queueProperties.omit({
  RequiresDuplicateDetection: true,
  DuplicateDetectionHistoryTimeWindow: true,
  EnablePartitioning: true,
})

const correlationFilter = z.object({
  ContentType: z.string().optional(),
  CorrelationId: z.string().optional(),
  Label: z.string().optional(),
  MessageId: z.string().optional(),
  ReplyTo: z.string().optional(),
  ReplyToSessionId: z.string().optional(),
  SessionId: z.string().optional(),
  To: z.string().optional(),
  Properties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
})

const rule = z.object({
  Name: z.string().min(1),
  Properties: z.object({
    FilterType: z.enum(['Correlation', 'Sql']),
    CorrelationFilter: correlationFilter.optional(),
    SqlFilter: z.object({ SqlExpression: z.string() }).optional(),
    Action: z.object({ SqlExpression: z.string() }).optional(),
  }),
})

const NO_FIELDS = {}
const queue = z.object({ Name: z.string().min(1), Properties: queueProperties.prefault(NO_FIELDS) })
const subscription = z.object({
  Name: z.string().min(1),
  Properties: subscriptionProperties.prefault(NO_FIELDS),
  Rules: z.array(rule).default([]),
})
const topic = z.object({
  Name: z.string().min(1),
  Properties: z
    .object({
      DefaultMessageTimeToLive: duration.default(3_600_000),
      DuplicateDetectionHistoryTimeWindow: duration.default(20_000),
      EnablePartitioning: z.boolean().default(false),
      RequiresDuplicateDetection: z.boolean().default(false),
      Status: status,
    })
    .prefault(NO_FIELDS),
  Subscriptions: z.array(subscription).default([]),
})
/** The official emulator's `Config.json`, with the defaults of the emulator. */
export const configFileSchema = z.object({
  UserConfig: z.object({
    Namespaces: z
      .array(
        z.object({
          Name: z.string().min(1),
          Queues: z.array(queue).default([]),
          Topics: z.array(topic).default([]),
        }),
      )
      .min(1)
      .max(1),
    Logging: z.unknown().optional(),
  }),
})

export type QueueFile = z.infer<typeof queue>
export type SubscriptionFile = z.infer<typeof subscription>
export type RuleFile = z.infer<typeof rule>
