import { originalOf } from '../../intake/message.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { PutBack, ReplayItem } from '../../ledger/port/replays.ts'
import { EDIT_NAMES_ANOTHER_EVENT, isSameEvent } from '../dead-letters/selection/edit.ts'
import { messageOf } from '../dead-letters/find.ts'
import type { TakeIn } from '../dead-letters/take-in.ts'

/**
 * Prepares dead letters of the ledger to be put back. An edited body is read again, as it was when
 * the run was planned.
 */
export async function preparePutBack(
  ledger: Pick<Ledger, 'findDeadLetter'>,
  items: readonly ReplayItem[],
  takeIn: TakeIn,
): Promise<readonly PutBack[]> {
  const parts: PutBack[] = []
  for (const item of items) parts.push(await prepareOne(ledger, item, takeIn))
  return parts
}

async function prepareOne(
  ledger: Pick<Ledger, 'findDeadLetter'>,
  { sequence, body }: ReplayItem,
  takeIn: TakeIn,
): Promise<PutBack> {
  const seq = Number(sequence)
  if (body === null) return { seq, kind: 'as it was' }
  const dead = await ledger.findDeadLetter(seq)
  if (!dead?.original) return { seq, kind: 'as it was' }
  const message = { ...messageOf(dead.original), text: body }
  const { events, rejected } = await takeIn(message)
  if (rejected) return { seq, kind: 'refused', code: rejected.code }
  const event = events.find(isSameEvent(dead.letter))
  return event
    ? { seq, kind: 'edited', event, original: originalOf(message) }
    : { seq, kind: 'refused', code: EDIT_NAMES_ANOTHER_EVENT }
}
