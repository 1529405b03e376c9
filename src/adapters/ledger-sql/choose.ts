import type { BatchQuery } from '../../core/ledger/port.ts'
import { LANES } from '../../core/model.ts'
import { nextCallAt } from '../../core/provision/pace.ts'
import { budget } from './budget.ts'
import { type Sql, withRows } from './sql.ts'

export interface Waiting {
  readonly seq: number
  readonly employee: string
  readonly lane: number
  readonly manager: string | null
  readonly created_at: number
  readonly bytes: number
}
const COLUMNS = 'o.seq, o.employee, o.lane, o.manager, o.created_at, OCTET_LENGTH(o.record) AS bytes'
/** Of every batch this share goes to whoever waited longest, so that no lane starves another. */
const LONGEST_WAITING = 0.2
/** Longer chains of managers than this are not real, or circles. */
const LONGEST_CHAIN = 32

/** The operations of the next batch in the order they go, or none when nothing should leave yet. */
export async function chooseOperations(sql: Sql, query: BatchQuery): Promise<readonly Waiting[]> {
  const { now, maxOperations, limits } = query
  const first = await sql.all<Waiting>(
    `SELECT ${COLUMNS} FROM operations o WHERE o.state = 'pending' ORDER BY o.lane, o.seq LIMIT ?`,
    [maxOperations],
  )
  if (first.length === 0) return []
  const leaver = first[0]?.lane === LANES.leaver
  const oldest = await sql.all<Waiting>(
    `SELECT ${COLUMNS} FROM operations o WHERE o.state = 'pending' ORDER BY o.seq LIMIT ?`,
    [Math.floor(maxOperations * LONGEST_WAITING)],
  )
  const spent = await budget(sql, now)
  // A leaver waits for company, and a call full of leavers has it.
  const ready = leaver && first.length === maxOperations && first.every((row) => row.lane === LANES.leaver)
  if (now < nextCallAt(ready ? { ...spent, lastAt: null } : spent, limits, leaver)) return []

  const mixed = mix(first, oldest, maxOperations)
  const longest = new Set(oldest.map(({ seq }) => seq))
  const chosen = withinBytes(await managersFirst(sql, mixed, longest, maxOperations), query.maxBytes)
  const full = chosen.length >= maxOperations || chosen.length < mixed.length
  return full || leaver || mixed.some((row) => waitedFor(row, query)) ? chosen : []
}

/** One that was made later than now was made by a clock that was ahead: how long it has waited is not known. */
function waitedFor({ created_at }: Waiting, { now, fillMs }: BatchQuery): boolean {
  return created_at <= now - fillMs || created_at > now + fillMs
}

/** Leavers, then those who waited longest, then the rest by lane, as many as fit; in the order of the lanes. */
function mix(byLane: readonly Waiting[], oldest: readonly Waiting[], most: number): Waiting[] {
  const leavers = byLane.filter((row) => row.lane === LANES.leaver)
  const rows = new Map([...leavers, ...oldest, ...byLane].map((row) => [row.seq, row]))
  return [...rows.values()].slice(0, most).sort((a, b) => a.lane - b.lane || a.seq - b.seq)
}

/**
 * Whose manager waits too goes after the manager, who is brought forward from wherever in the queue; circles and self-managers are broken where
 * the walk comes back to somebody already in it. A manager nobody has an operation for holds up nobody.
 */
async function managersFirst(
  sql: Sql,
  rows: readonly Waiting[],
  longest: ReadonlySet<number>,
  most: number,
): Promise<Waiting[]> {
  const known = new Map(rows.map((row) => [row.employee, row]))
  let asked = rows
  for (let depth = 0; depth < LONGEST_CHAIN && asked.length > 0; depth++) {
    const unknown = [
      ...new Set(asked.flatMap(({ manager }) => (manager !== null && !known.has(manager) ? [manager] : []))),
    ]
    asked = await withRows<Waiting>(
      sql,
      ['id TEXT'],
      unknown.map((id) => [id]),
      `SELECT ${COLUMNS} FROM v JOIN operations o ON o.employee = v.id
       WHERE o.state IN ('pending', 'batched', 'accepted', 'answered', 'escrowed') AND o.state = 'pending'`,
    )
    for (const row of asked) known.set(row.employee, row)
  }
  const ordered = new Set<Waiting>()
  const walk = (row: Waiting, above: ReadonlySet<string>): void => {
    if (ordered.has(row) || above.has(row.employee)) return
    const manager = row.manager === null ? undefined : known.get(row.manager)
    if (manager) walk(manager, new Set(above).add(row.employee))
    ordered.add(row)
  }
  // Leavers wait for nobody.
  for (const row of rows) if (row.lane === LANES.leaver) ordered.add(row)
  // Managers brought forward push out whoever comes last, so those who waited longest come before them.
  for (const row of rows) if (longest.has(row.seq)) walk(row, new Set())
  for (const row of rows) walk(row, new Set())
  return [...ordered].slice(0, most)
}

function withinBytes(rows: readonly Waiting[], maxBytes: number): Waiting[] {
  let bytes = 0
  return rows.filter((row, index) => (bytes += row.bytes) <= maxBytes || index === 0)
}
