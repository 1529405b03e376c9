import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { makePrivate } from '../store/private-file.ts'
import type { RuleConfig } from '../config.ts'
import type { Definition } from './managed.ts'
import type { Journal, SavedMessage, SavedQueue, Tally } from '../store/journal.ts'
import type { StoredMessage } from '../store/message.ts'
import type { Envelope } from '../wire/message.ts'

type Value = string | number | Uint8Array | null
type Row = Readonly<Record<string, unknown>>

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS message (
    entity TEXT NOT NULL, sequence INTEGER NOT NULL, state TEXT NOT NULL, enqueuedAt INTEGER NOT NULL, expiresAt REAL, ttlMs INTEGER,
    deliveryCount INTEGER NOT NULL, originalSequence INTEGER, deadLetterSource TEXT, hops INTEGER NOT NULL,
    bare BLOB NOT NULL, durable INTEGER NOT NULL, priority INTEGER, askedTtlMs INTEGER, messageId TEXT NOT NULL, sessionId TEXT,
    partitionKey TEXT, scheduledAt INTEGER, annotations BLOB, annotationCount INTEGER NOT NULL, size INTEGER NOT NULL,
    wasScheduled INTEGER NOT NULL, deliveryAnnotations BLOB, deliveryAnnotationCount INTEGER NOT NULL,
    PRIMARY KEY (entity, sequence)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS tally (
    entity TEXT PRIMARY KEY, nextSequence INTEGER NOT NULL, incoming INTEGER NOT NULL, completed INTEGER NOT NULL,
    duplicates INTEGER NOT NULL, expired INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS session (entity TEXT NOT NULL, id TEXT NOT NULL, state BLOB NOT NULL, changedAt INTEGER NOT NULL, PRIMARY KEY (entity, id)) STRICT;
  CREATE TABLE IF NOT EXISTS seen (entity TEXT NOT NULL, messageId TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (entity, messageId)) STRICT;
  CREATE TABLE IF NOT EXISTS rules (entity TEXT PRIMARY KEY, list TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS entity (address TEXT PRIMARY KEY, definition TEXT) STRICT;
`

/**
 * Keeps the queues' contents in a SQLite file. All changes of one turn of the event loop are one
 * transaction, committed before the turn's acknowledgements are written: a broker that is killed
 * (`kill -9`) loses nothing it acknowledged. It does not protect against a loss of power; the file
 * is written without waiting for the disk.
 */
export class Persistence {
  private readonly database: DatabaseSync
  private readonly statements = new Map<string, StatementSync>()
  private readonly tallies = new Map<string, Tally>()
  private open = false
  private purgedAt = 0

  /** Opens the file, or creates it. Throws if it is another kind of file or cannot be written. */
  constructor(path: string) {
    // Messages hold personal data. Only the owner may read the file; SQLite gives the files beside
    // it the same rights.
    makePrivate(path)
    this.database = new DatabaseSync(path)
    this.database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA locking_mode = EXCLUSIVE;',
    )
    this.database.exec(SCHEMA)
  }

  /** Ends the turn's transaction. */
  commit(): void {
    if (!this.open) return
    for (const [entity, tally] of this.tallies) {
      const { nextSequence, incoming, completed, duplicates, expired } = tally
      this.run(
        'INSERT OR REPLACE INTO tally VALUES (?, ?, ?, ?, ?, ?)',
        entity,
        nextSequence,
        incoming,
        completed,
        duplicates,
        expired,
      )
    }
    this.tallies.clear()
    this.database.exec('COMMIT')
    this.open = false
  }

  close(): void {
    this.commit()
    this.database.close()
  }

  journal(entity: string): Journal {
    return {
      kept: (message) => this.keep(entity, message),
      dropped: (sequence) =>
        this.write('DELETE FROM message WHERE entity = ? AND sequence = ?', entity, sequence),
      sessionState: (id, state, changedAt) => {
        if (state === undefined) this.write('DELETE FROM session WHERE entity = ? AND id = ?', entity, id)
        else this.write('INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?)', entity, id, state, changedAt)
      },
      seen: (messageId, until) =>
        this.write('INSERT OR REPLACE INTO seen VALUES (?, ?, ?)', entity, messageId, until),
      tallied: (tally) => {
        this.begin()
        this.tallies.set(entity, tally)
      },
    }
  }

  /** What the file holds for an entity. Read all of it before the first change. */
  saved(entity: string): SavedQueue {
    const rows = (sql: string): Row[] => this.database.prepare(sql).all(entity)
    const [tally] = rows('SELECT * FROM tally WHERE entity = ?')
    return {
      tally: tally === undefined ? undefined : tallyOf(tally),
      messages: rows('SELECT * FROM message WHERE entity = ? ORDER BY sequence').map(messageOf),
      sessionStates: rows('SELECT * FROM session WHERE entity = ?').map((row) => ({
        sessionId: String(row['id']),
        state: bytes(row['state']) ?? Buffer.alloc(0),
        changedAt: Number(row['changedAt']),
      })),
      seen: rows('SELECT * FROM seen WHERE entity = ? ORDER BY until').map((row) => ({
        messageId: String(row['messageId']),
        until: Number(row['until']),
      })),
    }
  }

  /** The rules of a subscription as they were when last changed; undefined when they never were. */
  savedRules(entity: string): RuleConfig[] | undefined {
    const row = this.database.prepare('SELECT list FROM rules WHERE entity = ?').get(entity.toLowerCase())
    return row === undefined ? undefined : (JSON.parse(String(row['list'])) as RuleConfig[])
  }

  keepRules(entity: string, rules: readonly RuleConfig[]): void {
    this.write('INSERT OR REPLACE INTO rules VALUES (?, ?)', entity.toLowerCase(), JSON.stringify(rules))
  }

  /**
   * Entities created, changed or deleted at run time, by address in lower case; a deleted one has
   * no definition.
   */
  savedDefinitions(): Map<string, Definition | undefined> {
    const rows = this.database.prepare('SELECT address, definition FROM entity ORDER BY rowid').all()
    return new Map(
      rows.map(({ address, definition }) => [
        String(address),
        typeof definition === 'string' ? (JSON.parse(definition, revive) as Definition) : undefined,
      ]),
    )
  }

  /** Without a definition the entity stays deleted, whatever the configuration file says. */
  keepDefinition(address: string, definition: Definition | undefined): void {
    this.write(
      'INSERT OR REPLACE INTO entity VALUES (?, ?)',
      address.toLowerCase(),
      definition === undefined ? null : JSON.stringify(definition, preserve),
    )
  }

  /** Drops what an entity held. */
  forget(entity: string): void {
    this.tallies.delete(entity)
    for (const table of ['message', 'tally', 'session', 'seen', 'rules'])
      this.write(`DELETE FROM ${table} WHERE entity = ?`, entity)
  }

  /**
   * Forgets message ids whose window is over; at most once a minute, since nothing depends on it.
   */
  purge(now: number): void {
    if (now - this.purgedAt < 60_000) return
    this.purgedAt = now
    this.write('DELETE FROM seen WHERE until <= ?', now)
  }

  private keep(entity: string, message: StoredMessage): void {
    const { envelope } = message
    this.write(
      'INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      entity,
      message.sequence,
      message.state,
      message.enqueuedAt,
      Number.isFinite(message.expiresAt) ? message.expiresAt : null,
      message.ttlMs ?? null,
      message.deliveryCount,
      message.originalSequence ?? null,
      message.deadLetterSource ?? null,
      message.hops,
      envelope.bare,
      envelope.durable ? 1 : 0,
      envelope.priority ?? null,
      envelope.ttlMs ?? null,
      envelope.messageId,
      envelope.sessionId ?? null,
      envelope.partitionKey ?? null,
      envelope.scheduledAt ?? null,
      envelope.annotations ?? null,
      envelope.annotationCount,
      envelope.size,
      message.wasScheduled ? 1 : 0,
      envelope.deliveryAnnotations ?? null,
      envelope.deliveryAnnotationCount,
    )
  }

  private write(sql: string, ...values: readonly Value[]): void {
    this.begin()
    this.run(sql, ...values)
  }

  private begin(): void {
    if (this.open) return
    this.database.exec('BEGIN')
    this.open = true
  }

  private run(sql: string, ...values: readonly Value[]): void {
    let statement = this.statements.get(sql)
    if (statement === undefined) {
      statement = this.database.prepare(sql)
      this.statements.set(sql, statement)
    }
    statement.run(...values)
  }
}

/** JSON has no word for a time to live without end. */
const preserve = (_key: string, value: unknown): unknown => (value === Infinity ? 'Infinity' : value)
const revive = (key: string, value: unknown): unknown =>
  key === 'defaultTtlMs' && value === 'Infinity' ? Infinity : value

function tallyOf(row: Row): Tally {
  return {
    nextSequence: Number(row['nextSequence']),
    incoming: Number(row['incoming']),
    completed: Number(row['completed']),
    duplicates: Number(row['duplicates']),
    expired: Number(row['expired']),
  }
}

function messageOf(row: Row): SavedMessage {
  const envelope: Envelope = {
    bare: bytes(row['bare']) ?? Buffer.alloc(0),
    durable: row['durable'] === 1,
    priority: number(row['priority']),
    ttlMs: number(row['askedTtlMs']),
    messageId: String(row['messageId']),
    sessionId: text(row['sessionId']),
    partitionKey: text(row['partitionKey']),
    scheduledAt: number(row['scheduledAt']),
    annotations: bytes(row['annotations']),
    annotationCount: Number(row['annotationCount']),
    deliveryAnnotations: bytes(row['deliveryAnnotations']),
    deliveryAnnotationCount: Number(row['deliveryAnnotationCount']),
    size: Number(row['size']),
  }
  const state = row['state']
  return {
    sequence: Number(row['sequence']),
    envelope,
    enqueuedAt: Number(row['enqueuedAt']),
    expiresAt: number(row['expiresAt']) ?? Infinity,
    ttlMs: number(row['ttlMs']),
    deliveryCount: Number(row['deliveryCount']),
    state: state === 'deferred' || state === 'scheduled' ? state : 'active',
    originalSequence: number(row['originalSequence']),
    deadLetterSource: text(row['deadLetterSource']),
    hops: Number(row['hops']),
    wasScheduled: row['wasScheduled'] === 1,
  }
}

const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const bytes = (value: unknown): Buffer | undefined =>
  value instanceof Uint8Array ? Buffer.from(value) : undefined
