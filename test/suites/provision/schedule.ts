import assert from 'node:assert/strict'
import type { Batch, BatchAnswer, CallLimits } from '../../../src/core/ledger/port/submit.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { HrEvent } from '../../../src/core/model.ts'
import { RELEASED_BRAKE } from '../../../src/core/plan/decide/brake.ts'
import { compileMapping } from '../../../src/core/plan/mapping/mapping.ts'
import { planEmployee } from '../../../src/core/plan/decide/plan.ts'
import type { UploadAnswer } from '../../../src/core/ports.ts'
import { verdictOf } from '../../../src/core/provision/verdict.ts'
import { digest, messageOf, T0 } from '../conformance/ledger/world.ts'
import { answer, noAnswer, SUBMIT } from './site.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { tookRecord } from '../../fakes/log.ts'

/** One step of a history. Numbers are taken modulo what there is to choose from. */
export type Step =
  | { readonly kind: 'event'; readonly employee: number; readonly says: 'title' | 'leave' | 'join' }
  | { readonly kind: 'plan' }
  | { readonly kind: 'send'; readonly fate: Fate }
  | { readonly kind: 'land'; readonly which: number }
  | { readonly kind: 'cycle'; readonly order: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'restart' }
/**
 * How a call ends: taken and answered, taken and not answered, taken late after its time was up,
 * not taken, or answered so.
 */
export type Fate = 'taken' | 'answer lost' | 'late' | 'lost' | 'killed' | 429 | 403 | 500 | 400

const TIMEOUT_MS = 30_000
const mapping = compileMapping()

interface Landed {
  readonly operation: string
  readonly employee: string
  readonly active: boolean
  readonly title: string | null
}
interface Call {
  readonly at: number
  readonly landsUntil: number
}

/**
 * The ledger and the decisions of the core, driven by hand against a service and a directory that
 * are simulated, with the promises held against each step.
 */
export class Schedule {
  readonly #ledger: Ledger
  readonly #limits: CallLimits
  now = T0
  #owner = 1
  #names = 0
  readonly #calls: Call[] = []
  /** Requests that the service has yet to take: their answer was given up. */
  readonly #late: Landed[][] = []
  #staged: Landed[] = []
  readonly #directory = new Map<string, Landed>()
  /** What was last planned to be so. */
  readonly #planned = new Map<string, boolean>()
  readonly #said = new Map<string, { active: boolean; title: string | null }>()

