import type { AlertState, Told } from '../../../core/alerts/alert.ts'
import { type AlertCode, isAlertCode, type Urgency } from '../../../core/alerts/codes.ts'
import type { AlertBook, AlertLook, WaitingChannel } from '../../../core/ledger/port/alerts.ts'
import { DAY_MS } from '../../../core/runtime.ts'
import { parse } from '../driver/json.ts'
import { insertRows, nameOf, type Sql } from '../driver/sql.ts'
import { setCursor } from '../tables/cursors.ts'

/**
 * Cursors: how many looks were stored, when the last one was, and each channel's last heartbeat.
 */
const REVISION = 'alerts'
const LOOKED_AT = 'alerts looked at'
const HEARTBEAT = 'heartbeat '
/** How long notifications are kept that were delivered or given up. */
const KEPT_MS = 7 * DAY_MS

interface Row {
  readonly code: string
  readonly cause: string
  readonly urgency: Urgency
  readonly count: number
  readonly oldest_at: number | null
  readonly episode: number
  readonly opened_at: number
  readonly absent_since: number | null
  readonly resolved_at: number | null
  readonly flaps: number
  readonly logged_at: number | null
  readonly logged_count: number | null
  readonly told: string
}
const KEY = 'code TEXT, cause TEXT'
const STATE =
  'urgency TEXT, count INT, oldest_at INT, episode INT, opened_at INT, absent_since INT, resolved_at INT, flaps INT, logged_at INT, logged_count INT, told TEXT'
const namesIn = (columns: string): string[] => columns.split(', ').map(nameOf)

export async function readBook(sql: Sql): Promise<AlertBook> {
  const rows = await sql.all<Row>(`SELECT ${namesIn(`${KEY}, ${STATE}`).join(', ')} FROM alerts`)
  const cursors = await sql.all<{ name: string; value: number }>(
    `SELECT name, value FROM cursors WHERE name IN (?, ?) OR (name >= ? AND name < ?)`,
    [REVISION, LOOKED_AT, HEARTBEAT, `${HEARTBEAT}\u{10FFFF}`],
  )
  const values = new Map(cursors.map(({ name, value }) => [name, value]))
  const heartbeats = cursors.flatMap(({ name, value }) =>
    name.startsWith(HEARTBEAT) ? [[name.slice(HEARTBEAT.length), value] as const] : [],
  )
  return {
    revision: values.get(REVISION) ?? 0,
    lookedAt: values.get(LOOKED_AT) ?? null,
    alerts: rows.flatMap((row) => (isAlertCode(row.code) ? [toState(row, row.code)] : [])),
    heartbeats: Object.fromEntries(heartbeats),
    waiting: await waitingChannels(sql),
  }
}

function toState(row: Row, code: AlertCode): AlertState {
  const { logged_at: loggedAt, logged_count: loggedCount } = row
  return {
    code,
    cause: row.cause,
    urgency: row.urgency,
    count: row.count,
    oldestAt: row.oldest_at,
    episode: row.episode,
    openedAt: row.opened_at,
    absentSince: row.absent_since,
    resolvedAt: row.resolved_at,
    flaps: row.flaps,
    logged: loggedAt === null || loggedCount === null ? null : { at: loggedAt, count: loggedCount },
    told: parse<Readonly<Record<string, Told>>>(row.told),
  }
}

/**
 * The code is that of the last attempt to deliver the first notification, which the others wait
 * for.
 */
async function waitingChannels(sql: Sql): Promise<WaitingChannel[]> {
  const rows = await sql.all<{
    channel: string
    n: number
    oldest: number
    since: number | null
    code: string | null
  }>(
    `SELECT channel, COUNT(*) AS n, MIN(queued_at) AS oldest, MIN(failing_since) AS since, MAX(code) AS code
     FROM notifications WHERE ended_at IS NULL GROUP BY channel ORDER BY channel`,
  )
  return rows.map((row) => ({
    channel: row.channel,
    notifications: row.n,
    oldestAt: row.oldest,
    failingSince: row.since,
    code: row.code,
  }))
}

export async function saveLook(sql: Sql, look: AlertLook): Promise<boolean> {
  const { revision, now } = look
  await sql.run(`INSERT INTO cursors (name, value) VALUES (?, 0) ON CONFLICT (name) DO NOTHING`, [REVISION])
  const raised = await sql.run('UPDATE cursors SET value = value + 1 WHERE name = ? AND value = ?', [
    REVISION,
    revision,
  ])
  if (raised === 0) return false
  await setCursor(sql, LOOKED_AT, now)
  await insertRows(
    sql,
    `alerts (${KEY}, ${STATE})`,
    look.changed.map((state) => [
      state.code,
      state.cause,
      state.urgency,
      state.count,
      state.oldestAt,
      state.episode,
      state.openedAt,
      state.absentSince,
      state.resolvedAt,
      state.flaps,
      state.logged?.at ?? null,
      state.logged?.count ?? null,
      JSON.stringify(state.told),
    ]),
    `ON CONFLICT (code, cause) DO UPDATE SET ${namesIn(STATE)
      .map((column) => `${column} = excluded.${column}`)
      .join(', ')}`,
  )
  for (const { code, cause } of look.forgotten)
    await sql.run('DELETE FROM alerts WHERE code = ? AND cause = ?', [code, cause])
  await queue(sql, look)
  await sql.run('DELETE FROM notifications WHERE ended_at IS NOT NULL AND ended_at < ?', [now - KEPT_MS])
  return true
}

async function queue(sql: Sql, { notifications, now }: AlertLook): Promise<void> {
  await insertRows(
    sql,
    'notifications (id TEXT, channel TEXT, kind TEXT, names INT, alerts TEXT, queued_at INT, expires_at INT, not_before INT)',
    notifications.map((one) => [
      one.id,
      one.channel,
      one.kind,
      one.names ? 1 : 0,
      JSON.stringify(one.alerts),
      now,
      one.expiresAt,
      now,
    ]),
    'ON CONFLICT (id) DO NOTHING',
  )
  for (const { kind, channel } of notifications)
    if (kind === 'heartbeat') await setCursor(sql, `${HEARTBEAT}${channel}`, now)
}
