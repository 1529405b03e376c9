import { fork } from 'node:child_process'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Written } from '../../core/expression/evaluate.ts'
import { type Batch, LAST_WORDS_FD, type LastWords, parseLastWords, type Reply } from './protocol.ts'

/** Memory for the process itself and for young objects. */
const MEMORY_BESIDE_MB = 208

/** The process that evaluates, one batch at a time. */
export interface Child {
  readonly pid: number | undefined
  /** Whether it has started and can take a batch. */
  readonly isReady: boolean
  readonly ended: Promise<void>
  send(batch: Batch): void
  /** Only a busy child keeps this process from ending. */
  keepAlive(isBusy: boolean): void
  kill(): void
}

export interface ChildEvents {
  onReady(): void
  onAnswers(answers: readonly (readonly Written[])[]): void
  /** It ended. `words` says for which expression; `null` when it was not ended for one. */
  onEnd(words: LastWords | null): void
}

export function startChild(limitMs: number, memoryMb: number, events: ChildEvents): Child {
  // Of the environment, which holds secrets and options for this process, only where compiled code
  // is: without it, the child compiles everything at every start.
  const { NODE_COMPILE_CACHE: cache } = process.env
  const made = fork(
    fileURLToPath(new URL('./child.ts', import.meta.url)),
    [String(limitMs), String(memoryMb + MEMORY_BESIDE_MB)],
    {
      env: cache === undefined ? {} : { NODE_COMPILE_CACHE: cache },
      execArgv: [`--max-old-space-size=${memoryMb}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc', 'pipe'],
    },
  )
  const words = made.stdio[LAST_WORDS_FD]
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  let isReady = false
  let hasEnded = false
  let lastWords = ''
  words?.on('data', (text: Buffer) => (lastWords += text.toString()))
  made.on('message', (reply: Reply) => {
    if (reply.kind === 'answers') return events.onAnswers(reply.answers)
    isReady = true
    events.onReady()
  })
  const end = (): void => {
    if (!hasEnded) events.onEnd(parseLastWords(lastWords))
    hasEnded = true
    resolve()
  }
  made.once('error', end)
  // Not `exit`: the last words may still be on their way.
  made.once('close', end)
  return {
    pid: made.pid,
    ended,
    get isReady() {
      return isReady
    },
    // An error here is the end of the process, which its events report.
    send: (batch) => void made.send(batch, () => {}),
    keepAlive: (isBusy) => {
      const turn = isBusy ? 'ref' : 'unref'
      made[turn]()
      made.channel?.[turn]()
      if (words instanceof Socket) words[turn]()
    },
    kill: () => void made.kill('SIGKILL'),
  }
}
