import type { Dialect } from '../../driver/sql.ts'

export const leaverTables = (dialect: Dialect): readonly string[] => [
  ...leaverCases(dialect),
  ...emergencyCalls(dialect),
]

/**
 * Every event that says an employee leaves, until the directory is known to hold the account
 * disabled.
 */
const leaverCases = ({ integer, identity, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE leaver_cases (
    seq             ${identity},
    -- After an erasure 'erased:' and the hash of the employee id; then the event is a hash, too.
    employee        TEXT NOT NULL,
    source          TEXT NOT NULL,
    event_id        TEXT NOT NULL,
    -- Where the account was when the case ended; NULL: the case is open, or there was none.
    destination     TEXT,
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
    -- Why the emergency lane does not disable the account; NULL: it need not, or it did.
    emergency_wait  TEXT,
    -- NULL: open. The moment of the proof where it ended as 'proven'.
    ended_at        ${integer},
    ended_as        TEXT,
    -- 1: proven by an answer to the emergency lane first, and then by the log.
    by_emergency    ${integer} NOT NULL DEFAULT 0,
    acknowledged_by TEXT,
    justification   TEXT
  )${tableOptions}`,
  `CREATE UNIQUE INDEX leaver_cases_open ON leaver_cases (employee, source, event_id) WHERE ended_at IS NULL`,
  `CREATE INDEX leaver_cases_oldest ON leaver_cases (seq) WHERE ended_at IS NULL`,
  `CREATE INDEX leaver_cases_cause ON leaver_cases (cause, opened_at, ended_at) WHERE ended_at IS NULL`,
  `CREATE INDEX leaver_cases_look ON leaver_cases (look_at) WHERE ended_at IS NULL`,
  `CREATE INDEX leaver_cases_ended ON leaver_cases (ended_at) WHERE ended_at IS NOT NULL`,
  `CREATE INDEX leaver_cases_event ON leaver_cases (employee, source, event_id)`,
  `CREATE INDEX leaver_cases_emergency ON leaver_cases (emergency_wait, opened_at, ended_at)
    WHERE ended_at IS NULL AND emergency_wait IS NOT NULL`,
]

/** Calls that disable the account of a leaver while the provisioning job cannot. */
const emergencyCalls = ({ integer, identity, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE emergency_calls (
    seq       ${identity},
    -- After an erasure 'erased:' and the hash of the employee id.
    employee  TEXT NOT NULL,
    -- The operation that the call goes ahead of.
    operation ${integer} NOT NULL,
    reason    TEXT NOT NULL,
    begun_at  ${integer} NOT NULL,
    -- The latest it can end; without an answer until then, the directory may have acted or not.
    ends_by   ${integer} NOT NULL,
    ended_at  ${integer},
    -- NULL: no answer.
    status    ${integer},
    result    TEXT CHECK (result IN ('disabled', 'gone', 'refused', 'unknown')),
    -- Why the account is not disabled; NULL: it is, or there is no answer.
    wait      TEXT,
    -- What the call costs, in millionths of a USD; 0 when its answer says that it is not billed.
    micro_usd ${integer} NOT NULL
  )${tableOptions}`,
  `CREATE INDEX emergency_calls_begun ON emergency_calls (begun_at)`,
  `CREATE INDEX emergency_calls_employee ON emergency_calls (employee)`,
  `CREATE INDEX emergency_calls_operation ON emergency_calls (operation)`,
]
