import { RELEASED_BRAKE } from '../../../../src/core/plan/decide/brake.ts'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Link } from '../../../../src/core/connections/connection.ts'
import type { EventState } from '../../../../src/core/ledger/lifecycle.ts'
import type { Figures } from '../../../../src/core/ledger/port/figures.ts'
import type { Batch, BatchQuery, CallLimits, Slot } from '../../../../src/core/ledger/port/submit.ts'
import type { CorrelatedPage, Expired, Interim } from '../../../../src/core/ledger/port/report.ts'
import type { IntakeBatch, IntakeMessage, RecordResult } from '../../../../src/core/ledger/port/intake.ts'
import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import { assessLeaver } from '../../../../src/core/leavers/assess.ts'
import { tendLeavers } from '../../../../src/core/leavers/tend.ts'
import type { HrEvent, JsonObject } from '../../../../src/core/model.ts'
import { compileMapping } from '../../../../src/core/plan/mapping/mapping.ts'
import type { Decision } from '../../../../src/core/ledger/decision.ts'
import type { Employee } from '../../../../src/core/ledger/employee.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import type { LogRecord } from '../../../../src/core/ledger/log-record.ts'
import { reconcile } from '../../../../src/cli/support/reconcile.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { tookRecord } from '../../../fakes/log.ts'

/** A ledger that is fresh and migrated, and the way to give it back. */
export interface LedgerUnderTest {
  readonly ledger: Ledger
  close(): Promise<void>
}

export const SOURCE = '/hr/test'
export const T0 = Date.UTC(2026, 10, 2, 8)
export const UNLIMITED: CallLimits = { perWindow: Infinity, windowMs: 5_000, perDay: Infinity }
const mapping = compileMapping()
export const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

/** An event that takes effect long before the world begins, later ones of one person later. */
export function hrEvent(
  id: string,
  employeeId: string,
  worker: JsonObject,
  more: Partial<HrEvent> = {},
): HrEvent {
  return {
    source: SOURCE,
    id,
    type: 'worker.updated',
    employeeId,
    recordedAt: T0 - DAY_MS,
    effectiveAt: T0 - DAY_MS,
    effectiveRaw: null,
    order: null,
    rank: 0,
    mode: 'delta',
    worker,
    rescinds: null,
    traceparent: null,
    ...more,
  }
}
export const joiner = (id: string, employeeId: string, more: JsonObject = {}): HrEvent =>
  hrEvent(id, employeeId, { userName: `${employeeId}@example.com`, active: true, ...more })
export const leaver = (id: string, employeeId: string, order = 1_000): HrEvent =>
  hrEvent(id, employeeId, { active: false }, { order })

export const messageOf = (sequence: string | number, ...events: readonly HrEvent[]): IntakeMessage => ({
  entity: 'hr-events',
  enqueuedAt: T0 - 1_000,
  sequence: String(sequence),
  events,
  rejected: null,
})

/** What was sent in one call. */
export interface Sent {
  readonly batch: Batch
  /** Operation ids by employee. */
  readonly operations: ReadonlyMap<string, string>
}

/** One ledger, a clock that moves when told to, and the steps of the flow as short words. */
export class World {
  readonly ledger: Ledger
  now = T0
  #sequence = 0
  #records = 0

  constructor(ledger: Ledger) {
    this.ledger = ledger
  }

  intake(messages: readonly IntakeMessage[], more: Partial<IntakeBatch> = {}): Promise<RecordResult> {
    return this.ledger.recordMessages({
      messages,
      now: this.now,
      quietMs: 0,
      maxWaitMs: 60_000,
      backlog: false,
      ...more,
    })
  }

  /** Each event in a message of its own. */
  record(...events: readonly HrEvent[]): Promise<RecordResult> {
    return this.intake(events.map((event) => messageOf(`auto-${++this.#sequence}`, event)))
  }

  due(limit = 100, maxWaitMs = 60_000, claimMs?: number): Promise<readonly Employee[]> {
    return this.ledger.claimDueEmployees({
      now: this.now,
      limit,
      maxWaitMs,
      ...(claimMs === undefined ? {} : { claimMs }),
    })
  }
  decide(employees: readonly Employee[]): Decision[] {
    return employees.map((employee) => planEmployee(employee, this.now, { mapping, digest }))
  }
  async plan(): Promise<readonly string[]> {
    const employees = await this.due()
    await this.ledger.commitPlan(this.decide(employees), RELEASED_BRAKE, this.now)
    return employees.map(({ employeeId }) => employeeId)
  }

