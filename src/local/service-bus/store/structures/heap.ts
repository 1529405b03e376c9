/**
 * A binary heap: the entry for which `key` is smallest comes first. Entries with the same key come
 * in no order.
 */
export class Heap<T> {
  private readonly entries: T[] = []
  private readonly key: (entry: T) => number

  constructor(key: (entry: T) => number) {
    this.key = key
  }

  get size(): number {
    return this.entries.length
  }

  peek(): T | undefined {
    return this.entries[0]
  }

  push(entry: T): void {
    this.entries.push(entry)
    this.up(this.entries.length - 1)
  }

  pop(): T | undefined {
    const first = this.entries[0]
    const last = this.entries.pop()
    if (last !== undefined && this.entries.length > 0) {
      this.entries[0] = last
      this.down(0)
    }
    return first
  }

  /** Drops every entry `keep` refuses. Linear: call it when most entries are stale. */
  prune(keep: (entry: T) => boolean): void {
    const kept = this.entries.filter(keep)
    this.entries.length = 0
    for (const entry of kept) this.entries.push(entry)
    for (let index = (kept.length >> 1) - 1; index >= 0; index -= 1) this.down(index)
  }

  private up(from: number): void {
    let index = from
    const entry = this.entries[index]
    if (entry === undefined) return
    const own = this.key(entry)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = this.entries[parent]
      if (above === undefined || this.key(above) <= own) break
      this.entries[index] = above
      index = parent
    }
    this.entries[index] = entry
  }

  private down(from: number): void {
    let index = from
    const entry = this.entries[index]
    if (entry === undefined) return
    const own = this.key(entry)
    for (;;) {
      const left = index * 2 + 1
      let child = left
      let below = this.entries[left]
      const right = this.entries[left + 1]
      if (below !== undefined && right !== undefined && this.key(right) < this.key(below)) {
        child = left + 1
        below = right
      }
      if (below === undefined || this.key(below) >= own) break
      this.entries[index] = below
      index = child
    }
    this.entries[index] = entry
  }
}
