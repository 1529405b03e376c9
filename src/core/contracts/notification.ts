import { z } from 'zod'
import { ALERTS, URGENCIES } from '../alerts/codes.ts'
import { NOTIFICATION_KINDS } from '../alerts/rules.ts'

const time = z.string().meta({ format: 'date-time' })
const urgency = z.enum(URGENCIES)
const kind = z.enum(NOTIFICATION_KINDS)

const NotifiedAlert = z.object({
  code: z.enum(Object.keys(ALERTS)),
  cause: z.string().nullable().meta({ description: 'Tells alerts with one code apart' }),
  urgency,
  count: z.int(),
  openedAt: time,
  oldestAt: time.nullable().meta({ description: 'Since when the oldest of what is counted waits' }),
  resolvedAt: time.nullable(),
  what: z.string(),
  meaning: z.string().nullable(),
  command: z.string().meta({ description: 'What to type first' }),
  cure: z.string(),
  employees: z
    .array(z.string())
    .optional()
    .meta({ description: 'Ids of some employees, if the rule has names: true' }),
})

/** A notification as the queue and a webhook with `format: cloudevents` get it. */
export const NotificationContract = z
  .object({
    specversion: z.literal('1.0'),
    id: z.string().meta({ description: 'The same each time the notification is sent' }),
    source: z.literal('/rollcall'),
    type: z
      .string()
      .meta({ description: 'rollcall.heartbeat, rollcall.test, or rollcall.alert. and the kind' }),
    subject: z.string().optional().meta({ description: 'Code and cause, when there is one alert' }),
    time,
    datacontenttype: z.literal('application/json'),
    data: z.object({
      kind,
      urgency,
      title: z.string(),
      link: z.string().nullable().meta({ description: 'Address of the console' }),
      alerts: z.array(NotifiedAlert),
    }),
  })
  .meta({ title: 'Notification', description: 'A message about alerts, as a CloudEvent' })
export type Notification = z.input<typeof NotificationContract>

export const NotificationProperties = z.object({ kind, urgency })
