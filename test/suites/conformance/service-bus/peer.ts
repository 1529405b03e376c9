import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { amqp, type Typed } from '../../../../src/local/service-bus/amqp/rhea-types.ts'

export const codes = {
  open: 0x10,
  begin: 0x11,
  attach: 0x12,
  flow: 0x13,
  transfer: 0x14,
  disposition: 0x15,
  detach: 0x16,
} as const

export interface Frame {
  readonly code: number
  readonly fields: readonly Typed[]
  readonly payload: Buffer
}

/**
 * A client made of single frames, for what no library shows: what goes out together, and in what
 * order the answers come.
 */
export class Peer {
  /** Every frame heard, in order. */
  readonly heard: Frame[] = []
  private readonly socket: Socket
  private readonly taken = new Set<Frame>()
  private bytes = Buffer.alloc(0)
  private started = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes: Buffer) => this.read(bytes))
    socket.on('error', () => {})
  }

  static async dial(connectionString: string): Promise<Peer> {
    const [, host = 'localhost', port = '5672'] =
      /Endpoint=sb:\/\/([^:;/]+)(?::(\d+))?/.exec(connectionString) ?? []
    const socket = connect(Number(port), host)
    await once(socket, 'connect')
    return new Peer(socket)
  }

  /** Sends all of it in one write. The first call has to begin with `header`. */
  write(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames))
  }

  /**
   * The next frame of this kind that was not asked for yet. Rejects when it does not come within
   * two seconds.
   */
  async next(code: number): Promise<Frame> {
    const deadline = AbortSignal.timeout(2000)
    for (;;) {
      const found = this.heard.find((frame) => frame.code === code && !this.taken.has(frame))
      if (found !== undefined) {
        this.taken.add(found)
        return found
      }
      await once(this.socket, 'data', { signal: deadline })
    }
  }

  close(): void {
    this.socket.destroy()
  }

  private read(bytes: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, bytes])
    if (!this.started && this.bytes.length >= 8) {
      this.started = true
      this.bytes = this.bytes.subarray(8)
    }
    while (this.started && this.bytes.length >= 4) {
      const size = this.bytes.readUInt32BE(0)
      if (this.bytes.length < size) return
      const body = this.bytes.subarray(8, size)
      this.bytes = this.bytes.subarray(size)
      if (body.length === 0) continue
      const reader = new amqp.Reader(body)
      const { descriptor, value } = reader.read()
      this.heard.push({
        code: Number(descriptor?.value),
        fields: Array.isArray(value) ? (value as Typed[]) : [],
        payload: body.subarray(reader.position),
      })
    }
  }
}

export const header = Buffer.from('AMQP\x00\x01\x00\x00', 'latin1')
const text = (value: string): Typed => amqp.wrap_string(value)
const uint = (value: number): Typed => amqp.wrap_uint(value)
const nothing = (): Typed => amqp.Null()
const yes = (value: boolean): Typed => amqp.wrap_boolean(value)

/** A described list, encoded. */
export function described(code: number, fields: readonly Typed[]): Typed {
  return amqp.described(amqp.wrap_ulong(code), amqp.List32(fields))
}

export function encode(...values: readonly Typed[]): Buffer {
  const writer = new amqp.Writer()
  for (const value of values) writer.write(value)
  return Buffer.from(writer.toBuffer())
}

export function frame(code: number, fields: readonly Typed[], payload: Buffer = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([encode(described(code, fields)), payload])
  const start = Buffer.from([0, 0, 0, 0, 2, 0, 0, 0])
  start.writeUInt32BE(8 + body.length)
  return Buffer.concat([start, body])
}

export const open = (): Buffer => frame(codes.open, [text('peer'), text('some.host')])
export const begin = (): Buffer => frame(codes.begin, [nothing(), uint(0), uint(2048), uint(2048)])

export interface LinkFields {
  readonly name: string
  readonly handle: number
  readonly address: string
  readonly filter?: Typed
  readonly target?: Typed
}

