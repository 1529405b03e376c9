import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Refusal, REFUSALS } from '../errors.ts'
import { takeAttaches } from './rhea-attach.ts'
import { takeOverFrames } from './frame-reader.ts'
import type { LinkContext, RheaConnection, RheaContainer, RheaSession, SocketFacade } from './rhea-types.ts'
import { WireSession } from './session.ts'
import type { BrokerSettings } from '../settings.ts'
import type { EndOfTurn, Turn } from '../turn.ts'
import { Output } from '../wire/output.ts'

/** What the broker does when a peer opens a link. */
export type OnAttach = (session: WireSession, context: LinkContext) => void

/**
 * Bytes a peer may send before it has opened AMQP: enough for SASL and an open, too little to fill
 * memory.
 */
const HANDSHAKE_BYTES = 64 * 1024
const MAX_CHANNEL = 0xffff

/**
 * One client's connection: the socket, rhea's connection on top of it, and the frames that bypass
 * rhea. It closes itself on malformed frames, and calls `onGone` once when it is over, however it
 * ended.
 */
export class ClientConnection implements EndOfTurn {
  readonly output: Output
  readonly turn: Turn
  private readonly rhea: RheaConnection
  private readonly socket: Duplex
  private readonly settings: BrokerSettings
  private readonly sessions = new Map<RheaSession, WireSession>()
  private readonly onAttach: OnAttach
  private readonly onGone: (connection: ClientConnection) => void
  private readonly handshake: NodeJS.Timeout
  private opened = false
  private gone = false
  private starved = false
  private frozen = false
  private handshakeReceived = 0
  private readonly refusal: Refusal | undefined
  private linkedAt: number
  /** Milliseconds, as of the last `watch`: precise enough to tell what is idle. */
  coarseNow = performance.now()

  constructor(fields: {
    readonly container: RheaContainer
    readonly socket: Duplex
    readonly settings: BrokerSettings
    readonly turn: Turn
    readonly onAttach: OnAttach
    readonly onGone: (connection: ClientConnection) => void
    /** When given, the connection is closed with it as soon as it is open. */
    readonly refusal: Refusal | undefined
  }) {
    const { container, socket, settings, turn } = fields
    this.socket = socket
    this.settings = settings
    this.turn = turn
    this.onAttach = fields.onAttach
    this.onGone = fields.onGone
    this.refusal = fields.refusal
    this.linkedAt = this.coarseNow
    this.output = new Output(socket, () => turn.write(this))
    this.rhea = container.create_connection({
      max_frame_size: settings.maxFrameBytes,
      channel_max: MAX_CHANNEL,
      idle_time_out: settings.idleTimeoutMs,
      receiver_options: { autoaccept: false, autosettle: false, credit_window: 0 },
      sender_options: { autosettle: false, treat_modified_as_released: false },
    })
    this.handshake = setTimeout(() => this.destroy(), settings.handshakeTimeoutMs)
    takeOverFrames(this.rhea, settings.maxFrameBytes, (session) => this.sessionOf(session))
    this.listen()
    socket.on('data', (bytes: Buffer) => this.countHandshake(bytes))
    socket.on('close', () => this.over())
    socket.on('drain', () => this.roomForAll())
    this.rhea.accept(this.facade())
  }

  /** The host the peer says it is talking to; texts of the service name entities with it. */
  get host(): string {
    return this.rhea.remote.open?.hostname ?? 'localhost'
  }

  /** Largest frame the peer takes, in bytes. */
  get peerFrameLimit(): number {
    return this.rhea.remote.open?.max_frame_size ?? 0xffff_ffff
  }

  /** False while the peer takes less than there is to say; links hear when that changes. */
  get hasRoom(): boolean {
    const room = this.output.backlog < this.settings.outputHighWater
    this.starved ||= !room
    return room
  }

  get maxUnsettled(): number {
    return this.settings.maxUnsettled
  }

  /** Closes what has been idle for too long: links, or the connection when it has none. */
  watch(): void {
    this.coarseNow = performance.now()
    const { linkIdleMs, connectionIdleMs } = this.settings
    let links = 0
    for (const session of this.sessions.values()) {
      session.closeIdle(this.coarseNow - linkIdleMs, REFUSALS.linkIdle(linkIdleMs))
      links += session.linkCount
    }
    if (links > 0) this.linkedAt = this.coarseNow
    else if (this.opened && this.coarseNow - this.linkedAt > connectionIdleMs)
      this.close(REFUSALS.connectionIdle(connectionIdleMs))
  }

