import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Certificate } from './tls/certificate.ts'
import type { BrokerConfig } from './config.ts'
import { ClientConnection } from './amqp/connection.ts'
import { countsOf, type EntityCounts } from './entities/counts.ts'
import { Listener } from './listener.ts'
import { REFUSALS } from './errors.ts'
import { FaultInjection } from './fault-injection.ts'
import { type Fault, Faults } from './faults.ts'
import { AtomApi } from './http/atom/api.ts'
import { decode } from './http/atom/routes.ts'
import { ControlApi } from './http/control-api.ts'
import { createHttpHandler } from './http/server.ts'
import { Namespace } from './entities/namespace.ts'
import { pathOf } from './entities/address.ts'
import { Nodes } from './amqp/nodes.ts'
import { Persistence } from './entities/persistence.ts'
import { createContainer, type RheaContainer } from './amqp/rhea-types.ts'
import { type BrokerSettings, settingsFrom } from './settings.ts'
import { Turn } from './turn.ts'

export interface BrokerOptions {
  readonly config: BrokerConfig
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  /**
   * Epoch milliseconds; default `Date.now`. Locks, schedules, times to live and duplicate windows
   * follow it.
   */
  readonly now?: () => number
  readonly settings?: Partial<BrokerSettings>
  /** With one, TLS is spoken beside everything else on the same port. */
  readonly certificate?: Pick<Certificate, 'key' | 'cert'>
  /**
   * A port on which nothing but TLS is spoken: 5671 is where clients look for it. None without it;
   * 0 is any free port. Needs a certificate.
   */
  readonly tlsPort?: number
  /**
   * A file that keeps everything acknowledged over the end of the process; without one, messages
   * live in memory.
   */
  readonly file?: string
}

/** How to reach a broker over TLS. */
export interface BrokerTls {
  /** The port for TLS alone; without one, the broker's only port. */
  readonly port: number
  /** For clients that trust the certificate's authority. */
  readonly connectionString: string
}

/** A running broker. */
export interface Broker {
  readonly port: number
  /** For `new ServiceBusClient(…)`, over TCP without TLS. The key is made up and not checked. */
  readonly connectionString: string
  /** Undefined without a certificate. */
  readonly tls: BrokerTls | undefined
  /**
   * Rejects when there is no such entity. Dead-letter queues have addresses of their own
   * (`queue/$DeadLetterQueue`).
   */
  counts(entity: string): Promise<EntityCounts>
  /** Resolves when the fault has taken effect, or is in force. */
  inject(fault: Fault): Promise<void>
  /**
   * Closes every connection and the port. Idempotent; nothing of the broker runs when it resolves.
   */
  stop(): Promise<void>
}

/** Starts a broker in this process. Rejects when the port cannot be had. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const broker = new LocalBroker(options)
  try {
    await broker.listen(options.host ?? '127.0.0.1', options.port ?? 0, options.tlsPort)
  } catch (error) {
    await broker.stop()
    throw error
  }
  return broker
}

/** How a client reaches a broker at `host` and `port`. */
export function connectionStringFor(host: string, port: number, tls = false): string {
  // Where a server that listens everywhere is reached from this machine.
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  const key = Buffer.from('the local broker takes any key').toString('base64')
  return `Endpoint=sb://${reachable}:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=${key};${tls ? '' : 'UseDevelopmentEmulator=true;'}`
}

/** Idle links and connections are looked for less often than locks. */
const SWEEPS_PER_WATCH = 8

class LocalBroker implements Broker {
  port = 0
  connectionString = ''
  tls: BrokerTls | undefined
  private readonly settings: BrokerSettings
  private readonly hasCertificate: boolean
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
  private readonly injection: FaultInjection
  private readonly listener: Listener
  private sweeper: NodeJS.Timeout | undefined
  private stopping: Promise<void> | undefined
  private sweeps = 0

