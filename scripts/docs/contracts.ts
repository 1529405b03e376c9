import type { z } from 'zod'
import { CopyProperties } from '../../src/core/contracts/dead-letter-copy.ts'
import {
  type ContractName,
  CONTRACTS,
  type JsonSchema,
  jsonSchemaOf,
  schemaDocument,
} from '../../src/core/contracts/json-schemas.ts'
import { NotificationProperties } from '../../src/core/contracts/notification.ts'
import { OutcomeProperties } from '../../src/core/contracts/outcome.ts'

const CLOUD_EVENT = 'application/cloudevents+json'

interface Channel {
  readonly message: ContractName
  /** Further messages, without application properties. */
  readonly also?: readonly ContractName[]
  /** The setting that names the queue or topic, and its default. */
  readonly setting: string
  readonly default: string | null
  readonly action: 'send' | 'receive'
  readonly contentType: string
  readonly properties: z.ZodType | null
  readonly description: string
}

/** What goes over the bus, as Rollcall sees it. */
const CHANNELS: Readonly<Record<string, Channel>> = {
  events: {
    message: 'event',
    setting: 'SERVICEBUS_QUEUE',
    default: 'hr-events',
    action: 'receive',
    contentType: CLOUD_EVENT,
    properties: null,
    description: 'HR events. Sources with a shape send other payloads, to this queue or to one of their own.',
  },
  outcomes: {
    message: 'outcome',
    also: ['account'],
    setting: 'OUTCOMES_QUEUE',
    default: 'hr-outcomes',
    action: 'send',
    contentType: CLOUD_EVENT,
    properties: OutcomeProperties,
    description:
      'One message for each final outcome of an event: at least once, in order for each employee. With OUTCOME_ACCOUNT also one when an account is named later.',
  },
  notifications: {
    message: 'notification',
    setting: 'notifications.channels.NAME.queue',
    default: null,
    action: 'send',
    contentType: CLOUD_EVENT,
    properties: NotificationProperties,
    description: 'Notifications about alerts. A webhook with format: cloudevents gets the same body.',
  },
  deadLetterCopies: {
    message: 'dead-letter-copy',
    setting: 'DEAD_LETTER_QUEUE',
    default: 'hr-dead-letters',
    action: 'send',
    contentType: 'application/json',
    properties: CopyProperties,
    description: 'A copy of each event that is dead-lettered in the ledger: at least once, with the same id.',
  },
}

/** The generated files: path in the repository → text. */
export const CONTRACT_FILES: Readonly<Record<string, () => string>> = {
  'contracts/asyncapi.json': () => text(asyncApi()),
  ...Object.fromEntries(
    (Object.keys(CONTRACTS) as ContractName[]).map((name) => [
      `contracts/${name}.schema.json`,
      () => text(schemaDocument(name)),
    ]),
  ),
}

const text = (document: object): string => `${JSON.stringify(document, null, 2)}\n`

/** The AsyncAPI document (https://www.asyncapi.com/docs/reference/specification/v3.0.0). */
function asyncApi(): object {
  const entries = Object.entries(CHANNELS)
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Rollcall',
      version: '1',
      description:
        'What Rollcall receives from Azure Service Bus and sends to it. The version is that of these contracts.',
      license: { name: 'MIT' },
    },
    defaultContentType: CLOUD_EVENT,
    servers: {
      serviceBus: {
        host: '{namespace}.servicebus.windows.net',
        protocol: 'amqps',
        protocolVersion: '1.0',
        variables: { namespace: { description: 'The Service Bus namespace' } },
      },
    },
    channels: Object.fromEntries(entries.map(([name, channel]) => [name, channelOf(name, channel)])),
    operations: Object.fromEntries(
      entries.map(([name, { action, ...channel }]) => [
        `${action}${name[0]?.toUpperCase()}${name.slice(1)}`,
        {
          action,
          channel: { $ref: `#/channels/${name}` },
          messages: messagesIn(channel).map((message) => ({
            $ref: `#/channels/${name}/messages/${message}`,
          })),
        },
      ]),
    ),
    components: {
      messages: Object.fromEntries(
        entries.flatMap(([, channel]) => messagesIn(channel).map((name) => [name, messageOf(name, channel)])),
      ),
      schemas: schemas(),
    },
  }
}

const messagesIn = ({ message, also = [] }: Pick<Channel, 'message' | 'also'>): readonly ContractName[] => [
  message,
  ...also,
]

function channelOf(name: string, channel: Channel): object {
  const { setting, default: byDefault, description } = channel
  return {
    address: `{${name}}`,
    description,
    parameters: {
      [name]: {
        description: `Queue or topic that ${setting} names`,
        ...(byDefault === null ? {} : { default: byDefault }),
      },
    },
    messages: Object.fromEntries(
      messagesIn(channel).map((message) => [message, { $ref: `#/components/messages/${message}` }]),
    ),
  }
}

function messageOf(message: ContractName, channel: Channel): object {
  const { contentType } = channel
  const properties = message === channel.message ? channel.properties : null
  const { title, description } = jsonSchemaOf(CONTRACTS[message])
  return {
    name: message,
    title,
    summary: description,
    contentType,
    ...(properties === null ? {} : { headers: bare(jsonSchemaOf(properties)) }),
    payload: { $ref: `#/components/schemas/${message}` },
  }
}

/** Every schema, with those that another one refers to beside it. */
function schemas(): Readonly<Record<string, unknown>> {
  const all = Object.entries(CONTRACTS).flatMap(([name, contract]) => {
    const { definitions = {}, ...schema } = jsonSchemaOf(contract)
    return Object.entries({ [name]: schema, ...definitions } as Readonly<Record<string, JsonSchema>>)
  })
  return Object.fromEntries(
    all.map(([name, schema]) => [
      name,
      JSON.parse(
        JSON.stringify(bare(schema)).replaceAll('#/definitions/', '#/components/schemas/'),
      ) as unknown,
    ]),
  )
}

/** Without what belongs to a document of its own. */
function bare({ $schema: _schema, id: _id, ...schema }: JsonSchema): JsonSchema {
  return schema
}