  /** Closes the links whose address at our side fits. */
  closeLinks(fits: (address: string) => boolean, error: Refusal): void {
    for (const session of this.sessions.values()) session.closeAt(fits, error)
  }

  /**
   * Neither reads nor writes any more, as when the network swallows everything; `thaw` undoes it.
   */
  freeze(): void {
    this.frozen = true
    this.socket.pause()
  }

  thaw(): void {
    if (!this.frozen) return
    this.frozen = false
    this.socket.resume()
    this.turn.write(this)
  }

  endTurn(): void {
    if (this.frozen) return
    this.output.flush()
    // The socket may have taken everything at once, and then it never says that it has drained.
    if (this.starved) this.roomForAll()
  }

  /** Says why, closes, and drops the socket should the peer not answer within a second. */
  close(error: Refusal): void {
    this.rhea.close(error)
    this.turn.write(this)
    setTimeout(() => this.destroy(), 1000).unref()
  }

  /** Cuts the connection without a word, as a failing network does. */
  destroy(): void {
    this.socket.destroy()
    this.over()
  }

  private listen(): void {
    const { rhea } = this
    rhea.on('connection_open', () => {
      this.opened = true
      clearTimeout(this.handshake)
      if (this.refusal !== undefined) this.close(this.refusal)
    })
    rhea.on('session_open', ({ session }: { readonly session: RheaSession }) => takeAttaches(session))
    rhea.on('sender_open', (context: LinkContext) => this.onAttach(this.sessionOf(context.session), context))
    rhea.on('receiver_open', (context: LinkContext) =>
      this.onAttach(this.sessionOf(context.session), context),
    )
    const linkGone = ({ session, sender, receiver }: LinkContext) => {
      const link = sender ?? receiver
      if (link !== undefined) this.sessions.get(session)?.detach(link)
    }
    rhea.on('sender_close', linkGone)
    rhea.on('receiver_close', linkGone)
    rhea.on('session_close', ({ session }: LinkContext) => this.endSession(session))
    // Listened to, so that rhea neither prints them nor throws them at the container.
    const told = () => {}
    for (const event of [
      'connection_close',
      'connection_error',
      'session_error',
      'sender_error',
      'receiver_error',
    ])
      rhea.on(event, told)
    rhea.on('disconnected', () => this.over())
    rhea.on('protocol_error', (error: Error) => this.failed(error))
    rhea.on('error', (error: Error) => this.failed(error))
  }

  /** rhea closes the socket after this; the peer hears why first. */
  private failed(error: Error): void {
    if (this.gone) return
    const refusal = REFUSALS.framingError(error.message)
    if (this.opened) {
      this.rhea.close(refusal)
      this.rhea._process()
    }
    this.turn.write(this)
    setTimeout(() => this.destroy(), 1000).unref()
  }

  private sessionOf(rhea: RheaSession): WireSession {
    const known = this.sessions.get(rhea)
    if (known !== undefined) return known
    const session = new WireSession(this, rhea)
    this.sessions.set(rhea, session)
    return session
  }

  private endSession(rhea: RheaSession): void {
    this.sessions.get(rhea)?.end()
    this.sessions.delete(rhea)
  }

  private roomForAll(): void {
    this.starved = false
    for (const session of this.sessions.values()) session.roomForAll()
  }

  private countHandshake(bytes: Buffer): void {
    if (this.opened) return
    this.handshakeReceived += bytes.length
    if (this.handshakeReceived > HANDSHAKE_BYTES) this.destroy()
  }

  private over(): void {
    if (this.gone) return
    this.gone = true
    clearTimeout(this.handshake)
    for (const session of this.sessions.keys()) this.endSession(session)
    // Ends rhea's heartbeat timers, which keep a dead connection alive; later, because rhea sets
    // them anew on its way out of a read.
    setImmediate(() => this.rhea._disconnected())
    this.onGone(this)
  }

  private facade(): SocketFacade {
    const { socket, output } = this
    return {
      on: (event, listener) =>
        void socket.on(event, (...args: unknown[]) => Reflect.apply(listener, socket, args)),
      write: (bytes) => output.append(bytes),
      end: () => output.end(),
      destroy: () => void socket.destroy(),
      // A WebSocket's own socket is not ours to set.
      setNoDelay: (on) => void (socket instanceof Socket && socket.setNoDelay(on)),
      removeAllListeners: (event) => void socket.removeAllListeners(event),
      get_id_string: () => 'client',
    }
  }
}
