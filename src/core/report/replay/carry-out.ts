import { RollcallError } from '../../errors.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { ReplayRun } from '../../ledger/port/replays.ts'
import type { CarryOutContext } from './carry-out-context.ts'
import { nameOnQueue } from './log.ts'
import type { NativeReplayResult } from './native-run.ts'
import { replayNative } from './native.ts'
import { pacer } from './pace.ts'
import { preparePutBack } from './put-back.ts'
import { takeInPlace } from './take-in-place.ts'

/**
 * `paused`: stopped before its end. `held`: every copy is sent, and another process holds originals
 * locked. Carrying the run out again continues it in both cases.
 */
export type ReplayEnding = NativeReplayResult['kind']

/** Dead letters in one transaction or one send. */
const BATCH = 500
const REMOVE_AT_ONCE = 1_000
/** How long a send that was cut off may still arrive at the bus. */
const IN_FLIGHT_MS = 2_000

/**
 * Carries out a frozen run from where it stands: first its dead letters in the ledger, then each
 * queue. Each step is one transaction, or can be found again on the bus, so the process may end at
 * any moment and the run can be carried out again.
 */
export async function carryOut(
  run: ReplayRun,
  context: CarryOutContext,
  signal: AbortSignal,
  onProgress: (settled: number) => void,
): Promise<ReplayEnding> {
  const inLedger = await putBackAll(run, context, signal, onProgress)
  if (!inLedger.finished) return 'paused'
  let { settled } = inLedger
  let ending: ReplayEnding = 'finished'
  for (const entity of run.entities) {
    const before = settled
    const result = await replayQueue(run, entity, context, signal, (count) => onProgress(before + count))
    settled += settledIn(result)
    if (result.kind === 'paused') return 'paused'
    if (result.kind === 'held') ending = 'held'
  }
  await context.ledger.endReplay(run.id, context.runtime.now())
  return ending
}

async function putBackAll(
  { id }: ReplayRun,
  { ledger, takeIn, settings, runtime }: CarryOutContext,
  signal: AbortSignal,
  onProgress: (settled: number) => void,
): Promise<{ readonly finished: boolean; readonly settled: number }> {
  const pace = pacer({ perSecond: settings.perSecond, batch: BATCH }, runtime)
  for (let settled = 0; ;) {
    const items = await ledger.listReplayItems(id, null, 'frozen', pace.atOnce)
    if (items.length === 0) return { finished: true, settled }
    await pace.turn(items.length, signal)
    if (signal.aborted) return { finished: false, settled }
    await ledger.putBackDeadLetters(id, await preparePutBack(ledger, items, takeIn), runtime.now())
    settled += items.length
    onProgress(settled)
  }
}

async function replayQueue(
  run: ReplayRun,
  entity: string,
  context: CarryOutContext,
  signal: AbortSignal,
  onProgress: (settled: number) => void,
): Promise<NativeReplayResult> {
  const { ledger, settings, runtime } = context
  const queues = context.openQueues(entity)
  if (!queues)
    throw new RollcallError(
      'EntityUnknown',
      `the run has dead letters of ${entity}, which is not a configured source any more`,
    )
  try {
    const edits = await loadEdits(run, entity, ledger)
    return await replayNative(
      {
        run: nameOnQueue(run, entity),
        deadLetters: queues.deadLetters,
        queue: queues.queue,
        log: {
          items: (stage, limit) => ledger.listReplayItems(run.id, entity, stage, limit),
          move: (moves, at) => ledger.moveReplayItems(run.id, entity, moves, at),
          takenIn: async (messageIds) => new Set((await ledger.findCopiesTakenIn(messageIds)).keys()),
        },
        edit: ({ sequence }) => edits.get(sequence) ?? null,
        takeIn: (messages) => takeInPlace(messages, context),
      },
      {
        perSecond: settings.perSecond,
        batch: BATCH,
        removeAtOnce: REMOVE_AT_ONCE,
        skewMs: settings.clockSkewMs,
        inFlightMs: IN_FLIGHT_MS,
      },
      { runtime, signal, onProgress: (progress) => onProgress(settledIn(progress)) },
    )
  } finally {
    await queues.close()
  }
}

function settledIn({ done, gone, refused }: Pick<NativeReplayResult, 'done' | 'gone' | 'refused'>): number {
  return done + gone + refused
}

/** Edited bodies of what is not sent yet, by sequence number. */
async function loadEdits(
  { id }: ReplayRun,
  entity: string,
  ledger: Pick<Ledger, 'listReplayItems'>,
): Promise<ReadonlyMap<string, string>> {
  const edits = new Map<string, string>()
  for (const stage of ['frozen', 'sending'] as const)
    for (const { sequence, body } of await ledger.listReplayItems(id, entity, stage, Number.MAX_SAFE_INTEGER))
      if (body !== null) edits.set(sequence, body)
  return edits
}
