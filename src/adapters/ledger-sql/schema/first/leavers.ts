import type { Dialect } from '../../driver/sql.ts'

/**
 * Every event that says an employee leaves, until the directory is known to hold the account
 * disabled.
 */
export const leaverTables = ({ integer, identity, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE leaver_cases (
    seq             ${identity},
    -- After an erasure 'erased:' and the hash of the employee id; then the event is a hash, too.
    employee        TEXT NOT NULL,
    source          TEXT NOT NULL,
    event_id        TEXT NOT NULL,
    effective_at    ${integer} NOT NULL,
    recorded_at     ${integer} NOT NULL,
    received_at     ${integer} NOT NULL,
    opened_at       ${integer} NOT NULL,
    -- As it was when the case was looked at last.
    cause           TEXT NOT NULL DEFAULT 'under-way',
    look_at         ${integer} NOT NULL,
    resends         ${integer} NOT NULL DEFAULT 0,
    resend_due      ${integer} NOT NULL DEFAULT 0,
    -- 1: its event was refused on intake, so no employee has it.
    refused         ${integer} NOT NULL DEFAULT 0,
    -- NULL: open. The moment of the proof where it ended as 'proven'.
    ended_at        ${integer},
    ended_as        TEXT,
    acknowledged_by TEXT,
    justification   TEXT
  )${tableOptions}`,
  `CREATE UNIQUE INDEX leaver_cases_open ON leaver_cases (employee, source, event_id) WHERE ended_at IS NULL`,
  `CREATE INDEX leaver_cases_oldest ON leaver_cases (seq) WHERE ended_at IS NULL`,
  `CREATE INDEX leaver_cases_cause ON leaver_cases (cause, opened_at, ended_at) WHERE ended_at IS NULL`,
  `CREATE INDEX leaver_cases_look ON leaver_cases (look_at) WHERE ended_at IS NULL`,
  `CREATE INDEX leaver_cases_ended ON leaver_cases (ended_at) WHERE ended_at IS NOT NULL`,
  `CREATE INDEX leaver_cases_event ON leaver_cases (employee, source, event_id)`,
]
