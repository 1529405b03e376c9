import type { Envelope } from '../wire/message.ts'

/**
 * Sequence numbers are 64 bits wide; in a partitioned entity the topmost 16 name the partition
 * [documented]. Here they are numbers that stay exact: the partition (0 for an entity without any)
 * times 2^44, and what counts inside it. Which 16 bits the service uses is not documented; here
 * partition n is 9n on the wire, so that most pass 2^53, beyond which a client needs more than a
 * number. None is 32: rhea 3.0.5 reads the first 2^32 numbers from 2^53 on as doubles that are not
 * exact (`read_long` compares with 2097153 where 2097152 is meant).
 */
const SPAN = 2 ** 44
/** Of an entity of the Standard tier [documented]. */
export const PARTITIONS = 16
const WIRE_STEP = 9

/** What counts inside the partition. */
export const localOf = (sequence: number): number => sequence % SPAN
export const sequenceIn = (partition: number, local: number): number => partition * SPAN + local

/**
 * Where a message goes: by its session, its partition key, or, where duplicates are looked for, its
 * id [documented]; else to each partition in turn, of which `turn` says whose it is.
 */
export function partitionOf(
  { sessionId, partitionKey, messageId }: Envelope,
  detectsDuplicates: boolean,
  turn: number,
): number {
  const key = sessionId ?? partitionKey ?? (detectsDuplicates ? messageId : undefined)
  if (key === undefined) return (turn % PARTITIONS) + 1
  let hash = 0
  for (let at = 0; at < key.length; at += 1) hash = (Math.imul(hash, 31) + key.charCodeAt(at)) >>> 0
  return (hash % PARTITIONS) + 1
}

/** The upper and the lower 32 bits on the wire. */
export function wireHigh(sequence: number): number {
  return Math.floor(sequence / SPAN) * WIRE_STEP * 0x1_0000 + Math.floor(localOf(sequence) / 0x1_0000_0000)
}
export const wireLow = (sequence: number): number => sequence >>> 0

/** As rhea writes it: bytes where a number would not be exact. */
export function toWire(sequence: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeInt32BE(wireHigh(sequence), 0)
  bytes.writeUInt32BE(wireLow(sequence), 4)
  return bytes
}

/**
 * The number that rhea read, or undefined if it is not one. A number between two partitions stands
 * for the start of the next.
 */
export function fromWire(value: unknown): number | undefined {
  const whole =
    typeof value === 'number'
      ? BigInt(Math.trunc(value))
      : Buffer.isBuffer(value) && value.length === 8
        ? value.readBigInt64BE(0)
        : undefined
  if (whole === undefined) return undefined
  if (whole < 0n) return Number(whole)
  const high = Number(whole >> 48n)
  const local = Number(whole & 0xffff_ffff_ffffn)
  if (high % WIRE_STEP !== 0) return sequenceIn(Math.floor(high / WIRE_STEP) + 1, 0)
  return sequenceIn(high / WIRE_STEP, Math.min(local, SPAN - 1))
}
