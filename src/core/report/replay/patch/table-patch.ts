import { employeeIdOf } from '../../../intake/event/employee-id.ts'
import { isObject } from '../../../json.ts'
import type { Json } from '../../../model.ts'
import { own } from '../../../own.ts'
import type { ReadName } from '../../dead-letters/dead-letter.ts'
import type { Editor } from '../../dead-letters/selection/edit.ts'
import { type Patched, patching, type Placed } from './apply.ts'
import { placeValue, type Part, partsOf } from './place.ts'

/** One row of a table of patches. Exactly one of `id` and `employee` is a text. */
export interface PatchRow {
  /** Its line in the file. */
  readonly line: number
  /** The event it is about, of this source or of any. */
  readonly id: string | null
  readonly source: string | null
  /** The employee it is about. */
  readonly employee: string | null
  readonly cells: readonly PatchCell[]
}
/** A new value, as the file writes it. A cell without text is not a cell. */
export interface PatchCell {
  readonly path: string
  readonly text: string
}

/**
 * Applies to each dead letter the rows that name its events or their employees. A dead letter that
 * no row names is refused. `onUnused` gets the lines of the rows that name none.
 */
export function tablePatching(
  rows: readonly PatchRow[],
  onUnused: (lines: readonly number[]) => void,
): Editor {
  const rowsOf = finder(rows)
  const used = new Set<PatchRow>()
  const editor = patching((body, { events }) => {
    const found = events.flatMap((event) => rowsOf(event).map((row) => ({ event, row })))
    for (const { row } of found) used.add(row)
    if (found.length === 0) return { kind: 'unchanged', why: 'no row of the file names it' }
    return applyRows(body, found)
  })
  return {
    ...editor,
    edit: async (deadLetters) => {
      const edited = await editor.edit(deadLetters)
      onUnused(rows.filter((row) => !used.has(row)).map(({ line }) => line))
      return edited
    },
  }
}

/** The rows for an event: each row once, found without a walk over all of them. */
function finder(rows: readonly PatchRow[]): (event: ReadName) => readonly PatchRow[] {
  const byId = Map.groupBy(rows, ({ id }) => id)
  const byEmployee = Map.groupBy(rows, ({ employee }) => (employee === null ? null : employeeIdOf(employee)))
  return ({ id, source, employeeId }) => [
    ...(id === null
      ? []
      : (byId.get(id) ?? []).filter((row) => row.source === null || row.source === source)),
    ...(employeeId === null ? [] : (byEmployee.get(employeeIdOf(employeeId)) ?? [])),
  ]
}

interface FoundRow {
  readonly event: ReadName
  readonly row: PatchRow
}

function applyRows(body: Json, found: readonly FoundRow[]): Patched {
  let patched = body
  for (const { event, row } of found) {
    const item = itemOf(patched, event)
    if (item === null)
      return { kind: 'failed', why: 'the body is a list, and no item has the id of the event' }
    for (const { path, text } of row.cells) {
      const placed = placeCell(patched, item, path, text)
      if (placed.kind === 'failed') return placed
      patched = placed.body
    }
  }
  return { kind: 'patched', body: patched }
}

/** The place of an event in a body: the body itself, or an item of a list. */
function itemOf(body: Json, { id }: ReadName): readonly Part[] | null {
  if (!Array.isArray(body)) return []
  const index = body.findIndex((item: Json) => isObject(item) && own(item, 'id') === id)
  return index < 0 ? null : [index]
}

function placeCell(body: Json, item: readonly Part[], path: string, text: string): Placed {
  const parts = partsOf(path)
  const [index] = item
  const event: Json | undefined =
    typeof index === 'number' && Array.isArray(body) ? (body as readonly Json[])[index] : body
  const place = [...item, ...workerPlace(event ?? null, parts), ...parts]
  return placeValue(body, place, (present) => valueOf(text, present))
}

/**
 * Where a canonical event has its worker, for a path that names an attribute; nothing for a path in
 * the body, and for the body of a vendor.
 */
function workerPlace(event: Json, [first]: readonly Part[]): readonly Part[] {
  if (!isObject(event) || typeof first !== 'string') return []
  const data = own(event, 'data')
  if (first === 'data' || first === 'worker' || Object.hasOwn(event, first)) return []
  if (isObject(data) && ('worker' in data || 'specversion' in event)) return ['data', 'worker']
  return isObject(own(event, 'worker')) ? ['worker'] : []
}

/** `null`, `true` and `false` are values of JSON; a number stays a number; the rest is text. */
function valueOf(text: string, present: Json | undefined): Json {
  if (text === 'null') return null
  if (text === 'true' || text === 'false') return text === 'true'
  const number = Number(text)
  return typeof present === 'number' && String(number) === text ? number : text
}
