import type { Ledger } from '../../core/ledger/port.ts'
import { recordAnswer } from './answers.ts'
import { nextBatch, takeSlot } from './batches.ts'
import { brakeStatus, releaseBrake } from './brake.ts'
import { commitPlan } from './commit-plan.ts'
import { candidates } from './candidates.ts'
import { correlate, watermark } from './correlate.ts'
import { expire, expireEscrowed, jobRestarted, overdue } from './expire.ts'
import { expireIncomplete, finalize } from './finalize.ts'
import { setHold } from './holds.ts'
import { census, idle, outlook, totals } from './inspect.ts'
import { markPublished, takeUnpublished } from './outbox.ts'
import { claimNotices, finishReads } from './notices.ts'
import { duePeople } from './people.ts'
import { importBaseline, record } from './record.ts'
import { erase, foldAway, retentionPage } from './retention.ts'
import type { Driver, Sql } from './sql.ts'
import { listEvents } from './list-events.ts'
import { trace } from './trace.ts'
import { findPerson, peoplePage } from './view.ts'

/** The ledger over any driver. `instance` names the writer in the books; it is stable over restarts of one deployment slot. */
export function sqlLedger(driver: Driver, instance: string): Ledger {
  const within = <T>(work: (sql: Sql) => Promise<T>): Promise<T> => driver.transaction(work)
  return {
    record: (intake) => within((sql) => record(sql, instance, intake)),
    importBaseline: (rows) => within((sql) => importBaseline(sql, instance, rows)),
    claimNotices: (query) => within((sql) => claimNotices(sql, query)),
    finishReads: (results, now) => within((sql) => finishReads(sql, instance, results, now)),
    duePeople: (query) => within((sql) => duePeople(sql, query)),
    commitPlan: (decisions, brake, now) => within((sql) => commitPlan(sql, instance, decisions, brake, now)),
    brakeStatus: (settings, now) => within((sql) => brakeStatus(sql, settings, now)),
    releaseBrake: (actor, reason, now) => within((sql) => releaseBrake(sql, actor, reason, now)),
    jobRestarted: (startedAt, now) => within((sql) => jobRestarted(sql, instance, startedAt, now)),
    nextBatch: (query) => within((sql) => nextBatch(sql, query)),
    takeSlot: (batchId, query) => within((sql) => takeSlot(sql, instance, batchId, query)),
    hold: (hold) => within((sql) => setHold(sql, hold)),
    recordAnswer: (batchId, answer, now) => within((sql) => recordAnswer(sql, instance, batchId, answer, now)),
    candidates: (records) => within((sql) => candidates(sql, records)),
    correlate: (page) => within((sql) => correlate(sql, instance, page)),
    finalize: (now, limit) => within((sql) => finalize(sql, instance, now, limit)),
    overdue: (acceptedBefore, limit) => within((sql) => overdue(sql, acceptedBefore, limit)),
    expireEscrowed: (before, now, limit) => within((sql) => expireEscrowed(sql, instance, before, now, limit)),
    expire: (query) => within((sql) => expire(sql, instance, query)),
    expireIncomplete: (before, now, limit) => within((sql) => expireIncomplete(sql, instance, before, now, limit)),
    watermark: () => within(watermark),
    takeUnpublished: (limit) => within((sql) => takeUnpublished(sql, limit)),
    markPublished: (ids, now) => within((sql) => markPublished(sql, instance, ids, now)),
    idle: (now) => within((sql) => idle(sql, now)),
    totals: () => within(totals),
    inspect: () => within(async (sql) => ({ totals: await totals(sql), census: await census(sql) })),
    outlook: (now) => within((sql) => outlook(sql, now)),
    events: (query) => within((sql) => listEvents(sql, query)),
    trace: (reference) => within((sql) => trace(sql, reference)),
    retentionPage: (query) => within((sql) => retentionPage(sql, query)),
    foldAway: (cuts, settledBefore, now) => within((sql) => foldAway(sql, instance, cuts, settledBefore, now)),
    erase: (erasure, now) => within((sql) => erase(sql, instance, erasure, now)),
    findPerson: (reference) => within((sql) => findPerson(sql, reference)),
    peoplePage: (after, limit) => within((sql) => peoplePage(sql, after, limit)),
    ping: () => within(ping),
    close: () => driver.close(),
  }
}

/** By a write: a ledger on a full or read-only disk answers every question and can still take no work. */
async function ping(sql: Sql): Promise<void> {
  await sql.run(`INSERT INTO cursors (name, value) VALUES ('pings', 1) ON CONFLICT (name) DO UPDATE SET value = cursors.value + 1`)
}
