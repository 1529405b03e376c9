const SEGMENT_SIZE = 1024

interface Segment<T> {
  readonly index: number
  readonly items: (T | undefined)[]
  live: number
}

/**
 * Entries by sequence number, and in that order. Sequence numbers are dense, so entries sit in
 * blocks of 1024 that are dropped when their last entry goes: looking one up is a division, and
 * what a million messages leave behind is nothing.
 */
export class SequenceIndex<T> {
  private readonly bySegment = new Map<number, Segment<T>>()
  private readonly ordered: Segment<T>[] = []
  size = 0

  get(sequence: number): T | undefined {
    return this.bySegment.get(Math.floor(sequence / SEGMENT_SIZE))?.items[sequence % SEGMENT_SIZE]
  }

  set(sequence: number, entry: T): void {
    const segment = this.segment(Math.floor(sequence / SEGMENT_SIZE))
    const slot = sequence % SEGMENT_SIZE
    if (segment.items[slot] === undefined) {
      segment.live += 1
      this.size += 1
    }
    segment.items[slot] = entry
  }

  delete(sequence: number): void {
    const segment = this.bySegment.get(Math.floor(sequence / SEGMENT_SIZE))
    const slot = sequence % SEGMENT_SIZE
    if (segment === undefined || segment.items[slot] === undefined) return
    segment.items[slot] = undefined
    segment.live -= 1
    this.size -= 1
    if (segment.live === 0) {
      this.bySegment.delete(segment.index)
      this.ordered.splice(this.position(segment.index), 1)
    }
  }

  /**
   * The entries whose sequence number is at least `from`, in order. Do not add or delete while
   * iterating.
   */
  *from(from: number): Generator<T> {
    const start = Math.floor(from / SEGMENT_SIZE)
    for (let at = this.position(start); at < this.ordered.length; at += 1) {
      const segment = this.ordered[at]
      if (segment === undefined) return
      for (let slot = segment.index === start ? from % SEGMENT_SIZE : 0; slot < SEGMENT_SIZE; slot += 1) {
        const entry = segment.items[slot]
        if (entry !== undefined) yield entry
      }
    }
  }

  private segment(index: number): Segment<T> {
    const existing = this.bySegment.get(index)
    if (existing !== undefined) return existing
    const segment: Segment<T> = { index, items: Array.from({ length: SEGMENT_SIZE }), live: 0 }
    this.bySegment.set(index, segment)
    this.ordered.splice(this.position(index), 0, segment)
    return segment
  }

  /** Where the first block with at least this index is, or would be. */
  private position(index: number): number {
    let low = 0
    let high = this.ordered.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.ordered[middle]?.index ?? 0) < index) low = middle + 1
      else high = middle
    }
    return low
  }
}
