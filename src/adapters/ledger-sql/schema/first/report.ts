import type { Dialect } from '../../driver/sql.ts'
import { withRoom } from './room.ts'
import { withoutStatistics } from './statistics.ts'

/** What the provisioning log says, and the outcomes that are published of it. */
export const reportTables = (dialect: Dialect): readonly string[] => [
  ...logRecords(dialect),
  ...echoes(dialect),
  ...outbox(dialect),
  ...unnamedAccounts(dialect),
  ...findings(dialect),
  ...foreignDeactivations(dialect),
  ...busDeadLetters(dialect),
  ...directoryReads(dialect),
]

const logRecords = (dialect: Dialect): readonly string[] => {
  const { integer, tableOptions } = dialect
  return [
    `CREATE TABLE log_records (
      id           TEXT PRIMARY KEY NOT NULL,
      job          TEXT NOT NULL,
      employee     TEXT NOT NULL,
      activity_at  ${integer} NOT NULL,
      change_id    TEXT NOT NULL,
      cycle_id     TEXT NOT NULL,
      action       TEXT NOT NULL,
      status       TEXT NOT NULL,
      code         TEXT,
      reason       TEXT,
      object_id    TEXT,
      -- The operation that it is about; NULL when it matches no known operation of the ledger.
      operation    ${integer},
      detail       TEXT,
      seen_at      ${integer} NOT NULL,
      escrow_retry ${integer} NOT NULL DEFAULT 0
    )${tableOptions}`,
    `CREATE INDEX log_records_change ON log_records (change_id)`,
    `CREATE INDEX log_records_operation ON log_records (operation) WHERE operation IS NOT NULL`,
    `CREATE INDEX log_records_foreign ON log_records (seen_at) WHERE operation IS NULL`,
    `CREATE INDEX log_records_unjoined ON log_records (employee) WHERE operation IS NULL`,
    ...withoutStatistics(dialect, 'log_records', ['operation']),
  ]
}

const echoes = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE echoes (
    -- Which attributes a job repeats in its log unchanged: learned from the log.
    job       TEXT NOT NULL,
    attribute TEXT NOT NULL,
    seen_from ${integer} NOT NULL,
    seen_to   ${integer} NOT NULL,
    cycle     TEXT NOT NULL,
    PRIMARY KEY (job, attribute)
  )${tableOptions}`,
]

const outbox = (dialect: Dialect): readonly string[] => {
  const { integer, identity, tableOptions } = dialect
  return [
    `CREATE TABLE outbox (
      id           ${identity},
      event_seq    ${integer} NOT NULL,
      employee     TEXT NOT NULL,
      revision     ${integer} NOT NULL,
      state        TEXT NOT NULL,
      reason       TEXT,
      detail       TEXT,
      by_seq       ${integer},
      operation    ${integer},
      at           ${integer} NOT NULL,
      published_at ${integer},
      -- When the copy of a dead letter was put in the dead-letter queue.
      copied_at    ${integer}
    )${tableOptions}`,
    `CREATE INDEX outbox_unpublished ON outbox (id, published_at) WHERE published_at IS NULL`,
    `CREATE INDEX outbox_uncopied ON outbox (id) WHERE state = 'dead-lettered' AND copied_at IS NULL`,
    `CREATE INDEX outbox_event ON outbox (event_seq)`,
    ...withoutStatistics(dialect, 'outbox', ['published_at']),
    ...withRoom(dialect, 'outbox'),
  ]
}

const unnamedAccounts = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE unnamed_accounts (
    -- Employees whose published outcome could not name their account; it is asked for again.
    employee TEXT PRIMARY KEY NOT NULL,
    due_at   ${integer} NOT NULL,
    tries    ${integer} NOT NULL
  )${tableOptions}`,
  `CREATE INDEX unnamed_accounts_due ON unnamed_accounts (due_at)`,
]

const findings = ({ integer, identity, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE findings (
    -- What a person should look at that is not a dead letter; about: the same is raised once.
    seq             ${identity},
    code            TEXT NOT NULL,
    about           TEXT NOT NULL,
    employee        TEXT,
    event_seq       ${integer},
    raised_at       ${integer} NOT NULL,
    detail          TEXT,
    -- Later events or records decided it.
    settled_at      ${integer},
    acknowledged_at ${integer},
    acknowledged_by TEXT,
    justification   TEXT,
    UNIQUE (code, about)
  )${tableOptions}`,
  `CREATE INDEX findings_open ON findings (code, raised_at) WHERE settled_at IS NULL AND acknowledged_at IS NULL`,
  `CREATE INDEX findings_oldest ON findings (seq) WHERE settled_at IS NULL AND acknowledged_at IS NULL`,
  `CREATE INDEX findings_employee ON findings (employee) WHERE employee IS NOT NULL`,
  `CREATE INDEX findings_event ON findings (event_seq) WHERE event_seq IS NOT NULL`,
]

const foreignDeactivations = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE foreign_deactivations (
    -- Deactivations in the log that no operation of the ledger explains: they hold their employees.
    employee TEXT PRIMARY KEY NOT NULL,
    at       ${integer} NOT NULL,
    seen_at  ${integer} NOT NULL,
    finding  ${integer} NOT NULL
  )${tableOptions}`,
  `CREATE INDEX foreign_deactivations_finding ON foreign_deactivations (finding)`,
]

const busDeadLetters = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE bus_dead_letters (
    -- What was counted last in the native dead-letter queues; when that was is a cursor.
    code      TEXT PRIMARY KEY NOT NULL,
    count     ${integer} NOT NULL,
    oldest_at ${integer}
  )${tableOptions}`,
]

const directoryReads = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE directory_reads (
    -- How the last comparison with the accounts of the directory went; one row.
    name        TEXT PRIMARY KEY NOT NULL,
    started_at  ${integer} NOT NULL,
    ended_at    ${integer} NOT NULL,
    outcome     TEXT NOT NULL,
    failure     TEXT,
    accounts    ${integer} NOT NULL,
    matched     ${integer} NOT NULL,
    skipped     ${integer} NOT NULL,
    differences ${integer} NOT NULL,
    requests    ${integer} NOT NULL
  )${tableOptions}`,
]
