import { hostname } from 'node:os'
import type { TokenCredential } from '@azure/identity'
import type { ServiceBusClient } from '@azure/service-bus'
import { busSourceQueue } from '../adapters/service-bus/receiver.ts'
import type { BusMessage } from '../adapters/service-bus/message.ts'
import { ACCEPT_RETRY, sessionSourceQueue } from '../adapters/service-bus/sessions.ts'
import { type BusAddress, closeWithin, connect } from '../adapters/service-bus/client.ts'
import { type Connection, connectionOf } from '../adapters/service-bus/connection.ts'
import { busWitness } from '../adapters/service-bus/witness.ts'
import { busDeadLetterQueue } from '../adapters/service-bus/dead-letter-queue.ts'
import { busSender } from '../adapters/service-bus/sender.ts'
import { type ReceiverHealth, receiverHealth } from '../adapters/service-bus/health.ts'
import { graphClient } from '../adapters/graph/client.ts'
import { createCredential } from '../adapters/graph/credential.ts'
import { parseEndpoint } from '../adapters/graph/endpoint.ts'
import { guarded } from '../adapters/graph/breaker.ts'
import { graphJob } from '../adapters/graph/job.ts'
import { graphLog, logWindow, graphProvisioning } from '../adapters/graph/provisioning.ts'
import { isShared, type LedgerAddress, openLedger } from '../adapters/ledger-sql/open.ts'
import { copyCipher } from '../adapters/copy-cipher.ts'
import { proxyFor, useProxy } from '../adapters/proxy.ts'
import type { Config } from '../config/load.ts'
import { connector, type ConnectorSettings } from '../core/connector.ts'
import type { Loop } from '../core/loops.ts'
import { RollcallError } from '../core/errors.ts'
import { readBySource } from '../core/intake/hydrate/loop.ts'
import { joinSourceQueues } from '../core/intake/source-queues.ts'
import { sourceRules } from '../core/intake/sources.ts'
import type { Ledger } from '../core/ledger/ledger.ts'
import type { BrakeSettings } from '../core/ledger/port/plan.ts'
import type { SourceQueue, Sender, DeadLetterQueue } from '../core/ports.ts'
import type { CopyContent } from '../core/report/dead-letters/copies.ts'
import { DAY_MS, type Runtime } from '../core/runtime.ts'
import type { Service } from '../core/service.ts'

/** A connector with everything it needs. `run` ends when it is stopped; `close` gives everything back, in reverse order. */
export interface Composed {
  readonly ledger: Ledger
  readonly service: Service
  /** Whether receivers are open and the bus can be reached; `null` where no messages are taken in. */
  readonly receiving: (() => boolean) | null
  /** Rejects when the ledger is lost to this process for good; nothing is worth waiting for then. Never resolves. */
  readonly lost: Promise<never>
  close(): Promise<void>
}

const CLOSE_MS = 2_000
const LOG_WINDOW_MS = 10_000
/** A copy that somebody else keeps locked is taken away another time. */
const SWEEP_PATIENCE_MS = 15_000
/** Several HTTP attempts with their waits. */
const LONGEST_READ_MS = 300_000
/** So many failures in a row say that the service is down. */
const BREAKER = { failures: 5, retryMs: 15_000 }

