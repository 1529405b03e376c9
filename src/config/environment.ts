import { z } from 'zod'
import { parseHttpAddress } from './http-address.ts'

/** Where and how to connect, and every limit and duration; durations are milliseconds. From the environment, or from `settings` of the file. */

const AUTH_MODES = [
  'managed-identity',
  'workload-identity',
  'client-certificate',
  'client-secret',
  'azure-cli',
  'default',
  'local',
] as const
const text = z.string().min(1)
const optional = z.string().min(1).nullable().default(null)
/** A zone this runtime knows, such as Europe/Berlin. */
export const zone = text.refine(isZone, { error: 'takes an IANA zone such as Europe/Berlin' })
const httpAddress = text.refine((given) => parseHttpAddress(given) !== null, {
  error: 'takes a port, or address:port such as 127.0.0.1:9464 or 0.0.0.0:9464',
})
/** Many write it without a scheme. */
const proxy = text
  .transform((given) => (/^\w+:\/\//.test(given) ? given : `http://${given}`))
  .refine((given) => /^https?:/.test(given) && URL.canParse(given), {
    error: 'takes the URL of an HTTP proxy, such as http://proxy.contoso.com:3128',
  })
const flag = z.stringbool().default(false)
const names = z
  .string()
  .default('')
  .transform((list) =>
    list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  )
const whole = z.coerce.number().int()
const duration = (fallback: number): z.ZodType<number> => whole.min(0).default(fallback)
/** `unlimited` is for doubles; a real tenant always has a limit. */
const limit = (fallback: number): z.ZodType<number> =>
  z.union([z.literal('unlimited').transform(() => Number.POSITIVE_INFINITY), whole.min(1)]).default(fallback)

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

export const ENVIRONMENT = z.object({
  ROLLCALL_CONFIG: optional.meta({
    description: 'File with sources, mapping, shapes and settings; rollcall.yaml where it is there',
  }),
  LEDGER: text.default('rollcall.db').meta({
    description:
      'What holds the ledger: a SQLite file, or postgres://user@host/database?sslmode=verify-full; its tables are made when they are not there',
  }),
  LEDGER_AUTH: z.enum(['password', 'entra']).default('password').meta({
    description: 'How the database is told who we are: a password, or a token of the identity of AUTH_MODE',
  }),
  LEDGER_PASSWORD: optional.meta({
    description: 'Password for the database, in place of one in LEDGER',
    secret: true,
  }),
  LEDGER_CONNECTIONS: whole
    .min(2)
    .max(100)
    .default(10)
    .meta({ description: 'Connections to the database at the most, of each instance' }),
  // 0 would be no limit to the server and none of patience to the client.
  LEDGER_STATEMENT_MS: whole
    .min(100)
    .default(30_000)
    .meta({ description: 'A statement that takes longer is given up' }),
  INSTANCE: optional.meta({
    description: 'Name of this instance in the books; the name of the host where it is not set',
  }),
  LEASE_MS: whole.min(500).default(15_000).meta({
    description:
      'An instance that is gone is succeeded after this long, where several share a ledger; so is a replay that was killed',
  }),
  SERVICEBUS_CONNECTION_STRING: optional.meta({
    description: 'Service Bus namespace by connection string (emulator, local double)',
    secret: true,
  }),
  SERVICEBUS_FQDN: optional.meta({
    description: 'Service Bus namespace by host name, with the identity of AUTH_MODE',
  }),
  SERVICEBUS_WEBSOCKETS: flag.meta({
    description: 'AMQP over WebSockets, port 443, where port 5671 is closed; takes HTTPS_PROXY',
  }),
  SERVICEBUS_QUEUE: text.default('hr-events').meta({ description: 'Queue the HR events arrive on' }),
  OUTCOMES_QUEUE: text
    .default('hr-outcomes')
    .meta({ description: 'Queue or topic the outcomes are published to' }),
  OUTCOME_SESSIONS: flag.meta({
    description:
      'The outcomes of one employee share a session: for a queue or topic that requires sessions or is partitioned',
  }),
  OUTCOME_VALUES: names.meta({
    description:
      'Attributes whose values outcomes may tell, as `department,name`, or `*` for all; of the others only the names are told',
  }),
  DEAD_LETTER_QUEUE: text.default('hr-dead-letters').meta({
    description: 'Queue that gets a copy of every event that dies in the ledger; none for no copies',
  }),
  DEAD_LETTER_COPIES: z.enum(['reference', 'whole', 'encrypted']).default('reference').meta({
    description:
      'What a copy carries beside the reason and the names of its event: nothing, the original message with all it says of a person, or the original encrypted with DEAD_LETTER_COPY_KEY',
  }),
  DEAD_LETTER_COPY_KEY: optional.meta({
    description: 'Key for DEAD_LETTER_COPIES=encrypted: 32 bytes in base64',
    secret: true,
  }),
  DEAD_LETTER_QUEUE_DELIVERIES: whole.min(1).default(7).meta({
    description:
      'Copies delivered so often are not passed over again to take stale ones away; well below the maximum delivery count of the queue',
  }),
  CONTROL_QUEUE: text.default('rollcall-control').meta({
    description:
      'Queue that requires sessions and never holds a message: the state of a session there tells a restored ledger from the one that ran last; none to go without',
  }),
  PROVISIONING_ENDPOINT: optional.meta({ description: 'Full bulkUpload URL, as the portal shows it' }),
  PROVISIONING_ALLOW_HTTP: flag.meta({ description: 'Allow plain http to loopback, for a local double' }),
  AUTH_MODE: z
    .enum(AUTH_MODES)
    .default('default')
    .meta({ description: 'How the connector proves who it is' }),
  AZURE_TENANT_ID: optional.meta({ description: 'Tenant of the app registration' }),
  AZURE_CLIENT_ID: optional.meta({
    description: 'Client id of the app registration or of a user-assigned identity',
  }),
  AZURE_CLIENT_SECRET: optional.meta({ description: 'Secret for AUTH_MODE=client-secret', secret: true }),
  AZURE_CLIENT_CERTIFICATE_PATH: optional.meta({
    description: 'Certificate for AUTH_MODE=client-certificate',
  }),
  HTTPS_PROXY: proxy.nullable().default(null).meta({
    description:
      'HTTP proxy for Graph, identity and HR systems, and for Service Bus with SERVICEBUS_WEBSOCKETS',
    secret: true,
  }),
  NO_PROXY: optional.meta({
    description: 'Hosts that are reached without the proxy: names, .suffixes, or *, with commas between',
  }),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .meta({ description: 'What is logged, at the least' }),
  SOURCE_ZONE: zone.default('UTC').meta({ description: 'IANA zone the plain dates of events are meant in' }),
  SOURCE_ORDER: z
    .enum(['version', 'sequence', 'time'])
    .default('version')
    .meta({ description: 'What orders events of one source and employee' }),
  SOURCE_LAST_DAY: z
    .enum(['inclusive', 'exclusive'])
    .default('exclusive')
    .meta({ description: 'Whether a termination date is the last day worked or the first day out' }),
  IN_FLIGHT: whole.min(1).max(24_000).default(768).meta({
    description: 'Messages held unsettled at once, over all queues; each receiver holds 1500 at the most',
  }),
  RECEIVERS: whole
    .min(1)
    .max(16)
    .default(1)
    .meta({ description: 'Receivers of each queue without sessions, each on a connection of its own' }),
  SESSIONS: whole
    .min(1)
    .max(512)
    .default(32)
    .meta({ description: 'Sessions held at once, of each queue that requires them' }),
  SESSION_IDLE_MS: duration(200).meta({
    description: 'A session that brought nothing for this long is given back',
  }),
  SESSION_TURN_MS: duration(10_000).meta({
    description: 'A session is given back after this long, so that others get their turn',
  }),
  INTAKE_BATCH: whole
    .min(1)
    .max(2_000)
    .default(384)
    .meta({ description: 'Messages in one commit at the most' }),
  INTAKE_BATCH_MS: duration(5).meta({ description: 'How long a message waits for company in its commit' }),
  BACKLOG_PER_SECOND: whole
    .min(1)
    .default(100)
    .meta({ description: 'More messages a second than this count as a backlog being worked off' }),
  COALESCE_QUIET_MS: duration(2_000).meta({ description: 'A person is planned after this much quiet' }),
  COALESCE_MAX_WAIT_MS: duration(120_000).meta({
    description: 'A person waits for planning no longer than this',
  }),
  INCOMPLETE_MS: duration(86_400_000).meta({ description: 'How long somebody may lack required attributes' }),
  BATCH_OPERATIONS: whole.min(1).max(50).default(50).meta({ description: 'Operations in one call' }),
  BATCH_BYTES: whole.min(1_000).default(3_500_000).meta({ description: 'Bytes in one call' }),
  BATCH_FILL_MS: duration(10_000).meta({ description: 'How long a batch that is not full waits' }),
  UPLOADS: whole.min(1).max(40).default(4).meta({ description: 'Calls on their way at once' }),
  CALLS_PER_5S: limit(40).meta({ description: 'Calls in any 5 seconds' }),
  CALLS_PER_DAY: limit(2_000).meta({
    description: 'Calls in any 24 hours: 2000 with P1/P2, 6000 with Governance',
  }),
  HTTP_TIMEOUT_MS: duration(30_000).meta({ description: 'One HTTP attempt' }),
  LOG_POLL_MS: duration(30_000).meta({ description: 'Between two reads of the provisioning log' }),
  LOG_REQUESTS_PER_10S: limit(5).meta({ description: 'Requests to the provisioning log in 10 seconds' }),
  LOG_PAGE: whole.min(1).max(1_000).default(500).meta({ description: 'Records asked for in one page' }),
  LOG_MAX_LAG_MS: duration(1_800_000).meta({
    description: 'How long after its moment a record may still appear in the log',
  }),
  CLOCK_SKEW_MS: duration(120_000).meta({ description: 'How far the clocks of the parties may be apart' }),
  FINAL_QUIET_MS: duration(60_000).meta({
    description: 'How long an answer may still be refined by later records',
  }),
  OUTCOME_DEADLINE_MS: duration(5_400_000).meta({
    description: 'The log read this far past an operation without a record of it: it is offered again',
  }),
  MAX_OFFERS: whole
    .min(1)
    .default(3)
    .meta({ description: 'How often an operation nothing is heard of is offered' }),
  FAILED_ATTEMPTS: whole.min(1).max(10).default(1).meta({
    description:
      'How often a record is sent that the service fails with for good without naming an attribute, before its events die',
  }),
  BRAKE_WINDOW_MS: duration(86_400_000).meta({
    description: 'Window in which the brake counts people going from active to inactive',
  }),
  BRAKE_ABSOLUTE: limit(500).meta({
    description: 'More than this many in a window are held until somebody releases them',
  }),
  BRAKE_PERCENT: whole
    .min(1)
    .max(100)
    .default(5)
    .meta({ description: 'Or more than this share of everybody active, in percent' }),
  BRAKE_FLOOR: limit(50).meta({ description: 'The share counts only above this many people' }),
  JOB_POLL_MS: duration(300_000).meta({
    description: 'Between two looks at the job, where the permission is there',
  }),
  JOB_RESTART_SIGN: z.enum(['steady-state', 'none']).default('steady-state').meta({
    description: 'What tells that the job was restarted: a new first steady state (inference), or nothing',
  }),
  ESCROW_MS: duration(2_592_000_000).meta({
    description: 'How long the service may go on trying a failed operation by itself',
  }),
  RETENTION_DAYS: whole.min(1).default(400).meta({
    description:
      'Events settled longer ago than this are folded away; what they say that still stands is kept',
  }),
  WATCHDOG_MS: duration(60_000).meta({
    description: 'A receiver silent for this long over a queue that holds messages is opened anew',
  }),
  HTTP_ADDRESS: httpAddress.nullable().default(null).meta({
    description:
      'Where rollcall run answers /livez, /readyz and /metrics: a port of loopback, or address:port. Without it nowhere',
  }),
  HTTP_TOKEN: optional.meta({
    description: 'Bearer token for /metrics where HTTP_ADDRESS is beyond loopback',
    secret: true,
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional.meta({
    description: 'Where telemetry goes; without it none is made',
  }),
})
export type Environment = Readonly<Record<string, string | undefined>>
export type Settings = Readonly<z.output<typeof ENVIRONMENT>>

/** Names of those whose values are never shown. Each may also be given by a file that `<name>_FILE` names. */
export const SECRETS: readonly string[] = Object.entries(ENVIRONMENT.shape).flatMap(([name, schema]) =>
  schema.meta()?.['secret'] === true ? [name] : [],
)

/** Timings for doubles that answer within a second. Spelled as variables, so that `rollcall local --fast` can hand them on. */
export const FAST_ENVIRONMENT: Readonly<Record<string, string>> = {
  BRAKE_ABSOLUTE: 'unlimited',
  BRAKE_FLOOR: 'unlimited',
  JOB_POLL_MS: '2000',
  COALESCE_QUIET_MS: '400',
  COALESCE_MAX_WAIT_MS: '120000',
  INCOMPLETE_MS: '5000',
  BATCH_FILL_MS: '100',
  CALLS_PER_5S: 'unlimited',
  CALLS_PER_DAY: 'unlimited',
  LOG_POLL_MS: '150',
  LOG_REQUESTS_PER_10S: 'unlimited',
  LOG_PAGE: '1000',
  LOG_MAX_LAG_MS: '2000',
  CLOCK_SKEW_MS: '1000',
  FINAL_QUIET_MS: '400',
  OUTCOME_DEADLINE_MS: '15000',
  HTTP_TIMEOUT_MS: '15000',
}
