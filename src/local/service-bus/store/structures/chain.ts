/**
 * What an entry of a chain carries: its neighbours, and the chain it is in. An entry is in one
 * chain at a time.
 */
export interface Linked<T extends Linked<T>> {
  chain: Chain<T> | undefined
  before: T | undefined
  after: T | undefined
}

/**
 * A doubly linked list through its own entries: append, remove and take the first in constant time,
 * without making an object.
 */
export class Chain<T extends Linked<T>> {
  first: T | undefined
  last: T | undefined
  size = 0

  append(entry: T): void {
    this.insertAfter(this.last, entry)
  }

  /**
   * Puts the entry behind the last one that does not come after it; constant time when that is the
   * end.
   */
  insert(entry: T, comesAfter: (other: T, entry: T) => boolean): void {
    let before = this.last
    while (before !== undefined && comesAfter(before, entry)) before = before.before
    this.insertAfter(before, entry)
  }

  remove(entry: T): void {
    if (entry.chain !== this) return
    if (entry.before === undefined) this.first = entry.after
    else entry.before.after = entry.after
    if (entry.after === undefined) this.last = entry.before
    else entry.after.before = entry.before
    entry.chain = undefined
    entry.before = undefined
    entry.after = undefined
    this.size -= 1
  }

  private insertAfter(before: T | undefined, entry: T): void {
    const after = before === undefined ? this.first : before.after
    entry.chain = this
    entry.before = before
    entry.after = after
    if (before === undefined) this.first = entry
    else before.after = entry
    if (after === undefined) this.last = entry
    else after.before = entry
    this.size += 1
  }
}