  next(more: Partial<BatchQuery> = {}): Promise<Batch | null> {
    return this.ledger.claimBatch({
      now: this.now,
      owner: 'one',
      leaseMs: 60_000,
      maxOperations: 50,
      maxBytes: 1_000_000,
      fillMs: 0,
      limits: UNLIMITED,
      ...more,
    })
  }
  async needBatch(more: Partial<BatchQuery> = {}): Promise<Batch> {
    const batch = await this.next(more)
    assert.ok(batch, 'a batch is ready')
    return batch
  }
  slot(batch: Batch, limits = UNLIMITED, owner = 'one'): Promise<Slot> {
    return this.ledger.takeSlot(batch.id, { now: this.now, owner, leaseMs: 60_000, limits })
  }
  async take(batch: Batch, limits = UNLIMITED): Promise<Extract<Slot, { kind: 'taken' }>> {
    const slot = await this.slot(batch, limits)
    assert.equal(slot.kind, 'taken')
    return slot
  }
  async accept(batch: Batch, requestId = `request of ${batch.id}`): Promise<Sent> {
    const { call, operations } = await this.take(batch)
    await this.ledger.recordBatchAnswer(
      batch.id,
      { kind: 'accepted', call, acceptedAt: this.now, requestId },
      this.now,
    )
    return { batch, operations: new Map(operations.map(({ employeeId, id }) => [employeeId, id])) }
  }
  /** Plans what is due and sends it in one call. */
  async send(): Promise<Sent> {
    await this.plan()
    return this.accept(await this.needBatch())
  }
  async refuse(batch: Batch, code = 'InvalidValue'): Promise<void> {
    const { call } = await this.take(batch)
    await this.ledger.recordBatchAnswer(
      batch.id,
      { kind: 'refused', call, status: 400, code, requestId: null },
      this.now,
    )
  }

  logRecord(employeeId: string, more: Partial<LogRecord> = {}): LogRecord {
    return tookRecord(`record-${++this.#records}`, employeeId, this.now, more)
  }
  /** A page of the log, with this in it and nothing else. */
  correlate(page: Partial<CorrelatedPage>): Promise<void> {
    return this.ledger.recordLogRecords({
      joins: [],
      now: this.now,
      finalAt: this.now + 1_000,
      watermark: null,
      changedElsewhere: [],
      foreign: 0,
      echoes: [],
      ...page,
    })
  }
  /** The log speaks of everything in a call. */
  async answer(sent: Sent, interim: Interim = 'confirmed', more: Partial<LogRecord> = {}): Promise<void> {
    const joins = [...sent.operations].map(([employeeId, operation]) => ({
      record: this.logRecord(employeeId, more),
      operation,
      interim,
    }))
    await this.correlate({ joins })
  }
  /** The log speaks of each employee of a call alone, with the object id of the account. */
  async answerEach(
    sent: Sent,
    objectIdOf = (employeeId: string): string | null => `object of ${employeeId}`,
  ): Promise<void> {
    for (const [employeeId, operation] of sent.operations) {
      const objectId = objectIdOf(employeeId)
      await this.answer({ ...sent, operations: new Map([[employeeId, operation]]) }, 'confirmed', {
        objectId,
      })
    }
  }
  /**
   * What is unanswered and was accepted before now is taken for overdue; `links` is what the service
   * said about the employees.
   */
  async expire(
    maxResends: number,
    limit = 10,
    before = this.now,
    links: ReadonlyMap<string, Link> = new Map(),
  ): Promise<Expired> {
    const operations = (await this.ledger.findOverdueOperations(before, limit)).map(({ id }) => id)
    return this.ledger.expireOperations({ operations, maxResends, links, now: this.now })
  }
  async finalize(limit = 100): Promise<number> {
    this.now += 1_000
    return this.ledger.finalizeOperations(this.now, limit)
  }
  figures(): Promise<Figures> {
    return this.ledger.readFigures({ now: this.now, brakeWindowMs: DAY_MS })
  }

  /** From what is due to the end, all of it answered well. */
  async confirmAll(): Promise<Sent> {
    const sent = await this.send()
    await this.answer(sent)
    await this.finalize()
    return sent
  }

  /**
   * Looks at the leaver cases that are due, then plans what that comes to. Answers how long the
   * proofs took that it found.
   */
  async tend(): Promise<readonly number[]> {
    const { proofMs } = await tendLeavers(this.ledger, this.now, 100)
    await this.plan()
    return proofMs
  }
  /** `employee cause` of the open leaver cases, oldest first. */
  async leavers(): Promise<readonly string[]> {
    const { leavers } = await this.ledger.listOpenLeavers({
      dueBy: null,
      employeeId: null,
      next: null,
      limit: 100,
    })
    return leavers.flatMap((view) => {
      const assessment = assessLeaver(view, this.now)
      return assessment.kind === 'open' ? [`${view.leaverCase.employeeId} ${assessment.cause}`] : []
    })
  }

  /** Events of one person and their states. */
  async states(employeeId: string): Promise<Readonly<Record<string, EventState>>> {
    const trace = await this.ledger.readTrace(employeeId)
    return Object.fromEntries((trace?.events ?? []).map(({ id, state }) => [id, state]))
  }
  /** `event:revision:state` of what waits to be published, in its order. */
  async outcomes(): Promise<readonly string[]> {
    const rows = await this.ledger.listUnpublishedOutcomes(10_000)
    return rows.map(({ eventId, revision, state }) => `${eventId}:${revision}:${state}`)
  }
  async publishAll(): Promise<void> {
    for (;;) {
      const rows = await this.ledger.listUnpublishedOutcomes(500)
      if (rows.length === 0) return
      const ids = rows.map(({ id }) => id)
      await this.ledger.markOutcomesPublished(ids, this.now)
    }
  }
  async balanced(): Promise<void> {
    const { totals, stateCounts } = await this.ledger.readCounts()
    assert.deepEqual(reconcile(totals, stateCounts).wrong, [])
  }
}

/** One guarantee of the port. */
export interface LedgerCase {
  readonly name: string
  readonly run: (world: World) => Promise<void>
}
