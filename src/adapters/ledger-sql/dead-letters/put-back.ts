import type { PutBack, NativeMove } from '../../../core/ledger/port/replays.ts'
import type { EventName, HrEvent, JsonObject } from '../../../core/model.ts'
import { EVENT_REASONS } from '../../../core/ledger/event-reason.ts'
import { lockDead } from './dead-letters.ts'
import { markDue, planAgain, clearFailures } from '../tables/employees.ts'
import { parse } from '../driver/json.ts'
import { blockingReactivation, type DeadEventRow, liftsBlockOf } from './blocks-reactivation.ts'
import { IN_LEDGER, moveReplay } from './replays.ts'
import { namingOthers } from '../intake/rescind-mismatch.ts'
import { type Sql, readRows, writeRows } from '../driver/sql.ts'
import { keepSaid, rewrite } from '../intake/resubmit.ts'
import type { Sealing } from '../sealing/sealing.ts'
import { workerOf } from '../tables/event-row.ts'

interface Row extends DeadEventRow {
  readonly effective_at: number
  readonly reason: string | null
}

/**
 * Puts dead letters back at their own place in the order: newer events still win. One transaction,
 * which also updates the entries of the run.
 */
export async function putBack(sql: Sql, run: number, parts: readonly PutBack[], now: number): Promise<void> {
  const { frozen, dead } = await loadDead(sql, run, parts)
  const keeping = await blockingReactivation(sql, [...dead.values()])
  const others = await namingOthers(
    sql,
    parts.flatMap((part) => (part.kind === 'edited' ? [part.event] : [])),
  )
  const moves: NativeMove[] = []
  const kept: Row[] = []
  const edited: { readonly row: Row; readonly part: Extract<PutBack, { kind: 'edited' }> }[] = []
  for (const part of parts.filter(({ seq }) => frozen.has(seq))) {
    const row = dead.get(part.seq)
    const sequence = String(part.seq)
    if (part.kind === 'refused') moves.push({ sequence, stage: 'refused', code: part.code })
    else if (!row) moves.push({ sequence, stage: 'gone', code: null })
    else if (part.kind === 'edited') {
      const why = others.has(part.event)
        ? EVENT_REASONS.rescindMismatch
        : whyNot(sql.sealing, row, part.event, keeping.has(row.seq))
      moves.push(
        why === null ? { sequence, stage: 'done', code: null } : { sequence, stage: 'refused', code: why },
      )
      if (why === null) edited.push({ row, part })
    } else if (row.reason === EVENT_REASONS.rescindMismatch)
      moves.push({ sequence, stage: 'refused', code: EVENT_REASONS.rescindMismatch })
    else {
      moves.push({ sequence, stage: 'done', code: null })
      kept.push(row)
    }
  }
  await reopen(sql, kept, now)
  await replace(sql, run, edited, now)
  await moveReplay(sql, run, IN_LEDGER, moves, now)
}

/** Those of the parts that still wait, and those of their events that are dead. */
async function loadDead(
  sql: Sql,
  run: number,
  parts: readonly PutBack[],
): Promise<{ readonly frozen: ReadonlySet<number>; readonly dead: ReadonlyMap<number, Row> }> {
  // Employees first. An instance that carries out the same run has then finished its part, and its
  // entries show that.
  const dead = await lockDead(
    sql,
    parts.map(({ seq }) => seq),
  )
  const items = await readRows<{ sequence: string; revision: number }>(
    sql,
    ['run INT', 'sequence TEXT'],
    parts.map(({ seq }) => [run, String(seq)]),
    `SELECT i.sequence, i.revision FROM v JOIN replay_items i ON i.run = v.run AND i.entity = '${IN_LEDGER}' AND i.sequence = v.sequence
     WHERE i.stage = 'frozen'`,
  )
  const frozen = new Map(items.map(({ sequence, revision }) => [Number(sequence), revision]))
  const rows = await readRows<Row>(
    sql,
    ['seq INT'],
    dead.filter(({ seq, revision }) => frozen.get(seq) === revision).map(({ seq }) => [seq]),
    'SELECT e.seq, e.event_id, e.source, e.employee, e.worker, e.rescinds, e.effective_at, e.reason FROM v JOIN events e ON e.seq = v.seq',
  )
  return { frozen: new Set(frozen.keys()), dead: new Map(rows.map((row) => [row.seq, row])) }
}

/**
 * An edit corrects an event. It must not turn it into another event, and must not cancel a
 * termination without saying so.
 */
function whyNot(sealing: Sealing, row: Row, event: HrEvent, blocksReactivation: boolean): string | null {
  if (event.id !== row.event_id || event.source !== row.source) return 'EditNamesAnotherEvent'
  return blocksReactivation && liftsBlockOf(sealing, row, event) ? 'EditTakesTerminationBack' : null
}

async function reopen(sql: Sql, rows: readonly Row[], now: number): Promise<void> {
  if (rows.length === 0) return
  await writeRows(
    sql,
    ['seq INT', 'now INT'],
    rows.map(({ seq }) => [seq, now]),
    `UPDATE events SET state = 'received', reason = NULL, detail = NULL, by_seq = NULL, operation = NULL, archived_at = NULL, replays = events.replays + 1,
       read_from = CASE WHEN events.mode = 'notice' THEN v.now ELSE events.read_from END, read_until = 0, reads = 0
     FROM v WHERE events.seq = v.seq`,
  )
  await clearFailures(sql, rows)
  const due = rows.map((row) => ({
    employeeId: row.employee,
    effectiveAt: row.effective_at,
    worker: parse<JsonObject>(workerOf(sql.sealing, row)),
    rescinds: row.rescinds === null ? null : parse<EventName>(row.rescinds),
  }))
  await markDue(sql, due, { now, quietMs: 0, maxWaitMs: 0 })
}

/** The former content is kept, with who changed it. */
async function replace(
  sql: Sql,
  run: number,
  edits: readonly { readonly row: Row; readonly part: Extract<PutBack, { kind: 'edited' }> }[],
  now: number,
): Promise<void> {
  if (edits.length === 0) return
  const [by] = await sql.all<{ actor: string; justification: string }>(
    'SELECT actor, justification FROM replay_runs WHERE seq = ?',
    [run],
  )
  await keepSaid(
    sql,
    edits.map(({ row, part }) => ({
      seq: row.seq,
      actor: by?.actor ?? '',
      justification: by?.justification ?? '',
      said: [null, part.original.body],
    })),
    now,
  )
  await rewrite(
    sql,
    edits.map(({ row, part }) => ({ seq: row.seq, event: part.event })),
    now,
  )
  await markDue(
    sql,
    edits.map(({ part }) => part.event),
    { now, quietMs: 0, maxWaitMs: 0 },
  )
  await planAgain(
    sql,
    edits.map(({ row }) => row.employee),
    now,
  )
}
