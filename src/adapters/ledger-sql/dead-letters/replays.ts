import {
  type CancelOrder,
  type KnownEvent,
  type ReplayDecision,
  type ReplayItem,
  type ReplayOrder,
  type ReplayRun,
  type ReplayTarget,
  type ReplaysQuery,
  NATIVE_STAGES,
  type NativeMove,
  type NativeStage,
} from '../../../core/ledger/port/replays.ts'
import type { EventState } from '../../../core/ledger/lifecycle.ts'
import type { EventName } from '../../../core/model.ts'
import { parse } from '../driver/json.ts'
import { insertRows, type Sql, type SqlValue, readRows, writeRows } from '../driver/sql.ts'
import { AUDIT } from '../tables/audit.ts'
import { rowName } from '../sealing/columns.ts'
import { openOrNull, type Sealed, sealOrNull } from '../sealing/sealing.ts'

/** Replaces the name of the queue for dead letters of the ledger. */
export const IN_LEDGER = ''

export async function freezeReplay(sql: Sql, order: ReplayOrder, now: number): Promise<ReplayRun> {
  const [run] = await insertRows<{ seq: number }>(
    sql,
    'replay_runs (name TEXT, selection TEXT, actor TEXT, justification TEXT, created_at INT)',
    [[order.name, sql.sealing.keyedHash(order.selection), order.actor, order.justification, now]],
    'RETURNING seq',
  )
  const id = run?.seq ?? 0
  await insertRows(
    sql,
    'replay_items (run INT, place INT, entity TEXT, sequence TEXT, revision INT, stage TEXT, body TEXT, employees TEXT)',
    order.targets.map((target, place): SqlValue[] => {
      const edited = isEdited(target) ? (target.body ?? null) : null
      const body = sealOrNull(sql.sealing, 'replay_items.body', rowName(id, place), edited)
      const saying = [body, edited === null ? null : JSON.stringify(target.employees ?? [])]
      return target.store === 'ledger'
        ? [id, place, IN_LEDGER, String(target.seq), target.revision, 'frozen', ...saying]
        : [id, place, target.entity, target.sequence, null, target.stale ? 'sent' : 'frozen', ...saying]
    }),
  )
  await insertRows(sql, AUDIT, [
    [now, order.actor, 'replay', order.justification, order.name],
    ...order.targets
      .filter(isEdited)
      .map((target): SqlValue[] => [now, order.actor, 'replay.edit', order.justification, nameOf(target)]),
  ])
  const [made] = await runsBy(sql, 'WHERE seq = ?', [id])
  return (
    made ?? {
      ...order,
      id,
      createdAt: now,
      endedAt: null,
      resumed: [],
      paused: null,
      entities: [],
      counts: counts([]),
    }
  )
}

/** A stale message is only removed, so it has no edited body. */
function isEdited(target: ReplayTarget): boolean {
  return !(target.store === 'bus' && target.stale) && (target.body ?? null) !== null
}

/** The dead letter by the name that operators see. */
function nameOf(target: ReplayTarget): string {
  return target.store === 'ledger' ? `dl-${target.seq}` : `${target.entity}#${target.sequence}`
}

const RESUMED = 'replay.resumed'
const PAUSED = 'replay.paused'

/** Only the audit trail holds that a run was paused or resumed. */
export async function noteDecision(
  sql: Sql,
  action: 'paused' | 'resumed',
  { name }: Pick<ReplayRun, 'name'>,
  { at, actor, justification }: ReplayDecision,
): Promise<void> {
  await insertRows(sql, AUDIT, [[at, actor, action === 'paused' ? PAUSED : RESUMED, justification, name]])
}

interface RunRow {
  readonly seq: number
  readonly name: string
  readonly selection: string
  readonly actor: string
  readonly justification: string
  readonly created_at: number
  readonly ended_at: number | null
}
interface StageRow {
  readonly run: number
  readonly entity: string
  readonly stage: NativeStage
  readonly n: number
}

