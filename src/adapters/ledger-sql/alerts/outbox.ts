import type { NotificationKind } from '../../../core/alerts/rules.ts'
import type {
  Delivery,
  NotificationQuery,
  NotifiedAlert,
  QueuedNotification,
} from '../../../core/ledger/port/alerts.ts'
import { parse } from '../driver/json.ts'
import type { Sql } from '../driver/sql.ts'

interface Row {
  readonly seq: number
  readonly id: string
  readonly channel: string
  readonly kind: NotificationKind
  readonly names: number
  readonly alerts: string
  readonly queued_at: number
  readonly expires_at: number | null
  readonly not_before: number
  readonly attempts: number
}

export async function claimNotification(
  sql: Sql,
  { channel, now, leaseMs }: NotificationQuery,
): Promise<QueuedNotification | null> {
  await sql.run(
    'UPDATE notifications SET ended_at = ? WHERE channel = ? AND ended_at IS NULL AND expires_at <= ?',
    [now, channel, now],
  )
  const [row] = await sql.all<Row>(
    `SELECT seq, id, channel, kind, names, alerts, queued_at, expires_at, not_before, attempts
     FROM notifications WHERE channel = ? AND ended_at IS NULL ORDER BY seq LIMIT 1${sql.dialect.forUpdate}`,
    [channel],
  )
  if (!row || row.not_before > now) return null
  await sql.run('UPDATE notifications SET not_before = ?, attempts = attempts + 1 WHERE seq = ?', [
    now + leaseMs,
    row.seq,
  ])
  return {
    seq: row.seq,
    id: row.id,
    channel: row.channel,
    kind: row.kind,
    names: row.names === 1,
    alerts: parse<readonly NotifiedAlert[]>(row.alerts),
    queuedAt: row.queued_at,
    expiresAt: row.expires_at,
    attempts: row.attempts + 1,
  }
}

export async function recordDelivery(sql: Sql, seq: number, delivery: Delivery, now: number): Promise<void> {
  switch (delivery.kind) {
    case 'delivered':
      await sql.run(
        'UPDATE notifications SET ended_at = ?, delivered = 1, code = NULL WHERE seq = ? AND ended_at IS NULL',
        [now, seq],
      )
      return
    case 'again':
      await sql.run(
        `UPDATE notifications SET not_before = ?, failing_since = COALESCE(failing_since, ?), code = ?
         WHERE seq = ? AND ended_at IS NULL`,
        [delivery.notBefore, now, delivery.code, seq],
      )
      return
    case 'given-up':
      await sql.run('UPDATE notifications SET ended_at = ?, code = ? WHERE seq = ? AND ended_at IS NULL', [
        now,
        delivery.code,
        seq,
      ])
  }
}
