import type { Output } from './output.ts'
import { type ByteReader, MalformedError } from './reader.ts'

/**
 * Performatives the broker reads and writes itself, because every message passes through them; rhea
 * keeps the others.
 */
export const FRAME_CODES = { flow: 0x13, transfer: 0x14, disposition: 0x15 } as const

export interface TransferFrame {
  readonly handle: number
  readonly deliveryId: number | undefined
  readonly format: number
  readonly settled: boolean
  readonly more: boolean
  readonly aborted: boolean
  readonly payload: Buffer
}

export interface DispositionFrame {
  /** True when the peer speaks as the receiver: about deliveries we sent. */
  readonly receiver: boolean
  readonly first: number
  readonly last: number
  readonly settled: boolean
  readonly state: DispositionState
}

export type DispositionState =
  | { readonly kind: 'none' | 'accepted' | 'released' | 'received' }
  /** The described list, still encoded: rejected and modified carry maps. */
  | { readonly kind: 'rejected' | 'modified'; readonly encoded: Buffer }

export interface FlowFrame {
  readonly nextIncomingId: number | undefined
  readonly incomingWindow: number
  readonly nextOutgoingId: number
  readonly handle: number | undefined
  readonly deliveryCount: number | undefined
  readonly linkCredit: number | undefined
  readonly drain: boolean
  readonly echo: boolean
}

const NO_STATE: DispositionState = { kind: 'none' }
const ACCEPTED: DispositionState = { kind: 'accepted' }

function required(value: number | undefined, field: string): number {
  if (value === undefined) throw new MalformedError(`the field ${field} is missing`)
  return value
}

/** Reads a transfer; the reader stands at its list. */
export function readTransfer(reader: ByteReader): TransferFrame {
  const count = reader.list()
  let handle: number | undefined
  let deliveryId: number | undefined
  let format: number | undefined
  let settled = false
  let more = false
  let aborted = false
  for (let index = 0; index < count; index += 1) {
    if (index === 0) handle = reader.uint()
    else if (index === 1) deliveryId = reader.uint()
    else if (index === 3) format = reader.uint()
    else if (index === 4) settled = reader.boolean()
    else if (index === 5) more = reader.boolean()
    else if (index === 9) aborted = reader.boolean()
    else reader.skip()
  }
  const payload = reader.bytes.subarray(reader.position, reader.end)
  return {
    handle: required(handle, 'handle'),
    deliveryId,
    format: format ?? 0,
    settled,
    more,
    aborted,
    payload,
  }
}

/** Reads a disposition; the reader stands at its list. */
export function readDisposition(reader: ByteReader): DispositionFrame {
  const count = reader.list()
  let receiver = false
  let first: number | undefined
  let last: number | undefined
  let settled = false
  let state = NO_STATE
  for (let index = 0; index < count; index += 1) {
    if (index === 0) receiver = reader.boolean()
    else if (index === 1) first = reader.uint()
    else if (index === 2) last = reader.uint()
    else if (index === 3) settled = reader.boolean()
    else if (index === 4) state = readState(reader)
    else reader.skip()
  }
  const from = required(first, 'first')
  return { receiver, first: from, last: last ?? from, settled, state }
}

function readState(reader: ByteReader): DispositionState {
  if (reader.skipNull()) return NO_STATE
  const start = reader.position
  const code = reader.descriptor()
  reader.skip()
  switch (code) {
    case 0x23:
      return { kind: 'received' }
    case 0x24:
      return ACCEPTED
    case 0x25:
      return { kind: 'rejected', encoded: reader.bytes.subarray(start, reader.position) }
    case 0x26:
      return { kind: 'released' }
    case 0x27:
      return { kind: 'modified', encoded: reader.bytes.subarray(start, reader.position) }
    default:
      throw new MalformedError(`unknown delivery state 0x${code.toString(16)}`)
  }
}

/** Reads a flow; the reader stands at its list. */
export function readFlow(reader: ByteReader): FlowFrame {
  const count = reader.list()
  const numbers: (number | undefined)[] = []
  let drain = false
  let echo = false
  for (let index = 0; index < count; index += 1) {
    if (index < 8) numbers.push(reader.uint())
    else if (index === 8) drain = reader.boolean()
    else if (index === 9) echo = reader.boolean()
    else reader.skip()
  }
  const [nextIncomingId, incomingWindow, nextOutgoingId, , handle, deliveryCount, linkCredit] = numbers
  return {
    nextIncomingId,
    incomingWindow: required(incomingWindow, 'incoming-window'),
    nextOutgoingId: required(nextOutgoingId, 'next-outgoing-id'),
    handle,
    deliveryCount,
    linkCredit,
    drain,
    echo,
  }
}

/** Bytes of a transfer frame before its payload, at most. */
export const TRANSFER_OVERHEAD = 56

/**
 * Writes frame header and transfer performative at `offset`; the payload follows at the offset
 * returned, `patchFrameSize` completes it.
 */
export function writeTransfer(
  target: Buffer,
  offset: number,
  fields: {
    readonly channel: number
    readonly handle: number
    readonly deliveryId: number
    readonly tag: Buffer
    readonly settled: boolean
    readonly more: boolean
  },
): number {
  let at = writeFrameStart(target, offset, fields.channel, FRAME_CODES.transfer)
  target[at] = 0xc0
  const sizeAt = at + 1
  target[at + 2] = 11
  at = writeUint(target, at + 3, fields.handle)
  at = writeUint(target, at, fields.deliveryId)
  target[at] = 0xa0
  target[at + 1] = fields.tag.length
  at += 2 + fields.tag.copy(target, at + 2)
  target[at] = 0x43
  target[at + 1] = fields.settled ? 0x41 : 0x42
  target[at + 2] = fields.more ? 0x41 : 0x42
  // Every field is there, nulls at the end included: see `withEveryField`.
  target.fill(0x40, at + 3, at + 8)
  at += 8
  target[sizeAt] = at - sizeAt - 1
  return at
}

export function patchFrameSize(target: Buffer, start: number, end: number): void {
  target.writeUInt32BE(end - start, start)
}

/** Writes a disposition of deliveries `first` to `last` with `state` already encoded. */
export function writeDisposition(
  output: Output,
  channel: number,
  fields: {
    readonly receiver: boolean
    readonly first: number
    readonly last: number
    readonly state: Buffer
  },
): void {
  const target = output.reserve(41 + fields.state.length)
  const start = output.offset
  let at = writeFrameStart(target, start, channel, FRAME_CODES.disposition)
  target[at] = 0xd0
  const sizeAt = at + 1
  target.writeUInt32BE(6, at + 5)
  at += 9
  target[at++] = fields.receiver ? 0x41 : 0x42
  at = writeUint(target, at, fields.first)
  at = writeUint(target, at, fields.last)
  target[at++] = 0x41
  at += fields.state.copy(target, at)
  target[at++] = 0x40
  target.writeUInt32BE(at - sizeAt - 4, sizeAt)
  patchFrameSize(target, start, at)
  output.commit(at)
}

function writeFrameStart(target: Buffer, offset: number, channel: number, code: number): number {
  target[offset + 4] = 2
  target[offset + 5] = 0
  target.writeUInt16BE(channel, offset + 6)
  target[offset + 8] = 0x00
  target[offset + 9] = 0x53
  target[offset + 10] = code
  return offset + 11
}

function writeUint(target: Buffer, offset: number, value: number): number {
  target[offset] = 0x70
  return target.writeUInt32BE(value >>> 0, offset + 1)
}
