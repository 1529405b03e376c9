import type { TokenCredential } from '@azure/identity'
import type { ServiceBusClient } from '@azure/service-bus'
import { threadCommitter } from '../adapters/intake-thread/client.ts'
import { openLedgerThread } from '../adapters/ledger-sql/open.ts'
import { useProxy } from '../adapters/proxy.ts'
import { closeWithin, connect } from '../adapters/service-bus/client.ts'
import { type Connection, connectionOf } from '../adapters/service-bus/connection.ts'
import { busDeadLetterQueue } from '../adapters/service-bus/dead-letter-queue.ts'
import { receiverHealth } from '../adapters/service-bus/receive/health.ts'
import type { BusMessage } from '../adapters/service-bus/message.ts'
import { busSender } from '../adapters/service-bus/sender.ts'
import { busWitness } from '../adapters/service-bus/witness.ts'
import type { Config } from '../config/load.ts'
import { connector } from '../core/connector.ts'
import type { ConnectorSettings, Ports } from '../core/connector/assembly.ts'
import { readBySource } from '../core/intake/hydrate/loop.ts'
import { sourceRules } from '../core/intake/sources.ts'
import type { Ledger } from '../core/ledger/ledger.ts'
import { applyRules } from '../core/plan/apply-rules.ts'
import type { Loop } from '../core/loops.ts'
import { DAY_MS, type Runtime } from '../core/runtime.ts'
import type { Service } from '../core/service.ts'
import { busAddress, ledgerAddress, localOnlyCredential } from './addresses.ts'
import { destinationNames, destinationsIn } from './destinations/list.ts'
import { expectKnownDestinations } from './destinations/known.ts'
import { composeDirectDestinations } from './destinations/direct.ts'
import { directoriesIn } from './destinations/directories.ts'
import { composeDestinations } from './destinations/ports.ts'
import { directorySettingsOf, SETTLE_MS } from './directory.ts'
import { identityOf } from './instance/identity.ts'
import { channelsOf } from './alerts/channels.ts'
import { alertSettingsOf } from './alerts/settings.ts'
import { intakeModule } from './intake/module.ts'
import { READ_LEASE_MS, settingsOf } from './settings.ts'
import { deadLetterReasonsOf, sourceQueueOf } from './intake/source-queues.ts'

type ConnectorPorts = Ports<BusMessage>

/**
 * A connector with everything it needs. `run` ends after `stop`; `close` frees everything in
 * reverse order.
 */
export interface Composed {
  readonly ledger: Ledger
  readonly service: Service
  /**
   * Whether receivers are open and the bus can be reached; `null` if this process receives no
   * messages.
   */
  readonly receiving: (() => boolean) | null
  /**
   * Rejects when this process has lost the ledger for good, so that it should end. Never resolves.
   */
  readonly lost: Promise<never>
  close(): Promise<void>
}

/** The outside world from which every port is made. */
interface Outside {
  readonly config: Config
  readonly runtime: Runtime
  /** Of the job that the ledger is named after on the bus. */
  readonly jobId: string
  readonly credential: TokenCredential
  /** Closes what was opened, in reverse order. */
  readonly stack: AsyncDisposableStack
}

const CLOSE_MS = 2_000
/** A copy that another process keeps locked is removed in a later sweep. */
const SWEEP_PATIENCE_MS = 15_000

/**
 * Joins the core and the adapters. Rejects if something cannot be opened, after closing what was
 * opened before. Without `loops`, all loops run.
 */
export async function compose(
  config: Config,
  runtime: Runtime,
  loops?: ReadonlySet<Loop>,
): Promise<Composed> {
  await using stack = new AsyncDisposableStack()
  // Before the identity is created, because the identity reads the proxy settings at that time.
  stack.use(useProxy(config))
  const [{ endpoint }] = destinationsIn(config)
  const outside: Outside = {
    config,
    runtime,
    jobId: endpoint.jobId,
    credential: await localOnlyCredential(config, endpoint),
    stack,
  }
  const lost = Promise.withResolvers<never>()
  lost.promise.catch(() => {})
  const { ledger, ask } = await openLedgerThread(
    ledgerAddress(config, outside.credential),
    { onGone: lost.reject, module: intakeModule(config) },
    runtime.now,
  )
  stack.defer(() => ledger.close())
  if (!loops || loops.has('provision')) await putInForce(config, ledger, runtime)
  const health = receiverHealth(runtime.now)
  const sourceQueue = health.watch(
    sourceQueueOf(config, {
      credential: outside.credential,
      health,
      runtime,
      connection: connectionsOf(outside),
    }),
  )
  const { sources } = sourceRules(config.rules.sources)
  const settings = connectorSettings(config, runtime, loops)
  const [first, ...jobs] = await composeDestinations(config, settings, runtime)
  const accountsAt = (name: string) =>
    jobs.find((one) => one.name === name)?.ports.accounts ?? first.ports.accounts
  const directly = await composeDirectDestinations(config, settings, runtime)
  const receiving = loops && !loops.has('intake') ? null : health.receiving
  const service = connector(
    {
      sourceQueue,
      ledger,
      committer: threadCommitter(ask, runtime),
      signs: { receiving },
      ...first.ports,
      directories: await directoriesIn(config, ({ name }) => accountsAt(name)),
      others: [...jobs, ...directly],
      ...busPorts(outside),
      ...readerPort(config),
    },
    { mapping: config.rules.mapping, sources },
    { ...settings, ...first.settings, destination: first.name },
    runtime,
  )
  const held = stack.move()
  return { ledger, service, receiving, lost: lost.promise, close: () => held.disposeAsync() }
}

