import { z } from 'zod'
import { TlsSettings } from '../intake/hydrate/settings.ts'
import { URGENCIES } from './codes.ts'
import { minuteOf, WEEKDAYS } from './quiet-hours.ts'

/** What `alerts` and `notifications` in rollcall.yaml may say. */

const text = z.string().min(1)
/** Also as text, because an expanded variable is one. */
const flag = z.union([z.boolean(), z.stringbool()])
const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds of a duration such as `30s`, `10m`, `4h` or `1d`; `null` for anything else. */
export function durationMs(written: string): number | null {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(written) ?? []
  if (unit !== 's' && unit !== 'm' && unit !== 'h' && unit !== 'd') return null
  return Number(count) * UNITS_MS[unit]
}
/** The same duration, in the largest unit that has no rest; whole seconds. */
export function writtenDuration(ms: number): string {
  const [unit, length] = Object.entries(UNITS_MS).findLast(([, one]) => ms > 0 && ms % one === 0) ?? [
    's',
    1_000,
  ]
  return `${Math.round(ms / length)}${unit}`
}
export const duration = text.refine((written) => durationMs(written) !== null, {
  error: 'must be a duration such as 30s, 10m, 4h or 1d',
})
const timeOfDay = text.refine((written) => minuteOf(written) !== null, {
  error: 'must be a time of the day in quotes, such as "22:00"',
})
const oneOrMore = z.union([text, z.array(text).min(1)])

const age = (meaning: string): z.ZodOptional<typeof duration> =>
  duration.optional().meta({ description: meaning })

/** From when on something is an alert. What is left out has a default that follows the settings. */
export const AlertThresholdSettings = z.strictObject({
  leavers: duration.default('1h').meta({
    description:
      'leaver.open: a case that time alone may close, such as one in flight, is open for this long',
  }),
  holds: duration.default('10m').meta({
    description: 'submission.held: the service throttles, has no room or does not answer for this long',
  }),
  quota: z.coerce.number().int().min(1).max(100).default(90).meta({
    description: 'quota.low: this percentage of CALLS_PER_DAY is used',
  }),
  escrow: z.coerce.number().int().min(1).max(100).default(80).meta({
    description: 'job.failing: this percentage of the failures that put the job into quarantine is reached',
  }),
  stages: z
    .strictObject({
      received: age('Events that were never planned. Default: 15m more than COALESCE_MAX_WAIT_MS'),
      due: age('Employees whose moment has come. Default: 15m more than COALESCE_MAX_WAIT_MS'),
      waiting: duration.default('1h').meta({ description: 'Operations that may be sent' }),
      accepted: age(
        'Operations without a log record. Default: 15m more than OUTCOME_DEADLINE_MS + LOG_MAX_LAG_MS',
      ),
      answered: age('Operations with a log record that is not final. Default: 15m more than FINAL_QUIET_MS'),
      unpublished: duration.default('15m').meta({ description: 'Outcomes that were not published' }),
    })
    .prefault({})
    .meta({ description: 'stage.stuck: the oldest work of a stage waits for this long' }),
  log: age(
    'log.behind: the log was read to no later than this long ago. Default: 15m more than LOG_MAX_LAG_MS',
  ),
  receivers: duration.default('1m').meta({
    description: 'bus.unreachable: an instance has no open receiver for this long',
  }),
  loops: duration.default('45s').meta({
    description: 'loop.missing: no instance runs a loop for this long',
  }),
  channels: duration.default('10m').meta({
    description: 'channel.down: every attempt to deliver to a channel failed for this long',
  }),
})
export type AlertThresholdSettings = Readonly<z.output<typeof AlertThresholdSettings>>

export const WebhookSettings = z.strictObject({
  url: text.meta({ description: 'Address that takes the POST. Write one that holds a secret as ${NAME}' }),
  format: z.enum(['cloudevents', 'teams', 'slack']).default('cloudevents').meta({
    description:
      'cloudevents: a CloudEvent as JSON; teams: an Adaptive Card for a Workflows webhook; slack: blocks for an incoming webhook',
  }),
  secret: text.optional().meta({
    description:
      'Signs each request as Standard Webhooks describes (webhook-id, webhook-timestamp, webhook-signature). Write it as ${NAME}',
  }),
  bearer: text.optional().meta({ description: 'Token for the authorization header. Write it as ${NAME}' }),
  headers: z
    .record(z.string(), z.string())
    .default({})
    .meta({ description: 'Further headers. Write a secret as ${NAME}' }),
  tls: TlsSettings.optional().meta({ description: 'Client certificate (mutual TLS)' }),
  allowHttp: flag.default(false).meta({ description: 'Allow plain HTTP to loopback' }),
  timeoutMs: z.int().min(1).max(60_000).default(10_000).meta({ description: 'Longest time for one request' }),
})
export type WebhookSettings = Readonly<z.output<typeof WebhookSettings>>

