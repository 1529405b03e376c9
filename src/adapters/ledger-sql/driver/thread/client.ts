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
    record: remote('record'),
    importBaseline: remote('importBaseline'),
    claimNotices: remote('claimNotices'),
    finishReads: remote('finishReads'),
    lease: remote('lease'),
    claimDueEmployees: remote('claimDueEmployees'),
    commitPlan: remote('commitPlan'),
    brakeStatus: remote('brakeStatus'),
    releaseBrake: remote('releaseBrake'),
    jobRestarted: remote('jobRestarted'),
    nextBatch: remote('nextBatch'),
    takeSlot: remote('takeSlot'),
    hold: remote('hold'),
    submissionStatus: remote('submissionStatus'),
    recordAnswer: remote('recordAnswer'),
    candidates: remote('candidates'),
    correlate: remote('correlate'),
    finalize: remote('finalize'),
    overdue: remote('overdue'),
    expire: remote('expire'),
    expireEscrowed: remote('expireEscrowed'),
    expireIncomplete: remote('expireIncomplete'),
    watermark: remote('watermark'),
    oldestUnanswered: remote('oldestUnanswered'),
    cutMoments: remote('cutMoments'),
    age: remote('age'),
    foundOlder: remote('foundOlder'),
    ledgerRestored: remote('ledgerRestored'),
    findings: remote('findings'),
    finding: remote('finding'),
    openFindings: remote('openFindings'),
    acknowledgeFinding: remote('acknowledgeFinding'),
    takeUnpublished: remote('takeUnpublished'),
    markPublished: remote('markPublished'),
    idle: remote('idle'),
    totals: remote('totals'),
    inspect: remote('inspect'),
    events: remote('events'),
    audit: remote('audit'),
    trace: remote('trace'),
    retentionPage: remote('retentionPage'),
    foldAway: remote('foldAway'),
    ageOut: remote('ageOut'),
    erase: remote('erase'),
    findEmployees: remote('findEmployees'),
    employeePage: remote('employeePage'),
    deadLetters: remote('deadLetters'),
    deadLetter: remote('deadLetter'),
    noteDiscarded: remote('noteDiscarded'),
    endDeadLetters: remote('endDeadLetters'),
    takeUncopied: remote('takeUncopied'),
    markCopied: remote('markCopied'),
    currentDeadLetters: remote('currentDeadLetters'),
    knownEvents: remote('knownEvents'),
    employees: remote('employees'),
    freezeReplay: remote('freezeReplay'),
    replayRuns: remote('replayRuns'),
    replayEntries: remote('replayEntries'),
    replayItems: remote('replayItems'),
    moveReplay: remote('moveReplay'),
    putBack: remote('putBack'),
    endReplay: remote('endReplay'),
    resumeReplay: remote('resumeReplay'),
    forgetEdits: remote('forgetEdits'),
    takenIn: remote('takenIn'),
    openLeavers: remote('openLeavers'),
    settleLeavers: remote('settleLeavers'),
    acknowledgeLeavers: remote('acknowledgeLeavers'),
    resendRest: remote('resendRest'),
    ping: remote('ping'),
    close: () => (closing ??= close()),
  }
}
