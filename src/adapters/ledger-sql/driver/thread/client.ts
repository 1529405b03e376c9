import { Worker } from 'node:worker_threads'
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
  /** Told when the thread ends without having been asked to: from then on every call is rejected, and only another process goes on. */
  readonly onGone?: (error: Error) => void
}

/**
 * A ledger in a thread of its own: neither the disk nor the round trips of a transaction, which holds rows meanwhile, wait for what else the process
 * does. Throws what the thread says of the opening.
 */
export async function ledgerInThread(
  script: URL,
  workerData: unknown,
  { tokenFor, onGone }: ThreadOptions = {},
): Promise<Ledger> {
  const worker = new Worker(script, { workerData })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
  let calls = 0
  let gone: Error | null = null

  const end = (error: Error): void => {
    gone ??= error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  const fetchToken = async ({ tokenFor: scope, id }: TokenWanted): Promise<void> => {
    const token = (await tokenFor?.(scope).catch(() => null)) ?? null
    worker.postMessage({ token, id } satisfies TokenAnswer)
  }
  worker.on('message', (message: Reply | TokenWanted | Lost) => {
    if ('lost' in message) return lose(revive(message.lost))
    if ('tokenFor' in message) return void fetchToken(message)
    const asked = waiting.get(message.id)
    waiting.delete(message.id)
    if ('error' in message) asked?.reject(revive(message.error))
    else asked?.resolve(message.value)
  })
  let closing: Promise<void> | null = null
  const lose = (error: Error): void => {
    if (gone) return
    end(error)
    onGone?.(error)
  }
  const die = (cause: unknown): void => {
    const { code } = pack(cause)
    lose(
      new RollcallError('LedgerGone', `the thread of the ledger ended (${code}); start this process anew`, {
        cause,
      }),
    )
  }
  worker.on('error', die)
  worker.on('exit', () => {
    if (closing || gone) end(new RollcallError('LedgerClosed', 'the ledger is closed'))
    else die(null)
  })

  const expect = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
  const ask = (method: keyof Ledger, given: readonly unknown[]): Promise<unknown> => {
    if (gone) return Promise.reject(gone)
    const call: Call = { id: ++calls, method, arguments: given }
    const answer = expect(call.id)
    worker.postMessage(call)
    return answer
  }
  await expect(0).catch(async (error: unknown) => {
    await worker.terminate()
    throw error
  })

  const close = async (): Promise<void> => {
    if (gone) return
    const exited = new Promise((resolve) => worker.once('exit', resolve))
    await ask('close', [])
    await exited
  }
  const remote =
    <M extends keyof Ledger>(method: M) =>
    (...given: Parameters<Ledger[M]>): ReturnType<Ledger[M]> =>
      ask(method, given) as ReturnType<Ledger[M]>
  return {
    recordMessages: remote('recordMessages'),
    importBaseline: remote('importBaseline'),
    claimNotices: remote('claimNotices'),
    finishNotices: remote('finishNotices'),
    takeLease: remote('takeLease'),
    claimDueEmployees: remote('claimDueEmployees'),
    commitPlan: remote('commitPlan'),
    readBrakeStatus: remote('readBrakeStatus'),
    releaseBrake: remote('releaseBrake'),
    recordJobRestart: remote('recordJobRestart'),
    claimBatch: remote('claimBatch'),
    takeSlot: remote('takeSlot'),
    setHold: remote('setHold'),
    readSubmissionStatus: remote('readSubmissionStatus'),
    recordBatchAnswer: remote('recordBatchAnswer'),
    findCandidates: remote('findCandidates'),
    recordLogRecords: remote('recordLogRecords'),
    finalizeOperations: remote('finalizeOperations'),
    findOverdueOperations: remote('findOverdueOperations'),
    expireOperations: remote('expireOperations'),
    expireEscrowedOperations: remote('expireEscrowedOperations'),
    expireIncompleteEvents: remote('expireIncompleteEvents'),
    readWatermark: remote('readWatermark'),
    readOldestUnanswered: remote('readOldestUnanswered'),
    cutMoments: remote('cutMoments'),
    readAge: remote('readAge'),
    markOlder: remote('markOlder'),
    markRestored: remote('markRestored'),
    listFindings: remote('listFindings'),
    findFinding: remote('findFinding'),
    countOpenFindings: remote('countOpenFindings'),
    acknowledgeFinding: remote('acknowledgeFinding'),
    listUnpublishedOutcomes: remote('listUnpublishedOutcomes'),
    markOutcomesPublished: remote('markOutcomesPublished'),
    readIdle: remote('readIdle'),
    readTotals: remote('readTotals'),
    readCounts: remote('readCounts'),
    listEvents: remote('listEvents'),
    listAudit: remote('listAudit'),
    readTrace: remote('readTrace'),
    listRetention: remote('listRetention'),
    foldEvents: remote('foldEvents'),
    removeAged: remote('removeAged'),
    eraseEmployee: remote('eraseEmployee'),
    findEmployees: remote('findEmployees'),
    listEmployees: remote('listEmployees'),
    listDeadLetters: remote('listDeadLetters'),
    findDeadLetter: remote('findDeadLetter'),
    recordDiscardedMessages: remote('recordDiscardedMessages'),
    endDeadLetters: remote('endDeadLetters'),
    listUncopiedDeadLetters: remote('listUncopiedDeadLetters'),
    markDeadLettersCopied: remote('markDeadLettersCopied'),
    findCurrentDeadLetters: remote('findCurrentDeadLetters'),
    findKnownEvents: remote('findKnownEvents'),
    readEmployees: remote('readEmployees'),
    freezeReplay: remote('freezeReplay'),
    listReplays: remote('listReplays'),
    listReplayEntries: remote('listReplayEntries'),
    listReplayItems: remote('listReplayItems'),
    moveReplayItems: remote('moveReplayItems'),
    putBackDeadLetters: remote('putBackDeadLetters'),
    endReplay: remote('endReplay'),
    resumeReplay: remote('resumeReplay'),
    forgetReplayEdits: remote('forgetReplayEdits'),
    findCopiesTakenIn: remote('findCopiesTakenIn'),
    listOpenLeavers: remote('listOpenLeavers'),
    settleLeavers: remote('settleLeavers'),
    acknowledgeLeavers: remote('acknowledgeLeavers'),
    resendLeaverRest: remote('resendLeaverRest'),
    ping: remote('ping'),
    close: () => (closing ??= close()),
  }
}
