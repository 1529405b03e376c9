import { z } from 'zod'
import { AlertThresholdSettings, NotificationSettings } from '../core/alerts/settings.ts'
import { HrSystemSettings, NoticeSettings } from '../core/intake/hydrate/settings.ts'
import { HOLD } from '../core/plan/fold/activation.ts'
import { AccessSettings, AccessWords } from '../core/intake/access.ts'
import { EVENT_TYPES } from '../core/intake/event/event-types.ts'
import { PLACEHOLDER_DATES } from '../core/intake/event/moments.ts'
import { isCharset } from '../core/intake/body/charset.ts'
import { CLEARED_MODES } from '../core/directory/attributes.ts'
import { EmergencyFileSettings } from '../core/emergency/settings.ts'
import { ActivationSettings, PilotSettings } from '../core/plan/settings.ts'
import { UserNameSettings } from '../core/report/user-names/policy.ts'
import { FIELD_KINDS } from '../core/intake/shape/fields.ts'
import { SHIPPED_SHAPES } from '../core/intake/shapes/shipped.ts'
import { ConsoleSettings } from './console/access.ts'
import { ENVIRONMENT } from './environment.ts'
import { DESTINATIONS } from './rules/destination-schema.ts'
import { MAPPING } from './rules/mapping-schema.ts'
import { fileFlag as flag, jsonata, oneOf, scalar, text, zone } from './values.ts'

/** The schema of `rollcall.yaml`. Objects are strict: an unknown key is an error. */

export const SETTING_NAMES = Object.keys(ENVIRONMENT.shape).filter((name) => name !== 'ROLLCALL_CONFIG')

const KINDS = FIELD_KINDS.flatMap((kind) => [kind, `${kind}?`] as const)
const FIELDS = z.record(text, oneOf(KINDS))
export const SHAPE = z.strictObject({
  xml: flag.optional().meta({
    description:
      'The body is XML that a converter wrote as JSON: prefixes, attributes and a SOAP envelope go',
  }),
  form: flag.optional().meta({
    description: 'The body may be a form post: its fields are an object of texts',
  }),
  body: FIELDS.optional().meta({ description: 'Paths that the body must have, and their kinds' }),
  items: jsonata.optional().meta({
    description: 'JSONata over the body that yields its items. Default: the body, or each element of a list',
  }),
  fields: FIELDS.optional().meta({
    description:
      'Paths that an item must have, and their kinds. A kind with ? may be missing. "a | b" takes the first that exists',
  }),
  id: z
    .union([text, z.array(text).min(1)])
    .optional()
    .meta({
      description: 'For events without an id: a path in the item, or paths whose values are hashed',
    }),
  access: AccessSettings.optional().meta({
    description: 'How a status of the item becomes access. event sees $active',
  }),
  event: jsonata.meta({
    description: 'JSONata over one item that yields a canonical event or a list of them',
  }),
})

export const SOURCE = z
  .strictObject({
    name: text.meta({
      description: 'Name of the source. Also the CloudEvents source of events that a shape makes',
    }),
    queue: text.optional().meta({ description: 'Queue of its events. Default: SERVICEBUS_QUEUE' }),
    topic: text.optional().meta({ description: 'Topic of its events, with subscription' }),
    subscription: text.optional().meta({ description: 'Subscription of the topic' }),
    sessions: flag.default(false).meta({ description: 'The queue or subscription requires sessions' }),
    charset: text
      .refine((name) => isCharset(name.toLowerCase()), 'must be a charset such as windows-1252')
      .optional()
      .meta({ description: 'Charset of bodies that are not UTF-8 and name none. Default: they are refused' }),
    match: z
      .union([text, z.array(text).min(1)])
      .optional()
      .meta({ description: 'CloudEvents sources that belong to it; * matches anything. Default: all' }),
    zone: zone.optional().meta({
      description: 'IANA zone of dates, and of times without a zone. Default: SOURCE_ZONE',
    }),
    rank: z.coerce
      .number()
      .int()
      .default(0)
      .meta({ description: 'Of two events for the same moment, the one with the higher rank wins' }),
    order: z
      .enum(['version', 'sequence', 'time'])
      .optional()
      .meta({ description: 'What orders its events. Default: SOURCE_ORDER' }),
    lastDay: z.enum(['inclusive', 'exclusive']).optional().meta({
      description:
        'Whether a termination date is the last day worked (inclusive) or the first day out (exclusive). Default: SOURCE_LAST_DAY',
    }),
    shape: z
      .union([text, SHAPE])
      .optional()
      .meta({
        description: `Shape of its payloads: ${Object.keys(SHIPPED_SHAPES).join(', ')}, a name under shapes, or the rules themselves. Default: canonical`,
      }),
    access: AccessWords.optional().meta({
      description: 'Further status words for the access rules of its shape',
    }),
    employeeId: z
      .strictObject({
        case: z.enum(['keep', 'upper', 'lower']).default('keep').meta({
          description: 'upper or lower: ids that differ only in case are one employee',
        }),
        pad: z.coerce.number().int().min(0).max(64).default(0).meta({
          description: 'Ids of digits alone get leading zeros up to this length',
        }),
      })
      .optional()
      .meta({
        description:
          'Form of its employee ids. They are always trimmed, in Unicode form C and without invisible characters',
      }),
    placeholderDates: z
      .array(z.string().regex(/^\d{4}-\d{2}-\d{2}$/))
      .optional()
      .meta({
        description: `Dates that stand for none. Default: ${PLACEHOLDER_DATES.join(', ')}`,
      }),
    may: z
      .array(z.enum(['block']))
      .optional()
      .meta({
        description: 'block: its events may block employees and lift blocks. Default: they are refused',
      }),
    owns: z.array(text).min(1).optional().meta({
      description: 'Prefixes of the attributes that its snapshots cover. Default: those it set last',
    }),
    read: HrSystemSettings.optional().meta({
      description: 'HR system to read the employees of its notices from. Without it, notices are refused',
    }),
    types: z
      .record(text, oneOf(EVENT_TYPES))
      .optional()
      .meta({ description: "The source's names of event types → canonical types" }),
  })
  .check(({ value, issues }) => {
    const { queue, topic, subscription } = value
    const complain = (message: string): void =>
      void issues.push({ code: 'custom', message, path: [], input: value })
    if (topic !== undefined && queue !== undefined)
      complain('must have a queue, or a topic and a subscription, not both')
    else if ((topic === undefined) !== (subscription === undefined))
      complain('must have topic and subscription together')
  })