  constructor(ledger: Ledger, limits: CallLimits) {
    this.#ledger = ledger
    this.#limits = limits
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'event':
        return this.#event(`p${step.employee % 4}`, step.says)
      case 'plan':
        return this.#plan()
      case 'send':
        return this.#send(step.fate)
      case 'land': {
        const [landed] = this.#late.splice(step.which % Math.max(1, this.#late.length), 1)
        this.#staged.push(...(landed ?? []))
        return
      }
      case 'cycle':
        return this.#cycle(step.order)
      case 'wait':
        this.now += step.ms
        return
      case 'restart':
        this.#owner += 1
    }
  }

  /**
   * Everything works from here on, until nothing is left to do; then the directory holds what was
   * said last.
   */
  async drain(): Promise<void> {
    for (const late of this.#late.splice(0)) this.#staged.push(...late)
    for (let round = 0; round < 400; round++) {
      if ((await this.#ledger.readIdle(this.now)).idle) break
      await this.#plan()
      await this.#send('taken')
      await this.#cycle(round)
      this.now += 60_000
      await this.#ledger.finalizeOperations(this.now, 100)
      const unpublished = await this.#ledger.listUnpublishedOutcomes(1_000)
      await this.#ledger.markOutcomesPublished(
        unpublished.map(({ id }) => id),
        this.now,
      )
    }
    assert((await this.#ledger.readIdle(this.now)).idle, 'everything ends')
    for (const [employeeId, { active }] of this.#said) {
      const held = this.#directory.get(employeeId)
      assert.equal(held?.active ?? false, active, `${employeeId} is ${active ? 'in' : 'out'}`)
    }
  }

  async #event(employeeId: string, says: 'title' | 'leave' | 'join'): Promise<void> {
    const id = `e${++this.#names}`
    const before = this.#said.get(employeeId) ?? { active: false, title: null }
    const title = says === 'title' ? id : before.title
    const active = says === 'title' ? before.active : says === 'join'
    // A record that was never complete is not sent, so a title alone comes with nothing known of
    // the person.
    if (says === 'title' && !this.#said.has(employeeId)) return
    this.#said.set(employeeId, { active, title })
    const worker = says === 'title' ? { title: id } : { userName: employeeId, active }
    const event: HrEvent = {
      source: '/hr/test',
      id,
      type: 'worker.updated',
      employeeId,
      recordedAt: this.now,
      effectiveAt: T0 - DAY_MS,
      effectiveRaw: null,
      order: this.#names,
      rank: 0,
      mode: 'delta',
      worker,
      rescinds: null,
      traceparent: null,
    }
    await this.#ledger.recordMessages({
      messages: [messageOf(id, event)],
      now: this.now,
      quietMs: 0,
      maxWaitMs: 60_000,
      backlog: false,
    })
  }

  async #plan(): Promise<void> {
    const employees = await this.#ledger.claimDueEmployees({ now: this.now, limit: 100, maxWaitMs: 60_000 })
    const decisions = employees.map((employee) => planEmployee(employee, this.now, { mapping, digest }))
    const { stale } = await this.#ledger.commitPlan(decisions, RELEASED_BRAKE, this.now)
    assert.equal(stale, 0)
    for (const decision of decisions)
      if (decision.kind === 'decided' && decision.operation)
        this.#planned.set(decision.employeeId, decision.operation.active)
  }

  async #send(fate: Fate): Promise<void> {
    const owner = `owner ${this.#owner}`
    const { leaseMs, fillMs } = { ...SUBMIT, fillMs: 0 }
    const limits = this.#limits
    const batch = await this.#ledger.claimBatch({
      now: this.now,
      owner,
      leaseMs,
      maxOperations: 3,
      maxBytes: 1_000_000,
      fillMs,
      limits,
    })
    if (!batch) return
    const slot = await this.#ledger.takeSlot(batch.id, { now: this.now, owner, leaseMs, limits })
    if (slot.kind === 'wait') return this.#write(batch, { ...AGAIN, notBefore: slot.until })
    if (slot.kind !== 'taken') return
    const operations = slot.operations.map(({ id, employeeId, record }): Landed => {
      const { active, title } = JSON.parse(record) as { active: boolean; title?: string }
      return { operation: id, employee: employeeId, active, title: title ?? null }
    })
    this.#holdToPromises(operations, fate)
    const began = this.now
    if (fate === 'taken' || fate === 'answer lost') this.#staged.push(...operations)
    // A process that was killed had sent the request, or had not.
    if (fate === 'late' || fate === 'killed') this.#late.push(operations)
    if (fate === 'killed') {
      this.#owner += 1
      return
    }
    const given = answerOf(fate, operations)
    this.now += given.kind === 'network' ? TIMEOUT_MS : 20
    const made = verdictOf(given, {
      attempt: batch.attempts + 2,
      now: this.now,
      chance: 0,
      settings: SUBMIT,
    })
    assert(this.now - began <= leaseMs)
    switch (made.kind) {
      case 'done':
        return this.#write(batch, { kind: 'accepted', call: slot.call, acceptedAt: began, requestId: null })
      case 'refused':
        return this.#write(batch, {
          kind: 'refused',
          call: slot.call,
          status: made.status,
          code: made.code,
          requestId: null,
        })
      case 'retry':
        return this.#write(batch, {
          ...AGAIN,
          call: slot.call,
          status: made.status,
          notBefore: made.at,
          countsAsAttempt: true,
        })
      case 'snooze':
        return this.#write(batch, {
          ...AGAIN,
          call: slot.call,
          status: made.status,
          notBefore: made.until,
          hold: made.why,
        })
    }
  }

  /** Everything staged is processed, in some order, and the log speaks of all of it. */
  async #cycle(order: number): Promise<void> {
    const staged = this.#staged.toSorted((a, b) => hash(a.operation, order) - hash(b.operation, order))
    this.#staged = []
    for (const one of staged) this.#directory.set(one.employee, one)
    const joins = staged.map(({ operation, employee: employeeId }) => ({
      record: tookRecord(`record-${++this.#names}`, employeeId, this.now),
      operation,
      interim: 'confirmed' as const,
    }))
    await this.#ledger.recordLogRecords({
      joins,
      now: this.now,
      finalAt: this.now,
      watermark: null,
      changedElsewhere: [],
      foreign: 0,
      echoes: [],
    })
  }

  #write(batch: Batch, answer: BatchAnswer): Promise<void> {
    return this.#ledger.recordBatchAnswer(batch.id, answer, this.now)
  }

  #holdToPromises(operations: readonly Landed[], fate: Fate): void {
    const employees = operations.map(({ employee: employeeId }) => employeeId)
    assert.equal(new Set(employees).size, employees.length, 'one operation a person in one request')
    for (const { employee: employeeId, active } of operations)
      assert(
        !active || this.#planned.get(employeeId) === true,
        `${employeeId}: no stale active after a termination was planned`,
      )
    const { perWindow, windowMs, perDay } = this.#limits
    const inWindow = this.#calls.filter(({ landsUntil }) => landsUntil > this.now - windowMs).length + 1
    assert(inWindow <= perWindow, `${inWindow} calls may land in one window`)
    const inDay = this.#calls.filter(({ at }) => at > this.now - DAY_MS).length + 1
    assert(inDay <= perDay, `${inDay} calls in a day`)
    const hasAnswer = fate !== 'killed' && fate !== 'late' && fate !== 'lost' && fate !== 'answer lost'
    this.#calls.push({ at: this.now, landsUntil: this.now + (hasAnswer ? 20 : TIMEOUT_MS) })
  }
}

const AGAIN = {
  kind: 'again',
  call: null,
  status: null,
  countsAsAttempt: false,
  release: true,
  hold: null,
} as const satisfies Partial<BatchAnswer>

function answerOf(fate: Exclude<Fate, 'killed'>, operations: readonly Landed[]): UploadAnswer {
  if (fate === 'taken') return answer(202)
  if (typeof fate === 'number') return operations.length === 1 && fate === 400 ? answer(503) : answer(fate)
  return noAnswer('TimeoutError')
}

/** An order that is the same in every run. */
function hash(text: string, salt: number): number {
  return Number.parseInt(digest(`${text}/${salt}`).slice(0, 8), 16)
}
