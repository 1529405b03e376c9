import type { Duplex } from 'node:stream'

const CHUNK_SIZE = 64 * 1024

/**
 * Everything one connection has to say, in order, written to its socket once per turn of the event
 * loop instead of once per frame. Bytes already handed to the socket are never written over.
 */
export class Output {
  private readonly socket: Duplex
  private readonly onDirty: () => void
  private chunk: Buffer = Buffer.allocUnsafeSlow(0)
  private start = 0
  private at = 0
  private readonly whole: Buffer[] = []
  private sealed = 0
  private dirty = false
  private ended = false

  constructor(socket: Duplex, onDirty: () => void) {
    this.socket = socket
    this.onDirty = onDirty
  }

  /** Bytes the peer has not taken yet, those of this turn included. */
  get backlog(): number {
    return this.socket.writableLength + this.sealed + this.at - this.start
  }

  /**
   * Room for `size` bytes in the present chunk: write there, then call `commit` with the end. The
   * offset is `offset`.
   */
  reserve(size: number): Buffer {
    if (this.chunk.length - this.at < size) {
      this.seal()
      // A chunk per burst, not per message; a message larger than a chunk gets one of its own.
      this.chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_SIZE, size))
      this.start = 0
      this.at = 0
    }
    return this.chunk
  }

  get offset(): number {
    return this.at
  }

  commit(end: number): void {
    this.at = end
    this.touch()
  }

  append(bytes: Buffer): void {
    const target = this.reserve(bytes.length)
    this.commit(this.at + bytes.copy(target, this.at))
  }

  /** Hands everything to the socket. */
  flush(): void {
    this.dirty = false
    this.seal()
    if (this.whole.length > 0) this.hand()
    if (this.ended) this.socket.end()
  }

  private hand(): void {
    const pieces = this.whole.splice(0)
    this.sealed = 0
    if (this.socket.destroyed || this.socket.writableEnded) return
    if (pieces.length === 1 && pieces[0] !== undefined) this.socket.write(pieces[0])
    else {
      this.socket.cork()
      for (const piece of pieces) this.socket.write(piece)
      this.socket.uncork()
    }
  }

  /** Flushes what is left at the end of the turn, then closes our half of the socket. */
  end(): void {
    this.ended = true
    this.touch()
  }

  private seal(): void {
    if (this.at > this.start) this.whole.push(this.chunk.subarray(this.start, this.at))
    this.sealed += this.at - this.start
    this.start = this.at
  }

  private touch(): void {
    if (this.dirty) return
    this.dirty = true
    this.onDirty()
  }
}
