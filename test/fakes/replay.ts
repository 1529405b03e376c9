import type { PeekedMessage } from '../../src/core/ports.ts'
import type { NativeItem, ReplayLog } from '../../src/core/report/replay/log.ts'
import { type NativeStage, NATIVE_ARROWS } from '../../src/core/ledger/port/replays.ts'
import { type FakeShelf, fakeShelf, shelved } from './shelf.ts'

export interface FakeReplayLog extends ReplayLog {
  readonly stages: Map<string, { stage: NativeStage; sendingAt: number | null; code: string | null }>
  readonly committed: Set<string>
}

/**
 * A frozen selection in memory. Throws when an item moves to a stage that may not follow its own.
 */
export function fakeReplayLog(sequences: readonly string[]): FakeReplayLog {
  const stages: FakeReplayLog['stages'] = new Map(
    sequences.map((sequence) => [sequence, { stage: 'frozen', sendingAt: null, code: null }]),
  )
  const committed = new Set<string>()
  const ordered = [...stages]
  /** All before it have ended. */
  let first = 0
  const hasEnded = (at: number): boolean => {
    const stage = ordered[at]?.[1].stage
    return stage !== undefined && NATIVE_ARROWS[stage].length === 0
  }
  return {
    stages,
    committed,
    items: async (stage, limit) => {
      const items: NativeItem[] = []
      while (hasEnded(first)) first += 1
      const from = NATIVE_ARROWS[stage].length === 0 ? 0 : first
      for (let at = from; at < ordered.length && items.length < limit; at += 1) {
        const [sequence, item] = ordered[at] ?? []
        if (sequence !== undefined && item?.stage === stage)
          items.push({ sequence, sendingAt: item.sendingAt })
      }
      return items
    },
    move: async (moves, at) => {
      for (const { sequence, stage, code } of moves) {
        const item = stages.get(sequence)
        if (!item || !NATIVE_ARROWS[item.stage].includes(stage))
          throw new TypeError(`${sequence} cannot go from ${item?.stage} to ${stage}`)
        item.stage = stage
        item.code = code
        if (stage === 'sending') item.sendingAt ??= at
      }
    },
    takenIn: async (messageIds) => new Set(messageIds.filter((id) => committed.has(id))),
  }
}

/**
 * A queue, its dead-letter queue, and an intake that takes one message of the queue when the test
 * says so.
 */
export interface ReplayWorld {
  readonly deadLetters: FakeShelf
  readonly queue: FakeShelf
  readonly log: FakeReplayLog
  /** Every copy that ever reached the queue. */
  readonly delivered: string[]
  /** Intake commits the first waiting message, then completes it or dead-letters it again. */
  takeOne(as: 'taken' | 'dead'): void
}

export function replayWorld(
  letters: readonly PeekedMessage[],
  frozen: readonly string[],
  now: () => number,
): ReplayWorld {
  const deadLetters = fakeShelf(letters)
  const queue = fakeShelf([])
  const log = fakeReplayLog(frozen)
  const delivered: string[] = []
  let next = 1 + letters.reduce((most, { sequence }) => Math.max(most, Number(sequence)), 0)
  const resend: FakeShelf['resend'] = async (copies) => {
    for (const { original, messageId, text, properties } of copies) {
      delivered.push(messageId)
      queue.messages.push(
        shelved(next, {
          ...original,
          sequence: String(next),
          messageId,
          text,
          properties,
          enqueuedAt: now(),
          reason: null,
          description: null,
        }),
      )
      next += 1
    }
  }
  return {
    deadLetters: Object.assign(deadLetters, { resend }),
    queue,
    log,
    delivered,
    takeOne: (as) => {
      const message = queue.messages.shift()
      if (!message) return
      // Intake settles after the commit.
      log.committed.add(message.messageId ?? '')
      if (as === 'dead') deadLetters.messages.push({ ...message, reason: 'FieldMissing' })
    },
  }
}
