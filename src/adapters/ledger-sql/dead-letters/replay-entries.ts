import type { EventState } from '../../../core/ledger/lifecycle.ts'
import type { NativeStage, ReplayedState, ReplayEntry } from '../../../core/ledger/port/replays.ts'
import { copyId, nameOnQueue } from '../../../core/report/replay/log.ts'
import { readRows, type Sql } from '../driver/sql.ts'
import { IN_LEDGER, replayRuns, takenIn } from './replays.ts'

interface Row {
  readonly entity: string
  readonly sequence: string
  readonly stage: NativeStage
  readonly code: string | null
  readonly at: number | null
  /** `null` for a message whose copy was not sent. */
  readonly sending_at: number | null
}

export async function replayEntries(
  sql: Sql,
  run: number,
  after: number,
  limit: number,
): Promise<ReplayEntry[]> {
  const rows = await sql.all<Row>(
    'SELECT entity, sequence, stage, code, at, sending_at FROM replay_items WHERE run = ? AND place >= ? ORDER BY place LIMIT ?',
    [run, after, limit],
  )
  const replayed = rows.filter(({ stage }) => stage === 'sent' || stage === 'done')
  const events = await eventsNow(sql, replayed)
  const copies = await copiesNow(sql, run, replayed)
  return rows.map((row) => {
    const { entity, sequence, stage, code, at } = row
    return {
      id: entity === IN_LEDGER ? `dl-${sequence}` : `${entity}#${sequence}`,
      stage,
      code,
      at,
      became: events.get(row) ?? copies.get(row) ?? null,
    }
  })
}

type States = ReadonlyMap<Row, ReplayedState>

async function eventsNow(sql: Sql, rows: readonly Row[]): Promise<States> {
  const inLedger = new Map(
    rows.flatMap((row) => (row.entity === IN_LEDGER ? [[Number(row.sequence), row]] : [])),
  )
  const events = await readRows<{ seq: number; state: EventState; reason: string | null }>(
    sql,
    ['seq INT'],
    [...inLedger.keys()].map((seq) => [seq]),
    'SELECT e.seq, e.state, e.reason FROM v JOIN events e ON e.seq = v.seq',
  )
  return new Map(
    events.flatMap(({ seq, state, reason }) => {
      const row = inLedger.get(seq)
      return row ? [[row, { state, reason }]] : []
    }),
  )
}

/** For a message, only this is known: whether intake has taken in its copy. */
async function copiesNow(sql: Sql, id: number, rows: readonly Row[]): Promise<States> {
  const onBus = rows.filter(({ entity, sending_at: sent }) => entity !== IN_LEDGER && sent !== null)
  const [run] = onBus.length === 0 ? [] : await replayRuns(sql, { id, limit: 1 })
  if (!run) return new Map()
  const nameOf = ({ entity, sequence }: Row): string => copyId(nameOnQueue(run, entity), sequence)
  const rejections = await takenIn(sql, onBus.map(nameOf))
  return new Map(onBus.map((row) => [row, copyState(rejections.get(nameOf(row)))]))
}

function copyState(rejected: string | null | undefined): ReplayedState {
  if (rejected === undefined) return { state: 'waiting', reason: null }
  return rejected === null ? { state: 'taken-in', reason: null } : { state: 'refused', reason: rejected }
}
