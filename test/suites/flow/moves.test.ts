import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ledgerOf } from '../../../src/core/destinations/ledger-of.ts'
import { routingOf } from '../../../src/core/destinations/routing.ts'
import { isFinal } from '../../../src/core/ledger/lifecycle.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { BatchOperation } from '../../../src/core/ledger/port/submit.ts'
import { RELEASED_BRAKE } from '../../../src/core/plan/decide/brake.ts'
import { planEmployee } from '../../../src/core/plan/decide/plan.ts'
import { compileMapping } from '../../../src/core/plan/mapping/mapping.ts'
import { parseRecord } from '../../../src/core/plan/mapping/record.ts'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { chance } from '../../fakes/history.ts'
import { digest, hrEvent, World } from '../conformance/ledger/world.ts'

/** `HISTORIES=10000` tries more, `SEED=2` others. */
const HISTORIES = Number(process.env['HISTORIES'] ?? 60)
const FROM = (Number(process.env['SEED'] ?? 1) - 1) * 1_000_000
const STEPS = 40
const EMPLOYEES = ['m1', 'm2', 'm3'] as const
const COMPANIES = ['North', 'South', 'Other'] as const
const DESTINATIONS = ['north', 'south', 'others'] as const
type Destination = (typeof DESTINATIONS)[number]

const mapping = compileMapping()
const routing = routingOf({ name: 'north', where: { organization: 'North' }, mapping }, [
  { name: 'south', where: { organization: 'South' }, mapping },
  { name: 'others', where: null, mapping },
])
const rules = { mapping, routing, digest }

/** Where an employee of this company belongs, said once more in the simplest way. */
const homeOf = (company: string): Destination =>
  company === 'North' ? 'north' : company === 'South' ? 'south' : 'others'

/** What HR says of an employee, event by event. */
interface Said {
  readonly id: string
  readonly company?: string
  readonly active?: boolean
}

/** The accounts of each destination: the employees whose account is enabled or disabled there. */
type Directory = Readonly<Record<Destination, Map<string, boolean>>>

/** A job that has operations of a call, which it has not carried out. */
interface Call {
  readonly destination: Destination
  readonly operations: readonly BatchOperation[]
}

/** Three employees, three jobs, and whatever happens between them. */
class Company {
  readonly wrong: string[] = []
  readonly said = new Map<string, Said[]>()
  readonly directory: Directory = { north: new Map(), south: new Map(), others: new Map() }
  moves = 0
  readonly #ledger: Ledger
  readonly #worlds: ReadonlyMap<Destination, World>
  readonly #home: World
  readonly #calls: Call[] = []
  readonly #below: (most: number) => number

