import type { Original } from '../../ledger/port/dead-letters.ts'
import type { SourceMessage } from '../../ports.ts'
import { type DeadLetter, type DeadLetterName, ledgerReason } from './dead-letter.ts'
import type { Stores } from './stores.ts'

/** The dead letter of that name; `null` when it is in neither store. */
export async function findDeadLetter(stores: Stores, name: DeadLetterName): Promise<DeadLetter | null> {
  if (name.store === 'ledger') {
    const found = await stores.ledger?.findDeadLetter(name.seq)
    return found ? { store: 'ledger', reason: ledgerReason(found.letter), letter: found.letter } : null
  }
  const { sequence } = name
  const entity = name.entity.toLowerCase()
  const queue = stores.deadLetterQueues.find((one) => one.entity.toLowerCase() === entity)
  const [message] = (await queue?.peek(sequence, 1)) ?? []
  return message?.sequence === sequence ? stores.read(message) : null
}

/**
 * The message that a dead letter arrived in, as intake receives it. `null` when the ledger did not
 * keep it; its `text` is `null` when the body is not text.
 */
export async function findMessage(
  { ledger }: Pick<Stores, 'ledger'>,
  dead: DeadLetter,
): Promise<SourceMessage | null> {
  if (dead.store === 'bus') return dead.letter.message
  const original = (await ledger?.findDeadLetter(dead.letter.seq))?.original ?? null
  return original && messageOf(original)
}

export function messageOf({ body, ...original }: Original): SourceMessage {
  return { ...original, text: body }
}
