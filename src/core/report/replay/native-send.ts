import { type ErrorCode, RollcallError } from '../../errors.ts'
import { ORIGINAL, writeOriginal } from '../../intake/shape/message-view.ts'
import type { PeekedMessage, ResendCopy } from '../../ports.ts'
import { findBySequence } from './find-by-sequence.ts'
import type { NativeMove } from '../../ledger/port/replays.ts'
import { copyId, type NativeItem, REPLAY_OF, REPLAY_RUN } from './log.ts'
import { type NativeRun, recordMoves, sentOrRefused, sequencesOf, type TakeInPlace } from './native-run.ts'

/** Items, and those of their originals that are still in their queue, by sequence number. */
export interface FoundItems {
  readonly items: readonly NativeItem[]
  readonly originals: ReadonlyMap<string, PeekedMessage>
}

export async function findOriginals(
  { deadLetters }: NativeRun,
  items: readonly NativeItem[],
): Promise<FoundItems> {
  const originals = new Map<string, PeekedMessage>()
  for await (const message of findBySequence(deadLetters.peek, sequencesOf(items)))
    originals.set(message.sequence, message)
  return { items, originals }
}

/**
 * Edits items, decides which can be sent, and writes down that they are about to be. Answers
 * these.
 */
export async function announceSending(
  run: NativeRun,
  { items, originals }: FoundItems,
): Promise<readonly TakeInPlace[]> {
  const ready: TakeInPlace[] = []
  const moves = items.map(({ sequence }): NativeMove => {
    const message = originals.get(sequence)
    if (!message) return { sequence, stage: 'gone', code: null }
    const edited = editText(run, message)
    if (edited.kind === 'refused') return { sequence, stage: 'refused', code: edited.code }
    ready.push({ message, messageId: copyId(run.run, sequence), text: edited.text })
    return { sequence, stage: 'sending', code: null }
  })
  await recordMoves(run, moves)
  return ready
}

/** Sends what is announced and writes down what happened. The originals stay where they are. */
export async function sendAnnounced(
  run: NativeRun,
  ready: readonly TakeInPlace[],
  how: 'together' | 'one by one',
): Promise<void> {
  const { deadLetters } = run
  if (ready.length === 0) return
  if (!deadLetters.takesCopies) {
    const refused = await run.takeIn(ready)
    await recordMoves(
      run,
      ready.map(({ message: { sequence } }) => sentOrRefused(sequence, refused.get(sequence))),
    )
  } else if (how === 'together') {
    await deadLetters.resend(ready.map((one) => toCopy(run, one)))
    await recordMoves(
      run,
      ready.map(({ message }) => sentOrRefused(message.sequence)),
    )
  } else
    for (const one of ready) {
      const code = await refusalOf(deadLetters.resend([toCopy(run, one)]))
      await recordMoves(run, [sentOrRefused(one.message.sequence, code)])
    }
}

type Edited =
  | { readonly kind: 'text'; readonly text: string | null }
  | { readonly kind: 'refused'; readonly code: string }
function editText({ edit }: Pick<NativeRun, 'edit'>, message: PeekedMessage): Edited {
  try {
    return { kind: 'text', text: edit(message) ?? message.text }
  } catch (error) {
    if (error instanceof RollcallError) return { kind: 'refused', code: error.code }
    throw error
  }
}

function toCopy({ run }: NativeRun, { message, messageId, text }: TakeInPlace): ResendCopy {
  return {
    original: message,
    messageId,
    text,
    properties: {
      [REPLAY_RUN]: run,
      [REPLAY_OF]: `${message.entity}#${message.sequence}`,
      [ORIGINAL]: writeOriginal(message),
    },
  }
}

/** Codes of a failed send that are about the message itself. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['MessageTooLarge', 'BodyNotText'])

/**
 * The code with which the bus refuses the message; `null` when it was sent. Rejects with any other
 * failure.
 */
async function refusalOf(sending: Promise<void>): Promise<string | null> {
  try {
    await sending
    return null
  } catch (error) {
    if (error instanceof RollcallError && REFUSALS.has(error.code)) return error.code
    throw error
  }
}
