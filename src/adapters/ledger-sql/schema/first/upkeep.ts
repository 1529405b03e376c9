import type { Dialect } from '../../driver/sql.ts'

/** What the instances and the commands keep for themselves. */
export const upkeepTables = (dialect: Dialect): readonly string[] => [
  ...cursors(dialect),
  ...ledgerKeys(dialect),
  ...leases(dialect),
  ...instances(dialect),
  ...totals(dialect),
  ...history(dialect),
  ...audit(dialect),
  ...replayRuns(dialect),
  ...replayItems(dialect),
]

const cursors = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE cursors (
    name  TEXT PRIMARY KEY NOT NULL,
    value ${integer} NOT NULL
  )${tableOptions}`,
]

const ledgerKeys = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE ledger_keys (
    -- The keys with which values are encrypted; no row: the ledger is not encrypted.
    key_id   TEXT PRIMARY KEY NOT NULL,
    -- The ledger's key for hashes, encrypted with this key.
    hash_key TEXT NOT NULL,
    noted_at ${integer} NOT NULL
  )${tableOptions}`,
]

const leases = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE leases (
    -- What only one of several instances does at a time.
    name  TEXT PRIMARY KEY NOT NULL,
    owner TEXT NOT NULL,
    until ${integer} NOT NULL
  )${tableOptions}`,
]

const instances = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE instances (
    -- One row for each run of a connector, which it renews as its sign of life.
    id          TEXT PRIMARY KEY NOT NULL,
    name        TEXT NOT NULL,
    host        TEXT NOT NULL,
    version     TEXT NOT NULL,
    started_at  ${integer} NOT NULL,
    seen_at     ${integer} NOT NULL,
    ended_at    ${integer},
    shared      ${integer} NOT NULL,
    config_hash TEXT NOT NULL,
    rules_hash  TEXT NOT NULL,
    -- JSON: what it runs, the hash of each part of its rules, and its limits.
    loops       TEXT NOT NULL,
    rule_hashes TEXT NOT NULL,
    limits      TEXT NOT NULL
  )${tableOptions}`,
  `CREATE INDEX instances_seen ON instances (seen_at)`,
]

const totals = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE totals (
    -- Running totals, by instance.
    instance    TEXT PRIMARY KEY NOT NULL,
    messages    ${integer} NOT NULL DEFAULT 0,
    decoded     ${integer} NOT NULL DEFAULT 0,
    rejected    ${integer} NOT NULL DEFAULT 0,
    redelivered ${integer} NOT NULL DEFAULT 0,
    events      ${integer} NOT NULL DEFAULT 0,
    duplicates  ${integer} NOT NULL DEFAULT 0,
    finished    ${integer} NOT NULL DEFAULT 0,
    operations  ${integer} NOT NULL DEFAULT 0,
    calls       ${integer} NOT NULL DEFAULT 0,
    published   ${integer} NOT NULL DEFAULT 0,
    unmatched   ${integer} NOT NULL DEFAULT 0,
    imported    ${integer} NOT NULL DEFAULT 0,
    folded      ${integer} NOT NULL DEFAULT 0,
    erased      ${integer} NOT NULL DEFAULT 0,
    dropped     ${integer} NOT NULL DEFAULT 0,
    withheld    ${integer} NOT NULL DEFAULT 0,
    replays     ${integer} NOT NULL DEFAULT 0,
    collisions  ${integer} NOT NULL DEFAULT 0
  )${tableOptions}`,
]

const history = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE history (
    -- Figures over time: of each one value for an interval, which is a running total or a number at that time.
    figure TEXT NOT NULL,
    at     ${integer} NOT NULL,
    value  ${integer} NOT NULL,
    PRIMARY KEY (figure, at)
  )${tableOptions}`,
  `CREATE INDEX history_at ON history (at)`,
]

const audit = ({ integer, identity, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE audit (
    -- What was done by commands, found again by what it was done to.
    seq    ${identity},
    at     ${integer} NOT NULL,
    actor  TEXT NOT NULL,
    action TEXT NOT NULL,
    justification TEXT NOT NULL,
    detail TEXT
  )${tableOptions}`,
  `CREATE INDEX audit_detail ON audit (detail)`,
  `CREATE INDEX audit_at ON audit (at, seq)`,
]

const replayRuns = ({ integer, identity, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE replay_runs (
    seq        ${identity},
    name       TEXT NOT NULL,
    selection  TEXT NOT NULL,
    actor      TEXT NOT NULL,
    justification TEXT NOT NULL,
    created_at ${integer} NOT NULL,
    ended_at   ${integer}
  )${tableOptions}`,
  `CREATE INDEX replay_runs_open ON replay_runs (selection) WHERE ended_at IS NULL`,
  `CREATE INDEX replay_runs_name ON replay_runs (name)`,
]

const replayItems = ({ integer, tableOptions }: Dialect): readonly string[] => [
  `CREATE TABLE replay_items (
    run        ${integer} NOT NULL,
    place      ${integer} NOT NULL,
    -- The dead letter, by its place on the bus or in the ledger.
    entity     TEXT NOT NULL,
    sequence   TEXT NOT NULL,
    revision   ${integer},
    -- How far it came.
    stage      TEXT NOT NULL,
    code       TEXT,
    body       TEXT,
    sending_at ${integer},
    at         ${integer},
    -- The employees that an edited body is about, so that it is erased with them.
    employees     TEXT,
    PRIMARY KEY (run, place)
  )${tableOptions}`,
  `CREATE INDEX replay_items_stage ON replay_items (run, entity, stage, place)`,
  `CREATE INDEX replay_items_body ON replay_items (sequence) WHERE body IS NOT NULL`,
  `CREATE UNIQUE INDEX replay_items_name ON replay_items (run, entity, sequence)`,
]
