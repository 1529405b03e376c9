import { type ErrorCode, RollcallError } from '../../errors.ts'
import { ORIGINAL, writeOriginal } from '../../intake/shape/message-view.ts'
import type { PeekedMessage, ResendCopy } from '../../ports.ts'
import { findBySequence } from './find-by-sequence.ts'
import type { NativeMove } from '../../ledger/port/replays.ts'
import { copyId, type NativeItem, REPLAY_OF, REPLAY_RUN } from './log.ts'
import { type NativeRun, recordMoves, sentOrRefused, sequencesOf, type TakeInPlace } from './native-run.ts'

/** Sends items and writes down what happened to each. Their originals stay where they are. */
export async function sendItems(
  run: NativeRun,
  items: readonly NativeItem[],
  how: 'together' | 'one by one',
): Promise<void> {
  const { deadLetters } = run
  const { ready, moves } = await prepare(run, items)
  await recordMoves(run, moves)
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

/** Finds the originals, edits them, and decides which can be sent. */
async function prepare(
  run: NativeRun,
  items: readonly NativeItem[],
): Promise<{ readonly ready: readonly TakeInPlace[]; readonly moves: readonly NativeMove[] }> {
  const originals = new Map<string, PeekedMessage>()
  for await (const message of findBySequence(run.deadLetters.peek, sequencesOf(items)))
    originals.set(message.sequence, message)
  const ready: TakeInPlace[] = []
  const moves = items.map(({ sequence }): NativeMove => {
    const message = originals.get(sequence)
    if (!message) return { sequence, stage: 'gone', code: null }
    const edited = editText(run, message)
    if (edited.kind === 'refused') return { sequence, stage: 'refused', code: edited.code }
    ready.push({ message, messageId: copyId(run.run, sequence), text: edited.text })
    return { sequence, stage: 'sending', code: null }
  })
  return { ready, moves }
}

type Edited =
  | { readonly kind: 'text'; readonly text: string | null }
  | { readonly kind: 'refused'; readonly code: string }
function editText({ edit }: Pick<NativeRun, 'edit'>, message: PeekedMessage): Edited {
  try {
    return { kind: 'text', text: edit?.(message) ?? message.text }
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
