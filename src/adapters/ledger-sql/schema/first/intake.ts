import type { Dialect } from '../../driver/sql.ts'
import { withRoom } from './room.ts'
import { withoutStatistics } from './statistics.ts'

/** What came in: messages, and the events in them. */
export const intakeTables = (dialect: Dialect): readonly string[] => [
  ...messages(dialect),
  ...events(dialect),
  ...originals(dialect),
  ...edits(dialect),
]

const messages = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE messages (
    -- A delivery is known by its place in the queue: a redelivery after a lost settlement changes no count.
    entity      TEXT NOT NULL,
    enqueued_at ${integer} NOT NULL,
    sequence    TEXT NOT NULL,
    -- How many events it brought, or why it was rejected.
    events      ${integer} NOT NULL,
    rejected    TEXT,
    received_at ${integer} NOT NULL,
    -- Set on the copy of a dead letter that was put back.
    copy_id     TEXT,
    PRIMARY KEY (entity, enqueued_at, sequence)
  )${tableOptions}`,
  `CREATE INDEX messages_received ON messages (received_at)`,
  `CREATE INDEX messages_copy ON messages (copy_id) WHERE copy_id IS NOT NULL`,
]

const EVENT_INDEXES: readonly string[] = [
  `CREATE INDEX events_employee ON events (employee)`,
  `CREATE INDEX events_state ON events (state)`,
  // Since when the oldest event waits for its first plan.
  `CREATE INDEX events_unplanned ON events (state, received_at)
    WHERE state = 'received' AND planned_at IS NULL AND finished_at IS NULL`,
  // A rescind is found by the name of what it cancels, also when that arrives after it.
  `CREATE INDEX events_rescinds ON events (rescinds) WHERE rescinds IS NOT NULL`,
  // A notice that died stays out of the index, and is read again when it is replayed.
  `CREATE INDEX events_unread ON events (read_from) WHERE read_from IS NOT NULL AND state <> 'dead-lettered'`,
  // State and reason are the same in every row, and make SQLite prefer it to `events_state`.
  `CREATE INDEX events_pilot ON events (state, reason, employee) WHERE state = 'held' AND reason = 'Pilot'`,
  `CREATE INDEX events_dead ON events (seq) WHERE state = 'dead-lettered'`,
  // By the operation that failed. The state makes SQLite prefer it, as above.
  `CREATE INDEX events_dead_operation ON events (state, operation) WHERE state = 'dead-lettered'`,
  // Counts dead letters by their code, and says since when, without looking at an event.
  `CREATE INDEX events_dead_code ON events (archived_at, reason, finished_at, seq) WHERE state = 'dead-lettered'`,
  // The newest of all codes, a page at a time.
  `CREATE INDEX events_dead_newest ON events (archived_at, finished_at, seq) WHERE state = 'dead-lettered'`,
]

const events = (dialect: Dialect): readonly string[] => {
  const { integer, small, identity, tableOptions } = dialect
  return [
    `CREATE TABLE events (
      seq           ${identity},
      event_id      TEXT NOT NULL,
      source        TEXT NOT NULL,
      type          TEXT NOT NULL,
      employee      TEXT NOT NULL,
      -- What orders the events of an employee.
      recorded_at   ${integer} NOT NULL,
      effective_at  ${integer} NOT NULL,
      effective_raw TEXT,
      rank          ${integer} NOT NULL,
      order_value   TEXT,
      -- The attributes that it holds, as JSON.
      mode          TEXT NOT NULL,
      worker        TEXT NOT NULL,
      rescinds      TEXT,
      traceparent   TEXT,
      received_at   ${integer} NOT NULL,
      -- A notice waits to be read from the HR system, from read_from on.
      read_from     ${integer},
      read_until    ${integer} NOT NULL DEFAULT 0,
      reads         ${small} NOT NULL DEFAULT 0,
      replays       ${small} NOT NULL DEFAULT 0,
      revision      ${small} NOT NULL DEFAULT 1,
      -- What changes most often comes last (see withRoom): where it is, why, and what decided it.
      state         TEXT NOT NULL CHECK (state IN ('received', 'held', 'incomplete', 'planned', 'confirmed',
                      'unchanged', 'superseded', 'skipped', 'dead-lettered')),
      reason        TEXT,
      detail        TEXT,
      by_seq        ${integer},
      operation     ${integer},
      planned_at    ${integer},
      finished_at   ${integer},
      archived_at   ${integer},
      UNIQUE (event_id, source)
    )${tableOptions}`,
    ...EVENT_INDEXES,
    ...withoutStatistics(dialect, 'events', ['state']),
    ...withRoom(dialect, 'events'),
  ]
}

const originals = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE originals (
    -- What an event came in, word for word, kept for a dead letter that is inspected or put back. Beside the
    -- event, because PostgreSQL writes a row anew whenever its state changes.
    event_seq ${integer} PRIMARY KEY NOT NULL,
    original  TEXT,
    body      TEXT
  )${tableOptions}`,
]

const edits = ({ integer, identity, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE edits (
    -- A dead letter that was changed before it was put back: what it was, what it became, who changed it and why.
    seq       ${identity},
    event_seq ${integer} NOT NULL,
    at        ${integer} NOT NULL,
    actor     TEXT NOT NULL,
    justification TEXT NOT NULL,
    original  TEXT,
    body      TEXT,
    -- Whose event it was before the change, so that the edit leaves with that employee.
    employee  TEXT
  )${tableOptions}`,
  `CREATE INDEX edits_event ON edits (event_seq)`,
  `CREATE INDEX edits_employee ON edits (employee)`,
]
