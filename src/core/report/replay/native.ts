import { type ErrorCode, RollcallError } from '../../errors.ts'
import type { DeadLetterQueue, ResendCopy, PeekedMessage } from '../../ports.ts'
import type { Runtime } from '../../runtime.ts'
import { pick } from './find-by-sequence.ts'
import { pacer } from './pace.ts'
import { copyId, type NativeItem, REPLAY_OF, REPLAY_RUN, type ReplayLog } from './log.ts'
import type { NativeMove, NativeStage } from '../../ledger/port/replays.ts'

export interface NativeReplay {
  /**
   * Names the run in messageIds and properties; at most 64 characters. Another for each shelf: sequence numbers are unique to a queue, and what
   * intake took in is asked for by messageId over all of them.
   */
  readonly run: string
  readonly shelf: DeadLetterQueue
  /** The entity itself, where a copy may still wait: peeked only. */
  readonly entity: Pick<DeadLetterQueue, 'peek'>
  readonly log: ReplayLog
  /** The body to send instead of the original's; `null` leaves the original's. May throw a RollcallError, and then the message is refused with its code. */
  readonly edit: ((message: PeekedMessage) => string | null) | null
  /**
   * For a shelf that takes no copies: takes messages into the ledger where they lie, in one commit, under these messageIds. Answers, by sequence,
   * why one was not taken in; one that was before is taken in.
   */
  readonly takeIn: (messages: readonly TakeInPlace[]) => Promise<ReadonlyMap<string, string>>
}
export interface TakeInPlace {
  readonly message: PeekedMessage
  readonly messageId: string
  readonly text: string | null
}

export interface NativeReplaySettings {
  /** Messages a second, held within 5 %; `null` for as fast as it goes. */
  readonly perSecond: number | null
  /** Copies in one commit and one send at the most. */
  readonly batch: number
  /** Originals are taken off the shelf when so many are sent, and at the end. */
  readonly removeAtOnce: number
  /** How far the clocks of the bus and of this process may be apart. */
  readonly skewMs: number
  /** How long a send that was cut off may still arrive at the bus. */
  readonly inFlightMs: number
}

export interface NativeProgress {
  readonly sent: number
  readonly done: number
  readonly gone: number
  readonly refused: number
}
export type NativeReplayResult = NativeProgress & {
  /** `paused`: the signal aborted. `held`: everything is sent, and somebody else keeps originals locked. The same call goes on in both cases. */
  readonly kind: 'finished' | 'paused' | 'held'
}

/** Failures in a row after which the run ends with the error; the same call goes on later. */
const PATIENCE = 4
const PEEK = 250

/**
 * Replays a frozen selection of native dead letters: a copy of each is sent to its entity, and then the original is taken off its shelf.
 *
 * Each step is written down before and after it is done, so the process may end at any moment and the same call goes on: what was about to be sent
 * is looked for, in the entity, on its shelf and in what intake took in, and sent again only when it is nowhere. So no message is lost, and none is
 * there twice. A message leaves its shelf only after the bus has its copy. The selection was frozen before, so what arrives or fails again
 * meanwhile is not taken.
 *
 * When `signal` aborts, the batch on its way is finished. Rejects with what the bus or the log failed with, several times in a row.
 */