const terminus = (code: number, address: string, filter?: Typed): Typed =>
  described(code, [
    text(address),
    ...(filter === undefined ? [] : [...Array.from({ length: 6 }, nothing), filter]),
  ])

/** The peer sends to `address`. */
export const attachSender = ({ name, handle, address, target }: LinkFields): Buffer =>
  frame(codes.attach, [
    text(name),
    uint(handle),
    yes(false),
    nothing(),
    nothing(),
    terminus(0x28, 'here'),
    target ?? terminus(0x29, address),
    nothing(),
    nothing(),
    uint(0),
  ])

/** The peer receives from `address`, and settles in a second step. */
export const attachReceiver = ({ name, handle, address, filter }: LinkFields): Buffer =>
  frame(codes.attach, [
    text(name),
    uint(handle),
    yes(true),
    amqp.wrap_ubyte(0),
    amqp.wrap_ubyte(1),
    terminus(0x28, address, filter),
    terminus(0x29, 'here'),
  ])

export const credit = (handle: number, amount: number, echo = false): Buffer =>
  frame(codes.flow, [
    uint(0),
    uint(2048),
    uint(0),
    uint(2048),
    uint(handle),
    uint(0),
    uint(amount),
    nothing(),
    yes(false),
    yes(echo),
  ])

export const transfer = (handle: number, id: number, payload: Buffer): Buffer =>
  frame(
    codes.transfer,
    [uint(handle), uint(id), amqp.wrap_binary(Buffer.from([id])), uint(0), yes(false), yes(false)],
    payload,
  )

/** The receiving peer's state of one delivery, unsettled. */
export const disposition = (id: number, state: Typed): Buffer =>
  frame(codes.disposition, [yes(true), uint(id), uint(id), yes(false), state])

/** A boolean in its long form. */
export function longBoolean(value: boolean): Typed {
  return new amqp.Reader(Buffer.from([0x56, value ? 1 : 0])).read()
}

/** A symbol and string map. */
export const symbolMap = (entries: Readonly<Record<string, Typed>>): Typed =>
  amqp.Map32(Object.entries(entries).flatMap(([name, value]) => [amqp.wrap_symbol(name), value]))

export const textMap = (entries: Readonly<Record<string, Typed>>): Typed =>
  amqp.Map32(Object.entries(entries).flatMap(([name, value]) => [text(name), value]))

/** The application properties of a message, and a body of one byte. */
export const message = (
  properties: Readonly<Record<string, Typed>> = {},
  more: readonly Typed[] = [],
): Buffer =>
  encode(
    ...more,
    amqp.described(amqp.wrap_ulong(0x74), textMap(properties)),
    amqp.described(amqp.wrap_ulong(0x75), amqp.wrap_binary(Buffer.from('x'))),
  )

/** Opens a session with a sender, handle 0, and a receiver, handle 1, and waits for an answer. */
export async function attachBoth(
  peer: Peer,
  links: { readonly to: string; readonly from: string; readonly credits: number },
): Promise<void> {
  peer.write(
    header,
    open(),
    begin(),
    attachSender({ name: 's', handle: 0, address: links.to }),
    attachReceiver({ name: 'r', handle: 1, address: links.from }),
    credit(1, links.credits),
  )
  await peer.next(codes.attach)
}

/** Asks a control node what the official client has no call for, over plain TCP. */
export async function ask(
  connectionString: string,
  address: string,
  operation: string,
  body: Readonly<Record<string, Typed>>,
): Promise<void> {
  const peer = await Peer.dial(connectionString)
  try {
    await attachBoth(peer, { to: address, from: address, credits: 10 })
    const properties = textMap({ operation: text(operation) })
    peer.write(
      transfer(
        0,
        0,
        encode(
          amqp.described(amqp.wrap_ulong(0x74), properties),
          amqp.described(amqp.wrap_ulong(0x77), textMap(body)),
        ),
      ),
    )
    await peer.next(codes.transfer)
  } finally {
    peer.close()
  }
}
