import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../config/load.ts'
import { checkReadable } from '../../adapters/files.ts'
import { RollcallError } from '../../core/errors.ts'
import { isShallow, MAX_DEPTH } from '../../core/intake/depth.ts'
import { shortened } from '../../core/visible.ts'
import type { TakenIn } from '../../core/intake/message.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { Original } from '../../core/ledger/port/dead-letters.ts'
import { impliedActive } from '../../core/intake/normalise.ts'
import { type EventName, type HrEvent, type Json, isTermination } from '../../core/model.ts'
import type { SourceMessage } from '../../core/ports.ts'
import { EVENT_REASONS } from '../../core/ledger/event-reason.ts'
import {
  type BusDeadLetter,
  type DeadLetter,
  type DeadLetterSelection,
  deadLetterId,
  ledgerReason,
  nameKey,
  parseDeadLetterId,
} from '../../core/report/dead-letters/dead-letter.ts'
import { findInDeadLetterQueue, listDeadLetters } from '../../core/report/dead-letters/list.ts'
import { mergePatch } from '../../core/report/replay/merge-patch.ts'
import type { Selected } from '../../core/report/replay/plan.ts'
import { takingIn } from '../../compose/rules.ts'
import type { OpenStores } from '../dead-letters/stores.ts'

/** What is done to a body before it is replayed. */
export type Edit = (body: string, id: string) => string

export interface Wanted {
  /** Names of dead letters; without any the selection counts. */
  readonly ids: readonly string[]
  readonly selection: DeadLetterSelection
  readonly archived: boolean
  readonly max: number
}

export interface Found {
  readonly selected: readonly Selected[]
  /** There is more than `max`. */
  readonly more: boolean
  /** Named, and no dead letter. */
  readonly missing: readonly string[]
}

/** Finds what is asked for, edits it, and reads it as intake would. */
export async function select(
  homes: OpenStores,
  wanted: Wanted,
  edit: ((dead: readonly { id: string; body: string }[]) => Edit) | null,
  config: Config,
): Promise<Found> {
  const found: DeadLetter[] = []
  const missing: string[] = []
  let more = false
  const all =
    wanted.ids.length > 0
      ? named(homes, wanted.ids, (id) => missing.push(id))
      : listDeadLetters(homes, wanted.selection, wanted.archived)
  for await (const dead of all) {
    more = found.length >= wanted.max
    if (more) break
    found.push(dead)
  }
  const takeIn = takingIn(config)
  const bodies = new Map<string, { readonly message: SourceMessage | null; readonly body: string | null }>()
  for (const dead of found)
    if (dead.store === 'bus' || edit) bodies.set(deadLetterId(dead), await bodyOf(homes.ledger, dead))
  const editable = [...bodies].flatMap(([id, { body }]) => (body === null ? [] : [{ id, body }]))
  const change = edit && editable.length > 0 ? edit(editable) : null
  const selected: Selected[] = []
  for (const dead of found) selected.push(await read(dead, bodies.get(deadLetterId(dead)), change, takeIn))
  return { selected: await withoutMismatched(selected, homes.owners), more, missing }
}

/** Each once, however often it is named. */
async function* named(
  homes: OpenStores,
  ids: readonly string[],
  onMissing: (id: string) => void,
): AsyncGenerator<DeadLetter> {
  const names = ids.map((id) => {
    const name = parseDeadLetterId(id)
    if (!name)
      throw new RollcallError(
        'ArgumentInvalid',
        `${shortened(id)} is no dead letter: dl-<number> in the ledger, <queue>#<number> on the bus`,
      )
    return { id, name }
  })
  const seen = new Set<string>()
  for (const { id, name } of names) {
    const there =
      name.store === 'bus' ? await findInDeadLetterQueue(homes, name) : await inLedger(homes, name.seq)
    if (!there) onMissing(id)
    else if (!seen.has(deadLetterId(there))) yield there
    seen.add(there ? deadLetterId(there) : id)
  }
}

async function inLedger(homes: OpenStores, seq: number): Promise<DeadLetter | null> {
  const there = await homes.ledger?.findDeadLetter(seq)
  return there ? { store: 'ledger', reason: ledgerReason(there.letter), letter: there.letter } : null
}

/** A rescind of what is somebody else's is refused by the ledger, not by intake: it would die again. */
async function withoutMismatched(
  selected: readonly Selected[],
  owners: OpenStores['owners'],
): Promise<readonly Selected[]> {
  const rescinds = selected.flatMap(({ events }) =>
    (events ?? []).flatMap((event) => (event.rescinds ? [event.rescinds, event] : [])),
  )
  const ownerOf = rescinds.length > 0 && owners ? await owners(rescinds) : new Map<string, string>()
  return selected.map((one) => {
    const { dead, events } = one
    const still =
      dead.store === 'ledger' && events === null && dead.letter.code === EVENT_REASONS.rescindMismatch
    const named = (events ?? []).some((event) => {
      const owner = event.rescinds && ownerOf.get(nameKey(event.rescinds))
      return (
        typeof owner === 'string' &&
        owner !== event.employeeId &&
        (dead.store === 'ledger' || !ownerOf.has(nameKey(event)))
      )
    })
    return still || named
      ? { ...one, events: null, refused: one.refused ?? EVENT_REASONS.rescindMismatch }
      : one
  })
}

