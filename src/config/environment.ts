import { z } from 'zod'
import { CONSOLE_VARIABLES } from './console/variables.ts'
import { LEDGER_VARIABLES } from './ledger/variables.ts'
import { OUTCOME_VARIABLES } from './outcomes/variables.ts'
import { duration, flag, httpAddress, limit, optional, proxy, text, whole, zone } from './values.ts'

/**
 * Where and how to connect, and every limit and duration; durations are milliseconds. From the
 * environment, or from `settings` of the file.
 */

const AUTH_MODES = [
  'managed-identity',
  'workload-identity',
  'client-certificate',
  'client-secret',
  'azure-cli',
  'default',
  'local',
] as const

export const ENVIRONMENT = z.object({
  ROLLCALL_CONFIG: optional.meta({
    description: 'File with sources, mapping, shapes and settings. Default: rollcall.yaml, if it exists',
  }),
  ...LEDGER_VARIABLES,
  INSTANCE: optional.meta({
    description: 'Name of this instance in leases and claims. Default: the host name',
  }),
  LEASE_MS: whole.min(500).default(15_000).meta({
    description:
      'Time after which another instance, or another replay command, takes over from one that died',
  }),
  SERVICEBUS_CONNECTION_STRING: optional.meta({
    description: 'Service Bus namespace by connection string (emulator, local double)',
    secret: true,
  }),
  SERVICEBUS_FQDN: optional.meta({
    description: 'Service Bus namespace by host name, with the identity of AUTH_MODE',
  }),
  SERVICEBUS_WEBSOCKETS: flag.meta({
    description: 'Use AMQP over WebSockets (port 443), for networks that close port 5671. Uses HTTPS_PROXY',
  }),
  SERVICEBUS_QUEUE: text.default('hr-events').meta({ description: 'Queue on which HR events arrive' }),
  ...OUTCOME_VARIABLES,
  DEAD_LETTER_QUEUE: text.default('hr-dead-letters').meta({
    description: 'Queue that gets a copy of every event that dies in the ledger, or none',
  }),
  DEAD_LETTER_COPIES: z.enum(['reference', 'whole', 'encrypted']).default('reference').meta({
    description:
      'What a copy contains besides reason and ids: nothing, the whole message with its personal data, or the message encrypted with DEAD_LETTER_COPY_KEY',
  }),
  DEAD_LETTER_COPY_KEY: optional.meta({
    description: 'Key for DEAD_LETTER_COPIES=encrypted: 32 bytes in base64',
    secret: true,
  }),
  DEAD_LETTER_QUEUE_DELIVERIES: whole.min(1).default(7).meta({
    description:
      "The cleanup does not pass over copies that were delivered this often. Keep it well below the queue's maximum delivery count",
  }),
  CONTROL_QUEUE: text.default('rollcall-control').meta({
    description:
      'Queue that requires sessions and stays empty. The state of a session on it detects a restored ledger. none turns this off',
  }),
  PROVISIONING_ENDPOINT: optional.meta({ description: 'Full bulkUpload URL, as the portal shows it' }),
  PROVISIONING_ALLOW_HTTP: flag.meta({ description: 'Allow plain HTTP to loopback, for a local double' }),
  AUTH_MODE: z
    .enum(AUTH_MODES)
    .default('default')
    .meta({ description: 'How the connector authenticates to Azure' }),
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
      'HTTP proxy for Graph, tokens and HR systems, and for Service Bus with SERVICEBUS_WEBSOCKETS',
    secret: true,
  }),
  NO_PROXY: optional.meta({
    description: 'Hosts to reach without the proxy: names, .suffixes or *, separated by commas',
  }),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .meta({ description: 'Lowest level that is logged' }),
  SOURCE_ZONE: zone.default('UTC').meta({ description: 'IANA zone of plain dates in events' }),
  SOURCE_ORDER: z
    .enum(['version', 'sequence', 'time'])
    .default('version')
    .meta({ description: 'What orders the events of one source and employee' }),
  SOURCE_LAST_DAY: z.enum(['inclusive', 'exclusive']).default('exclusive').meta({
    description:
      'Whether a termination date is the last day worked (inclusive) or the first day out (exclusive)',
  }),
  IN_FLIGHT: whole.min(1).max(24_000).default(768).meta({
    description: 'Largest number of unsettled messages over all queues. Each receiver holds at most 1500',
  }),
  RECEIVERS: whole
    .min(1)
    .max(16)
    .default(1)
    .meta({ description: 'Receivers of each queue without sessions, each with its own connection' }),
  SESSIONS: whole
    .min(1)
    .max(512)
    .default(32)
    .meta({ description: 'Sessions held at once, for each queue that requires sessions' }),
  SESSION_IDLE_MS: duration(200).meta({
    description: 'A session without messages for this long is given back',
  }),
  SESSION_TURN_MS: duration(10_000).meta({
    description: 'A session is given back after this long, so that others get their turn',
  }),
  INTAKE_BATCH: whole
    .min(1)
    .max(2_000)
    .default(384)
    .meta({ description: 'Largest number of messages in one commit' }),
  INTAKE_BATCH_MS: duration(5).meta({
    description:
      'How long a message waits for others in its commit; not at all after a rest of four times as long',
  }),
  BACKLOG_PER_SECOND: whole
    .min(1)
    .default(100)
    .meta({ description: 'More messages per second than this count as a backlog' }),
  COALESCE_QUIET_MS: duration(2_000).meta({
    description: 'An employee is planned after this long without a new event',
  }),
  COALESCE_MAX_WAIT_MS: duration(120_000).meta({
    description: 'An employee waits for planning at most this long',
  }),
  INCOMPLETE_MS: duration(86_400_000).meta({
    description: 'How long an employee may lack required attributes',
  }),
  BATCH_OPERATIONS: whole
    .min(1)
    .max(50)
    .default(50)
    .meta({ description: 'Largest number of operations in one call' }),
  BATCH_BYTES: whole
    .min(1_000)
    .default(3_500_000)
    .meta({ description: 'Largest number of bytes in one call' }),
  BATCH_FILL_MS: duration(10_000).meta({ description: 'How long a batch that is not full waits' }),
  UPLOADS: whole
    .min(1)
    .max(40)
    .default(4)
    .meta({ description: 'Largest number of calls in progress at once' }),
  CALLS_PER_5S: limit(40).meta({ description: 'Calls in any 5 seconds' }),
  CALLS_PER_DAY: limit(2_000).meta({
    description: 'Calls in any 24 hours: 2000 with P1/P2, 6000 with Governance',
  }),
  HTTP_TIMEOUT_MS: duration(30_000).meta({ description: 'Longest time for one HTTP attempt' }),
  LOG_POLL_MS: duration(30_000).meta({ description: 'Time between two reads of the provisioning log' }),
  LOG_REQUESTS_PER_10S: limit(5).meta({ description: 'Requests to the provisioning log in 10 seconds' }),
  LOG_PAGE: whole
    .min(1)
    .max(1_000)
    .default(500)
    .meta({ description: 'Records requested in one page of the log' }),
  LOG_ANALYTICS_WORKSPACE: optional.meta({
    description: 'Id of a Log Analytics workspace to read the provisioning log from, instead of Graph',
  }),
  LOG_ANALYTICS_ENDPOINT: text.default('https://api.loganalytics.io').meta({
    description: 'The query API of Log Analytics; another one for a national cloud',
  }),
  LOG_MAX_LAG_MS: duration(1_800_000).meta({
    description: 'How long after its time a record may still appear in the log',
  }),
  CLOCK_SKEW_MS: duration(120_000).meta({
    description: 'Largest difference between the clocks of the parties',
  }),
  FINAL_QUIET_MS: duration(60_000).meta({
    description: 'How long later records may still refine an answer',
  }),
  OUTCOME_DEADLINE_MS: duration(5_400_000).meta({
    description: 'An operation is resent when the log was read this far past it without a record of it',
  }),
  MAX_RESENDS: whole
    .min(1)
    .default(3)
    .meta({ description: 'How often an operation without an answer is sent' }),
  FAILED_ATTEMPTS: whole.min(1).max(10).default(1).meta({
    description:
      'How often a record is sent before its events are dead-lettered, if the service fails with it and names no attribute',
  }),
  BRAKE_WINDOW_MS: duration(86_400_000).meta({
    description: 'Window in which the brake counts deactivations',
  }),
  BRAKE_ABSOLUTE: limit(500).meta({
    description: 'The brake holds more deactivations than this in a window until an operator releases them',
  }),
  BRAKE_PERCENT: whole
    .min(1)
    .max(100)
    .default(5)
    .meta({ description: 'The brake also holds more than this share of all active employees, in percent' }),
  BRAKE_FLOOR: limit(50).meta({ description: 'The share only counts above this many employees' }),
  JOB_POLL_MS: duration(300_000).meta({
    description: 'Time between two reads of the job, if the permission is granted',
  }),
  JOB_RESTART_SIGN: z.enum(['steady-state', 'none']).default('steady-state').meta({
    description: 'What shows that the job was restarted: a new first steady state (inferred), or nothing',
  }),
  RESTART_WAIT_MS: duration(2_400_000).meta({
    description:
      'How long nothing is sent after a job that had no room was restarted, which takes the sign of JOB_RESTART_SIGN',
  }),
  DIRECTORY_DIFF_MS: limit(86_400_000).meta({
    description:
      'Time between two comparisons with the accounts of the directory, if the permission is granted. unlimited: only by rollcall diff',
  }),
  DIRECTORY_GUARD: z.enum(['on', 'off']).default('on').meta({
    description:
      'Whether the accounts of a batch are read before it is sent, if the permission is granted, so that no account is enabled that an administrator disabled',
  }),
  OBJECT_CONNECTIONS: z.enum(['on', 'off']).default('off').meta({
    description:
      'Whether the service is asked for its object connection before an operation without an answer is given up. A preview of Microsoft Graph, which needs a permission',
  }),
  ESCROW_MS: duration(2_592_000_000).meta({
    description: 'How long the service may retry a failed operation itself',
  }),
  RETENTION_DAYS: whole.min(1).default(400).meta({
    description: 'Events settled longer ago than this are folded away. Values that still stand are kept',
  }),
  WATCHDOG_MS: duration(60_000).meta({
    description: 'A receiver is reopened after this long without messages while its queue holds some',
  }),
  HTTP_ADDRESS: httpAddress.nullable().default(null).meta({
    description:
      'Address of the console, /livez, /readyz and /metrics: a port on loopback, or address:port. Without it they are not served',
  }),
  HTTP_TOKEN: optional.meta({
    description: 'Token for /metrics and the console, if HTTP_ADDRESS is not on loopback',
    secret: true,
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional.meta({
    description: 'Where telemetry is sent. Without it, there is none',
  }),
  ...CONSOLE_VARIABLES,
})
export type Environment = Readonly<Record<string, string | undefined>>
export type Settings = Readonly<z.output<typeof ENVIRONMENT>>

/**
 * Variables whose values are never shown. Each may also be read from a file that `<name>_FILE`
 * names.
 */
export const SECRETS: readonly string[] = Object.entries(ENVIRONMENT.shape).flatMap(([name, schema]) =>
  schema.meta()?.['secret'] === true ? [name] : [],
)

/**
 * Timings for doubles that answer within a second. Spelled as variables, so that `rollcall local
 * --fast` can print them.
 */
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
