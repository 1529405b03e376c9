import { RollcallError } from '../../core/errors.ts'
import { readAnswer, writeInput, type Written } from '../../core/expression/evaluate.ts'
import type { Evaluation, Evaluator } from '../../core/expression/evaluator.ts'
import { EVALUATION_MS, TOO_LONG, TOO_MUCH_MEMORY } from '../../core/expression/limits.ts'
import { Asked } from './asked.ts'
import { type Child, startChild } from './child-process.ts'
import type { LastWords } from './protocol.ts'

export interface ExpressionProcessOptions {
  /** Processor time of one expression over one input, in milliseconds. */
  readonly limitMs?: number
  /** Heap for JavaScript objects that live longer than a moment, in megabytes. */
  readonly memoryMb?: number
}

/**
 * An evaluator in a process, which is started for the first evaluation, and again after it has
 * ended.
 */
export interface ExpressionProcess extends Evaluator {
  /** `null` while there is none. */
  readonly pid: number | null
  /**
   * Ends the process; evaluations under way reject. This process can end without it, and the other
   * does not outlive it.
   */
  close(): Promise<void>
}

/** The most inputs in one round trip. */
const AT_ONCE = 100
/** Characters in one round trip; one input may be longer. */
const BATCH_JSON = 1_000_000
const MEMORY_MB = 192

/** Evaluations on their way to the process, and the process while there is one. */
interface Queue {
  readonly waiting: Asked[]
  running: Asked[]
  child: Child | null
  isClosed: boolean
}

/**
 * Evaluates expressions in a process of its own. A thread would protect against endless loops, but
 * not against memory: an isolate that runs out of it while making one large text ends the whole
 * process (V8's fatal handler), wherever it runs.
 *
 * An expression that uses more than its time or memory is known exactly and answered `failed`; the
 * others of its batch are evaluated again. When the process ends for another reason, which may come
 * from outside, its batch is evaluated one expression at a time. One with which the process ends
 * again and again is answered `failed`. One input of many that ends the process costs the others no
 * more than the limit and a start.
 */
export function expressionProcess({
  limitMs = EVALUATION_MS,
  memoryMb = MEMORY_MB,
}: ExpressionProcessOptions = {}): ExpressionProcess {
  const queue: Queue = { waiting: [], running: [], child: null, isClosed: false }
  let ended: Promise<void> = Promise.resolve()

  const start = (): Child => {
    const child = startChild(limitMs, memoryMb, {
      onReady: pump,
      onAnswers: (answers) => {
        takeAnswers(queue, answers)
        pump()
      },
      onEnd: (words) => {
        queue.child = null
        if (queue.isClosed) return
        if (child.isReady) takeEnd(queue, words)
        else rejectAll(queue.waiting, CANNOT_START)
        pump()
      },
    })
    ended = child.ended
    return child
  }

  const pump = (): void => {
    if (queue.isClosed || queue.running.length > 0) return
    if (queue.waiting.length === 0) return queue.child?.keepAlive(false)
    const child = (queue.child ??= start())
    child.keepAlive(true)
    if (!child.isReady) return
    queue.running = nextBatch(queue.waiting)
    child.send({ tasks: queue.running.map((asked) => asked.task()) })
  }

  return {
    get pid() {
      return queue.child?.pid ?? null
    },
    evaluate: async ({ expressions, input, bindings }: Evaluation) => {
      if (queue.isClosed) throw new RollcallError('ExpressionsUnavailable', CLOSED)
      const written = writeInput(input)
      if (written.kind === 'failed') return expressions.map(() => written)
      const { promise, resolve, reject } = Promise.withResolvers<readonly Written[]>()
      queue.waiting.push(
        new Asked({ expressions, input: written.value ?? 'null', bindings }, resolve, reject),
      )
      // Evaluations of one tick are sent together.
      queueMicrotask(pump)
      return (await promise).map(readAnswer)
    },
    close: async () => {
      queue.isClosed = true
      rejectAll(queue.running, CLOSED)
      rejectAll(queue.waiting, CLOSED)
      queue.child?.keepAlive(true)
      queue.child?.kill()
      await ended
    },
  }
}

const CLOSED = 'expressions are not evaluated any more'
const CANNOT_START =
  'the process that evaluates expressions cannot be started; check the memory and the number of processes this one may have'

function rejectAll(all: Asked[], why: string): void {
  for (const asked of all.splice(0)) asked.reject(new RollcallError('ExpressionsUnavailable', why))
}

function takeAnswers(queue: Queue, answers: readonly (readonly Written[])[]): void {
  const done = queue.running
  queue.running = []
  for (const [index, asked] of done.entries()) asked.take(answers[index] ?? [])
  queue.waiting.unshift(...done.filter((asked) => !asked.settled))
}

/**
 * The process ended while it evaluated a batch. `words` names the expression that it was ended for,
 * if any.
 */
function takeEnd(queue: Queue, words: LastWords | null): void {
  const suspects = queue.running
  queue.running = []
  const culprit = words ? suspects[words.task] : suspects.length === 1 ? suspects[0] : undefined
  if (words) culprit?.end(words.expression, words.limit === 'time' ? TOO_LONG : TOO_MUCH_MEMORY)
  else for (const asked of suspects) asked.crashed(asked === culprit, TOO_MUCH_MEMORY)
  queue.waiting.unshift(...suspects.filter((asked) => asked !== culprit))
  if (culprit && !culprit.settled) queue.waiting.push(culprit)
}

/**
 * Takes the first that fit in one batch. One under suspicion is sent alone, when no other is
 * waiting.
 */
function nextBatch(waiting: Asked[]): Asked[] {
  const batch: Asked[] = []
  let size = 0
  for (const asked of waiting) {
    if (asked.alone) continue
    size += asked.size
    if (batch.length === AT_ONCE || (batch.length > 0 && size > BATCH_JSON)) break
    batch.push(asked)
  }
  if (batch.length === 0) return waiting.splice(0, 1)
  const taken = new Set(batch)
  waiting.splice(0, waiting.length, ...waiting.filter((asked) => !taken.has(asked)))
  return batch
}