async function bodyOf(
  ledger: Ledger | null,
  dead: DeadLetter,
): Promise<{ message: SourceMessage | null; body: string | null }> {
  if (dead.store === 'bus') return { message: dead.letter.message, body: dead.letter.message.text }
  const original = (await ledger?.findDeadLetter(dead.letter.seq))?.original ?? null
  return { message: original && messageOf(original), body: original?.body ?? null }
}

/** What an event came in, as intake would meet it. */
export function messageOf({ body, ...original }: Original): SourceMessage {
  return { ...original, text: body }
}

async function read(
  dead: DeadLetter,
  kept: { readonly message: SourceMessage | null; readonly body: string | null } | undefined,
  change: Edit | null,
  takeIn: (message: SourceMessage) => Promise<TakenIn>,
): Promise<Selected> {
  const asItWas = { dead, events: null, refused: null, body: null, employees: [] }
  const refusedAs = (refused: string): Selected => ({ ...asItWas, refused })
  if (dead.store === 'ledger' && !change) return asItWas
  if (!kept?.message || kept.body === null)
    return refusedAs(dead.store === 'bus' ? 'BodyNotText' : 'OriginalNotKept')
  const body = change ? change(kept.body, deadLetterId(dead)) : kept.body
  const edited = body === kept.body ? null : body
  if (dead.store === 'ledger' && edited === null) return asItWas
  const { events, rejected } = await takeIn({ ...kept.message, text: body })
  if (rejected) return refusedAs(rejected.code)
  const employees = edited === null ? [] : [...new Set(events.map(({ employeeId }) => employeeId))]
  if (dead.store === 'bus') {
    const why =
      edited === null
        ? null
        : whyNot(dead.letter, (await takeIn({ ...kept.message, text: kept.body })).events, events)
    return why === null ? { dead, events, refused: null, body: edited, employees } : refusedAs(why)
  }
  const itself = events.filter(({ source, id }) => source === dead.letter.source && id === dead.letter.id)
  return itself.length === 0
    ? refusedAs('EditNamesAnotherEvent')
    : { dead, events: itself, refused: null, body: edited, employees }
}

/** An edit corrects an event; it does not make another of it, where it could be read, and it takes no termination back. The ledger holds its own to the same. */
function whyNot(
  { events: names }: BusDeadLetter,
  before: readonly HrEvent[],
  after: readonly HrEvent[],
): string | null {
  const same = (one: EventName) => (other: EventName) => one.id === other.id && one.source === other.source
  if (before.some((event) => !after.some(same(event)))) return 'EditNamesAnotherEvent'
  const leaving = before.filter(isTermination)
  if (
    leaving.some(
      (event) =>
        !after.some(
          (other) => same(event)(other) && isTermination(other) && other.employeeId === event.employeeId,
        ),
    )
  )
    return 'EditTakesTerminationBack'
  // What could not be read may have named its type.
  const named =
    before.length === 0 && names.some(({ type }) => type !== null && impliedActive(type) === false)
  return named && !after.some(isTermination) ? 'EditTakesTerminationBack' : null
}

/** A JSON Merge Patch on every body. Throws `ArgumentInvalid` for what is no JSON. */
export function patching(text: string): () => Edit {
  if (text.startsWith('@')) checkReadable('--patch', text.slice(1))
  let patch: Json
  try {
    patch = JSON.parse(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text) as Json
  } catch (error) {
    throw new RollcallError(
      'ArgumentInvalid',
      '--patch takes a JSON Merge Patch, or @ and the name of a file that holds one',
      {
        cause: error,
      },
    )
  }
  if (!isShallow(patch, MAX_DEPTH))
    throw new RollcallError('ArgumentInvalid', `--patch is nested deeper than ${MAX_DEPTH} levels`)
  return () => (body) => {
    try {
      return JSON.stringify(mergePatch(JSON.parse(body) as Json, patch))
    } catch {
      // Left as it is, intake says what is wrong with it.
      return body
    }
  }
}

/** More than these nobody edits by hand. */
const MOST_BY_HAND = 50

/** Opens an editor on the bodies: one JSON object a dead letter, under its name. Throws `EditAborted`. */
export function editing(editor: string): (dead: readonly { id: string; body: string }[]) => Edit {
  return (dead) => {
    if (dead.length > MOST_BY_HAND)
      throw new RollcallError(
        'ArgumentInvalid',
        `--edit opens ${MOST_BY_HAND} dead letters at the most, these are ${dead.length}: narrow the selection, or use --patch`,
      )
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-edit-'))
    const file = join(folder, 'dead-letters.json')
    try {
      const before = Object.fromEntries(dead.map(({ id, body }) => [id, asJson(body)]))
      writeFileSync(file, `${JSON.stringify(before, null, 2)}\n`, { mode: 0o600 })
      const { status } = spawnSync(`${editor} "${file}"`, { stdio: 'inherit', shell: true })
      if (status !== 0)
        throw new RollcallError(
          'EditAborted',
          `${editor} ended with ${status ?? 'a signal'}: nothing was replayed`,
        )
      const after = readEdited(file)
      return (body, id) => {
        const text = JSON.stringify(after[id] ?? null)
        // What was not touched stays as it was, to the letter.
        return after[id] === undefined || text === JSON.stringify(before[id]) ? body : text
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

function asJson(body: string): Json {
  try {
    return JSON.parse(body) as Json
  } catch {
    return body
  }
}

function readEdited(file: string): Record<string, Json> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Json>
  } catch (error) {
    throw new RollcallError('EditAborted', 'what was saved is no JSON: nothing was replayed', {
      cause: error,
    })
  }
}
