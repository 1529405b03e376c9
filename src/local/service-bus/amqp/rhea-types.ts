import { createRequire } from 'node:module'

/**
 * The parts of rhea 3.0.5 this broker touches, typed by us: rhea's own typings leave out everything
 * below the public events. Read from the installed source;
 * `test/local/service-bus/rhea-contract.test.ts` fails when an upgrade moves one of these fields.
 */

/**
 * A value with its AMQP type: what rhea's reader returns and its writer accepts. `value` is a
 * JavaScript value or nested `Typed`s.
 */
export interface Typed {
  readonly type: { readonly typecode: number; readonly name: string }
  readonly value: unknown
  readonly descriptor?: Typed
}

export interface AmqpError {
  readonly condition: string
  readonly description: string
}

export interface Performative {
  dispatch(target: RheaConnection, frame: RheaFrame): void
  /** The encoded form: a described list. */
  described(): Typed
}

export interface RheaFrame {
  readonly channel: number
  readonly type: number
  readonly performative?: Performative
  readonly payload?: Buffer
}

/** An outgoing frame: rhea's writer takes a performative or its encoded form. */
export interface OutgoingFrame {
  readonly channel: number
  readonly type: number
  readonly performative?: Performative | Typed
  readonly payload?: Buffer
}

/**
 * The attach of a peer, as rhea reads it. `value` holds its fields in order, `undefined` where it
 * was cut short.
 */
export interface RheaAttachFrame {
  readonly channel: number
  readonly performative: {
    readonly name: string
    readonly handle: number
    /** True when the peer receives. Some clients encode it so that rhea reads 1. */
    readonly role: boolean | number
    readonly value: (Typed | undefined)[]
  }
}

export interface RheaTransport {
  header_received: unknown
  read(buffer: Buffer): number
  peek_size(buffer: Buffer): number | undefined
  encode(frame: OutgoingFrame): void
}

/**
 * What rhea needs of a socket. We hand it a facade, so that every frame goes through one output
 * buffer in order.
 */
export interface SocketFacade {
  on(event: string, listener: (...args: never[]) => void): void
  write(bytes: Buffer): void
  end(): void
  destroy(): void
  setNoDelay(on: boolean): void
  removeAllListeners(event: string): void
  get_id_string(): string
}

export interface RheaConnection {
  readonly amqp_transport: RheaTransport
  readonly remote_channel_map: Record<number, RheaSession | undefined>
  readonly local: { readonly open: { max_frame_size: number } }
  readonly remote: {
    readonly open?: {
      readonly max_frame_size?: number | null
      readonly container_id?: string
      readonly hostname?: string | null
    }
  }
  accept(socket: SocketFacade): void
  close(error?: AmqpError): void
  is_closed(): boolean
  _process(): void
  _disconnected(error?: Error): void
  on(event: string, listener: (context: never) => void): void
}

export interface RheaSession {
  readonly connection: RheaConnection
  readonly local: { readonly channel: number; readonly begin: { handle_max: number } }
  readonly remote: {
    readonly handles: Record<number, RheaLink | undefined>
    readonly begin?: { readonly incoming_window: number }
  }
  readonly incoming: { next_transfer_id: number; readonly max_transfer_id: number; readonly window: number }
  readonly outgoing: { next_transfer_id: number }
  readonly links: Record<string, RheaLink | undefined>
  create_sender(name: string): RheaLink
  create_receiver(name: string): RheaLink
  on_attach(frame: RheaAttachFrame): void
  _write_flow(link?: RheaLink): void
  close(error?: AmqpError): void
}

export interface RheaTerminus {
  readonly address?: string | null
  /** The peer's terminus as sent, filter included. */
  readonly filter?: Record<string, unknown> | null
  readonly dynamic?: boolean | null
}

