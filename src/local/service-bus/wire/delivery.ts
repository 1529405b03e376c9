import { wireHigh, wireLow } from '../store/sequence-number.ts'
import type { Envelope } from './message.ts'

/** What a receiver sees of a stored message besides what its sender wrote. */
export interface Stamp {
  readonly sequence: number
  /** Epoch milliseconds at which the message became part of the entity. */
  readonly enqueuedAt: number
  readonly deliveryCount: number
  /** Effective time to live in milliseconds; undefined when it never expires. */
  readonly ttlMs: number | undefined
  /** Epoch milliseconds; undefined outside a lock. */
  readonly lockedUntil: number | undefined
  /**
   * 'scheduled' also after its time has come, as the service has it [seen in a live test of
   * azure-sdk-for-js, "Schedule single message"].
   */
  readonly state: 'active' | 'deferred' | 'scheduled'
  /** 16 bytes, as the management node takes them; undefined outside a lock. */
  readonly lockToken: Buffer | undefined
  /** Sequence number at the entity the message was first sent to, when it was forwarded. */
  readonly originalSequence: number | undefined
  /** Name of the entity in whose dead-letter queue a forwarded message was. */
  readonly deadLetterSource: string | undefined
}

const key = (name: string) => Buffer.concat([Buffer.from([0xa3, name.length]), Buffer.from(name, 'latin1')])
const KEYS = {
  sequence: key('x-opt-sequence-number'),
  enqueuedAt: key('x-opt-enqueued-time'),
  lockedUntil: key('x-opt-locked-until'),
  originalSequence: key('x-opt-enqueue-sequence-number'),
  scheduledAt: key('x-opt-scheduled-enqueue-time'),
  state: key('x-opt-message-state'),
  deadLetterSource: key('x-opt-deadletter-source'),
  lockToken: key('x-opt-lock-token'),
}

/**
 * No message's prefix is longer than this, the sender's own annotations and the dead-letter source
 * aside.
 */
const FIXED_PREFIX_LIMIT = 370
const MAX_UINT32 = 0xffff_ffff

/** Upper bound of the bytes `writeMessage` needs. */
export function messageSizeLimit(envelope: Envelope, stamp: Stamp): number {
  return (
    FIXED_PREFIX_LIMIT +
    (envelope.annotations?.length ?? 0) +
    (envelope.deliveryAnnotations?.length ?? 0) +
    (stamp.deadLetterSource?.length ?? 0) * 3 +
    envelope.bare.length
  )
}

/**
 * Writes header, annotations and the bare message at `offset` of `target`; returns the offset after
 * it.
 */
export function writeMessage(target: Buffer, offset: number, envelope: Envelope, stamp: Stamp): number {
  let at = writeHeader(target, offset, envelope, stamp)
  at = writeDeliveryAnnotations(target, at, envelope, stamp.lockToken)
  target[at] = 0x00
  target[at + 1] = 0x53
  target[at + 2] = 0x72
  target[at + 3] = 0xd1
  const sizeAt = at + 4
  at += 12
  let count = 4
  at = writeSequence(target, at, KEYS.sequence, stamp.sequence)
  at = writeLong(target, at, KEYS.enqueuedAt, 0x83, stamp.enqueuedAt)
  if (stamp.lockedUntil !== undefined) {
    at = writeLong(target, at, KEYS.lockedUntil, 0x83, stamp.lockedUntil)
    count += 2
  }
  if (stamp.originalSequence !== undefined) {
    at = writeSequence(target, at, KEYS.originalSequence, stamp.originalSequence)
    count += 2
  }
  if (envelope.scheduledAt !== undefined) {
    at = writeLong(target, at, KEYS.scheduledAt, 0x83, envelope.scheduledAt)
    count += 2
  }
  if (stamp.state !== 'active') {
    at += KEYS.state.copy(target, at)
    target[at] = 0x71
    at = target.writeInt32BE(stamp.state === 'deferred' ? 1 : 2, at + 1)
    count += 2
  }
  if (stamp.deadLetterSource !== undefined) {
    at += KEYS.deadLetterSource.copy(target, at)
    target[at] = 0xb1
    const length = target.write(stamp.deadLetterSource, at + 5, 'utf8')
    target.writeUInt32BE(length, at + 1)
    at += 5 + length
    count += 2
  }
  if (envelope.annotations !== undefined) {
    at += envelope.annotations.copy(target, at)
    count += envelope.annotationCount
  }
  target.writeUInt32BE(at - sizeAt - 4, sizeAt)
  target.writeUInt32BE(count, sizeAt + 4)
  return at + envelope.bare.copy(target, at)
}

function writeHeader(target: Buffer, offset: number, envelope: Envelope, stamp: Stamp): number {
  let at = offset
  target[at] = 0x00
  target[at + 1] = 0x53
  target[at + 2] = 0x70
  target[at + 3] = 0xc0
  const sizeAt = at + 4
  target[at + 5] = 5
  target[at + 6] = envelope.durable ? 0x41 : 0x42
  at += 7
  if (envelope.priority === undefined) target[at++] = 0x40
  else {
    target[at++] = 0x50
    target[at++] = envelope.priority & 0xff
  }
  if (stamp.ttlMs === undefined) target[at++] = 0x40
  else {
    target[at] = 0x70
    at = target.writeUInt32BE(Math.min(stamp.ttlMs, MAX_UINT32), at + 1)
  }
  target[at++] = 0x42
  target[at] = 0x70
  at = target.writeUInt32BE(stamp.deliveryCount, at + 1)
  target[sizeAt] = at - sizeAt - 1
  return at
}

/**
 * Clients other than Microsoft's for .NET and JavaScript have the lock token from here rather than
 * from the delivery tag.
 */
function writeDeliveryAnnotations(
  target: Buffer,
  offset: number,
  { deliveryAnnotations, deliveryAnnotationCount }: Envelope,
  lockToken: Buffer | undefined,
): number {
  if (lockToken === undefined && deliveryAnnotations === undefined) return offset
  target[offset] = 0x00
  target[offset + 1] = 0x53
  target[offset + 2] = 0x71
  target[offset + 3] = 0xd1
  const sizeAt = offset + 4
  let at = offset + 12
  let count = deliveryAnnotationCount
  if (lockToken !== undefined) {
    at += KEYS.lockToken.copy(target, at)
    target[at] = 0x98
    at += 1 + lockToken.copy(target, at + 1)
    count += 2
  }
  if (deliveryAnnotations !== undefined) at += deliveryAnnotations.copy(target, at)
  target.writeUInt32BE(at - sizeAt - 4, sizeAt)
  target.writeUInt32BE(count, sizeAt + 4)
  return at
}

function writeLong(target: Buffer, offset: number, name: Buffer, type: number, value: number): number {
  const at = offset + name.copy(target, offset)
  target[at] = type
  target.writeInt32BE(Math.floor(value / 0x1_0000_0000), at + 1)
  return target.writeUInt32BE(value >>> 0, at + 5)
}

function writeSequence(target: Buffer, offset: number, name: Buffer, sequence: number): number {
  const at = offset + name.copy(target, offset)
  target[at] = 0x81
  target.writeInt32BE(wireHigh(sequence), at + 1)
  return target.writeUInt32BE(wireLow(sequence), at + 5)
}

/** The message as bytes of its own, for the answers of the management node. */
export function encodeStored(envelope: Envelope, stamp: Stamp): Buffer {
  const target = Buffer.allocUnsafe(messageSizeLimit(envelope, stamp))
  return target.subarray(0, writeMessage(target, 0, envelope, stamp))
}