  constructor(options: BrokerOptions) {
    this.settings = settingsFrom(options.settings)
    this.hasCertificate = options.certificate !== undefined
    if (options.tlsPort !== undefined && !this.hasCertificate)
      throw new Error('A port for TLS needs a certificate.')
    this.now = options.now ?? Date.now
    this.persistence = options.file === undefined ? undefined : new Persistence(options.file)
    this.turn.commit = () => this.persistence?.commit()
    this.namespace = new Namespace(options.config, this.settings, this.turn, this.now, this.persistence)
    this.nodes = new Nodes(this.namespace, this.settings, this.faults, this.now)
    // Every client is accepted. At most its token is checked, at `$cbs`. MSSBCBS is what the .NET
    // client calls that.
    const mechanisms = this.container.sasl_server_mechanisms
    mechanisms.enable_anonymous()
    mechanisms['MSSBCBS'] = mechanisms['ANONYMOUS']
    mechanisms.enable_plain(() => true)
    this.injection = new FaultInjection(this.faults, this.namespace, this.connections, this.now)
    this.namespace.detach = (address, error) => this.injection.closeLinks(address, error)
    this.listener = new Listener({
      handshakeTimeoutMs: this.settings.handshakeTimeoutMs,
      certificate: options.certificate,
      onClient: (stream) => this.connected(stream),
      onRequest: this.httpHandler(options.config.name),
    })
  }

  async listen(host: string, port: number, tlsPort: number | undefined): Promise<void> {
    this.port = await this.listener.listen(host, port)
    this.connectionString = connectionStringFor(host, this.port)
    if (this.hasCertificate) {
      const at = tlsPort === undefined ? this.port : await this.listener.listen(host, tlsPort, true)
      this.tls = { port: at, connectionString: connectionStringFor(host, at, true) }
    }
    this.startSweeping()
  }

  async counts(address: string): Promise<EntityCounts> {
    const entity = this.namespace.addresses.entity(address)
    if (entity === undefined) throw new Error(REFUSALS.entityNotFound(address).description)
    return countsOf(entity)
  }

  async inject(fault: Fault): Promise<void> {
    this.injection.inject(fault)
  }

  configure(settings: Partial<BrokerSettings>): void {
    Object.assign(this.settings, settings)
    this.startSweeping()
  }

  stop(): Promise<void> {
    this.stopping ??= this.shutDown()
    return this.stopping
  }

  private async shutDown(): Promise<void> {
    clearInterval(this.sweeper)
    this.injection.close()
    const closed = this.listener.close()
    for (const connection of this.connections) connection.close(REFUSALS.connectionForced())
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
          ? REFUSALS.connectionQuota(settings.maxConnections)
          : undefined,
    })
    this.connections.add(connection)
  }

  private httpHandler(namespaceName: string): RequestListener {
    return createHttpHandler({
      atom: new AtomApi(this.namespace, namespaceName, this.now),
      control: new ControlApi({
        faults: () => this.faults.list(),
        inject: (fault) => this.inject(fault),
        settings: () => this.settings,
        configure: (settings) => this.configure(settings),
        entities: () =>
          Object.fromEntries(
            [...this.namespace.addresses.entities()].map((entity) => [entity.address, countsOf(entity)]),
          ),
      }),
      refusal: (url) => {
        const address = pathOf(decode(url.pathname))
        const token = this.faults.refusedToken(address)
        if (token !== undefined) return { status: 401, refusal: token }
        const busy = this.faults.busy(address)
        return busy === undefined ? undefined : { status: 503, refusal: busy }
      },
      commit: () => this.turn.run(),
      now: this.now,
    })
  }

  private startSweeping(): void {
    clearInterval(this.sweeper)
    this.sweeper = setInterval(() => this.sweep(), this.settings.sweepIntervalMs)
  }

  private sweep(): void {
    const now = this.now()
    for (const entity of this.namespace.addresses.entities()) entity.queue.sweep(now)
    // What time alone has changed is written down with the turn it happens in, answers or not.
    this.persistence?.purge(now)
    this.persistence?.commit()
    this.sweeps += 1
    if (this.sweeps % SWEEPS_PER_WATCH === 0) for (const connection of this.connections) connection.watch()
  }
}