/** The one place where the core meets the outside. When something cannot be had, what was opened before is closed again. */
export async function compose(
  config: Config,
  runtime: Runtime,
  loops?: ReadonlySet<Loop>,
): Promise<Composed> {
  await using stack = new AsyncDisposableStack()
  // Before the identity is made, which looks for a proxy when it is.
  stack.use(useProxy(config))
  const endpoint = parseEndpoint(
    need(config.PROVISIONING_ENDPOINT, 'PROVISIONING_ENDPOINT', 'the bulkUpload URL of the portal'),
    config.PROVISIONING_ALLOW_HTTP,
  )
  const credential = credentialOf(config)
  if (config.AUTH_MODE === 'local' && endpoint.origin.startsWith('https:'))
    throw new RollcallError(
      'AuthIncomplete',
      'AUTH_MODE=local is for local doubles; a real tenant needs an identity',
    )
  const lost = Promise.withResolvers<never>()
  lost.promise.catch(() => {})
  const opening = openLedger(
    ledgerAddress(config, credential),
    { kind: 'own', onGone: lost.reject },
    runtime.now,
  )
  const ledger = stack.adopt(await opening, (it) => it.close())
  const connected = (): ServiceBusClient =>
    stack.adopt(connect(busAddress(config, credential)), (it) => closeWithin(CLOSE_MS, it.close()))
  const bus = connected()
  const outcomes = stack.adopt(busSender(bus, config.OUTCOMES_QUEUE), (it) =>
    closeWithin(CLOSE_MS, it.close()),
  )
  const deadLetters = config.DEAD_LETTER_QUEUE === 'none' ? null : config.DEAD_LETTER_QUEUE
  const copies =
    deadLetters === null ? null : copiesAt(bus, deadLetters, config.DEAD_LETTER_QUEUE_DELIVERIES, runtime)
  stack.defer(async () => copies?.close())
  const witness =
    config.CONTROL_QUEUE === 'none'
      ? {}
      : { witness: busWitness(bus, config.CONTROL_QUEUE, `ledger of ${endpoint.jobId}`) }
  const graph = graphClient(endpoint, credential, config.HTTP_TIMEOUT_MS, runtime.now)
  const { sources, shapes, fold: owned, nameOf } = sourceRules(config.rules.sources)
  const fold = { ...owned, activation: config.rules.activation }
  const { readers, notices } = config.rules
  const settings = settingsOf(config, runtime.id())
  const receivers = receiverHealth(runtime.now)
  const connections: Connection[] = []
  stack.defer(async () => void (await Promise.all(connections.map((one) => one.close()))))
  const receiving = (): Connection => {
    const made = connectionOf(() => connect(busAddress(config, credential)))
    connections.push(made)
    return made
  }
  const service = connector(
    {
      sourceQueue: receivers.watch(sourceQueueOf(config, receiving, credential, runtime, receivers)),
      ledger,
      provisioning: guarded(graphProvisioning(graph, endpoint), BREAKER),
      log: graphLog(
        graph,
        endpoint,
        logWindow({ requests: config.LOG_REQUESTS_PER_10S, windowMs: LOG_WINDOW_MS }, runtime),
        config.LOG_PAGE,
        runtime,
      ),
      job: graphJob(graph, endpoint, config.JOB_RESTART_SIGN),
      outcomes,
      ...(copies ? { copies } : {}),
      ...witness,
      ...(readers.size > 0
        ? { reader: readBySource((source) => readers.get(nameOf(source) ?? '') ?? null) }
        : {}),
    },
    { mapping: config.rules.mapping, sources },
    {
      ...settings,
      ...(loops ? { loops } : {}),
      intake: { ...settings.intake, shapes },
      plan: {
        ...settings.plan,
        fold,
        attributeFailure: { attempts: config.FAILED_ATTEMPTS, targets: config.rules.targets },
      },
      hydrate: { ...notices, leaseMs: LONGEST_READ_MS },
      retention: {
        afterMs: config.RETENTION_DAYS * DAY_MS,
        employeesAtOnce: 100,
        rowsAtOnce: 500,
        pauseMs: 200,
        everyMs: 3_600_000,
        fold,
      },
    },
    runtime,
  )
  const held = stack.move()
  const isReceiving = loops && !loops.has('intake') ? null : receivers.receiving
  return { ledger, service, receiving: isReceiving, lost: lost.promise, close: () => held.disposeAsync() }
}

function copiesAt(
  bus: ServiceBusClient,
  name: string,
  mostDeliveries: number,
  runtime: Runtime,
): { readonly sender: Sender<string>; readonly queue: DeadLetterQueue; close(): Promise<void> } {
  const sender = busSender(bus, name)
  const queue = busDeadLetterQueue(
    bus,
    { queue: name, shelf: 'queue', patienceMs: SWEEP_PATIENCE_MS, mostDeliveries },
    runtime,
  )
  return {
    sender,
    queue,
    close: async () =>
      void (await Promise.all([closeWithin(CLOSE_MS, sender.close()), closeWithin(CLOSE_MS, queue.close())])),
  }
}

