import { type Instance, INSTANCES_LISTED_MS, MOST_INSTANCES } from '../../../core/ledger/port/instances.ts'
import { configurationChanges } from '../../../core/instances/differences.ts'
import { insertRows, type Sql } from '../driver/sql.ts'
import { AUDIT } from '../tables/audit.ts'

/** Renewed, it is one statement on a row that no other instance writes, so it waits for nothing. */
export async function announceInstance(sql: Sql, instance: Instance): Promise<void> {
  const { id, name, host, version, startedAt, seenAt, shared, configHash, rulesHash } = instance
  if ((await sql.run('UPDATE instances SET seen_at = ? WHERE id = ?', [seenAt, id])) > 0) return
  await noteConfiguration(sql, instance)
  await sql.run(
    `INSERT INTO instances
       (id, name, host, version, started_at, seen_at, shared, config_hash, rules_hash, loops, rule_hashes, limits)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      id,
      name,
      host,
      version,
      startedAt,
      seenAt,
      shared ? 1 : 0,
      configHash,
      rulesHash,
      toText(instance.loops),
      toText(instance.ruleHashes),
      toText(instance.limits),
    ],
  )
}

/** An instance that starts with another configuration than the last one leaves an audit entry. */
async function noteConfiguration(sql: Sql, instance: Instance): Promise<void> {
  const [last] = await sql.all<Row>(`SELECT ${COLUMNS} FROM instances ORDER BY started_at DESC, id LIMIT 1`)
  if (!last) return
  const changes = configurationChanges(instanceOf(last), instance)
  if (changes.length === 0) return
  await insertRows(sql, AUDIT, [
    [instance.seenAt, `instance ${instance.name}`, 'configuration', changes.join(', '), instance.id],
  ])
}

export async function endInstance(sql: Sql, id: string, now: number): Promise<void> {
  await sql.run('UPDATE instances SET seen_at = ?, ended_at = ? WHERE id = ? AND ended_at IS NULL', [
    now,
    now,
    id,
  ])
}

export async function listInstances(sql: Sql, now: number): Promise<readonly Instance[]> {
  const rows = await sql.all<Row>(
    `SELECT ${COLUMNS} FROM instances WHERE seen_at >= ? ORDER BY seen_at DESC, id LIMIT ?`,
    [now - INSTANCES_LISTED_MS, MOST_INSTANCES],
  )
  return rows
    .map(instanceOf)
    .sort((one, other) => other.startedAt - one.startedAt || compare(one.id, other.id))
}

const COLUMNS =
  'id, name, host, version, started_at, seen_at, ended_at, shared, config_hash, rules_hash, loops, rule_hashes, limits'

interface Row {
  readonly id: string
  readonly name: string
  readonly host: string
  readonly version: string
  readonly started_at: number
  readonly seen_at: number
  readonly ended_at: number | null
  readonly shared: number
  readonly config_hash: string
  readonly rules_hash: string
  readonly loops: string
  readonly rule_hashes: string
  readonly limits: string
}

function instanceOf(row: Row): Instance {
  return {
    id: row.id,
    name: row.name,
    host: row.host,
    version: row.version,
    startedAt: row.started_at,
    seenAt: row.seen_at,
    endedAt: row.ended_at,
    shared: row.shared === 1,
    configHash: row.config_hash,
    rulesHash: row.rules_hash,
    loops: fromText<Instance['loops']>(row.loops),
    ruleHashes: fromText<Instance['ruleHashes']>(row.rule_hashes),
    limits: fromText<Instance['limits']>(row.limits),
  }
}

const UNLIMITED = 'unlimited'

/** JSON has no infinite number. */
function toText(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => (one === Infinity ? UNLIMITED : one))
}

function fromText<T>(text: string): T {
  return JSON.parse(text, (_key, one: unknown) => (one === UNLIMITED ? Infinity : one)) as T
}

const compare = (one: string, other: string): number => (one < other ? -1 : 1)
