/** What an entry of a chain carries: its neighbours, and the chain it is in. An entry is in one chain at a time. */
export interface Linked<T extends Linked<T>> {
  chain: Chain<T> | undefined
  before: T | undefined
  after: T | undefined
}

/** A doubly linked list through its own entries: append, remove and take the first in constant time, without making an object. */
export class Chain<T extends Linked<T>> {
  first: T | undefined
  last: T | undefined
  size = 0

  append(entry: T): void {
    entry.chain = this
    entry.before = this.last
    entry.after = undefined
    if (this.last === undefined) this.first = entry
    else this.last.after = entry
    this.last = entry
    this.size += 1
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
}
