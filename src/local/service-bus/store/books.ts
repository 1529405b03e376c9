import type { Journal, Tally } from './journal.ts'

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

  /** The next sequence number; with `kept`, that one, and the next is beyond it. */
  sequence(kept?: number): number {
    const sequence = kept ?? this.tally.nextSequence
    this.set({ ...this.tally, nextSequence: Math.max(this.tally.nextSequence, sequence + 1) })
    return sequence
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
