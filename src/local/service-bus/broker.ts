import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { BrokerConfig } from './config.ts'
import { ClientConnection } from './connection.ts'
import { Entrance } from './entrance.ts'
import { refusals } from './errors.ts'
import { Faults, sameAddress } from './faults.ts'
import type { Fault } from './faults.ts'
import type { QueueEntity } from './entity.ts'
import { Namespace } from './namespace.ts'
import { Nodes } from './nodes.ts'
import { Persistence } from './persistence.ts'
import { createContainer } from './rhea-types.ts'
import type { RheaContainer } from './rhea-types.ts'
import { defaultSettings } from './settings.ts'
import type { BrokerSettings } from './settings.ts'
import { Turn } from './turn.ts'

export interface BrokerOptions {
  readonly config: BrokerConfig
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  /** Epoch milliseconds; default `Date.now`. Locks, schedules, times to live and duplicate windows follow it. */
  readonly now?: () => number
  readonly settings?: Partial<BrokerSettings>
  /** A file that keeps everything acknowledged over the end of the process; without one, messages live in memory. */
  readonly file?: string
}

/** Messages of one entity. Every message held is in exactly one of active, locked, scheduled and deferred (a locked deferred one is in both). */
export interface EntityCounts {
  /** Deliverable now. */
  readonly active: number
  readonly locked: number
  readonly scheduled: number
  readonly deferred: number
  /** Held by the entity's dead-letter queue. */
  readonly deadLetter: number
  /** Ever accepted and stored; duplicates that were dropped are not. */
  readonly incoming: number
  /** Ever completed, or received and deleted. */
  readonly completed: number
  /** Ever accepted and dropped as duplicates. */
  readonly duplicates: number
  /** Ever expired. */
  readonly expired: number
}

/** A running broker. */
export interface Broker {
  readonly port: number
  /** For `new ServiceBusClient(…)`. The key is made up and not checked. */
  readonly connectionString: string
  /** Rejects when there is no such entity. Dead-letter queues have addresses of their own (`queue/$DeadLetterQueue`). */
  counts(entity: string): Promise<EntityCounts>
  /** Resolves when the fault has taken effect, or is in force. */
  inject(fault: Fault): Promise<void>
  /** Closes every connection and the port. Idempotent; nothing of the broker runs when it resolves. */
  stop(): Promise<void>
}

/** Starts a broker in this process. Rejects when the port cannot be had. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const broker = new LocalBroker(options)
  try {
    await broker.listen(options.host ?? '127.0.0.1', options.port ?? 0)
  } catch (error) {
    await broker.stop()
    throw error
  }
  return broker
}

/** How a client reaches a broker at `host` and `port`. */
export function connectionStringFor(host: string, port: number): string {
  // Where a server that listens everywhere is reached from this machine.
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  const key = Buffer.from('the local broker takes any key').toString('base64')
  return `Endpoint=sb://${reachable}:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=${key};UseDevelopmentEmulator=true;`
}

/** Idle links and connections are looked for less often than locks. */
const sweepsPerWatch = 8

class LocalBroker implements Broker {
  port = 0
  connectionString = ''
  private readonly settings: BrokerSettings
  private readonly now: () => number
  private readonly turn = new Turn()
  private readonly namespace: Namespace
  private readonly nodes: Nodes
  private readonly faults = new Faults()
  private readonly container: RheaContainer = createContainer({
    id: `rollcall-bus-${randomBytes(4).toString('hex')}`,
  })
  private readonly persistence: Persistence | undefined
  private readonly connections = new Set<ClientConnection>()
  private readonly entrance: Entrance
  private sweeper: NodeJS.Timeout | undefined
  private stopping: Promise<void> | undefined
  private sweeps = 0

  constructor(options: BrokerOptions) {
    this.settings = { ...defaultSettings, ...options.settings }
    this.now = options.now ?? Date.now
    this.persistence = options.file === undefined ? undefined : new Persistence(options.file)
    this.turn.commit = () => this.persistence?.commit()
    this.namespace = new Namespace(options.config, this.settings, this.turn, this.now, this.persistence)
    this.nodes = new Nodes(this.namespace, this.settings, this.faults, this.now)
    // Anybody may in: what is checked of a client, if anything, is its token at `$cbs`. MSSBCBS is what the .NET client calls that.
    const mechanisms = this.container.sasl_server_mechanisms
    mechanisms.enable_anonymous()
    mechanisms['MSSBCBS'] = mechanisms['ANONYMOUS']
    mechanisms.enable_plain(() => true)
    this.entrance = new Entrance(this.settings.handshakeTimeoutMs, (stream) => this.connected(stream))
  }

  async listen(host: string, port: number): Promise<void> {
    this.port = await this.entrance.listen(host, port)
    this.connectionString = connectionStringFor(host, this.port)
    this.sweeper = setInterval(() => this.sweep(), this.settings.sweepIntervalMs)
  }

  async counts(address: string): Promise<EntityCounts> {
    const entity = this.namespace.entity(address)
    if (entity === undefined) throw new Error(refusals.entityNotFound(address).description)
    const deadLetters = entity.deadLetters?.queue.counts()
    return {
      ...entity.queue.counts(),
      deadLetter:
        deadLetters === undefined ? 0 : deadLetters.active + deadLetters.locked + deadLetters.deferred,
    }
  }

  async inject(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'drop-connections':
        for (const connection of this.connections) connection.destroy()
        return
      case 'expire-locks':
        for (const entity of this.meant(fault.entity)) entity.queue.expireLocks(this.now())
        return
      case 'stall':
        for (const entity of this.meant(fault.entity)) entity.stall(true)
        return
      case 'resume':
        this.faults.clear()
        for (const entity of this.namespace.entities()) entity.stall(false)
        return
      case 'slow-acknowledgements':
      case 'lose-acknowledgements':
      case 'deliver-twice':
      case 'server-busy':
        this.faults.add(fault)
        return
      default:
        fault satisfies never
    }
  }

  stop(): Promise<void> {
    this.stopping ??= this.shutDown()
    return this.stopping
  }

  private async shutDown(): Promise<void> {
    clearInterval(this.sweeper)
    const closed = this.entrance.close()
    for (const connection of this.connections) connection.close(refusals.connectionForced())
    // One turn for the close frames to leave, then nothing waits for a peer.
    await new Promise((resolve) => setImmediate(resolve))
    this.turn.run()
    for (const connection of this.connections) connection.destroy()
    await closed
    this.turn.run()
    this.persistence?.close()
  }

  private connected(socket: Duplex): void {
    if (this.stopping !== undefined) {
      socket.destroy()
      return
    }
    const { container, settings, turn } = this
    const connection = new ClientConnection({
      container,
      socket,
      settings,
      turn,
      onAttach: (session, context) => this.nodes.attach(session, context),
      onGone: (gone) => this.connections.delete(gone),
      refusal:
        this.connections.size >= settings.maxConnections
          ? refusals.connectionQuota(settings.maxConnections)
          : undefined,
    })
    this.connections.add(connection)
  }

  private sweep(): void {
    const now = this.now()
    for (const entity of this.namespace.entities()) entity.queue.sweep(now)
    // What time alone has changed is written down with the turn it happens in, answers or not.
    this.persistence?.purge(now)
    this.persistence?.commit()
    this.sweeps += 1
    if (this.sweeps % sweepsPerWatch === 0) for (const connection of this.connections) connection.watch()
  }

  private meant(address: string | undefined): QueueEntity[] {
    return [...this.namespace.entities()].filter(
      (entity) => address === undefined || sameAddress(entity.address, address),
    )
  }
}
