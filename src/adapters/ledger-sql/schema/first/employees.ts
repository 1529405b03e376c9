import type { Dialect } from '../../driver/sql.ts'
import { withRoom } from './room.ts'

/** The employees that the events are about, and what retention and erasure leave of them. */
export const employeeTables = (dialect: Dialect): readonly string[] => [
  ...employees(dialect),
  ...leftAccounts(dialect),
  ...accountNames(dialect),
  ...deactivations(dialect),
  ...brakeAllowance(dialect),
  ...folds(dialect),
  ...foldedIds(dialect),
  ...erasures(dialect),
  ...erasedLeavers(dialect),
  ...erasedDeactivations(dialect),
  ...blocks(dialect),
]

const employees = (dialect: Dialect): readonly string[] => {
  const { integer, small, tableOptions } = dialect
  return [
    `CREATE TABLE employees (
    id               TEXT PRIMARY KEY NOT NULL,
    -- What it has in common with ids that a person would read as the same; NULL: the id itself.
    similarity_key   TEXT,
    -- Where the account of the employee is; NULL: nothing was planned yet.
    destination      TEXT,
    -- What the directory is known to hold.
    object_id        TEXT,
    known_at         ${integer},
    accepted_hash       TEXT,
    accepted_operation  ${integer},
    accepted_active     ${small},
    -- The newest success that the log reported for any operation of the employee.
    spoken_at        ${integer},
    known            ${small} NOT NULL DEFAULT 0,
    -- What failed last, so that nothing is tried for ever.
    failures         ${small} NOT NULL DEFAULT 0,
    -- 1: a person acknowledged a leaver case, and the employee has stayed inactive since.
    leaving_acknowledged ${small} NOT NULL DEFAULT 0,
    failed_operation ${integer},
    failed_hash      TEXT,
    -- What the brake says about a leaving: since when it is held, whether it was let go, since when
    -- it is refused and what the newest event of the ledger was then.
    brake_passed     ${small} NOT NULL DEFAULT 0,
    braked_at        ${integer},
    refused_at       ${integer},
    refused_seq      ${integer},
    -- What changes most often comes last (see withRoom): when the employee is planned next, and why.
    resends          ${small} NOT NULL DEFAULT 0,
    resend_due       ${small} NOT NULL DEFAULT 0,
    incomplete_since ${integer},
    unanswered       ${small} NOT NULL DEFAULT 0,
    urgent           ${small} NOT NULL DEFAULT 0,
    revision         ${integer} NOT NULL,
    dirty_at         ${integer},
    plan_at          ${integer},
    next_at          ${integer},
    -- Until when one of several instances plans this employee.
    claimed_until    ${integer} NOT NULL DEFAULT 0
  )${tableOptions}`,
    `CREATE INDEX employees_similar ON employees (similarity_key) WHERE similarity_key IS NOT NULL`,
    `CREATE INDEX employees_due ON employees (plan_at) WHERE plan_at IS NOT NULL AND unanswered = 0`,
    `CREATE INDEX employees_waiting ON employees (dirty_at) WHERE dirty_at IS NOT NULL AND unanswered = 0`,
    `CREATE INDEX employees_moment ON employees (next_at) WHERE next_at IS NOT NULL`,
    `CREATE INDEX employees_urgent ON employees (urgent) WHERE urgent = 1`,
    `CREATE INDEX employees_incomplete ON employees (incomplete_since) WHERE incomplete_since IS NOT NULL`,
    `CREATE INDEX employees_object ON employees (object_id) WHERE object_id IS NOT NULL`,
    `CREATE INDEX employees_active ON employees (accepted_active) WHERE accepted_active = 1`,
    `CREATE INDEX employees_braked ON employees (braked_at) WHERE braked_at IS NOT NULL`,
    `CREATE INDEX employees_refused ON employees (refused_at) WHERE refused_at IS NOT NULL`,
    // Failures that no later record has settled.
    `CREATE INDEX employees_failed ON employees (failed_operation) WHERE failed_operation > COALESCE(accepted_operation, 0)`,
    ...withRoom(dialect, 'employees'),
  ]
}

