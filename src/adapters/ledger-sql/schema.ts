import { RollcallError } from '../../core/errors.ts'
import { BATCH_STATES, EVENT_STATES, OPERATION_STATES } from '../../core/ledger/lifecycle.ts'
import type { Dialect, Driver } from './sql.ts'

const oneOf = (column: string, states: readonly string[]): string =>
  `CHECK (${column} IN (${states.map((state) => `'${state}'`).join(', ')}))`

/** What was counted in the beginning; later counts are columns that were added. */
const FIRST_BOOKS = [
  'messages',
  'decoded',
  'rejected',
  'redelivered',
  'events',
  'duplicates',
  'finished',
  'operations',
  'calls',
  'published',
  'unmatched',
]

/** Numbered, in order, never changed once released. A ledger written by a newer release is refused. */
export const MIGRATIONS: readonly ((dialect: Dialect) => readonly string[])[] = [
  ({ integer, identity, tableOptions }) => [
    // A delivery is known by its place in the queue: a redelivery after a lost settlement changes no count.
    `CREATE TABLE messages (
      entity TEXT NOT NULL, enqueued_at ${integer} NOT NULL, sequence TEXT NOT NULL,
      events ${integer} NOT NULL, rejected TEXT, received_at ${integer} NOT NULL,
      PRIMARY KEY (entity, enqueued_at, sequence)
    )${tableOptions}`,
    `CREATE TABLE events (
      seq ${identity}, event_id TEXT NOT NULL, source TEXT NOT NULL, type TEXT NOT NULL, employee TEXT NOT NULL,
      recorded_at ${integer} NOT NULL, effective_at ${integer} NOT NULL, effective_raw TEXT, rank ${integer} NOT NULL, order_value TEXT,
      mode TEXT NOT NULL, worker TEXT NOT NULL, rescinds TEXT, traceparent TEXT,
      state TEXT NOT NULL ${oneOf('state', EVENT_STATES)}, reason TEXT, detail TEXT, by_seq ${integer}, operation ${integer},
      revision ${integer} NOT NULL DEFAULT 1,
      received_at ${integer} NOT NULL, planned_at ${integer}, finished_at ${integer},
      UNIQUE (event_id, source)
    )${tableOptions}`,
    `CREATE INDEX events_employee ON events (employee)`,
    `CREATE INDEX events_state ON events (state)`,
    `CREATE TABLE employees (
      id TEXT PRIMARY KEY NOT NULL, revision ${integer} NOT NULL,
      dirty_at ${integer}, plan_at ${integer}, next_at ${integer}, urgent ${integer} NOT NULL DEFAULT 0, incomplete_since ${integer},
      unanswered ${integer} NOT NULL DEFAULT 0, reoffer ${integer} NOT NULL DEFAULT 0, offers ${integer} NOT NULL DEFAULT 0,
      known ${integer} NOT NULL DEFAULT 0, known_at ${integer}, taken_hash TEXT, taken_operation ${integer}, taken_active ${integer}, object_id TEXT,
      braked_at ${integer}, brake_free ${integer} NOT NULL DEFAULT 0
    )${tableOptions}`,
    `CREATE INDEX employees_due ON employees (plan_at) WHERE plan_at IS NOT NULL AND unanswered = 0`,
    `CREATE INDEX employees_waiting ON employees (dirty_at) WHERE dirty_at IS NOT NULL AND unanswered = 0`,
    `CREATE INDEX employees_moment ON employees (next_at) WHERE next_at IS NOT NULL`,
    `CREATE INDEX employees_urgent ON employees (urgent) WHERE urgent = 1`,
    `CREATE INDEX employees_incomplete ON employees (incomplete_since) WHERE incomplete_since IS NOT NULL`,
    `CREATE INDEX employees_object ON employees (object_id) WHERE object_id IS NOT NULL`,
    `CREATE INDEX employees_active ON employees (taken_active) WHERE taken_active = 1`,
    `CREATE INDEX employees_braked ON employees (braked_at) WHERE braked_at IS NOT NULL`,
    `CREATE TABLE deactivations (employee TEXT PRIMARY KEY NOT NULL, at ${integer} NOT NULL)${tableOptions}`,
    `CREATE INDEX deactivations_at ON deactivations (at)`,
    `CREATE TABLE audit (seq ${identity}, at ${integer} NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT)${tableOptions}`,
    `CREATE TABLE operations (
      seq ${identity}, employee TEXT NOT NULL, state TEXT NOT NULL ${oneOf('state', OPERATION_STATES)},
      lane ${integer} NOT NULL, active ${integer} NOT NULL, record TEXT NOT NULL, hash TEXT NOT NULL, manager TEXT, unresolved TEXT,
      batch ${integer}, place ${integer}, interim TEXT, code TEXT, reason TEXT,
      created_at ${integer} NOT NULL, submitted_at ${integer}, accepted_at ${integer}, answered_at ${integer}, final_at ${integer}, finished_at ${integer}
    )${tableOptions}`,
    `CREATE INDEX operations_pending ON operations (lane, seq) WHERE state = 'pending'`,
    `CREATE INDEX operations_oldest ON operations (seq) WHERE state = 'pending'`,
    `CREATE INDEX operations_unresolved ON operations (unresolved) WHERE unresolved IS NOT NULL`,
    `CREATE INDEX operations_open ON operations (employee) WHERE state IN ('pending', 'batched', 'accepted', 'answered', 'escrowed')`,
    `CREATE INDEX operations_escrowed ON operations (accepted_at) WHERE state = 'escrowed'`,
    `CREATE INDEX operations_accepted ON operations (accepted_at) WHERE state = 'accepted'`,
    `CREATE INDEX operations_answered ON operations (final_at) WHERE state = 'answered'`,
    `CREATE INDEX operations_employee ON operations (employee)`,
    `CREATE INDEX operations_batch ON operations (batch)`,
    `CREATE TABLE batches (
      seq ${identity}, state TEXT NOT NULL ${oneOf('state', BATCH_STATES)}, owner TEXT, lease_until ${integer} NOT NULL, not_before ${integer} NOT NULL,
      attempts ${integer} NOT NULL DEFAULT 0, after_batch ${integer}, suspect ${integer} NOT NULL DEFAULT 0, urgent ${integer} NOT NULL DEFAULT 0, created_at ${integer} NOT NULL, submitted_at ${integer}, accepted_at ${integer},
      request_id TEXT, status ${integer}
    )${tableOptions}`,
    `CREATE INDEX batches_open ON batches (not_before) WHERE state = 'open'`,
    `CREATE INDEX batches_after ON batches (after_batch) WHERE after_batch IS NOT NULL`,
    `CREATE INDEX batches_request ON batches (request_id) WHERE request_id IS NOT NULL`,
    // ended_at is a guess at the worst until the answer is there: a call that was cut off still counts.
    `CREATE TABLE calls (seq ${identity}, batch ${integer} NOT NULL, at ${integer} NOT NULL, ended_at ${integer} NOT NULL, status ${integer})${tableOptions}`,
    `CREATE INDEX calls_at ON calls (at)`,
    `CREATE INDEX calls_ended ON calls (ended_at)`,
    `CREATE TABLE log_records (
      id TEXT PRIMARY KEY NOT NULL, job TEXT NOT NULL, employee TEXT NOT NULL, activity_at ${integer} NOT NULL, change_id TEXT NOT NULL, cycle_id TEXT NOT NULL,
      action TEXT NOT NULL, status TEXT NOT NULL, code TEXT, reason TEXT, object_id TEXT, operation ${integer}, detail TEXT, seen_at ${integer} NOT NULL
    )${tableOptions}`,
    `CREATE INDEX log_records_change ON log_records (change_id)`,
    `CREATE INDEX log_records_operation ON log_records (operation) WHERE operation IS NOT NULL`,
    `CREATE INDEX log_records_unjoined ON log_records (employee) WHERE operation IS NULL`,
    `CREATE TABLE outbox (
      id ${identity}, event_seq ${integer} NOT NULL, employee TEXT NOT NULL, revision ${integer} NOT NULL,
      state TEXT NOT NULL, reason TEXT, detail TEXT, by_seq ${integer}, operation ${integer}, at ${integer} NOT NULL, published_at ${integer}
    )${tableOptions}`,
    `CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL`,
    `CREATE INDEX outbox_event ON outbox (event_seq)`,
    // What holds submission back, and until when: throttled, refused by the service, job paused.
    `CREATE TABLE holds (name TEXT PRIMARY KEY NOT NULL, since ${integer} NOT NULL, until ${integer} NOT NULL, status ${integer}, detail TEXT)${tableOptions}`,
    `CREATE TABLE cursors (name TEXT PRIMARY KEY NOT NULL, value ${integer} NOT NULL)${tableOptions}`,
    `CREATE TABLE books (instance TEXT PRIMARY KEY NOT NULL, ${FIRST_BOOKS.map((name) => `${name} ${integer} NOT NULL DEFAULT 0`).join(', ')})${tableOptions}`,
  ],
  // A rescind is found by the name of what it cancels, also when that arrives after it.
  () => [`CREATE INDEX events_rescinds ON events (rescinds) WHERE rescinds IS NOT NULL`],
  // A notice waits to be read from `read_from` on. One that died stays out of the index, and is read again when it is replayed.
  ({ integer }) => [
    `ALTER TABLE events ADD COLUMN read_from ${integer}`,
    `ALTER TABLE events ADD COLUMN read_until ${integer} NOT NULL DEFAULT 0`,
    `ALTER TABLE events ADD COLUMN reads ${integer} NOT NULL DEFAULT 0`,
    `CREATE INDEX events_unread ON events (read_from) WHERE read_from IS NOT NULL AND state <> 'dead-lettered'`,
  ],
  ({ integer }) => [`ALTER TABLE books ADD COLUMN imported ${integer} NOT NULL DEFAULT 0`],
  // What retention and erasure leave: values that stand, ids as hashes, and who erased whom, as a hash, and why.
  ({ integer, identity, tableOptions }) => [
    `CREATE TABLE folds (employee TEXT PRIMARY KEY NOT NULL, events TEXT NOT NULL, folded_at ${integer} NOT NULL)${tableOptions}`,
    `CREATE TABLE folded_ids (hash TEXT PRIMARY KEY NOT NULL)${tableOptions}`,
    `CREATE TABLE erasures (
      seq ${identity}, person TEXT NOT NULL, at ${integer} NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL,
      events ${integer} NOT NULL, operations ${integer} NOT NULL
    )${tableOptions}`,
    ...['folded', 'erased', 'dropped', 'withheld'].map(
      (name) => `ALTER TABLE books ADD COLUMN ${name} ${integer} NOT NULL DEFAULT 0`,
    ),
  ],
  // What came in word for word, for whoever has to look at a dead letter or put it back; what failed last, so that nothing is tried for ever.
  ({ integer, identity, tableOptions }) => [
    `ALTER TABLE events ADD COLUMN replays ${integer} NOT NULL DEFAULT 0`,
    `ALTER TABLE events ADD COLUMN archived_at ${integer}`,
    `ALTER TABLE events ADD COLUMN original TEXT`,
    `ALTER TABLE events ADD COLUMN body TEXT`,
    `CREATE INDEX events_dead ON events (seq) WHERE state = 'dead-lettered'`,
    `ALTER TABLE employees ADD COLUMN failed_operation ${integer}`,
    `ALTER TABLE employees ADD COLUMN failed_hash TEXT`,
    `ALTER TABLE employees ADD COLUMN failures ${integer} NOT NULL DEFAULT 0`,
    `ALTER TABLE operations ADD COLUMN alone ${integer} NOT NULL DEFAULT 0`,
    `ALTER TABLE outbox ADD COLUMN copied_at ${integer}`,
    `CREATE INDEX outbox_uncopied ON outbox (id) WHERE state = 'dead-lettered' AND copied_at IS NULL`,
    `ALTER TABLE books ADD COLUMN replays ${integer} NOT NULL DEFAULT 0`,
    `CREATE TABLE edits (seq ${identity}, event_seq ${integer} NOT NULL, at ${integer} NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL, original TEXT, body TEXT)${tableOptions}`,
    `CREATE INDEX edits_event ON edits (event_seq)`,
    `CREATE TABLE replay_runs (
      seq ${identity}, name TEXT NOT NULL, selection TEXT NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL, created_at ${integer} NOT NULL, ended_at ${integer}
    )${tableOptions}`,
    `CREATE INDEX replay_runs_open ON replay_runs (selection) WHERE ended_at IS NULL`,
    `CREATE TABLE replay_items (
      run ${integer} NOT NULL, place ${integer} NOT NULL, entity TEXT NOT NULL, sequence TEXT NOT NULL, revision ${integer},
      stage TEXT NOT NULL, code TEXT, body TEXT, sending_at ${integer}, at ${integer}, PRIMARY KEY (run, place)
    )${tableOptions}`,
    `CREATE INDEX replay_items_stage ON replay_items (run, entity, stage, place)`,
    `CREATE INDEX replay_items_body ON replay_items (sequence) WHERE body IS NOT NULL`,
    `CREATE UNIQUE INDEX replay_items_name ON replay_items (run, entity, sequence)`,
    `ALTER TABLE messages ADD COLUMN copy_id TEXT`,
    `CREATE INDEX messages_copy ON messages (copy_id) WHERE copy_id IS NOT NULL`,
  ],
  // Several instances: who is being planned by one of them, and what only one of them does at a time.
  ({ integer, tableOptions }) => [
    `ALTER TABLE employees ADD COLUMN claimed_until ${integer} NOT NULL DEFAULT 0`,
    `CREATE TABLE leases (name TEXT PRIMARY KEY NOT NULL, owner TEXT NOT NULL, until ${integer} NOT NULL)${tableOptions}`,
  ],
  // A record may be late and speak of what was given up, and of what was handed over twice there may be two; which attributes a job repeats is learned.
  ({ integer, tableOptions }) => [
    `ALTER TABLE operations ADD COLUMN handed_over ${integer} NOT NULL DEFAULT 0`,
    `UPDATE operations SET handed_over = 1 WHERE submitted_at IS NOT NULL`,
    `ALTER TABLE log_records ADD COLUMN escrow_retry ${integer} NOT NULL DEFAULT 0`,
    `CREATE INDEX operations_late ON operations (employee) WHERE (state IN ('unanswered', 'withdrawn', 'failed') OR handed_over > 1 OR (state = 'unchanged' AND code <> 'RedundantExport'))`,
    `CREATE TABLE echoes (
      job TEXT NOT NULL, attribute TEXT NOT NULL, seen_from ${integer} NOT NULL, seen_to ${integer} NOT NULL, cycle TEXT NOT NULL,
      PRIMARY KEY (job, attribute)
    )${tableOptions}`,
  ],
  // How many rows are in a state changes by the minute, and statistics are of yesterday: PostgreSQL is not told, or it would walk through everything
  // that is open for each handful of rows, because there was nothing open when it looked. SQLite keeps no statistics.
  ({ name }) =>
    name === 'sqlite'
      ? []
      : [
          'operations.state',
          'operations.unresolved',
          'events.state',
          'batches.state',
          'outbox.published_at',
          'log_records.operation',
        ].map((column) => {
          const [table, word] = column.split('.')
          return `ALTER TABLE ${table} ALTER COLUMN ${word} SET STATISTICS 0`
        }),
  // Whom an edited body speaks of, and whose event it was before it was changed, so that both leave with the person.
  () => [
    `ALTER TABLE replay_items ADD COLUMN people TEXT`,
    `ALTER TABLE edits ADD COLUMN employee TEXT`,
    `CREATE INDEX edits_employee ON edits (employee)`,
  ],
  () => [`CREATE INDEX employees_failed ON employees (failed_operation) WHERE failed_operation IS NOT NULL`],
  // What people did by commands is looked up by what they did it to, erasures among it.
  () => [
    `CREATE INDEX audit_detail ON audit (detail)`,
    `CREATE INDEX replay_runs_name ON replay_runs (name)`,
    `INSERT INTO audit (at, actor, action, reason, detail) SELECT at, actor, 'erase', reason, person FROM erasures ORDER BY seq`,
  ],
]

/**
 * Brings the ledger to this release's schema. Safe when several instances do it at once: all of it is one transaction that
 * another instance's makes wait or find done. Throws `LedgerTooNew` for a ledger of a newer release.
 */
export async function migrate(driver: Driver, now: number): Promise<void> {
  const { dialect } = driver
  await driver.transaction(async (sql) => {
    await sql.lock('schema')
    await sql.run(
      `CREATE TABLE IF NOT EXISTS migrations (version ${dialect.integer} PRIMARY KEY NOT NULL, applied_at ${dialect.integer} NOT NULL)${dialect.tableOptions}`,
    )
    const [row] = await sql.all<{ version: number | null }>('SELECT MAX(version) AS version FROM migrations')
    const version = row?.version ?? 0
    if (version > MIGRATIONS.length) throw tooNew(version)
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index < version) continue
      for (const statement of migration(dialect)) await sql.run(dialect.define(statement))
      await sql.run('INSERT INTO migrations (version, applied_at) VALUES (?, ?)', [index + 1, now])
    }
  })
}

export function tooNew(version: number): RollcallError {
  return new RollcallError(
    'LedgerTooNew',
    `the ledger has schema ${version}, this release knows ${MIGRATIONS.length}: run the newer release that wrote it`,
  )
}