export interface RheaLink {
  readonly name: string
  readonly session: RheaSession
  readonly connection: RheaConnection
  readonly state: { local_open: boolean; open_requests: number }
  readonly source?: RheaTerminus | null
  readonly target?: RheaTerminus | null
  readonly properties?: Record<string, unknown> | null
  readonly snd_settle_mode?: number | null
  readonly rcv_settle_mode?: number | null
  readonly local: {
    readonly handle: number
    readonly attach: {
      name: string
      source: unknown
      target: unknown
      properties: unknown
      max_message_size: unknown
      snd_settle_mode: unknown
      rcv_settle_mode: unknown
    }
  }
  credit: number
  delivery_count: number
  _get_drain(): boolean
  on_attach(frame: RheaAttachFrame): void
  set_source(fields: Record<string, unknown>): void
  set_target(fields: Record<string, unknown>): void
  is_receiver(): boolean
  is_open(): boolean
  open(): void
  close(error?: AmqpError): void
  flow(credit: number): void
}

export interface LinkContext {
  readonly connection: RheaConnection
  readonly session: RheaSession
  readonly sender?: RheaLink
  readonly receiver?: RheaLink
}

export interface RheaContainer {
  readonly sasl_server_mechanisms: Record<string, unknown> & {
    enable_anonymous(): void
    enable_plain(check: (user: string, password: string) => boolean): void
  }
  create_connection(options: Record<string, unknown>): RheaConnection
}

/** A request to a control node. */
export interface DecodedMessage {
  /** With its AMQP type: the answer refers to it as it was given. */
  readonly message_id?: unknown
  readonly application_properties?: Record<string, unknown>
  readonly body?: unknown
}

interface TypedReader {
  position: number
  read(): Typed
  remaining(): number
}

interface TypedWriter {
  write(value: Typed): void
  toBuffer(): Buffer
}

export interface RheaTypes {
  Reader: new (buffer: Buffer) => TypedReader
  Writer: new (buffer?: Buffer) => TypedWriter
  wrap(value: unknown): Typed
  wrap_boolean(value: boolean): Typed
  wrap_int(value: number): Typed
  wrap_uint(value: number): Typed
  wrap_ubyte(value: number): Typed
  wrap_long(value: number | Buffer): Typed
  wrap_ulong(value: number | Buffer): Typed
  wrap_string(value: string): Typed
  wrap_symbol(value: string): Typed
  wrap_uuid(value: Buffer): Typed
  wrap_binary(value: Buffer): Typed
  wrap_timestamp(value: number | Date): Typed
  wrap_list(values: readonly unknown[]): Typed
  wrap_map(entries: Readonly<Record<string, unknown>>): Typed
  wrap_array(values: readonly unknown[], typecode: number): Typed
  described(descriptor: Typed, value: Typed): Typed
  unwrap(value: unknown, leaveDescribed?: boolean): unknown
  is_map(value: Typed): boolean
  Null(): Typed
  Long(value: number | Buffer): Typed
  Map32(values: readonly Typed[]): Typed
  List32(values: readonly Typed[]): Typed
}

interface RheaModule {
  create_container(options: Record<string, unknown>): RheaContainer
  readonly types: RheaTypes
  readonly message: {
    encode(message: Record<string, unknown>): Buffer
  }
  generate_uuid(): string
}

interface RheaFramesModule {
  read_frame(bytes: Buffer): RheaFrame | null
  read_header(bytes: Buffer): { readonly protocol_id: number }
}

const load = createRequire(import.meta.url)
const rheaModule: RheaModule = load('rhea')
const framesModule: RheaFramesModule = load('rhea/lib/frames.js')

export const amqp = rheaModule.types
export const encodeMessage = (message: Record<string, unknown>) => rheaModule.message.encode(message)
export const createContainer = (options: Record<string, unknown>) => rheaModule.create_container(options)
export const readFrame = (bytes: Buffer) => framesModule.read_frame(bytes)
export const readProtocolHeader = (bytes: Buffer) => framesModule.read_header(bytes)