/** One inbox over every queue and subscription the sources name. What may be in flight is shared by them. */
function sourceQueueOf(
  config: Config,
  connection: () => Connection,
  credential: TokenCredential,
  runtime: Runtime,
  { trouble: onTrouble }: ReceiverHealth,
): SourceQueue<BusMessage> {
  const { sourceAddresses } = config.rules
  const share = config.IN_FLIGHT / sourceAddresses.length
  const atLeastOne = (count: number): number => Math.max(1, Math.floor(count))
  const {
    SESSIONS: sessions,
    SESSION_IDLE_MS: idleMs,
    SESSION_TURN_MS: turnMs,
    WATCHDOG_MS: watchdogMs,
  } = config
  return joinSourceQueues(
    sourceAddresses.flatMap((sourceAddress) => {
      if (!sourceAddress.sessions) {
        const inFlight = atLeastOne(share / config.RECEIVERS)
        return Array.from({ length: config.RECEIVERS }, () =>
          busSourceQueue(connection(), { ...sourceAddress, inFlight, watchdogMs, onTrouble }, runtime),
        )
      }
      const again = (): ServiceBusClient => connect(busAddress(config, credential), ACCEPT_RETRY)
      return [
        sessionSourceQueue(
          again,
          { ...sourceAddress, inFlight: atLeastOne(share), sessions, idleMs, turnMs, watchdogMs, onTrouble },
          runtime,
        ),
      ]
    }),
  )
}

export function credentialOf(config: Config): TokenCredential {
  return createCredential({
    mode: config.AUTH_MODE,
    tenantId: config.AZURE_TENANT_ID,
    clientId: config.AZURE_CLIENT_ID,
    clientSecret: config.AZURE_CLIENT_SECRET,
    certificatePath: config.AZURE_CLIENT_CERTIFICATE_PATH,
  })
}

const tokensOf =
  (credential: TokenCredential) =>
  async (scope: string): Promise<string | null> =>
    (await credential.getToken(scope))?.token ?? null

export function ledgerAddress(config: Config, credential?: TokenCredential): LedgerAddress {
  const { LEDGER: location, LEDGER_AUTH, LEDGER_PASSWORD: password } = config
  const auth =
    LEDGER_AUTH === 'entra'
      ? { kind: 'entra' as const, tokens: tokensOf(credential ?? credentialOf(config)) }
      : { kind: 'password' as const, password }
  return {
    location,
    auth,
    instance: config.INSTANCE ?? hostname(),
    connections: config.LEDGER_CONNECTIONS,
    statementMs: config.LEDGER_STATEMENT_MS,
  }
}

export function busAddress(config: Config, credential: TokenCredential = credentialOf(config)): BusAddress {
  const { SERVICEBUS_CONNECTION_STRING: connectionString, SERVICEBUS_WEBSOCKETS } = config
  const over = (host: string, port: number): Pick<BusAddress, 'webSockets'> =>
    SERVICEBUS_WEBSOCKETS ? { webSockets: { proxy: proxyFor(host, port, config) } } : {}
  if (connectionString !== null) {
    const [, host = '', port = '443'] = /Endpoint=sb:\/\/([^/:;]+)(?::(\d+))?/i.exec(connectionString) ?? []
    return { kind: 'connection-string', connectionString, ...over(host, Number(port)) }
  }
  const host = need(
    config.SERVICEBUS_FQDN,
    'SERVICEBUS_FQDN',
    'the host name of the namespace (or SERVICEBUS_CONNECTION_STRING)',
  )
  return { kind: 'identity', host, credential, ...over(host, 443) }
}

function need(value: string | null, variable: string, what: string): string {
  if (value === null)
    throw new RollcallError(
      'ConfigInvalid',
      `${variable} is not set; it takes ${what}. rollcall local prints all variables for a local try`,
    )
  return value
}

