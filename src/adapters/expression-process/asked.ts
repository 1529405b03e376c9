import type { Written } from '../../core/expression/evaluate.ts'
import type { Task } from './protocol.ts'

/**
 * The most expressions of one input that may be ended, one by one. After that, the results that are
 * not known yet fail too.
 */
const MOST_ENDED = 2

/**
 * The kernel may have ended the process for what another one uses, but hardly so often in a row.
 */
const CRASHES = 2

/** An evaluation on its way: what is known of it, and what is still to be asked. */
export class Asked {
  /**
   * Once it has been evaluated when the process ended, it is asked for one expression at a time, in
   * batches of its own.
   */
  alone = false
  settled = false
  readonly size: number
  readonly #task: Task
  readonly #known: (Written | undefined)[]
  readonly #resolve: (answers: readonly Written[]) => void
  readonly #reject: (error: Error) => void
  #ended = 0
  #crashes = 0

  constructor(task: Task, resolve: (answers: readonly Written[]) => void, reject: (error: Error) => void) {
    this.#task = task
    this.size = task.input.length
    this.#known = task.expressions.map(() => undefined)
    this.#resolve = resolve
    this.#reject = reject
  }

  /** What to send: what is not known yet. */
  task(): Task {
    const { expressions, ...rest } = this.#task
    return { ...rest, expressions: this.#open().map((index) => expressions[index] ?? '') }
  }

  /** The answers of what was sent. */
  take(answers: readonly Written[]): void {
    for (const [at, index] of this.#open().entries()) this.#known[index] = answers[at]
    this.#crashes = 0
    this.#settle()
  }

  /** One of what was sent was ended. */
  end(expression: number, why: string): void {
    const index = this.#open()[expression]
    this.alone = true
    if (index === undefined) return
    this.#fail(index, why)
  }

  /** The process ended while this was evaluated, with or without others. */
  crashed(onlyThis: boolean, why: string): void {
    const [index] = this.#open()
    if (this.alone && onlyThis) this.#crashes += 1
    this.alone = true
    if (this.#crashes < CRASHES || index === undefined) return
    this.#crashes = 0
    this.#fail(index, why)
  }

  reject(error: Error): void {
    this.settled = true
    this.#reject(error)
  }

  #fail(index: number, why: string): void {
    this.#known[index] = { kind: 'failed', why }
    this.#ended += 1
    if (this.#ended >= MOST_ENDED)
      for (const [other, known] of this.#known.entries())
        this.#known[other] = known ?? { kind: 'failed', why }
    this.#settle()
  }

  #open(): readonly number[] {
    const open = this.#known.flatMap((known, index) => (known === undefined ? [index] : []))
    return this.alone ? open.slice(0, 1) : open
  }

  #settle(): void {
    const known = this.#known.flatMap((answer) => (answer === undefined ? [] : [answer]))
    if (known.length < this.#known.length) return
    this.settled = true
    this.#resolve(known)
  }
}
