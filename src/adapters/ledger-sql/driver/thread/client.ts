import { type Transferable, Worker } from 'node:worker_threads'
import { RollcallError } from '../../../../core/errors.ts'
import type { Ledger } from '../../../../core/ledger/ledger.ts'
import {
  type Call,
  type Lost,
  pack,
  type Reply,
  revive,
  type TokenAnswer,
  type TokenWanted,
} from './protocol.ts'

export interface ThreadOptions {
  readonly tokenFor?: (scope: string) => Promise<string | null>
  /**
   * Called when the thread ends unexpectedly. From then on every call rejects, and only a new
   * process can use the ledger.
   */
  readonly onGone?: (error: Error) => void
}

/**
 * Calls a method of the module in the ledger's thread. `transfer`: buffers that are handed over,
 * not copied.
 */
export type AskThread = (
  method: string,
  given: readonly unknown[],
  transfer?: readonly Transferable[],
) => Promise<unknown>

export interface LedgerThread {
  readonly ledger: Ledger
  readonly ask: AskThread
}

/**
 * A ledger in its own thread, so that a transaction, which holds locks during its disk access and
 * round trips, does not wait for other work of this process. Rejects if the ledger cannot be
 * opened. The thread reports the names of the ledger's methods when it has opened, so they are
 * listed only in `sqlLedger`.
 */
export async function ledgerInThread(
  script: URL,
  workerData: unknown,
  options: ThreadOptions = {},
): Promise<LedgerThread> {
  const worker = new Worker(script, { workerData })
  const calls = callsTo(worker, options)
  const methods = await calls.opened.catch(async (error: unknown) => {
    await worker.terminate()
    throw error
  })
  const { ask } = calls
  const close = async (): Promise<void> => {
    if (calls.gone) return
    const exited = new Promise((resolve) => worker.once('exit', resolve))
    calls.expectEnd()
    await ask('close', [])
    await exited
  }
  let closing: Promise<void> | null = null
  const remote = Object.fromEntries(
    methods.map((method) => [method, (...given: readonly unknown[]) => ask(method, given)]),
  ) as { [M in keyof Ledger]: Ledger[M] }
  return { ledger: { ...remote, close: () => (closing ??= close()) }, ask }
}

interface ThreadCalls {
  /** The names of the ledger's methods. Rejects if it cannot be opened. */
  readonly opened: Promise<readonly (keyof Ledger)[]>
  readonly ask: AskThread
  /** Why the thread has ended; `null` while it works. */
  readonly gone: Error | null
  /** From now on the end of the thread is not a failure. */
  expectEnd(): void
}

/** Calls into the thread, and the answers that belong to them. Answers its requests for tokens. */
function callsTo(worker: Worker, { tokenFor, onGone }: ThreadOptions): ThreadCalls {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
  let count = 0
  let gone: Error | null = null
  let endExpected = false

  const expect = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
  const end = (error: Error): void => {
    gone ??= error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  const lose = (error: Error): void => {
    if (gone) return
    end(error)
    onGone?.(error)
  }
  const sendToken = async ({ tokenFor: scope, id }: TokenWanted): Promise<void> => {
    const token = (await tokenFor?.(scope).catch(() => null)) ?? null
    worker.postMessage({ token, id } satisfies TokenAnswer)
  }
  worker.on('message', (message: Reply | TokenWanted | Lost) => {
    if ('lost' in message) return lose(revive(message.lost))
    if ('tokenFor' in message) return void sendToken(message)
    const asked = waiting.get(message.id)
    waiting.delete(message.id)
    if ('error' in message) asked?.reject(revive(message.error))
    else asked?.resolve(message.value)
  })
  worker.on('error', (error) => lose(threadEnded(error)))
  worker.on('exit', () => {
    if (endExpected || gone) end(new RollcallError('LedgerClosed', 'the ledger is closed'))
    else lose(threadEnded(null))
  })
  return {
    opened: expect(0) as Promise<readonly (keyof Ledger)[]>,
    ask: (method, given, transfer = []) => {
      if (gone) return Promise.reject(gone)
      const call: Call = { id: ++count, method, arguments: given }
      const answer = expect(call.id)
      worker.postMessage(call, transfer)
      return answer
    },
    get gone() {
      return gone
    },
    expectEnd: () => (endExpected = true),
  }
}

function threadEnded(cause: unknown): RollcallError {
  const { code } = pack(cause)
  return new RollcallError(
    'LedgerGone',
    `the thread of the ledger ended (${code}); start this process anew`,
    {
      cause,
    },
  )
}