  constructor(ledger: Ledger, random: () => number) {
    this.#ledger = ledger
    this.#home = new World(ledger)
    this.#worlds = new Map(
      DESTINATIONS.map((name) => [
        name,
        new World({ ...ledger, ...ledgerOf(ledger, { name, quota: 'tenant' }) }),
      ]),
    )
    this.#below = (most) => Math.floor(random() * most)
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.#below(list.length)] ?? list[0]
  }

  at(destination: Destination): World {
    const world = this.#worlds.get(destination) ?? this.#home
    world.now = this.#home.now
    return world
  }

  async event(step: number): Promise<void> {
    const employee = this.pick(EMPLOYEES)
    const before = this.said.get(employee) ?? []
    const id = `e${step}`
    const company = this.pick(COMPANIES)
    const kind = before.length === 0 ? 0 : this.#below(5)
    const said: Said =
      kind === 0 ? { id, company, active: true } : kind < 4 ? { id, company } : { id, active: false }
    this.said.set(employee, [...before, said])
    await this.#home.record(
      hrEvent(
        id,
        employee,
        {
          ...(kind === 0 ? { userName: `${employee}@example.com` } : {}),
          ...(said.company === undefined ? {} : { organization: said.company }),
          ...(said.active === undefined ? {} : { active: said.active }),
          title: `title ${step}`,
        },
        { recordedAt: this.#home.now, effectiveAt: this.#home.now },
      ),
    )
  }

  async plan(): Promise<void> {
    const due = await this.#home.due()
    const decisions = due.map((one) => planEmployee(one, this.#home.now, rules))
    await this.#ledger.commitPlan(decisions, RELEASED_BRAKE, this.#home.now)
  }

  async send(destination: Destination): Promise<void> {
    const world = this.at(destination)
    const batch = await world.next()
    if (!batch) return
    const slot = await world.slot(batch)
    if (slot.kind !== 'taken') return
    const { call, operations } = slot
    const accepted = { kind: 'accepted', call, acceptedAt: world.now, requestId: null } as const
    await this.#ledger.recordBatchAnswer(batch.id, accepted, world.now)
    this.#calls.push({ destination, operations })
  }

  /** The job of the oldest call carries it out, and its log says so, or does not. */
  async answer(honest: boolean): Promise<void> {
    const call = this.#calls.shift()
    if (!call) return
    const world = this.at(call.destination)
    for (const operation of call.operations) {
      const luck = honest ? 0 : this.#below(20)
      const { employeeId, id, record } = operation
      const active = parseRecord(record)['active'] === true
      if (luck < 17) this.#carryOut(call.destination, employeeId, active)
      // Carried out, but the log never says so; or the job lost it.
      if (luck === 16 || luck === 17) continue
      const interim = luck < 17 ? 'confirmed' : 'failed'
      const code = interim === 'failed' ? 'InvalidValue' : null
      await world.correlate({
        joins: [{ record: world.logRecord(employeeId, { code }), operation: id, interim }],
      })
    }
  }

  #carryOut(destination: Destination, employeeId: string, active: boolean): void {
    this.directory[destination].set(employeeId, active)
    const enabled = DESTINATIONS.filter((one) => this.directory[one].get(employeeId) === true)
    if (enabled.length > 1) this.wrong.push(`${employeeId} is enabled at ${enabled.join(' and ')}`)
    if (active) this.moves += 1
  }

  async settle(): Promise<void> {
    await this.#home.finalize()
    for (const destination of DESTINATIONS) await this.at(destination).expire(100)
  }

  /** The job answers everything, until nothing is left to do. */
  async rest(): Promise<void> {
    for (let round = 0; round < 60; round++) {
      this.#home.now += 60_000
      await this.plan()
      for (const destination of DESTINATIONS) await this.send(destination)
      while (this.#calls.length > 0) await this.answer(true)
      await this.settle()
      await this.#ledger.expireIncompleteEvents(this.#home.now, this.#home.now, 100)
      if ((await this.#ledger.readIdle(this.#home.now)).idle) return
    }
  }

  /** What must hold at rest, said by HR's events alone. Events that died count as never sent. */
  async judge(): Promise<void> {
    for (const [employee, said] of this.said) {
      const trace = await this.#ledger.readTrace(employee)
      const states = new Map((trace?.events ?? []).map(({ id, state }) => [id, state]))
      for (const { id } of said)
        if (!isFinal(states.get(id) ?? 'received'))
          this.wrong.push(`${id} of ${employee} is ${states.get(id)}`)
      const counting = said.filter(({ id }) => states.get(id) !== 'dead-lettered')
      const active = counting.findLast((one) => one.active !== undefined)?.active ?? false
      const company = counting.findLast((one) => one.company !== undefined)?.company ?? 'Other'
      const enabled = DESTINATIONS.filter((one) => this.directory[one].get(employee) === true)
      const expected = active ? [homeOf(company)] : []
      if (enabled.join() !== expected.join())
        this.wrong.push(
          `${employee} is enabled at ${enabled.join() || 'none'}, not at ${expected.join() || 'none'}`,
        )
    }
    const outcomes = await this.#home.outcomes()
    const once = new Set(outcomes.map((one) => one.split(':').slice(0, 2).join(':')))
    if (once.size !== outcomes.length) this.wrong.push('an event has two outcomes of one revision')
  }

  async step(number: number): Promise<void> {
    this.#home.now += 1_000
    const action = this.#below(10)
    if (action < 3) await this.event(number)
    else if (action < 6) await this.plan()
    else if (action < 8) await this.send(this.pick(DESTINATIONS))
    else if (action < 9) await this.answer(false)
    else await this.settle()
  }
}

void test('an employee is enabled at one destination at most, and ends where HR says, in random histories of moves', async (t) => {
  const { ledger, empty } = await openMemoryLedger()
  t.after(() => ledger.close())
  let moves = 0
  const wrong: string[] = []
  for (let seed = FROM + 1; seed <= FROM + HISTORIES; seed++) {
    const company = new Company(ledger, chance(seed))
    for (let step = 0; step < STEPS; step++) await company.step(step)
    await company.rest()
    await company.judge()
    moves += company.moves
    wrong.push(...company.wrong.map((one) => `${seed}: ${one}`))
    await empty()
  }
  t.diagnostic(`${HISTORIES} histories, ${moves} activations, ${wrong.length} violations`)
  assert.deepEqual(wrong.slice(0, 5), [])
  assert.ok(moves > HISTORIES, `${moves} records activated an account`)
})