/** What must be so before anything is planned or sent. */
async function putInForce(config: Config, ledger: Ledger, runtime: Runtime): Promise<void> {
  await expectKnownDestinations(ledger, config)
  await applyRules(ledger, config.rules, runtime)
  if (config.rules.emergency !== null) return
  // Without an emergency lane, no employee waits for it.
  for (const { name } of destinationNames(config)) await ledger.markEmergencyWaits([], name)
}

/** Opens connections for receivers. All of them are closed with the connector, at the same time. */
function connectionsOf({ config, credential, stack }: Outside): () => Connection {
  const connections: Connection[] = []
  stack.defer(async () => void (await Promise.all(connections.map((one) => one.close()))))
  return () => {
    const connection = connectionOf(() => connect(busAddress(config, credential)))
    connections.push(connection)
    return connection
  }
}

function busPorts({
  config,
  runtime,
  jobId,
  credential,
  stack,
}: Outside): Pick<ConnectorPorts, 'outcomes' | 'deadLetterReasons' | 'copies' | 'witness' | 'channels'> {
  const connected = () =>
    stack.adopt(connect(busAddress(config, credential)), (it) => closeWithin(CLOSE_MS, it.close()))
  const bus = connected()
  const outcomes = stack.adopt(busSender(bus, config.OUTCOMES_QUEUE), (it) =>
    closeWithin(CLOSE_MS, it.close()),
  )
  return {
    outcomes,
    channels: channelsOf({ config, stack, bus: () => bus }),
    // On a connection of their own, so that counting holds up nothing else.
    deadLetterReasons: deadLetterReasonsOf(config, connected()),
    ...(config.DEAD_LETTER_QUEUE === 'none' ? {} : { copies: copiesAt(bus, { config, runtime, stack }) }),
    ...(config.CONTROL_QUEUE === 'none'
      ? {}
      : { witness: busWitness(bus, config.CONTROL_QUEUE, `ledger of ${jobId}`) }),
  }
}

/** Where copies of dead letters are sent, and swept. */
function copiesAt(
  bus: ServiceBusClient,
  { config, runtime, stack }: Pick<Outside, 'config' | 'runtime' | 'stack'>,
): NonNullable<ConnectorPorts['copies']> {
  const name = config.DEAD_LETTER_QUEUE
  const sender = busSender(bus, name)
  const queue = busDeadLetterQueue(
    bus,
    {
      queue: name,
      shelf: 'queue',
      patienceMs: SWEEP_PATIENCE_MS,
      mostDeliveries: config.DEAD_LETTER_QUEUE_DELIVERIES,
    },
    runtime,
  )
  stack.defer(async () => {
    await Promise.all([closeWithin(CLOSE_MS, sender.close()), closeWithin(CLOSE_MS, queue.close())])
  })
  return { sender, queue }
}

function readerPort(config: Config): Pick<ConnectorPorts, 'reader'> {
  const { readers, sources } = config.rules
  const { nameOf } = sourceRules(sources)
  return readers.size === 0
    ? {}
    : { reader: readBySource((source) => readers.get(nameOf(source) ?? '') ?? null) }
}

function connectorSettings(
  config: Config,
  runtime: Runtime,
  loops: ReadonlySet<Loop> | undefined,
): ConnectorSettings {
  const owner = runtime.id()
  const settings = settingsOf(config, owner)
  const { shapes, fold: ownership, nameOf } = sourceRules(config.rules.sources)
  const directory = directorySettingsOf(config)
  const fold = { ...ownership, activation: config.rules.activation }
  return {
    ...settings,
    ...(loops ? { loops } : {}),
    instance: identityOf(config, owner, loops),
    alerts: alertSettingsOf(config),
    ...(directory ? { directory } : {}),
    ...(config.DIRECTORY_GUARD === 'on' ? { guard: { settleMs: SETTLE_MS } } : {}),
    intake: {
      ...settings.intake,
      shapes,
      unmapped: { uses: config.rules.uses, nameOf },
    },
    plan: {
      ...settings.plan,
      fold,
      ...(config.rules.pilot ? { pilot: config.rules.pilot } : {}),
      ...(config.rules.destinations ? { routing: config.rules.destinations.routing } : {}),
      attributeFailure: { attempts: config.FAILED_ATTEMPTS, targets: config.rules.targets },
    },
    hydrate: { ...config.rules.notices, leaseMs: READ_LEASE_MS },
    retention: {
      afterMs: config.RETENTION_DAYS * DAY_MS,
      employeesAtOnce: 100,
      rowsAtOnce: 500,
      pauseMs: 200,
      everyMs: 3_600_000,
      fold,
    },
  }
}
