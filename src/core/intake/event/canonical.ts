import { IANAZone } from 'luxon'
import { z } from 'zod'

/**
 * Printable and well formed, so that any database returns it unchanged and any terminal can show
 * it.
 */
export const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u
const printable = z.string().max(1024).regex(PRINTABLE)
const name = printable.min(1)

/** The attributes of a CloudEvent that intake reads. */
export const EventAttributes = z.looseObject({
  specversion: z.literal('1.0'),
  id: z
    .union([name, z.int()])
    .transform(String)
    .meta({ description: 'With source, the identity of the event' }),
  source: name.meta({ description: 'The HR system or integration that sends the event' }),
  type: name,
  subject: z
    .union([z.string().min(1).max(1024), z.int()])
    .meta({ description: 'Employee id of HR; becomes externalId' }),
  time: z.string().optional().meta({
    description: 'When HR recorded the change, as RFC 3339. Default: when the bus received the message',
  }),
  sequence: z
    .union([printable, z.number()])
    .optional()
    .meta({ description: 'Order of the source, with SOURCE_ORDER=sequence' }),
  // A broken trace context does not make the change invalid.
  traceparent: z
    .string()
    .regex(/^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/)
    .optional()
    .catch(undefined)
    .meta({ description: 'W3C trace context; a broken one is left out' }),
})
export type EventAttributes = z.output<typeof EventAttributes>

/** What intake reads of the data of an event. */
export const EventData = z.looseObject({
  mode: z.enum(['snapshot', 'delta', 'notice']).optional().meta({
    description:
      'The whole record, only what changed, or only that something changed. Default: delta, and snapshot for worker.snapshot',
  }),
  effectiveDate: z.string().nullish().meta({
    description: 'From when the change holds: a date or a date-time. Default: the local day of time',
  }),
  zone: z
    .string()
    .refine(IANAZone.isValidZone)
    .nullish()
    .meta({ description: 'IANA time zone of the dates. Default: that of the source' }),
  version: z
    .union([z.int(), z.string().regex(/^\d{1,40}$/)])
    .nullish()
    .meta({ description: 'Order of the source, with SOURCE_ORDER=version' }),
  rescinds: z
    .union([name, z.object({ source: name.optional(), id: name })])
    .optional()
    .meta({ description: 'Of worker.rescinded: the event to cancel' }),
  worker: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'Attributes of the employee; null clears one' }),
  changedFields: z
    .array(z.string())
    .nullish()
    .meta({ description: 'Of a notice: the fields that changed, in the names of the source' }),
})
export type EventData = z.output<typeof EventData>
