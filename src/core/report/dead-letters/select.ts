import { RollcallError } from '../../errors.ts'
import type { TakenIn } from '../../intake/message.ts'
import type { SourceMessage } from '../../ports.ts'
import { shortened } from '../../visible.ts'
import { type DeadLetter, type DeadLetterSelection, deadLetterId, parseDeadLetterId } from './dead-letter.ts'
import { type Edit, EDIT_NAMES_ANOTHER_EVENT, type Editor, isSameEvent, refusalOfEdit } from './edit.ts'
import { findDeadLetter, findMessage } from './find.ts'
import { listDeadLetters } from './list.ts'
import { refuseMismatchedRescinds } from './mismatched-rescinds.ts'
import type { Selected } from './selected.ts'
import type { Stores } from './stores.ts'

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

/** Reads a message the way intake would. */
export type TakeIn = (message: SourceMessage) => Promise<TakenIn>

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
  const edit = editor && editAll(editor, messages)
  const selected: Selected[] = []
  for (const dead of found) selected.push(await readSelected(dead, messages.get(dead) ?? null, takeIn, edit))
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

/** The editor is not called when no selected dead letter has a body. They are all refused then. */
function editAll(editor: Editor, messages: ReadonlyMap<DeadLetter, SourceMessage | null>): Edit {
  const editable = [...messages].flatMap(([dead, message]) => {
    const body = message?.text ?? null
    return body === null ? [] : [{ id: deadLetterId(dead), body }]
  })
  return editable.length > 0 ? editor(editable) : (body) => body
}

async function readSelected(
  dead: DeadLetter,
  message: SourceMessage | null,
  takeIn: TakeIn,
  edit: Edit | null,
): Promise<Selected> {
  const unchanged = { dead, events: null, refused: null, body: null, employees: [] }
  const refusedWith = (refused: string): Selected => ({ ...unchanged, refused })
  if (dead.store === 'ledger' && !edit) return unchanged
  const text = message?.text ?? null
  if (message === null || text === null)
    return refusedWith(dead.store === 'bus' ? 'BodyNotText' : 'OriginalNotKept')
  const edited = edit ? edit(text, deadLetterId(dead)) : text
  const body = edited === text ? null : edited
  if (dead.store === 'ledger' && body === null) return unchanged
  const { events, rejected } = await takeIn({ ...message, text: edited })
  if (rejected) return refusedWith(rejected.code)
  if (body === null) return { ...unchanged, events }
  const employees = [...new Set(events.map(({ employeeId }) => employeeId))]
  if (dead.store === 'ledger') {
    const itself = events.filter(isSameEvent(dead.letter))
    return itself.length === 0
      ? refusedWith(EDIT_NAMES_ANOTHER_EVENT)
      : { dead, events: itself, refused: null, body, employees }
  }
  const before = (await takeIn(message)).events
  const refused = refusalOfEdit(dead.letter.events, before, events)
  return refused === null ? { dead, events, refused, body, employees } : refusedWith(refused)
}
