import { RollcallError } from '../../../errors.ts'
import type { SourceMessage } from '../../../ports.ts'
import { shortened } from '../../../display/visible.ts'
import { type DeadLetter, type DeadLetterSelection, deadLetterId, parseDeadLetterId } from '../dead-letter.ts'
import type { Editor } from './edit.ts'
import { findDeadLetter, findMessage } from '../find.ts'
import { listDeadLetters } from '../list.ts'
import { refuseMismatchedRescinds } from './mismatched-rescinds.ts'
import { editAll, readSelected } from './read-selected.ts'
import type { Selected } from './selected.ts'
import type { Stores } from '../stores.ts'
import type { TakeIn } from '../take-in.ts'

export interface SelectionRequest {
  /** Ids of dead letters. When there are none, `selection` decides. */
  readonly ids: readonly string[]
  readonly selection: DeadLetterSelection
  /** Select archived dead letters too. */
  readonly archived: boolean
  readonly max: number
}

export interface Found {
  readonly selected: readonly Selected[]
  /** More than `max` fit. */
  readonly more: boolean
  /** Ids that were asked for and are not dead letters any more. */
  readonly missing: readonly string[]
}

/**
 * Finds the dead letters that were asked for, edits them and reads them the way intake would.
 * Nothing is locked or changed. Throws `ArgumentInvalid` for an id that cannot name a dead letter,
 * and what the editor throws.
 */
export async function selectDeadLetters(
  stores: Stores,
  request: SelectionRequest,
  takeIn: TakeIn,
  editor: Editor | null,
): Promise<Found> {
  const { found, more, missing } = await findAll(stores, request)
  const messages = new Map<DeadLetter, SourceMessage | null>()
  for (const dead of found)
    if (dead.store === 'bus' || editor) messages.set(dead, await findMessage(stores, dead))
  const edits = editor ? { kind: editor.kind, edited: await editAll(editor, messages) } : null
  const selected: Selected[] = []
  for (const dead of found) selected.push(await readSelected(dead, messages.get(dead) ?? null, takeIn, edits))
  return { selected: await refuseMismatchedRescinds(selected, stores.knownEvents), more, missing }
}

async function findAll(
  stores: Stores,
  { ids, selection, archived, max }: SelectionRequest,
): Promise<{ found: readonly DeadLetter[]; more: boolean; missing: readonly string[] }> {
  const found: DeadLetter[] = []
  const missing: string[] = []
  const all =
    ids.length > 0
      ? findNamed(stores, ids, (id) => missing.push(id))
      : listDeadLetters(stores, selection, archived)
  for await (const dead of all) {
    if (found.length >= max) return { found, more: true, missing }
    found.push(dead)
  }
  return { found, more: false, missing }
}

/** Yields each dead letter once, even when it is named twice. */
async function* findNamed(
  stores: Stores,
  ids: readonly string[],
  onMissing: (id: string) => void,
): AsyncGenerator<DeadLetter> {
  const names = ids.map((id) => {
    const name = parseDeadLetterId(id)
    if (name) return { id, name }
    throw new RollcallError(
      'ArgumentInvalid',
      `${shortened(id)} is not the id of a dead letter: use dl-<number> for the ledger, <queue>#<number> for the bus`,
    )
  })
  const seen = new Set<string>()
  for (const { id, name } of names) {
    const dead = await findDeadLetter(stores, name)
    if (!dead) onMissing(id)
    else if (!seen.has(deadLetterId(dead))) yield dead
    seen.add(dead ? deadLetterId(dead) : id)
  }
}
