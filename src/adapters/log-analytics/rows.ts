import { z } from 'zod'
import { isObject } from '../../core/json.ts'
import type { Json } from '../../core/model.ts'
import type { RowCursor } from './query.ts'

/** What the query API answers: tables of columns and rows; `error` when the answer is partial. */
export const RowAnswer = z.object({
  tables: z.array(
    z.object({
      columns: z.array(z.object({ name: z.string() })),
      rows: z.array(z.array(z.json())),
    }),
  ),
  error: z.unknown().optional(),
})
export type RowAnswer = z.output<typeof RowAnswer>

/** Columns that have another name in the record that Graph gives. */
const NAMES: Readonly<Record<string, string>> = { TimeGenerated: 'activityDateTime', Action: 'action' }
/** Columns that hold JSON as text. */
const JSON_COLUMNS: ReadonlySet<string> = new Set([
  'ProvisioningStatusInfo',
  'ProvisioningSteps',
  'ModifiedProperties',
  'SourceIdentity',
  'TargetIdentity',
])

/** The rows as Graph's records. */
export function recordsOf({ tables }: RowAnswer): readonly { readonly [name: string]: Json }[] {
  const [table] = tables
  if (!table) return []
  return table.rows.map((row) => {
    const cells = new Map(table.columns.map(({ name }, index) => [name, row[index] ?? null]))
    const record = Object.fromEntries(
      [...cells].map(([name, cell]) => [
        NAMES[name] ?? lowered(name),
        JSON_COLUMNS.has(name) ? inLowerCase(parsed(cell)) : cell,
      ]),
    )
    return isObject(record['provisioningStatusInfo'] ?? null)
      ? record
      : { ...record, statusInfo: resultOf(cells) }
  })
}

/** The columns that repeat the status, for a row whose status is missing or cannot be read. */
function resultOf(cells: ReadonlyMap<string, Json>): Json {
  return {
    status: cells.get('ResultType') ?? null,
    errorCode: cells.get('ResultSignature') ?? null,
    reason: cells.get('ResultDescription') ?? null,
  }
}

/** Where the page after these rows begins; `null` when it was not full. */
export function cursorAfter({ tables }: RowAnswer, top: number): RowCursor | null {
  const [table] = tables
  const last = table?.rows.at(-1)
  if (!table || !last || table.rows.length < top) return null
  const cell = (column: string): Json => last[table.columns.findIndex(({ name }) => name === column)] ?? null
  const [at, id] = [cell('TimeGenerated'), cell('Id')]
  return typeof at === 'string' && typeof id === 'string' ? { at, id } : null
}

const lowered = (name: string): string => `${name[0]?.toLowerCase() ?? ''}${name.slice(1)}`

function parsed(cell: Json): Json {
  if (typeof cell !== 'string') return cell
  try {
    const value: Json = JSON.parse(cell)
    return value
  } catch {
    return null
  }
}

/** Field names begin in lower case; what is in `details` is named by the attributes themselves. */
function inLowerCase(value: Json): Json {
  if (Array.isArray(value)) return value.map(inLowerCase)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const plain = lowered(name)
      return [plain, plain === 'details' ? inner : inLowerCase(inner)]
    }),
  )
}
