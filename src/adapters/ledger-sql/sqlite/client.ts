import { Worker } from 'node:worker_threads'
import { RollcallError } from '../../../core/errors.ts'
import type { Ledger } from '../../../core/ledger/port.ts'
import { type Call, type Reply, revive, type WorkerOptions } from './protocol.ts'

export interface SqliteLedgerOptions {
  /** The file; it is made when it is not there. */
  readonly path: string
  /** For `status` and `trace` beside a running process: takes no lock and changes nothing. */
  readonly readOnly?: boolean
  /** For an operator's command beside a running process: takes no lock, and its transactions wait their turn. */
  readonly beside?: boolean
  /** How long to wait for another process to let go of the file, or, for reading, to have made its tables. */
  readonly patienceMs?: number
  readonly now: () => number
}

/** The ledger in a SQLite file, in a thread of its own. Throws `LedgerInUse`, `LedgerTooNew`, `LedgerNotReady`, or what the database says of the file. */
export async function openSqliteLedger({
  path,
  readOnly = false,
  beside = false,
  patienceMs = 5_000,
  now,
}: SqliteLedgerOptions): Promise<Ledger> {
  const workerData: WorkerOptions = { path, instance: 'sqlite', readOnly, beside, patienceMs, now: now() }
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
  let calls = 0
  let gone: Error | null = null

  const end = (error: Error): void => {
    gone ??= error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  worker.on('message', (reply: Reply) => {
    const asked = waiting.get(reply.id)
    waiting.delete(reply.id)
    if ('error' in reply) asked?.reject(revive(reply.error))
    else asked?.resolve(reply.value)
  })
  worker.on('error', end)
  worker.on('exit', () => end(new RollcallError('LedgerClosed', 'the ledger is closed')))

  const expect = (id: number): Promise<unknown> => new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
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

  let closing: Promise<void> | null = null
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
    duePeople: remote('duePeople'),
    commitPlan: remote('commitPlan'),
    brakeStatus: remote('brakeStatus'),
    releaseBrake: remote('releaseBrake'),
    jobRestarted: remote('jobRestarted'),
    nextBatch: remote('nextBatch'),
    takeSlot: remote('takeSlot'),
    hold: remote('hold'),
    outlook: remote('outlook'),
    recordAnswer: remote('recordAnswer'),
    candidates: remote('candidates'),
    correlate: remote('correlate'),
    finalize: remote('finalize'),
    overdue: remote('overdue'),
    expire: remote('expire'),
    expireEscrowed: remote('expireEscrowed'),
    expireIncomplete: remote('expireIncomplete'),
    watermark: remote('watermark'),
    takeUnpublished: remote('takeUnpublished'),
    markPublished: remote('markPublished'),
    idle: remote('idle'),
    totals: remote('totals'),
    inspect: remote('inspect'),
    events: remote('events'),
    trace: remote('trace'),
    retentionPage: remote('retentionPage'),
    foldAway: remote('foldAway'),
    erase: remote('erase'),
    findPerson: remote('findPerson'),
    peoplePage: remote('peoplePage'),
    deadLetters: remote('deadLetters'),
    deadLetter: remote('deadLetter'),
    noteDiscarded: remote('noteDiscarded'),
    endDeadLetters: remote('endDeadLetters'),
    takeUncopied: remote('takeUncopied'),
    markCopied: remote('markCopied'),
    standingDead: remote('standingDead'),
    knownEvents: remote('knownEvents'),
    people: remote('people'),
    freezeReplay: remote('freezeReplay'),
    replayRuns: remote('replayRuns'),
    replayEntries: remote('replayEntries'),
    replayItems: remote('replayItems'),
    moveReplay: remote('moveReplay'),
    putBack: remote('putBack'),
    endReplay: remote('endReplay'),
    takenIn: remote('takenIn'),
    ping: remote('ping'),
    close: () => (closing ??= close()),
  }
}
