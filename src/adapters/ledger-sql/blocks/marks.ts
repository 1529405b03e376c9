import { type BlockDecision, type BlockMark, decideBlock } from '../../../core/blocks/period.ts'
import type { BlockPeriod } from '../../../core/ledger/employee.ts'
import { insertRows, type Sql } from '../driver/sql.ts'
import { REFUSE, RELEASE } from '../plan/brake-decisions.ts'
import { PROVISION, RESEND } from '../plan/send-orders.ts'
import { employeeHash, rowsByEmployeeHash } from '../leavers/erased-marks.ts'

/** Actions in the audit trail; they name the employee until an erasure. */
export const BLOCK = 'block'
export const UNBLOCK = 'unblock'
/** Personal values of the employee were shown. */
export const SHOW_VALUES = 'show-values'

/** The blocks of these employees, by employee id, ended ones included. */
export async function blocksOf(
  sql: Sql,
  employees: readonly string[],
): Promise<ReadonlyMap<string, BlockMark>> {
  const columns = 'm.since, m.until, m.decided_at'
  const rows = await rowsByEmployeeHash<BlockPeriod & { readonly decided_at: number }>(
    sql,
    { table: 'blocks', columns },
    employees,
  )
  return new Map(
    rows.map(([employee, { since, until, decided_at: decidedAt }]) => [
      employee,
      { since, until, decidedAt },
    ]),
  )
}

export interface Decided {
  readonly employee: string
  readonly decision: BlockDecision
  readonly actor: string
  readonly justification: string | null
  readonly eventId: string | null
}

/**
 * Applies decisions in their order, and returns the employees whose block changed. The caller holds
 * locks on the employees, or on the whole intake, so that nothing can come in between.
 */
export async function applyBlocks(sql: Sql, decided: readonly Decided[]): Promise<readonly string[]> {
  if (decided.length === 0) return []
  const marks = new Map(
    await blocksOf(
      sql,
      decided.map(({ employee }) => employee),
    ),
  )
  const changed = new Map<string, Decided>()
  for (const one of decided) {
    const mark = decideBlock(marks.get(one.employee) ?? null, one.decision)
    if (mark === null) continue
    marks.set(one.employee, mark)
    changed.set(one.employee, one)
  }
  await insertRows(
    sql,
    'blocks (hash TEXT, employee TEXT, since INT, until INT, decided_at INT, actor TEXT, justification TEXT, event_id TEXT)',
    [...changed.values()].flatMap(({ employee, actor, justification, eventId }) => {
      const mark = marks.get(employee)
      return mark
        ? [
            [
              employeeHash(sql.sealing, employee),
              employee,
              mark.since,
              mark.until,
              mark.decidedAt,
              actor.toWellFormed(),
              justification?.toWellFormed() ?? null,
              eventId?.toWellFormed() ?? null,
            ],
          ]
        : []
    }),
    `ON CONFLICT (hash) DO UPDATE SET employee = excluded.employee, since = excluded.since, until = excluded.until,
       decided_at = excluded.decided_at, actor = excluded.actor, justification = excluded.justification,
       event_id = excluded.event_id`,
  )
  return [...changed.keys()]
}

/**
 * An erasure removes the employee id from the block, which stays in force, and from the audit
 * trail.
 */
export async function eraseBlockedId(sql: Sql, employee: string): Promise<void> {
  const hash = employeeHash(sql.sealing, employee)
  await sql.run('UPDATE blocks SET employee = NULL, event_id = NULL WHERE hash = ?', [hash])
  const marks = NAMING_ACTIONS.map(() => '?').join(', ')
  await sql.run(`UPDATE audit SET detail = ? WHERE detail = ? AND action IN (${marks})`, [
    hash,
    employee,
    ...NAMING_ACTIONS,
  ])
}

const NAMING_ACTIONS = [BLOCK, UNBLOCK, RELEASE, REFUSE, SHOW_VALUES, RESEND, PROVISION]