export const MailSettings = z.strictObject({
  host: text.meta({ description: 'SMTP server' }),
  port: z.coerce.number().int().min(1).max(65_535).default(587).meta({ description: 'Its port' }),
  tls: z.enum(['starttls', 'implicit', 'none']).default('starttls').meta({
    description:
      'starttls: required before anything is said; implicit: from the first byte, as on port 465; none: for a relay that takes no user and password',
  }),
  caFile: text.optional().meta({
    description: 'PEM file of authorities to trust besides the public ones',
  }),
  user: text.optional().meta({ description: 'User' }),
  password: text.optional().meta({ description: 'Password. Write it as ${NAME}' }),
  from: text.meta({ description: 'Sender' }),
  to: oneOrMore.meta({ description: 'Recipients' }),
  timeoutMs: z.int().min(1).max(60_000).default(20_000).meta({ description: 'Longest time for one mail' }),
})
export type MailSettings = Readonly<z.output<typeof MailSettings>>

export const ChannelSettings = z
  .strictObject({
    webhook: WebhookSettings.optional().meta({ description: 'An HTTP endpoint, Teams or Slack' }),
    mail: MailSettings.optional().meta({ description: 'Mail over SMTP' }),
    queue: text.optional().meta({ description: 'A Service Bus queue or topic, by its name' }),
  })
  .check(({ value, issues }) => {
    if ([value.webhook, value.mail, value.queue].filter((one) => one !== undefined).length === 1) return
    const message = 'must have exactly one of webhook, mail and queue'
    issues.push({ code: 'custom', message, path: [], input: value })
  })
export type ChannelSettings = Readonly<z.output<typeof ChannelSettings>>

const RuleSettings = z.strictObject({
  to: oneOrMore.meta({ description: 'Channels' }),
  alerts: z.array(text).min(1).default(['*']).meta({ description: 'Codes of alerts; * matches anything' }),
  urgency: z.enum(URGENCIES).optional().meta({ description: 'Only alerts of this urgency. Default: any' }),
  after: duration.default('0s').meta({ description: 'Notify an alert that has been open for this long' }),
  repeat: duration.optional().meta({
    description: 'Notify again while the alert is open. Default: only when its count is ten times as high',
  }),
  resolved: flag.default(true).meta({ description: 'Also notify the end of an alert' }),
  names: flag.default(false).meta({ description: 'Name employee ids, 20 at most' }),
  quiet: z
    .strictObject({
      zone: text.meta({ description: 'IANA zone of the times' }),
      from: timeOfDay.default('00:00').meta({ description: 'When quiet hours begin' }),
      to: timeOfDay.default('00:00').meta({ description: 'When they end, on the next day if it is earlier' }),
      days: z.array(z.enum(WEEKDAYS)).default([]).meta({ description: 'Days that are quiet as a whole' }),
    })
    .optional()
    .meta({
      description: 'Hold back what is not urgent, and send it in one message when the quiet hours end',
    }),
})
export type RuleSettings = Readonly<z.output<typeof RuleSettings>>

export const NotificationSettings = z.strictObject({
  url: text.optional().meta({ description: 'Address that messages link to, such as that of the console' }),
  channels: z.record(text, ChannelSettings).default({}).meta({
    description: 'Where notifications go, by name',
  }),
  rules: z.array(RuleSettings).default([]).meta({
    description:
      'Which channel receives which alerts, and when. For each channel, the first rule that fits an alert decides',
  }),
  heartbeats: z
    .array(
      z.strictObject({
        to: text.meta({ description: 'Channel' }),
        every: duration.default('5m').meta({ description: 'Time between two signs of life' }),
      }),
    )
    .default([])
    .meta({ description: 'Signs of life, for a monitor that alerts when they stop' }),
})
export type NotificationSettings = Readonly<z.output<typeof NotificationSettings>>
