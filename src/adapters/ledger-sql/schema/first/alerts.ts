import type { Dialect } from '../../driver/sql.ts'

/** Alerts over time, and the outbox of the notifications about them. No row holds an employee. */
export const alertTables = ({ integer, identity, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE alerts (
    code         TEXT NOT NULL,
    -- Tells alerts with one code apart.
    cause        TEXT NOT NULL,
    urgency      TEXT NOT NULL,
    count        ${integer} NOT NULL,
    oldest_at    ${integer},
    -- How often it was opened.
    episode      ${integer} NOT NULL,
    opened_at    ${integer} NOT NULL,
    absent_since ${integer},
    -- NULL: open.
    resolved_at  ${integer},
    flaps        ${integer} NOT NULL,
    logged_at    ${integer},
    logged_count ${integer},
    -- What was sent to each channel, as JSON.
    told         TEXT NOT NULL,
    PRIMARY KEY (code, cause)
  )${tableOptions}`,
  `CREATE TABLE notifications (
    seq           ${identity},
    id            TEXT NOT NULL UNIQUE,
    channel       TEXT NOT NULL,
    kind          TEXT NOT NULL,
    -- 1: it is to name employee ids.
    names         ${integer} NOT NULL,
    -- What it is about, as JSON.
    alerts        TEXT NOT NULL,
    queued_at     ${integer} NOT NULL,
    expires_at    ${integer},
    -- The next attempt; while one is under way, its end at the latest.
    not_before    ${integer} NOT NULL,
    attempts      ${integer} NOT NULL DEFAULT 0,
    failing_since ${integer},
    -- What the last attempt ended with.
    code          TEXT,
    -- NULL: not delivered yet.
    ended_at      ${integer},
    delivered     ${integer} NOT NULL DEFAULT 0
  )${tableOptions}`,
  `CREATE INDEX notifications_waiting ON notifications (channel, seq) WHERE ended_at IS NULL`,
  `CREATE INDEX notifications_ended ON notifications (ended_at) WHERE ended_at IS NOT NULL`,
]