export async function replayNative(
  replay: NativeReplay,
  settings: NativeReplaySettings,
  runtime: Pick<Runtime, 'now' | 'sleep'>,
  signal: AbortSignal,
  onProgress: (progress: NativeProgress) => void,
): Promise<NativeReplayResult> {
  const { shelf, log } = replay
  let progress: NativeProgress = { sent: 0, done: 0, gone: 0, refused: 0 }
  const pace = pacer(settings, runtime)

  async function moved(moves: readonly NativeMove[]): Promise<void> {
    if (moves.length === 0) return
    await log.move(moves, runtime.now())
    const count = (stage: NativeStage): number => moves.filter((move) => move.stage === stage).length
    progress = {
      sent: progress.sent + count('sent'),
      done: progress.done + count('done'),
      gone: progress.gone + count('gone'),
      refused: progress.refused + count('refused'),
    }
    onProgress(progress)
  }

  /** Sends what is frozen, or what was about to be sent and is nowhere. */
  async function send(items: readonly NativeItem[], atOnce: boolean): Promise<void> {
    const there = new Map<string, PeekedMessage>()
    for await (const message of pick(shelf.peek, sequencesOf(items))) there.set(message.sequence, message)
    const ready: TakeInPlace[] = []
    const moves: NativeMove[] = []
    for (const { sequence } of items) {
      const message = there.get(sequence)
      if (!message) moves.push({ sequence, stage: 'gone', code: null })
      else {
        const edited = editedText(replay, message)
        if (edited.kind === 'refused') moves.push({ sequence, stage: 'refused', code: edited.code })
        else {
          ready.push({ message, messageId: copyId(replay.run, sequence), text: edited.text })
          moves.push({ sequence, stage: 'sending', code: null })
        }
      }
    }
    await moved(moves)
    if (ready.length === 0) return
    if (!shelf.takesCopies) {
      const refused = await replay.takeIn(ready)
      await moved(ready.map(({ message: { sequence } }) => settledAs(sequence, refused.get(sequence))))
      return
    }
    if (atOnce) {
      await shelf.resend(ready.map((one) => toCopy(replay, one)))
      await moved(ready.map(({ message }) => settledAs(message.sequence)))
      return
    }
    for (const one of ready)
      await moved([settledAs(one.message.sequence, await refusalOf(shelf.resend([toCopy(replay, one)])))])
  }

  /** Finds out what became of what was about to be sent, and sends what is nowhere: one by one, so that one the bus does not take holds up no other. */
  async function recover(): Promise<void> {
    for (let first = true; ; first = false) {
      const items = await log.items('sending', settings.batch)
      if (items.length === 0 || signal.aborted) return
      if (first && shelf.takesCopies) await runtime.sleep(settings.inFlightMs, signal)
      if (signal.aborted) return
      const arrived = shelf.takesCopies
        ? await lookFor(replay, settings, items, runtime.now(), signal)
        : new Set<string>()
      // Cut short, it has not looked everywhere.
      if (signal.aborted) return
      await moved(
        items.filter(({ sequence }) => arrived.has(sequence)).map(({ sequence }) => settledAs(sequence)),
      )
      const nowhere = items.filter(({ sequence }) => !arrived.has(sequence))
      if (nowhere.length > 0) await send(nowhere, false)
    }
  }

  /** Originals that somebody else keeps locked. */
  const held = new Set<string>()
  /** Takes originals whose copies the bus has off the shelf. False when some are held. */
  async function retire(): Promise<boolean> {
    held.clear()
    while (!signal.aborted) {
      const items = await log.items('sent', settings.removeAtOnce + held.size)
      const wanted = new Set(sequencesOf(items).filter((sequence) => !held.has(sequence)))
      if (wanted.size === 0) return held.size === 0
      const gone = await shelf.remove(wanted, signal)
      await moved([...gone].map((sequence) => ({ sequence, stage: 'done', code: null })))
      for (const sequence of wanted) if (!gone.has(sequence)) held.add(sequence)
    }
    return false
  }

  /** True when nothing is left to be sent. */
  async function sendAll(): Promise<boolean> {
    await recover()
    let notRemoved = 0
    while (!signal.aborted) {
      const items = await log.items('frozen', pace.atOnce)
      if (items.length === 0) return true
      await pace.turn(items.length, signal)
      if (signal.aborted) return false
      await send(items, true)
      notRemoved += items.length
      // Who waits for one that is held would hold up all the others.
      if (notRemoved < settings.removeAtOnce || held.size > 0) continue
      notRemoved = 0
      await retire()
    }
    return false
  }

  for (let failures = 0; ;) {
    const before = progress
    try {
      if (await sendAll()) {
        const all = await retire()
        return { ...progress, kind: all ? 'finished' : signal.aborted ? 'paused' : 'held' }
      }
      return { ...progress, kind: 'paused' }
    } catch (error) {
      failures = progress === before ? failures + 1 : 1
      if (failures >= PATIENCE || signal.aborted) throw error
      await runtime.sleep(settings.inFlightMs * 2 ** failures, signal)
    }
  }
}

function sequencesOf(items: readonly NativeItem[]): string[] {
  return items.map(({ sequence }) => sequence)
}

function settledAs(sequence: string, code: string | null = null): NativeMove {
  return { sequence, stage: code === null ? 'sent' : 'refused', code }
}

function toCopy({ run }: NativeReplay, { message, messageId, text }: TakeInPlace): ResendCopy {
  return {
    original: message,
    messageId,
    text,
    properties: { [REPLAY_RUN]: run, [REPLAY_OF]: `${message.entity}#${message.sequence}` },
  }
}

type Edited =
  | { readonly kind: 'text'; readonly text: string | null }
  | { readonly kind: 'refused'; readonly code: string }
function editedText({ edit }: NativeReplay, message: PeekedMessage): Edited {
  try {
    return { kind: 'text', text: edit?.(message) ?? message.text }
  } catch (error) {
    if (error instanceof RollcallError) return { kind: 'refused', code: error.code }
    throw error
  }
}

/** What is wrong with a message itself, as a shelf says it. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['MessageTooLarge', 'BodyNotText'])

/** The code of what is wrong with a message itself; `null` when it was sent. Everything else is thrown on. */
async function refusalOf(sending: Promise<void>): Promise<string | null> {
  try {
    await sending
    return null
  } catch (error) {
    if (error instanceof RollcallError && REFUSALS.has(error.code)) return error.code
    throw error
  }
}

/**
 * Those of the items whose copies are somewhere. The order matters: a copy leaves the entity only for the shelf or the ledger, so one that had left
 * before it was looked for is found at the next place.
 */
async function lookFor(
  { run, shelf, entity, log }: NativeReplay,
  { skewMs }: NativeReplaySettings,
  items: readonly NativeItem[],
  now: number,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const sequenceOf = new Map(items.map(({ sequence }) => [copyId(run, sequence), sequence]))
  const since = Math.min(...items.map(({ sendingAt }) => sendingAt ?? now)) - skewMs
  const arrived = new Set<string>()
  for (const place of [entity, shelf]) {
    let from = 0n
    while (arrived.size < items.length && !signal.aborted) {
      const page = await place.peek(String(from), PEEK)
      for (const { messageId, enqueuedAt } of page) {
        const sequence = messageId === null || enqueuedAt < since ? undefined : sequenceOf.get(messageId)
        if (sequence !== undefined) arrived.add(sequence)
      }
      const last = page.at(-1)
      if (!last || BigInt(last.sequence) < from) break
      from = BigInt(last.sequence) + 1n
    }
  }
  const open = [...sequenceOf].filter(([, sequence]) => !arrived.has(sequence)).map(([id]) => id)
  if (open.length > 0)
    for (const id of await log.takenIn(open)) {
      const sequence = sequenceOf.get(id)
      if (sequence !== undefined) arrived.add(sequence)
    }
  return arrived
}
