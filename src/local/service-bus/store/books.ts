import type { Journal, Tally } from './journal.ts'
import { localOf, sequenceIn } from './sequence-number.ts'

/** What a queue counts beyond the messages it holds; written down with every change. */
export class Books {
  private readonly journal: Journal | undefined
  private tally: Tally = { nextSequence: 1, incoming: 0, completed: 0, duplicates: 0, expired: 0 }

  constructor(journal: Journal | undefined) {
    this.journal = journal
  }

  get figures(): Tally {
    return this.tally
  }

  /**
   * The next sequence number, in this partition; with `kept`, that one, and the next is beyond it.
   */
  sequence(kept?: number, partition = 0): number {
    const { nextSequence } = this.tally
    const local = kept === undefined ? nextSequence : localOf(kept)
    this.set({ ...this.tally, nextSequence: Math.max(nextSequence, local + 1) })
    return kept ?? sequenceIn(partition, local)
  }

  add(what: 'incoming' | 'completed' | 'duplicates' | 'expired'): void {
    this.set({ ...this.tally, [what]: this.tally[what] + 1 })
  }

  restore(tally: Tally): void {
    this.tally = tally
  }

  private set(tally: Tally): void {
    this.tally = tally
    this.journal?.tallied(tally)
  }
}