const DIRECTORY = z.strictObject({
  compare: z
    .record(text, z.union([z.string().regex(/^\w+(\.\w+)?$/), z.null()]))
    .default({})
    .meta({
      description:
        'SCIM target → the property of a Graph user that it is compared with, or null to leave it out. Only for jobs with changed attribute mappings',
    }),
  manager: z.boolean().default(false).meta({
    description: 'Also compare the manager, in pages of 100 accounts instead of 999',
  }),
  cleared: z.enum(CLEARED_MODES).default('ignored').meta({
    description:
      'What an account holds where the record has no value. sent: it differs where null was sent; omitted: also where the mapping left it out. Only for jobs that let null values flow',
  }),
})

export const FILE = z.strictObject({
  settings: z
    .partialRecord(oneOf(SETTING_NAMES), scalar)
    .default({})
    .meta({ description: 'Environment variables. The environment itself overrides them' }),
  sources: z
    .array(SOURCE)
    .min(1)
    .optional()
    .meta({ description: 'Sources of events. Default: canonical events on SERVICEBUS_QUEUE' }),
  shapes: z.record(text, SHAPE).default({}).meta({ description: 'Shapes of payloads, by name' }),
  activation: ActivationSettings.default(HOLD).meta({
    description: 'When a future activation is sent: hold, early or announce',
  }),
  pilot: PilotSettings.optional().meta({
    description:
      'Only these employees are sent; everyone else is planned and held. Default: everyone is sent',
  }),
  leavers: z
    .strictObject({
      emergency: EmergencyFileSettings.optional().meta({
        description:
          'Disables the accounts of leavers at once through the SCIM API of Entra ID while the provisioning job cannot, within a budget. Default: never',
      }),
    })
    .prefault({})
    .meta({ description: 'What is done for leavers besides the operations of the provisioning job' }),
  notices: NoticeSettings.prefault({}).meta({ description: 'How notices are processed' }),
  targets: z
    .record(text, z.union([text, z.array(text).min(1)]))
    .default({})
    .meta({
      description:
        'Directory attribute, as the log calls it → its SCIM target. Only for jobs with changed attribute mappings',
    }),
  directory: DIRECTORY.prefault({}).meta({
    description: 'How accounts of the directory are compared with the ledger',
  }),
  alerts: AlertThresholdSettings.prefault({}).meta({ description: 'From when on something is an alert' }),
  notifications: NotificationSettings.optional().meta({
    description: 'Which channels receive which alerts, and how',
  }),
  console: ConsoleSettings.prefault({}).meta({ description: 'Who may do what in the console' }),
  userNames: UserNameSettings.prefault({}).meta({
    description: 'Which user names are proposed instead of one that is taken',
  }),
  destinations: DESTINATIONS.optional().meta({
    description:
      'Several provisioning jobs, and which employees belong to each. Default: the job of PROVISIONING_ENDPOINT for everyone',
  }),
  mapping: MAPPING.optional().meta({
    description: 'Targets in the directory and their rules. Default: the default mapping',
  }),
})
export type FileContent = z.output<typeof FILE>
export type SourceContent = z.output<typeof SOURCE>

/** For editors: JSON Schema, draft 2020-12. */
export function jsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(FILE, { io: 'input', unrepresentable: 'any' })
}
