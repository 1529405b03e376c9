import type { Dialect } from '../../driver/sql.ts'
import { withRoom } from './room.ts'
import { withoutStatistics } from './statistics.ts'

/** What goes out: operations, the batches that carry them, and the calls that send those. */
export const provisionTables = (dialect: Dialect): readonly string[] => [
  ...operations(dialect),
  ...records(dialect),
  ...batches(dialect),
  ...calls(dialect),
  ...holds(dialect),
  ...directCosts(dialect),
  ...jobReports(dialect),
]

const operations = (dialect: Dialect): readonly string[] => {
  const { integer, small, identity, tableOptions } = dialect
  return [
    `CREATE TABLE operations (
      seq          ${identity},
      employee     TEXT NOT NULL,
      destination  TEXT NOT NULL DEFAULT 'default',
      -- What is sent.
      hash         TEXT NOT NULL,
      manager      TEXT,
      created_at   ${integer} NOT NULL,
      -- How long its record is.
      bytes        ${small} NOT NULL,
      lane         ${small} NOT NULL,
      active       ${small} NOT NULL,
      -- 1: disables the account here because the employee moves to another destination.
      departs      ${small} NOT NULL DEFAULT 0,
      -- The event because of which the employee moves.
      moved_by     ${integer},
      -- Goes in a batch of its own, because a batch with it was refused.
      deactivation_only        ${small} NOT NULL DEFAULT 0,
      -- How often a batch with it was sent: the log may speak of it as often.
      times_submitted  ${small} NOT NULL DEFAULT 0,
      -- Where it is in which batch.
      place        ${small},
      batch        ${integer},
      submitted_at ${integer},
      -- What changes most often comes last (see withRoom).
      state        TEXT NOT NULL CHECK (state IN ('pending', 'batched', 'accepted', 'answered', 'escrowed',
                     'confirmed', 'unchanged', 'skipped', 'failed', 'withdrawn', 'unanswered')),
      accepted_at  ${integer},
      answered_at  ${integer},
      final_at     ${integer},
      -- The result that the log reports for it.
      interim      TEXT,
      code         TEXT,
      reason       TEXT,
      unresolved   TEXT,
      finished_at  ${integer}
    )${tableOptions}`,
    `CREATE INDEX operations_pending ON operations (destination, lane, seq) WHERE state = 'pending'`,
    `CREATE INDEX operations_oldest ON operations (destination, seq) WHERE state = 'pending'`,
    `CREATE INDEX operations_unresolved ON operations (unresolved) WHERE unresolved IS NOT NULL`,
    `CREATE INDEX operations_escrowed ON operations (destination, accepted_at) WHERE state = 'escrowed'`,
    `CREATE INDEX operations_accepted ON operations (destination, accepted_at) WHERE state = 'accepted'`,
    `CREATE INDEX operations_answered ON operations (final_at) WHERE state = 'answered'`,
    `CREATE INDEX operations_departs ON operations (seq) WHERE departs = 1`,
    `CREATE INDEX operations_employee ON operations (employee)`,
    `CREATE INDEX operations_batch ON operations (batch) WHERE batch IS NOT NULL`,
    ...withoutStatistics(dialect, 'operations', ['state', 'unresolved']),
    ...withRoom(dialect, 'operations'),
  ]
}

const records = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE records (
    -- Beside the operation, because PostgreSQL writes a row anew whenever its state changes.
    operation ${integer} PRIMARY KEY NOT NULL,
    record    TEXT NOT NULL
  )${tableOptions}`,
]

const batches = (dialect: Dialect): readonly string[] => {
  const { integer, identity, tableOptions } = dialect
  return [
    `CREATE TABLE batches (
      seq          ${identity},
      destination  TEXT NOT NULL DEFAULT 'default',
      state        TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'split', 'rejected', 'empty')),
      -- Which instance sends it, and until when no other may.
      owner        TEXT,
      lease_until  ${integer} NOT NULL,
      not_before   ${integer} NOT NULL,
      -- When not_before was written: later than now, the clock was ahead.
      noted_at     ${integer} NOT NULL,
      attempts     ${integer} NOT NULL DEFAULT 0,
      after_batch  ${integer},
      suspect      ${integer} NOT NULL DEFAULT 0,
      urgent       ${integer} NOT NULL DEFAULT 0,
      created_at   ${integer} NOT NULL,
      submitted_at ${integer},
      accepted_at  ${integer},
      request_id   TEXT,
      status       ${integer}
    )${tableOptions}`,
    `CREATE INDEX batches_open ON batches (destination, not_before) WHERE state = 'open'`,
    `CREATE INDEX batches_after ON batches (after_batch) WHERE after_batch IS NOT NULL`,
    `CREATE INDEX batches_request ON batches (request_id) WHERE request_id IS NOT NULL`,
    ...withoutStatistics(dialect, 'batches', ['state']),
  ]
}

const calls = ({ integer, identity, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE calls (
    seq      ${identity},
    batch    ${integer} NOT NULL,
    -- The calls of a tenant count together.
    quota    TEXT NOT NULL DEFAULT 'default',
    at       ${integer} NOT NULL,
    -- The latest it can end, until the answer is there: a call that was cut off still counts.
    ended_at ${integer} NOT NULL,
    status   ${integer}
  )${tableOptions}`,
  `CREATE INDEX calls_at ON calls (at)`,
  `CREATE INDEX calls_quota ON calls (quota, at)`,
  `CREATE INDEX calls_ended ON calls (quota, ended_at)`,
]

const holds = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE holds (
    -- What holds submission back, and until when: throttled, refused by the service, job paused.
    name     TEXT NOT NULL,
    -- Empty: every destination.
    destination TEXT NOT NULL DEFAULT 'default',
    since    ${integer} NOT NULL,
    until    ${integer} NOT NULL,
    -- When until was written: later than now, the clock was ahead.
    noted_at ${integer} NOT NULL,
    status   ${integer},
    detail   TEXT,
    PRIMARY KEY (destination, name)
  )${tableOptions}`,
]

const directCosts = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE direct_costs (
    -- What the calls of a direct destination cost, with what is reserved for calls under way.
    destination TEXT NOT NULL,
    -- Hours since 1970.
    hour        ${integer} NOT NULL,
    -- Millionths of a USD.
    micro_usd   ${integer} NOT NULL,
    PRIMARY KEY (destination, hour)
  )${tableOptions}`,
]

const jobReports = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE job_reports (
    -- What the provisioning job of a destination said about itself when it was last read.
    destination      TEXT PRIMARY KEY NOT NULL,
    seen_at          ${integer} NOT NULL,
    code             TEXT NOT NULL,
    -- 1 or 0; what follows is NULL where the service did not say it.
    in_quarantine    ${integer} NOT NULL,
    reason           TEXT,
    quarantine_since ${integer},
    next_attempt     ${integer},
    -- NULL before its first cycle.
    escrowed         ${integer},
    with_references  ${integer},
    synchronized     ${integer}
  )${tableOptions}`,
]