export function brakeOf(config: Config): BrakeSettings {
  return {
    windowMs: config.BRAKE_WINDOW_MS,
    absolute: config.BRAKE_ABSOLUTE,
    percent: config.BRAKE_PERCENT,
    floor: config.BRAKE_FLOOR,
  }
}

function settingsOf(config: Config, owner: string): ConnectorSettings {
  const leaseMs = config.LEASE_MS
  const shared = isShared({ location: config.LEDGER })
  const submitLeaseMs = config.HTTP_TIMEOUT_MS * 2 + 30_000
  return {
    ...(shared ? { lease: { owner, leaseMs } } : {}),
    uploads: config.UPLOADS,
    intake: {
      batchSize: config.INTAKE_BATCH,
      batchMs: config.INTAKE_BATCH_MS,
      skewMs: config.CLOCK_SKEW_MS,
      quietMs: config.COALESCE_QUIET_MS,
      maxWaitMs: config.COALESCE_MAX_WAIT_MS,
      backlogPerSecond: config.BACKLOG_PER_SECOND,
    },
    plan: {
      employeesAtOnce: 200,
      pollMs: Math.min(250, Math.max(20, config.COALESCE_QUIET_MS / 4)),
      maxWaitMs: config.COALESCE_MAX_WAIT_MS,
      incompleteMs: config.INCOMPLETE_MS,
      brake: brakeOf(config),
      ...(shared ? { claimMs: leaseMs } : {}),
    },
    job: { pollMs: config.JOB_POLL_MS, forbiddenMs: 3_600_000 },
    clock: {
      pollMs: 2_000,
      shared,
      toleranceMs: config.CLOCK_SKEW_MS,
      maxWaitMs: config.COALESCE_MAX_WAIT_MS,
      leaseMs: Math.max(leaseMs, submitLeaseMs, LONGEST_READ_MS),
      quietMs: config.FINAL_QUIET_MS,
    },
    submit: {
      owner,
      maxOperations: config.BATCH_OPERATIONS,
      maxBytes: config.BATCH_BYTES,
      fillMs: config.BATCH_FILL_MS,
      leaseMs: submitLeaseMs,
      pollMs: Math.min(250, Math.max(20, config.BATCH_FILL_MS / 2)),
      attempts: 4,
      limits: { perWindow: config.CALLS_PER_5S, windowMs: 5_000, perDay: config.CALLS_PER_DAY },
      retryMs: 1_000,
      retryCapMs: 30_000,
      throttledMs: 5_000,
      fullMs: 450_000,
      circuitMs: 15_000,
      refusedMs: 60_000,
    },
    correlate: {
      startMs: Number.isFinite(config.LOG_REQUESTS_PER_10S) ? LOG_WINDOW_MS : 0,
      pollMs: config.LOG_POLL_MS,
      pageMs: 0,
      maxLagMs: config.LOG_MAX_LAG_MS,
      skewMs: config.CLOCK_SKEW_MS,
      quietMs: config.FINAL_QUIET_MS,
      deadlineMs: config.OUTCOME_DEADLINE_MS,
      maxResends: config.MAX_RESENDS,
      askAtOnce: 20,
      escrowMs: config.ESCROW_MS,
      sliceMs: 3_600_000,
    },
    publish: { pollMs: 250, atOnce: 500, values: config.OUTCOME_VALUES, sessions: config.OUTCOME_SESSIONS },
    copies: { content: copyContentOf(config), pollMs: 1_000, atOnce: 200, sweepMs: 1_000, restMs: 3_600_000 },
  }
}

function copyContentOf(config: Config): CopyContent {
  const { DEAD_LETTER_COPIES: kind } = config
  if (kind !== 'encrypted') return { kind }
  const key = need(
    config.DEAD_LETTER_COPY_KEY,
    'DEAD_LETTER_COPY_KEY',
    '32 bytes in base64, because DEAD_LETTER_COPIES is encrypted',
  )
  return { kind, seal: copyCipher(key).seal }
}
