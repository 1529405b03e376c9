import { originalOf } from '../../intake/message.ts'
import type { IntakeMessage } from '../../ledger/port/intake.ts'
import type { CarryOutContext } from './carry-out-context.ts'
import type { TakeInPlace } from './native-run.ts'

interface Readable {
  readonly sequence: string
  readonly copyId: string
  readonly message: IntakeMessage
}

/**
 * Takes dead letters of a subscription straight into the ledger, in one transaction. They are not
 * sent to their topic again, because every other subscription would receive them too. Answers, by
 * sequence number, the code of each that was refused.
 */
export async function takeInPlace(
  messages: readonly TakeInPlace[],
  { ledger, takeIn, settings, runtime }: CarryOutContext,
): Promise<ReadonlyMap<string, string>> {
  const refused = new Map<string, string>()
  const readable: Readable[] = []
  for (const { message, messageId: copyId, text } of messages) {
    const { entity, sequence } = message
    const body = { ...message, text: text ?? message.text }
    const { events, rejected } = await takeIn(body)
    if (rejected) refused.set(sequence, rejected.code)
    else
      readable.push({
        sequence,
        copyId,
        message: {
          entity: `${entity}/$DeadLetterQueue`,
          sequence,
          enqueuedAt: runtime.now(),
          events,
          original: originalOf(body),
          copyId,
          rejected: null,
        },
      })
  }
  // What an earlier, interrupted call took in keeps its result.
  const known = await ledger.findCopiesTakenIn(readable.map(({ copyId }) => copyId))
  for (const { sequence, copyId } of readable) {
    const code = known.get(copyId) ?? null
    if (code !== null) refused.set(sequence, code)
  }
  const fresh = readable.filter(({ copyId }) => !known.has(copyId))
  if (fresh.length === 0) return refused
  const result = await ledger.recordMessages({
    messages: fresh.map(({ message }) => message),
    now: runtime.now(),
    quietMs: settings.quietMs,
    maxWaitMs: settings.maxWaitMs,
    backlog: false,
  })
  for (const { message, code } of result.refused ?? []) {
    const one = fresh[message]
    if (one) refused.set(one.sequence, code)
  }
  return refused
}
