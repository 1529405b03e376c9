import { type ErrorCode, RollcallError } from '../../../src/core/errors.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { Chance } from '../../fakes/plain-event.ts'
import type { Clock } from './clock.ts'

const LONGEST_ANSWER_MS = 10_000
/** Methods that change nothing. */
const READS = /^(?:find|list|read|count|describe)/

/** What goes wrong with the ledger, as the instances reach it. */
export class LedgerFaults {
  readonly #clock: Clock
  readonly #chance: Chance
  #slowUntil = 0
  #awayUntil = 0
  #refuses: { readonly until: number; readonly code: ErrorCode } = { until: 0, code: 'LedgerFull' }
  #answersLost = 0

  constructor(clock: Clock, chance: Chance) {
    this.#clock = clock
    this.#chance = chance
  }

  slow(ms: number): void {
    this.#slowUntil = this.#clock.now() + ms
  }
  away(ms: number): void {
    this.#awayUntil = this.#clock.now() + ms
  }
  /** It can be read, and every write fails. */
  refuseWrites(ms: number, code: 'LedgerFull' | 'LedgerRefused'): void {
    this.#refuses = { until: this.#clock.now() + ms, code }
  }
  /** So many writes are committed and not answered, as when a connection to PostgreSQL breaks. */
  loseAnswers(count: number): void {
    this.#answersLost = count
  }

  /** It answers, and at once. */
  get isWell(): boolean {
    return this.#clock.now() >= Math.max(this.#slowUntil, this.#awayUntil, this.#refuses.until)
  }
  async before(method: keyof Ledger): Promise<void> {
    if (this.#clock.now() < this.#slowUntil) await this.#clock.sleep(this.#chance.below(LONGEST_ANSWER_MS))
    if (this.#clock.now() < this.#awayUntil) throw new TypeError('the ledger is away')
    if (this.#clock.now() < this.#refuses.until && !READS.test(method))
      throw new RollcallError(this.#refuses.code, 'the ledger takes nothing in')
  }
  after(method: keyof Ledger): void {
    if (this.#answersLost === 0 || READS.test(method)) return
    this.#answersLost -= 1
    throw new RollcallError('LedgerUncertain', 'it was committed, and the answer is lost')
  }
}
