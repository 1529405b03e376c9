import type { Ledger } from '../ledger/ledger.ts'
import { describeError, type Runtime } from '../runtime.ts'
import type { Committer } from './commit.ts'

/** Messages that were received and could not be committed. Their locks may have expired. */
export interface Uncommitted<M> {
  keep(messages: readonly M[]): void
  /** Called after a commit: the patience for the next failure starts at its beginning again. */
  ledgerTakes(): void
  /**
   * Tries to commit the kept messages until the ledger takes them, or until it has answered for
   * long enough and taken nothing. Then they are dropped, and the bus delivers them again.
   */
  waitForLedger(stopping: AbortSignal): Promise<void>
}

/**
 * How long a ledger may answer without committing anything before messages are received again.
 * Doubles each time.
 */
const PATIENCE_MS = 4_000
const LONGEST_PATIENCE_MS = 300_000
const FIRST_REST_MS = 250
const LONGEST_REST_MS = 10_000
/** If the ledger refuses this many single messages in a row, it refuses all of them. */
const ENOUGH_REFUSED = 3

export function uncommittedMessages<M>(
  ledger: Pick<Ledger, 'ping'>,
  committer: Committer<M>,
  options: { readonly batchSize: number; readonly onRecorded: () => void },
  runtime: Runtime,
): Uncommitted<M> {
  let patienceMs = PATIENCE_MS
  let kept: readonly M[] = []

  /** Rejects when the ledger takes none of them, or stops answering. */
  const commitKept = async (): Promise<void> => {
    if (kept.length === 0) return
    await commitSome(kept, committer, ledger, options.batchSize)
    kept = []
    patienceMs = PATIENCE_MS
    options.onRecorded()
  }

  const waitForLedger = async (stopping: AbortSignal): Promise<void> => {
    let answeringSince: number | null = null
    for (let restMs = FIRST_REST_MS; !stopping.aborted; restMs = Math.min(LONGEST_REST_MS, restMs * 2)) {
      let answers = false
      try {
        await ledger.ping()
        answers = true
        await commitKept()
        return
      } catch (error) {
        const now = runtime.now()
        answeringSince = answers ? (answeringSince ?? now) : null
        if (answeringSince !== null && now - answeringSince >= patienceMs) {
          patienceMs = Math.min(LONGEST_PATIENCE_MS, patienceMs * 2)
          kept = []
          return
        }
        const what = answers
          ? 'the ledger answers but does not take the messages'
          : 'the ledger does not answer'
        runtime.log.warn('intake.waits', { ...describeError(error), what, retryInMs: restMs })
        await runtime.sleep(restMs, stopping)
      }
    }
  }

  return {
    keep: (messages) => (kept = messages),
    ledgerTakes: () => (patienceMs = PATIENCE_MS),
    waitForLedger,
  }
}

/** Rejects when the ledger takes none of these messages, or stops answering. */
async function commitSome<M>(
  messages: readonly M[],
  { read }: Committer<M>,
  ledger: Pick<Ledger, 'ping'>,
  batchSize: number,
): Promise<void> {
  let taken = 0
  let cause: unknown = null
  for (let at = 0; at < messages.length; at += batchSize) {
    const batch = messages.slice(at, at + batchSize)
    try {
      await (await read(batch)).commit(true)
      taken += batch.length
    } catch (error) {
      cause = error
      taken += await commitApart(batch, read, ledger, taken > 0)
    }
  }
  if (taken === 0) throw cause
}

/**
 * One by one, so that a message the ledger refuses does not block the others. Returns how many it
 * took.
 */
async function commitApart<M>(
  messages: readonly M[],
  read: Committer<M>['read'],
  ledger: Pick<Ledger, 'ping'>,
  tookSome: boolean,
): Promise<number> {
  let taken = 0
  let refused = 0
  for (const message of messages) {
    try {
      await (await read([message])).commit(true)
      taken += 1
    } catch (error) {
      refused += 1
      await ledger.ping()
      if (refused >= ENOUGH_REFUSED && taken === 0 && !tookSome) throw error
    }
  }
  return taken
}
