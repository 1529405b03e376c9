/** Bytes that are not what AMQP 1.0 says they should be. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError'
}

/**
 * A cursor over AMQP 1.0 encoded bytes (OASIS AMQP 1.0 part 1.6), for the paths every message
 * takes: it reads the few types those need and steps over the rest without making objects. Throws
 * MalformedError (or Node's RangeError) on bytes that end early or do not fit.
 */
export class ByteReader {
  readonly bytes: Buffer
  position: number
  readonly end: number

  constructor(bytes: Buffer, position = 0, end = bytes.length) {
    this.bytes = bytes
    this.position = position
    this.end = end
  }

  get done(): boolean {
    return this.position >= this.end
  }

  /**
   * Reads the code of a described type (`0x00`, a ulong, then the value): the reader is left before
   * the value.
   */
  descriptor(): number {
    const { bytes } = this
    if (this.end - this.position < 3 || bytes[this.position] !== 0x00)
      throw new MalformedError('expected a described type')
    const form = bytes[this.position + 1]
    if (form === 0x53) {
      this.position += 3
      return bytes[this.position - 1] ?? 0
    }
    if (form === 0x80) {
      this.position += 10
      return Number(bytes.readBigUInt64BE(this.position - 8))
    }
    throw new MalformedError('expected a numeric descriptor')
  }

  /** Steps over one value of any type, described ones included. */
  skip(): void {
    const code = this.byte()
    if (code === 0x00) {
      this.skip()
      this.skip()
      return
    }
    this.advance(this.width(code))
  }

  /** True (and consumed) when the next value is null. */
  skipNull(): boolean {
    if (this.bytes[this.position] !== 0x40 || this.done) return false
    this.position += 1
    return true
  }

  /** Opens a list and returns how many elements it holds; the elements follow. */
  list(): number {
    const code = this.byte()
    if (code === 0x45) return 0
    if (code === 0xc0) return this.compound8()
    if (code === 0xd0) return this.compound32()
    throw new MalformedError(`expected a list, found type 0x${code.toString(16)}`)
  }

  /** Opens a map and returns how many elements it holds, keys and values counted apart. */
  map(): number {
    const code = this.byte()
    if (code === 0xc1) return this.compound8()
    if (code === 0xd1) return this.compound32()
    throw new MalformedError(`expected a map, found type 0x${code.toString(16)}`)
  }

  /** A boolean; null reads as false. */
  boolean(): boolean {
    const code = this.byte()
    if (code === 0x41) return true
    if (code === 0x42 || code === 0x40) return false
    if (code === 0x56) return this.byte() !== 0
    throw new MalformedError(`expected a boolean, found type 0x${code.toString(16)}`)
  }

  /** An unsigned integer of any width; undefined for null. Values beyond 2^53 lose precision. */
  uint(): number | undefined {
    const code = this.byte()
    switch (code) {
      case 0x40:
        return undefined
      case 0x43:
      case 0x44:
        return 0
      case 0x50:
      case 0x52:
      case 0x53:
        return this.byte()
      case 0x60:
        this.advance(2)
        return this.bytes.readUInt16BE(this.position - 2)
      case 0x70:
        this.advance(4)
        return this.bytes.readUInt32BE(this.position - 4)
      case 0x80:
        this.advance(8)
        return Number(this.bytes.readBigUInt64BE(this.position - 8))
      default:
        throw new MalformedError(`expected an unsigned integer, found type 0x${code.toString(16)}`)
    }
  }

  /** A long or timestamp as a number; undefined for any other type, which is stepped over. */
  long(): number | undefined {
    const code = this.bytes[this.position]
    if (code === 0x81 || code === 0x83) {
      this.advance(9)
      return Number(this.bytes.readBigInt64BE(this.position - 8))
    }
    if (code === 0x55) {
      this.advance(2)
      return this.bytes.readInt8(this.position - 1)
    }
    this.skip()
    return undefined
  }

  /** A string or symbol; undefined for any other type, which is stepped over. */
  text(): string | undefined {
    const code = this.bytes[this.position] ?? -1
    switch (code) {
      case 0xa1:
      case 0xa3: {
        const length = this.bytes[this.position + 1] ?? 0
        this.advance(2 + length)
        return this.bytes.toString('utf8', this.position - length, this.position)
      }
      case 0xb1:
      case 0xb3: {
        const length = this.bytes.readUInt32BE(this.position + 1)
        this.advance(5 + length)
        return this.bytes.toString('utf8', this.position - length, this.position)
      }
      default:
        this.skip()
        return undefined
    }
  }

  /** A binary's bytes (a view, not a copy); throws for any other type. */
  binary(): Buffer {
    const code = this.byte()
    let length: number
    if (code === 0xa0) length = this.byte()
    else if (code === 0xb0) {
      this.advance(4)
      length = this.bytes.readUInt32BE(this.position - 4)
    } else throw new MalformedError(`expected binary, found type 0x${code.toString(16)}`)
    this.advance(length)
    return this.bytes.subarray(this.position - length, this.position)
  }

  private byte(): number {
    if (this.position >= this.end) throw new MalformedError('the bytes end early')
    const value = this.bytes[this.position] ?? 0
    this.position += 1
    return value
  }

  private advance(count: number): void {
    if (count > this.end - this.position) throw new MalformedError('the bytes end early')
    this.position += count
  }

  private compound8(): number {
    if (this.position + 2 > this.end) throw new MalformedError('the bytes end early')
    this.position += 2
    return this.bytes[this.position - 1] ?? 0
  }

  private compound32(): number {
    this.advance(8)
    return this.bytes.readUInt32BE(this.position - 4)
  }

  /** How many bytes follow a type code, its length prefix included. */
  private width(code: number): number {
    switch (code >>> 4) {
      case 0x4:
        return 0
      case 0x5:
        return 1
      case 0x6:
        return 2
      case 0x7:
        return 4
      case 0x8:
        return 8
      case 0x9:
        return 16
      case 0xa:
      case 0xc:
      case 0xe:
        return 1 + (this.bytes[this.position] ?? 0)
      case 0xb:
      case 0xd:
      case 0xf:
        return 4 + this.bytes.readUInt32BE(this.position)
      default:
        throw new MalformedError(`unknown type 0x${code.toString(16)}`)
    }
  }
}