export function replayRuns(sql: Sql, query: ReplaysQuery): Promise<ReplayRun[]> {
  const { open = null, id = null, since = null, before = null, limit } = query
  const given: (readonly [string, SqlValue] | null)[] = [
    open === null ? null : ['ended_at IS NULL AND selection = ?', sql.sealing.keyedHash(open)],
    id === null ? null : ['seq = ?', id],
    since === null ? null : ['created_at >= ?', since],
    before === null ? null : ['seq < ?', before],
  ]
  const conditions = given.filter((one) => one !== null)
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(([text]) => text).join(' AND ')}`
  return runsBy(sql, `${where} ORDER BY seq DESC LIMIT ?`, [...conditions.map(([, value]) => value), limit])
}

async function runsBy(sql: Sql, tail: string, parameters: readonly SqlValue[]): Promise<ReplayRun[]> {
  const rows = await sql.all<RunRow>(
    `SELECT seq, name, selection, actor, justification, created_at, ended_at FROM replay_runs ${tail}`,
    parameters,
  )
  const stages = Map.groupBy(
    await readRows<StageRow>(
      sql,
      ['run INT'],
      rows.map(({ seq }) => [seq]),
      'SELECT i.run, i.entity, i.stage, COUNT(*) AS n FROM v JOIN replay_items i ON i.run = v.run GROUP BY i.run, i.entity, i.stage',
    ),
    ({ run }) => run,
  )
  const decisions = Map.groupBy(
    await readRows<ReplayDecision & { action: string; detail: string }>(
      sql,
      ['name TEXT'],
      rows.map(({ name }) => [name]),
      `SELECT a.at, a.actor, a.justification, a.action, a.detail FROM v JOIN audit a ON a.detail = v.name
       WHERE a.action IN ('${RESUMED}', '${PAUSED}') ORDER BY a.seq`,
    ),
    ({ detail }) => detail,
  )
  return rows.map((row) => {
    const its = stages.get(row.seq) ?? []
    const decided = decisions.get(row.name) ?? []
    const last = decided.at(-1)
    return {
      id: row.seq,
      name: row.name,
      selection: row.selection,
      actor: row.actor,
      justification: row.justification,
      createdAt: row.created_at,
      endedAt: row.ended_at,
      resumed: decided.filter(({ action }) => action === RESUMED).map(decisionOf),
      paused: last?.action === PAUSED ? decisionOf(last) : null,
      entities: [...new Set(its.map(({ entity }) => entity))].filter((entity) => entity !== IN_LEDGER).sort(),
      counts: counts(its),
    }
  })
}

function decisionOf({ at, actor, justification }: ReplayDecision): ReplayDecision {
  return { at, actor, justification }
}

function counts(rows: readonly Pick<StageRow, 'stage' | 'n'>[]): ReplayRun['counts'] {
  const of = (stage: NativeStage): number =>
    rows.reduce((sum, row) => sum + (row.stage === stage ? row.n : 0), 0)
  return Object.fromEntries(NATIVE_STAGES.map((stage) => [stage, of(stage)])) as Record<NativeStage, number>
}

export async function replayItems(
  sql: Sql,
  run: number,
  entity: string | null,
  stage: NativeStage,
  limit: number,
): Promise<ReplayItem[]> {
  type Row = { place: number; sequence: string; sending_at: number | null; body: Sealed | null }
  const rows = await sql.all<Row>(
    'SELECT place, sequence, sending_at, body FROM replay_items WHERE run = ? AND entity = ? AND stage = ? ORDER BY place LIMIT ?',
    [run, entity ?? IN_LEDGER, stage, limit],
  )
  return rows.map(({ place, sequence, sending_at: sendingAt, body }) => ({
    sequence,
    sendingAt,
    body: openOrNull(sql.sealing, 'replay_items.body', rowName(run, place), body),
  }))
}

export async function moveReplay(
  sql: Sql,
  run: number,
  entity: string,
  moves: readonly NativeMove[],
  now: number,
): Promise<void> {
  await writeRows(
    sql,
    ['run INT', 'entity TEXT', 'sequence TEXT', 'stage TEXT', 'code TEXT', 'now INT'],
    moves.map(({ sequence, stage, code }) => [run, entity, sequence, stage, code, now]),
    `UPDATE replay_items SET stage = v.stage, code = v.code, at = v.now,
       body = CASE WHEN v.stage IN ('frozen', 'sending') THEN replay_items.body ELSE NULL END,
       employees = CASE WHEN v.stage IN ('frozen', 'sending') THEN replay_items.employees ELSE NULL END,
       sending_at = CASE WHEN v.stage = 'sending' THEN COALESCE(replay_items.sending_at, v.now) ELSE replay_items.sending_at END
     FROM v WHERE replay_items.run = v.run AND replay_items.entity = v.entity AND replay_items.sequence = v.sequence`,
  )
}

/**
 * Removes the bodies of edited parts from runs that are not continued, and refuses those parts.
 * Personal data does not stay for an abandoned run.
 */
export async function forgetEdits(sql: Sql, before: number, now: number): Promise<number> {
  const old = await sql.all<Place>(
    'SELECT i.run, i.place FROM replay_items i JOIN replay_runs r ON r.seq = i.run WHERE i.body IS NOT NULL AND r.created_at < ?',
    [before],
  )
  return refuseParts(sql, old, 'BeyondRetention', now)
}

/** Edited parts of runs that contain this employee. */
export async function eraseEdits(sql: Sql, employee: string, now: number): Promise<void> {
  const edited = await sql.all<Place & { employees: string | null }>(
    'SELECT run, place, employees FROM replay_items WHERE body IS NOT NULL',
  )
  const theirs = edited.filter(
    ({ employees }) => employees === null || parse<readonly string[]>(employees).includes(employee),
  )
  await refuseParts(sql, theirs, 'Erased', now)
}

interface Place {
  readonly run: number
  readonly place: number
}
async function refuseParts(sql: Sql, parts: readonly Place[], code: string, now: number): Promise<number> {
  await writeRows(
    sql,
    ['run INT', 'place INT', 'code TEXT', 'now INT'],
    parts.map(({ run, place }) => [run, place, code, now]),
    `UPDATE replay_items SET stage = 'refused', code = v.code, at = v.now, body = NULL, employees = NULL FROM v
     WHERE replay_items.run = v.run AND replay_items.place = v.place`,
  )
  return parts.length
}

/** Cancels the parts that are not begun. */
export async function cancelReplay(
  sql: Sql,
  { run, actor, justification }: CancelOrder,
  now: number,
): Promise<number> {
  const frozen = await sql.all<Place>(
    "SELECT run, place FROM replay_items WHERE run = ? AND stage = 'frozen'",
    [run.id],
  )
  await refuseParts(sql, frozen, 'Cancelled', now)
  await insertRows(sql, AUDIT, [[now, actor, 'replay.cancelled', justification, run.name]])
  await endReplay(sql, run.id, now)
  return frozen.length
}

export async function endReplay(sql: Sql, run: number, now: number): Promise<void> {
  await sql.run(
    `UPDATE replay_runs SET ended_at = ? WHERE seq = ? AND ended_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM replay_items i WHERE i.run = replay_runs.seq AND i.stage IN ('frozen', 'sending', 'sent'))`,
    [now, run],
  )
}

export async function takenIn(
  sql: Sql,
  messageIds: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const rows = await readRows<{ copy_id: string; rejected: string | null }>(
    sql,
    ['id TEXT'],
    messageIds.map((id) => [id]),
    'SELECT m.copy_id, m.rejected FROM v JOIN messages m ON m.copy_id = v.id',
  )
  return new Map(rows.map(({ copy_id, rejected }) => [copy_id, rejected]))
}

export async function knownEvents(sql: Sql, names: readonly EventName[]): Promise<KnownEvent[]> {
  const rows = await readRows<{
    seq: number
    source: string
    event_id: string
    employee: string
    state: EventState
    revision: number
  }>(
    sql,
    ['source TEXT', 'id TEXT'],
    names.map(({ source, id }) => [source, id]),
    'SELECT e.seq, e.source, e.event_id, e.employee, e.state, e.revision FROM v JOIN events e ON e.event_id = v.id AND e.source = v.source',
  )
  return rows.map(({ event_id: id, employee: employeeId, ...row }) => ({ ...row, id, employeeId }))
}
