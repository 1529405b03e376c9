import assert from 'node:assert/strict'
import type { Interim } from '../../../src/core/ledger/port/report.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { BASELINE, type HrEvent, type JsonObject } from '../../../src/core/model.ts'
import { cutOf } from '../../../src/core/plan/retain/retain.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { hrEvent, type Sent, SOURCE, World } from '../conformance/ledger/world.ts'
import { LeaverOracle } from './leaver-oracle.ts'

const HOUR_MS = DAY_MS / 24
const ANY = { code: null, type: null, employeeId: null, since: null, until: null }
const EMPLOYEES = ['p1', 'p2', 'p3'] as const

/**
 * One random history of commands and faults around leavers, with the promise held against every
 * call.
 */
export class LeaverHistory {
  readonly #world: World
  readonly #oracle = new LeaverOracle()
  readonly #random: () => number
  readonly #sent: Sent[] = []
  readonly #done: string[] = []
  #names = 0
  /** What the service was handed, and how much of it was about employees who had left. */
  timesSubmitted = 0
  ofLeavers = 0

  constructor(ledger: Ledger, random: () => number) {
    this.#world = new World(ledger)
    this.#random = random
  }

  async play(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      const action = this.#pick(ACTIONS)
      this.#done.push(action)
      await this.#take(action)
    }
    await this.#world.tend()
  }

  #below(most: number): number {
    return Math.floor(this.#random() * most)
  }
  #pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.#below(list.length)] ?? list[0]
  }

  async #take(action: Action): Promise<void> {
    const world = this.#world
    switch (action) {
      case 'hire':
        return this.#say({ userName: 'a@example.com', active: true })
      case 'leave':
        return this.#say({ active: false, ...(this.#below(2) === 0 ? { title: `t${this.#names}` } : {}) })
      case 'title':
        return this.#say({ title: `t${this.#names}` })
      case 'rescind':
        return this.#rescind()
      case 'import':
        return this.#import()
      case 'again':
        return this.#again()
      case 'plan':
        return void (await world.plan())
      case 'tend':
        return void (await world.tend())
      case 'send':
        return this.#send()
      case 'answer':
        return this.#answer()
      case 'overwrite':
        return world.correlate({ finalAt: world.now, changedElsewhere: [this.#pick(EMPLOYEES)], foreign: 1 })
      case 'wait':
        world.now += this.#pick([1_000, HOUR_MS, 6 * HOUR_MS, DAY_MS, 2 * DAY_MS, 8 * DAY_MS])
        return
      case 'erase':
        return this.#erase()
      case 'discard':
        return this.#discard()
      case 'retain':
        return this.#retain()
      case 'rest':
        await world.ledger.resendLeaverRest(
          { employees: EMPLOYEES, actor: 'a', justification: 'b' },
          world.now,
        )
    }
  }

  async #say(worker: JsonObject, more: Partial<HrEvent> = {}): Promise<void> {
    const days = this.#pick([-3, -1, 0, 0, 0, 1, 2, 3])
    await this.#record(
      hrEvent(`e${++this.#names}`, this.#pick(EMPLOYEES), worker, {
        recordedAt: ++this.#world.now,
        effectiveAt: this.#world.now + days * DAY_MS,
        ...more,
      }),
    )
  }
  async #record(event: HrEvent): Promise<void> {
    await this.#world.record(event)
    this.#oracle.record(event)
  }
  async #rescind(): Promise<void> {
    const employee = this.#pick(EMPLOYEES)
    const known = this.#oracle.eventsOf(employee)
    const target = known[this.#below(known.length)]
    if (target) await this.#say({}, { employeeId: employee, rescinds: { source: SOURCE, id: target.id } })
  }
  /** An export of some days ago that holds an employee as active. */
  async #import(): Promise<void> {
    const employee = this.#pick(EMPLOYEES)
    const asOf = this.#world.now - this.#below(10) * DAY_MS - 1
    const event = hrEvent(
      `b${++this.#names}`,
      employee,
      { userName: 'a@example.com', active: true },
      { type: BASELINE, mode: 'snapshot', recordedAt: asOf, effectiveAt: asOf },
    )
    await this.#world.ledger.importBaseline({
      events: [event],
      now: this.#world.now,
      quietMs: 0,
      maxWaitMs: 0,
    })
    this.#oracle.record(event)
  }
  /** Sent to the queue once more, by whatever tool. */
  async #again(): Promise<void> {
    const known = EMPLOYEES.flatMap((employee) => this.#oracle.eventsOf(employee))
    const event = known[this.#below(known.length)]
    if (!event || event.type === BASELINE) return
    const place = { entity: 'hr-events', enqueuedAt: this.#world.now, sequence: `again-${++this.#names}` }
    await this.#world.intake([{ ...place, events: [event], rejected: null }])
  }

  async #send(): Promise<void> {
    const world = this.#world
    const batch = await world.next()
    if (!batch) return
    const slot = await world.slot(batch)
    if (slot.kind !== 'taken') return
    for (const { employeeId, record } of slot.operations) {
      const left = this.#oracle.hasLeft(employeeId, world.now)
      this.timesSubmitted += 1
      if (left) this.ofLeavers += 1
      const { active } = JSON.parse(record) as { active?: boolean }
      assert(!left || active === false, `${employeeId} has left, and is sent active: ${this.#done.join(' ')}`)
    }
    const { call } = slot
    switch (this.#pick(['accepted', 'accepted', 'accepted', 'refused', 'outage', 'killed'])) {
      case 'accepted': {
        const answer = { kind: 'accepted', call, acceptedAt: world.now, requestId: null } as const
        await world.ledger.recordBatchAnswer(batch.id, answer, world.now)
        const operations = new Map(slot.operations.map(({ employeeId, id }) => [employeeId, id]))
        this.#sent.push({ batch, operations })
        return
      }
      case 'refused': {
        const answer = { kind: 'refused', call, status: 400, code: 'InvalidValue', requestId: null } as const
        return world.ledger.recordBatchAnswer(batch.id, answer, world.now)
      }
      case 'outage': {
        const notBefore = world.now + this.#below(3) * DAY_MS
        const again = { kind: 'again', call, status: 503, notBefore, countsAsAttempt: true } as const
        return world.ledger.recordBatchAnswer(batch.id, { ...again, release: true, hold: null }, world.now)
      }
    }
  }

  async #answer(): Promise<void> {
    const [sent] = this.#sent.splice(this.#below(this.#sent.length), 1)
    if (!sent) return
    const interim = this.#pick<Interim | 'silence'>([
      'confirmed',
      'confirmed',
      'confirmed',
      'failed',
      'failed',
      'escrowed',
      'unchanged',
      'silence',
    ])
    this.#world.now += 1
    if (interim === 'silence') await this.#world.expire(2)
    else {
      const failed = interim === 'failed' || interim === 'escrowed'
      const more = failed ? ({ status: 'failure', code: 'InvalidValue' } as const) : {}
      await this.#world.answer(sent, interim, more)
    }
    await this.#world.finalize()
  }

  async #erase(): Promise<void> {
    const employee = this.#pick(EMPLOYEES)
    const { now, ledger } = this.#world
    const erased = await ledger.eraseEmployee({ employeeId: employee, actor: 'a', justification: 'b' }, now)
    if (erased !== null && erased.events > 0) this.#oracle.erase(employee, now)
  }
  async #discard(): Promise<void> {
    const { now, ledger } = this.#world
    const { deadLetters } = await ledger.listDeadLetters({
      filter: ANY,
      archived: true,
      next: null,
      limit: 3,
    })
    const ended = await ledger.endDeadLetters(
      {
        seqs: deadLetters.map(({ seq }) => seq),
        how: 'discard',
        terminations: this.#below(4) === 0,
        actor: 'a',
        justification: 'b',
      },
      now,
    )
    for (const { seq, employeeId, id } of deadLetters)
      if (ended.ended.includes(seq)) this.#oracle.discard(employeeId, id)
  }
  async #retain(): Promise<void> {
    const { now, ledger } = this.#world
    await this.#world.publishAll()
    const { employees } = await ledger.listRetention({ after: null, limit: 10, settledBefore: now })
    for (const { employee, settled } of employees) {
      const { employeeId, revision } = employee
      const cut = cutOf(employee.events, new Set(settled), now)
      if (!cut || (await ledger.foldEvents([{ employeeId, revision, ...cut }], now, now)).folded === 0)
        continue
      const gone = new Set(cut.gone)
      const ids = employee.events.filter(({ seq }) => gone.has(seq)).map(({ id }) => id)
      this.#oracle.fold(employeeId, new Set(ids), now)
    }
  }
}

const ACTIONS = [
  ...(['hire', 'hire', 'leave', 'leave', 'leave', 'title', 'rescind', 'rescind', 'import'] as const),
  ...(['plan', 'plan', 'plan', 'plan', 'plan', 'send', 'send', 'send', 'send', 'send'] as const),
  ...(['answer', 'answer', 'answer', 'wait', 'wait', 'tend', 'again', 'overwrite'] as const),
  ...(['erase', 'discard', 'retain', 'rest'] as const),
] as const satisfies readonly string[]
type Action = (typeof ACTIONS)[number]