/** Disabled accounts of employees who moved to another destination. */
const leftAccounts = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE left_accounts (
    employee    TEXT NOT NULL,
    destination TEXT NOT NULL,
    object_id   TEXT,
    left_at     ${integer} NOT NULL,
    PRIMARY KEY (employee, destination)
  )${tableOptions}`,
  `CREATE INDEX left_accounts_object ON left_accounts (object_id) WHERE object_id IS NOT NULL`,
]

/**
 * The user names and mail addresses of an employee's records, former ones included, to find the
 * employee by.
 */
const accountNames = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE account_names (
    -- The name in lower case, hashed.
    hash     ${integer} NOT NULL,
    employee TEXT NOT NULL,
    PRIMARY KEY (hash, employee)
  )${tableOptions}`,
]

const deactivations = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE deactivations (
    -- What the brake counts: those that no operator has judged.
    employee TEXT PRIMARY KEY NOT NULL,
    at       ${integer} NOT NULL
  )${tableOptions}`,
  `CREATE INDEX deactivations_at ON deactivations (at)`,
]

const brakeAllowance = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE brake_allowance (
    -- How many more deactivations a release lets go before they count again, and until when; one row.
    name       TEXT PRIMARY KEY NOT NULL,
    amount     ${integer} NOT NULL,
    used       ${integer} NOT NULL,
    ends_at    ${integer} NOT NULL,
    granted_at ${integer} NOT NULL,
    granted_by TEXT NOT NULL
  )${tableOptions}`,
]

const folds = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE folds (
    -- The values that still stand of events that retention removed, as JSON.
    employee  TEXT PRIMARY KEY NOT NULL,
    events    TEXT NOT NULL,
    folded_at ${integer} NOT NULL
  )${tableOptions}`,
]

const foldedIds = ({ keyTableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE folded_ids (
    -- The ids of removed events, hashed: the same event is a duplicate when it comes again. This is
    -- the only table that grows for good, so its rows are short.
    hash  TEXT PRIMARY KEY NOT NULL,
    -- The id with the employee id, hashed: with another employee it is a collision. NULL: the event
    -- was put back, so its message may be about another.
    owner TEXT
  )${keyTableOptions}`,
]

/**
 * Where in the order an erased employee left last and will leave: what stands before that does not
 * count for access once it is in effect.
 */
const erasedLeavers = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE erased_leavers (
    hash TEXT NOT NULL,
    effective_at ${integer} NOT NULL,
    rank ${integer} NOT NULL,
    order_value TEXT,
    recorded_at ${integer} NOT NULL,
    PRIMARY KEY (hash, effective_at)
  )${tableOptions}`,
]

/** When another system disabled the account of an erased employee, as the log showed it. */
const erasedDeactivations = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE erased_deactivations (
    hash TEXT PRIMARY KEY NOT NULL,
    at   ${integer} NOT NULL
  )${tableOptions}`,
]

/** Who is blocked; ended ones stay, so that an older decision that comes late changes nothing. */
const blocks = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE blocks (
    -- The employee id, hashed: a block outlasts an erasure.
    hash          TEXT PRIMARY KEY NOT NULL,
    -- NULL after an erasure.
    employee      TEXT,
    since         ${integer} NOT NULL,
    -- NULL: until it is lifted.
    until         ${integer},
    decided_at    ${integer} NOT NULL,
    -- Who decided last, and why; for an event its source, its id and no justification.
    actor         TEXT NOT NULL,
    justification TEXT,
    event_id      TEXT
  )${tableOptions}`,
]

const erasures = ({ integer, identity, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE erasures (
    -- Who erased which employee, as a hash, and why.
    seq        ${identity},
    employee_hash    TEXT NOT NULL,
    at         ${integer} NOT NULL,
    actor      TEXT NOT NULL,
    justification TEXT NOT NULL,
    events     ${integer} NOT NULL,
    operations ${integer} NOT NULL
  )${tableOptions}`,
]
