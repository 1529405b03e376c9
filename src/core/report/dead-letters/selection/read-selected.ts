import type { HrEvent } from '../../../model.ts'
import type { SourceMessage } from '../../../ports.ts'
import { type DeadLetter, deadLetterId } from '../dead-letter.ts'
import {
  EDIT_NAMES_ANOTHER_EVENT,
  type Editable,
  type Edited,
  type Editor,
  isSameEvent,
  refusalOfEdit,
  refusalOfPatch,
} from './edit.ts'
import { changesOfBody } from './field-changes.ts'
import type { Selected } from './selected.ts'
import type { TakeIn } from '../take-in.ts'

/** What an editor made of a selection. */
export interface Edits {
  readonly kind: Editor['kind']
  /** By the id of the dead letter. */
  readonly edited: ReadonlyMap<string, Edited>
}

/** The editor is not called when no selected dead letter has a body. They are all refused then. */
export async function editAll(
  editor: Editor,
  messages: ReadonlyMap<DeadLetter, SourceMessage | null>,
): Promise<Edits['edited']> {
  const editable = [...messages].flatMap(([dead, message]): Editable[] => {
    const body = message?.text ?? null
    if (body === null) return []
    const events = dead.store === 'bus' ? dead.letter.events : [dead.letter]
    return [{ id: deadLetterId(dead), body, events }]
  })
  return editable.length > 0 ? await editor.edit(editable) : new Map()
}

/** Reads a dead letter the way intake would, with the edit of its body. */
export async function readSelected(
  dead: DeadLetter,
  message: SourceMessage | null,
  takeIn: TakeIn,
  edits: Edits | null,
): Promise<Selected> {
  const unchanged = { dead, events: null, refused: null, body: null, employees: [], changes: [] }
  const refusedWith = (refused: string, detail: string | null = null): Selected => ({
    ...unchanged,
    refused,
    ...(detail === null ? {} : { detail }),
  })
  if (dead.store === 'ledger' && !edits) return unchanged
  const text = message?.text ?? null
  if (message === null || text === null)
    return refusedWith(dead.store === 'bus' ? 'BodyNotText' : 'OriginalNotKept')
  const edited = edits?.edited.get(deadLetterId(dead)) ?? { kind: 'body', body: text }
  if (edited.kind === 'refused') return refusedWith(edited.code, edited.detail)
  const body = edited.body === text ? null : edited.body
  if (dead.store === 'ledger' && body === null && edits?.kind !== 'patch') return unchanged
  const { events, rejected } = await takeIn({ ...message, text: edited.body })
  if (rejected) return refusedWith(rejected.code)
  if (edits?.kind === 'patch' && body === null) return refusedWith('PatchChangesNothing')
  if (body === null) return { ...unchanged, events }
  const read = { dead, message: { ...message, text }, after: events }
  const refused = await refusalOf(read, takeIn, edits?.kind ?? 'edit')
  if (refused !== null) return refusedWith(refused)
  const employees = [...new Set(events.map(({ employeeId }) => employeeId))]
  const own = dead.store === 'ledger' ? events.filter(isSameEvent(dead.letter)) : events
  return { dead, events: own, refused, body, employees, changes: changesOfBody(text, body) }
}

interface EditedMessage {
  readonly dead: DeadLetter
  /** As it was before the edit. */
  readonly message: SourceMessage
  readonly after: readonly HrEvent[]
}

/** Why the edit of a body that intake accepts is refused; `null` when it is allowed. */
async function refusalOf(
  { dead, message, after }: EditedMessage,
  takeIn: TakeIn,
  kind: Editor['kind'],
): Promise<string | null> {
  const own = dead.store === 'ledger' ? after.filter(isSameEvent(dead.letter)) : after
  if (dead.store === 'ledger' && own.length === 0) return EDIT_NAMES_ANOTHER_EVENT
  // The ledger itself refuses the other edits of its own dead letters.
  if (dead.store === 'ledger' && kind === 'edit') return null
  const before = (await takeIn(message)).events
  const ownBefore = dead.store === 'ledger' ? before.filter(isSameEvent(dead.letter)) : before
  const names = dead.store === 'ledger' ? [dead.letter] : dead.letter.events
  const refused = refusalOfEdit(names, ownBefore, own)
  return refused ?? (kind === 'patch' ? refusalOfPatch(names, ownBefore, own) : null)
}
