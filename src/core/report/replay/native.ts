import type { NativeMove } from '../../ledger/port/replays.ts'
import { findCopies } from './native-copies.ts'
import {
  type NativeReplay,
  type NativeReplayControl,
  type NativeReplayResult,
  type NativeReplaySettings,
  type NativeRun,
  recordMoves,
  sentOrRefused,
  sequencesOf,
} from './native-run.ts'
import { announceSending, type FoundItems, findOriginals, sendAnnounced } from './native-send.ts'
import { pacer } from './pace.ts'

/**
 * After this many failures in a row, the replay ends with the error. The same call continues it
 * later.
 */
const PATIENCE = 4

/**
 * Replays a frozen selection of native dead letters: sends a copy of each to its queue, then
 * removes the original.
 *
 * Each step is written down before and after it is done, so the process may end at any moment and
 * the same call continues. A copy that was about to be sent is looked for in the queue, in the
 * dead-letter queue and in the ledger, and sent again only when it is in none of them. So no
 * message is lost and none is there twice. An original is removed only after the bus has its copy.
 * Messages that arrive or die again during the replay are not part of the selection and are not
 * replayed.
 *
 * When `signal` aborts, the batch that is being sent is finished. Rejects with the error of the bus
 * or the log when it comes several times in a row.
 */
export async function replayNative(
  replay: NativeReplay,
  settings: NativeReplaySettings,
  control: NativeReplayControl,
): Promise<NativeReplayResult> {
  const { runtime, signal } = control
  const run: NativeRun = {
    ...replay,
    ...control,
    settings,
    pace: pacer(settings, runtime),
    progress: { sent: 0, done: 0, gone: 0, refused: 0 },
    held: new Set(),
  }
  for (let failures = 0; ;) {
    const before = run.progress
    try {
      const kind = await sendAndRemove(run)
      return { ...run.progress, kind }
    } catch (error) {
      failures = run.progress === before ? failures + 1 : 1
      if (failures >= PATIENCE || signal.aborted) throw error
      await runtime.sleep(settings.inFlightMs * 2 ** failures, signal)
    }
  }
}

async function sendAndRemove(run: NativeRun): Promise<NativeReplayResult['kind']> {
  await recover(run)
  if (!(await sendFrozen(run))) return 'paused'
  if (await removeOriginals(run)) return 'finished'
  return run.signal.aborted ? 'paused' : 'held'
}

/**
 * Looks for copies that an earlier call was about to send, and sends those that are nowhere. They
 * are sent one by one, so that a message the bus refuses does not hold up the others.
 */
async function recover(run: NativeRun): Promise<void> {
  const { log, deadLetters, settings, runtime, signal } = run
  for (let first = true; ; first = false) {
    const items = await log.items('sending', settings.batch)
    if (items.length === 0 || signal.aborted) return
    if (first && deadLetters.takesCopies) await runtime.sleep(settings.inFlightMs, signal)
    if (signal.aborted) return
    const arrived = deadLetters.takesCopies ? await findCopies(run, items) : new Set<string>()
    // The search stops early when it is aborted, so a copy it did not find may still exist.
    if (signal.aborted) return
    const found = items.filter(({ sequence }) => arrived.has(sequence))
    await recordMoves(
      run,
      found.map(({ sequence }) => sentOrRefused(sequence)),
    )
    const nowhere = items.filter(({ sequence }) => !arrived.has(sequence))
    if (nowhere.length > 0) {
      const ready = await announceSending(run, await findOriginals(run, nowhere))
      await sendAnnounced(run, ready, 'one by one')
    }
  }
}

/**
 * Sends everything that is frozen, and removes originals beside that. False when it was paused.
 * Rejects when sending fails, or a removal that is not followed by another.
 */
async function sendFrozen(run: NativeRun): Promise<boolean> {
  const removal = removalBeside(run)
  try {
    return await sendBatches(run, removal)
  } finally {
    // The next attempt must not begin beside it.
    await removal.ended()
  }
}

/** While a batch is sent, the originals of the next one are found. */
async function sendBatches(run: NativeRun, removal: Removal): Promise<boolean> {
  const { pace, held, settings, signal } = run
  let notRemoved = 0
  let next = await findFrozen(run)
  while (!signal.aborted) {
    if (next === null) return true
    const { length } = next.items
    await pace.turn(length, signal)
    if (signal.aborted) return false
    const ready = await announceSending(run, next)
    ;[next] = await Promise.all([findFrozen(run), sendAnnounced(run, ready, 'together')])
    notRemoved += length
    // Where originals are locked, most of a removal is waiting.
    if (notRemoved >= settings.removeAtOnce && held.size === 0 && removal.begin()) notRemoved = 0
  }
  return false
}

interface Removal {
  /** False while one is under way. */
  begin(): boolean
  /** Rejects with the error of the last one. */
  ended(): Promise<void>
}

function removalBeside(run: NativeRun): Removal {
  let isUnderWay = false
  let last = Promise.resolve()
  const remove = async (): Promise<void> => {
    isUnderWay = true
    try {
      await removeOriginals(run)
    } finally {
      isUnderWay = false
    }
  }
  return {
    begin: () => {
      if (isUnderWay) return false
      last = remove()
      // Its error is for `ended`.
      last.catch(() => {})
      return true
    },
    ended: () => last,
  }
}

/** The next items that are still frozen; `null` when there are none. */
async function findFrozen(run: NativeRun): Promise<FoundItems | null> {
  const items = await run.log.items('frozen', run.pace.atOnce)
  return items.length === 0 ? null : findOriginals(run, items)
}

/**
 * Removes originals whose copies are sent. False when some are locked by another process, or when
 * it was paused.
 */
async function removeOriginals(run: NativeRun): Promise<boolean> {
  const { log, deadLetters, held, settings, signal } = run
  held.clear()
  while (!signal.aborted) {
    const items = await log.items('sent', settings.removeAtOnce + held.size)
    const wanted = new Set(sequencesOf(items).filter((sequence) => !held.has(sequence)))
    if (wanted.size === 0) return held.size === 0
    const gone = await deadLetters.remove(wanted, signal)
    await recordMoves(
      run,
      [...gone].map((sequence): NativeMove => ({ sequence, stage: 'done', code: null })),
    )
    for (const sequence of wanted) if (!gone.has(sequence)) held.add(sequence)
  }
  return false
}
