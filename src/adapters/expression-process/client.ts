import { type ChildProcess, fork } from 'node:child_process'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { RollcallError } from '../../core/errors.ts'
import { readAnswer, writeInput, type Written } from '../../core/expression/evaluate.ts'
import type { Evaluation, Evaluator } from '../../core/expression/evaluator.ts'
import { EVALUATION_MS, TOO_LONG, TOO_MUCH_MEMORY } from '../../core/expression/limits.ts'
import { type Batch, LAST_WORDS_FD, type LastWords, parseLastWords, type Reply } from './protocol.ts'
import { Asked } from './asked.ts'

export interface ExpressionProcessOptions {
  /** Processor time of one expression over one input. */
  readonly limitMs?: number
  /** JavaScript objects that outlive a moment. */
  readonly memoryMb?: number
}

/** An evaluator with identity: the process is started when something is to be evaluated, and again when it has ended. */
export interface ExpressionProcess extends Evaluator {
  /** `null` while there is none. */
  readonly pid: number | null
  /** Ends the process; what is asked for rejects. Not needed for this process to end: the other one does not outlive it. */
  close(): Promise<void>
}

/** Inputs in one round trip, at the most. */
const AT_ONCE = 100
/** Characters in one round trip; one input may be longer. */
const BATCH_JSON = 1_000_000
const MEMORY_MB = 192
/** What the process itself needs, and young objects. */
const MEMORY_BESIDE_MB = 208

/**
 * Evaluates expressions in a process of its own. A thread would do against endless loops, but not against memory: an isolate that runs out
 * of it while making one large text ends the whole process (V8's fatal handler), wherever it runs.
 *
 * What uses more than its time or memory is known exactly and answered `failed`; the others of its batch are evaluated again. When the process ends
 * for another reason, which may come from outside, its batch is taken up one expression at a time, and one with which it ends again and
 * again is answered `failed`. One input of many that ends the process costs the others at most the limit and a start.
 */
export function expressionProcess({
  limitMs = EVALUATION_MS,
  memoryMb = MEMORY_MB,
}: ExpressionProcessOptions = {}): ExpressionProcess {
  const waiting: Asked[] = []
  let running: Asked[] = []
  let child: ChildProcess | null = null
  let ready = false
  let ended: Promise<void> = Promise.resolve()
  let closed = false

  const start = (): void => {
    // Nothing of the environment goes along: it holds secrets, and options for this process.
    const made = fork(
      fileURLToPath(new URL('./child.ts', import.meta.url)),
      [String(limitMs), String(memoryMb + MEMORY_BESIDE_MB)],
      {
        env: {},
        execArgv: [`--max-old-space-size=${memoryMb}`],
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'ignore', 'ipc', 'pipe'],
      },
    )
    child = made
    let lastWords = ''
    made.stdio[LAST_WORDS_FD]?.on('data', (text: Buffer) => (lastWords += text.toString()))
    made.on('message', (reply: Reply) => (reply.kind === 'ready' ? begin() : answered(reply.answers)))
    ended = new Promise((resolve) => {
      const end = (): void => {
        if (child === made) onEnd(parseLastWords(lastWords))
        resolve()
      }
      made.once('error', end)
      // Not `exit`: the last words may still be on their way.
      made.once('close', end)
    })
  }

  const begin = (): void => {
    ready = true
    pump()
  }

  const pump = (): void => {
    if (closed || running.length > 0) return
    if (waiting.length === 0) return keepAlive(false)
    if (!child) start()
    keepAlive(true)
    if (!ready) return
    running = nextBatch(waiting)
    const batch: Batch = { tasks: running.map((asked) => asked.task()) }
    // An error here is the end of the process, which is told by its events.
    child?.send(batch, () => {})
  }

  const answered = (answers: readonly (readonly Written[])[]): void => {
    const done = running
    running = []
    for (const [index, asked] of done.entries()) asked.take(answers[index] ?? [])
    waiting.unshift(...done.filter((asked) => !asked.settled))
    pump()
  }

  const onEnd = (words: LastWords | null): void => {
    child = null
    const wasReady = ready
    ready = false
    const suspects = running
    running = []
    if (closed) return
    if (!wasReady) {
      const unavailable = new RollcallError(
        'ExpressionsUnavailable',
        'the process that evaluates expressions cannot be started; check the memory and the number of processes this one may have',
      )
      for (const asked of waiting.splice(0)) asked.reject(unavailable)
      return
    }
    const culprit = words ? suspects[words.task] : suspects.length === 1 ? suspects[0] : undefined
    if (words) culprit?.end(words.expression, words.limit === 'time' ? TOO_LONG : TOO_MUCH_MEMORY)
    else for (const asked of suspects) asked.crashed(asked === culprit, TOO_MUCH_MEMORY)
    waiting.unshift(...suspects.filter((asked) => asked !== culprit))
    if (culprit && !culprit.settled) waiting.push(culprit)
    pump()
  }

  /** Only while it works does the other process keep this one from ending. */
  const keepAlive = (busy: boolean): void => {
    if (!child) return
    const turn = busy ? 'ref' : 'unref'
    child[turn]()
    child.channel?.[turn]()
    const words = child.stdio[LAST_WORDS_FD]
    if (words instanceof Socket) words[turn]()
  }

  return {
    get pid() {
      return child?.pid ?? null
    },
    evaluate: async ({ expressions, input, bindings }: Evaluation) => {
      if (closed) throw new RollcallError('ExpressionsUnavailable', 'expressions are not evaluated any more')
      const written = writeInput(input)
      if (written.kind === 'failed') return expressions.map(() => written)
      const { promise, resolve, reject } = Promise.withResolvers<readonly Written[]>()
      waiting.push(new Asked({ expressions, input: written.value ?? 'null', bindings }, resolve, reject))
      // What is asked for in this tick travels together.
      queueMicrotask(pump)
      return (await promise).map(readAnswer)
    },
    close: async () => {
      closed = true
      const error = new RollcallError('ExpressionsUnavailable', 'expressions are not evaluated any more')
      for (const asked of [...running.splice(0), ...waiting.splice(0)]) asked.reject(error)
      keepAlive(true)
      child?.kill('SIGKILL')
      await ended
    },
  }
}

/** Takes the first that can travel together. One under suspicion travels alone, when no other is waiting. */
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
