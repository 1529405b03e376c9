import { randomBytes } from 'node:crypto'

/**
 * A lock token says where its lock is: four random bytes of the queue, the lock's number, the
 * message's sequence number. On the wire it is the delivery tag; the `$management` node gets the
 * same 16 bytes as a UUID in another byte order, because .NET writes the first three fields of a
 * GUID little-endian (read in `@azure/core-amqp` 4.4.2).
 */
export interface LockReference {
  readonly lock: number
  readonly sequence: number
}

export class LockTokens {
  private readonly realm = randomBytes(4)

  encode(reference: LockReference): Buffer {
    const token = Buffer.allocUnsafe(16)
    this.realm.copy(token, 0)
    token.writeUInt32BE(reference.lock, 4)
    token.writeUInt32BE(Math.floor(reference.sequence / 0x1_0000_0000), 8)
    token.writeUInt32BE(reference.sequence >>> 0, 12)
    return token
  }

  /** Undefined for a token this queue never gave out. */
  decode(token: Buffer): LockReference | undefined {
    if (token.length !== 16 || this.realm.compare(token, 0, 4) !== 0) return undefined
    return {
      lock: token.readUInt32BE(4),
      sequence: token.readUInt32BE(8) * 0x1_0000_0000 + token.readUInt32BE(12),
    }
  }
}

const GUID_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const

/** Delivery tag to UUID bytes, or back: the permutation is its own inverse. */
export function reorderGuid(bytes: Buffer): Buffer {
  return Buffer.from(GUID_ORDER.map((index) => bytes[index] ?? 0))
}
