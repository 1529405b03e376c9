import { ledgerOf } from '../../../src/core/destinations/ledger-of.ts'
import { type Routing, routingOf } from '../../../src/core/destinations/routing.ts'
import { isFinal } from '../../../src/core/ledger/lifecycle.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { BatchOperation, CallLimits } from '../../../src/core/ledger/port/submit.ts'
import { applyRules } from '../../../src/core/plan/apply-rules.ts'
import { RELEASED_BRAKE } from '../../../src/core/plan/decide/brake.ts'
import { planEmployee } from '../../../src/core/plan/decide/plan.ts'
import { compileMapping } from '../../../src/core/plan/mapping/mapping.ts'
import { parseRecord } from '../../../src/core/plan/mapping/record.ts'
import { silentLogger } from '../../../src/core/runtime.ts'
import { digest, hrEvent, World } from '../conformance/ledger/world.ts'

const EMPLOYEES = ['m1', 'm2', 'm3'] as const
const COMPANIES = ['North', 'South', 'Other'] as const
const DESTINATIONS = ['north', 'south', 'others'] as const
type Destination = (typeof DESTINATIONS)[number]
type Company = (typeof COMPANIES)[number]

/** north and south are jobs of one tenant. */
const TENANTS: Readonly<Record<Destination, string>> = { north: 'one', south: 'one', others: 'two' }
const WINDOW = { windowMs: 5_000, perWindow: 3 }
const limitsOf = (destination: Destination): CallLimits => ({
  ...WINDOW,
  perDay: Infinity,
  quota: TENANTS[destination],
})

const mapping = compileMapping()
/** Rules, and where employees of a company belong by them, said once more in the simplest way. */
interface Written {
  readonly routing: Routing
  readonly home: Readonly<Record<Company, Destination>>
}
const RULES: readonly [Written, ...Written[]] = [
  {
    routing: routingOf({ name: 'north', where: { organization: 'North' }, mapping }, [
      { name: 'south', where: { organization: 'South' }, mapping },
      { name: 'others', where: null, mapping },
    ]),
    home: { North: 'north', South: 'south', Other: 'others' },
  },
  {
    routing: routingOf({ name: 'south', where: { organization: ['South', 'North'] }, mapping }, [
      { name: 'north', where: { organization: 'none' }, mapping },
      { name: 'others', where: null, mapping },
    ]),
    home: { North: 'south', South: 'south', Other: 'others' },
  },
]

/** What HR says of an employee, event by event. */
interface Said {
  readonly id: string
  readonly company?: Company
  readonly active?: boolean
  readonly rescinds?: string
}

/** The accounts of each destination: the employees whose account is enabled or disabled there. */
type Directory = Readonly<Record<Destination, Map<string, boolean>>>

/** Operations of a call that its job has not carried out. */
interface Call {
  readonly destination: Destination
  readonly operations: readonly BatchOperation[]
}

/** An operation that was carried out, and when. */
interface Done {
  readonly destination: Destination
  readonly employeeId: string
  readonly operation: string
  readonly at: number
}

const ANY_LETTER = { code: null, type: null, employeeId: null, since: null, until: null }
const WHO = { actor: 'ann', justification: 'ticket 7' }

/** Three employees, three jobs, and whatever happens between them. */
export class Movers {
  readonly wrong: string[] = []
  readonly directory: Directory = { north: new Map(), south: new Map(), others: new Map() }
  activations = 0
  /** The record of each account. */
  readonly #records = { north: new Map(), south: new Map(), others: new Map() } as const satisfies Readonly<
    Record<Destination, Map<string, string>>
  >
  readonly #said = new Map<string, Said[]>()
  readonly #ledger: Ledger
  readonly #worlds: ReadonlyMap<Destination, World>
  readonly #home: World
  #calls: Call[] = []
  readonly #done: Done[] = []
  readonly #callsOf = new Map<string, number[]>()
  readonly #blocked = new Set<string>()
  /** Employees whose account a job kept enabled when they left it. */
  readonly #skipped = new Set<string>()
  readonly #below: (most: number) => number
  /** `event:revision` of what was published. */
  readonly #outcomes: string[] = []
  #rules = RULES[0]
  #runs = 0

  constructor(ledger: Ledger, random: () => number) {
    this.#ledger = ledger
    this.#home = new World(ledger)
    this.#worlds = new Map(
      DESTINATIONS.map((name) => [
        name,
        new World({ ...ledger, ...ledgerOf(ledger, { name, quota: TENANTS[name] }) }),
      ]),
    )
    this.#below = (most) => Math.floor(random() * most)
  }

  async begin(): Promise<void> {
    await this.#apply()
    for (const name of DESTINATIONS) await this.#restart(name)
  }

  async step(number: number): Promise<void> {
    this.#home.now += 1_000
    const action = this.#below(40)
    if (action < 12) await this.#event(`e${number}`)
    else if (action < 22) await this.#plan()
    else if (action < 30) await this.#send(this.#pick(DESTINATIONS))
    else if (action < 34) await this.#answer(false)
    else if (action < 36) await this.#settle()
    else await this.#disturb()
  }

  async #disturb(): Promise<void> {
    switch (this.#below(6)) {
      case 0:
        return this.#restart(this.#pick(DESTINATIONS))
      case 1:
      case 2:
        return this.#repeat()
      case 3:
        return this.#block(this.#pick(EMPLOYEES))
      case 4:
        return this.#replay()
      default:
        this.#rules = this.#pick(RULES)
        return this.#apply()
    }
  }

  /** The jobs answer everything, until nothing is left to do. */
  async rest(): Promise<void> {
    for (let round = 0; round < 80; round++) {
      const { idle, nextAt } = await this.#ledger.readIdle(this.#home.now)
      this.#home.now = Math.max(this.#home.now + 60_000, idle ? (nextAt ?? 0) : 0)
      await this.#plan()
      for (const destination of DESTINATIONS) await this.#send(destination)
      while (this.#calls.length > 0) await this.#answer(true)
      await this.#settle()
      await this.#ledger.expireIncompleteEvents(this.#home.now, this.#home.now, 100)
      const after = await this.#ledger.readIdle(this.#home.now)
      if (after.idle && after.nextAt === null) return
    }
  }

  /** What must hold at rest, said by HR's events alone. Events that died count as never sent. */
  async judge(): Promise<void> {
    for (const employee of this.#said.keys()) await this.#judgeEmployee(employee)
    if (new Set(this.#outcomes).size !== this.#outcomes.length)
      this.wrong.push('an event has two outcomes of one revision')
    for (const [tenant, times] of this.#callsOf)
      for (const [index, at] of times.entries()) {
        const until = times[index + WINDOW.perWindow]
        if (until !== undefined && until - at < WINDOW.windowMs)
          this.wrong.push(`tenant ${tenant} has more calls in a window than it allows`)
      }
  }

  async #judgeEmployee(employee: string): Promise<void> {
    const said = this.#said.get(employee) ?? []
    const trace = await this.#ledger.readTrace(employee)
    const states = new Map((trace?.events ?? []).map(({ id, state }) => [id, state]))
    for (const { id } of said)
      if (!isFinal(states.get(id) ?? 'received')) this.wrong.push(`${id} of ${employee} is ${states.get(id)}`)
    const alive = said.filter(({ id }) => states.get(id) !== 'dead-lettered')
    const expected = this.#placesOf(employee, alive)
    const enabled = this.#enabled(employee)
    if (enabled.join() === expected.join()) return
    // A job may have carried out an event that died. Then it is a dead letter, and HR's word all the
    // same.
    if (alive.length < said.length && enabled.join() === this.#placesOf(employee, said).join()) return
    if (this.#skipped.has(employee) && (await this.#isTold(employee))) return
    const where = (list: readonly string[]): string => list.join(' and ') || 'none'
    this.wrong.push(`${employee} is enabled at ${where(enabled)}, not at ${where(expected)}`)
  }

  /** Where an employee of whom HR said this is enabled. */
  #placesOf(employee: string, said: readonly Said[]): readonly Destination[] {
    const rescinded = new Set(said.map(({ rescinds }) => rescinds))
    const counting = said.filter(({ id }) => !rescinded.has(id))
    const active = counting.findLast((one) => one.active !== undefined)?.active ?? false
    const company = counting.findLast((one) => one.company !== undefined)?.company ?? 'Other'
    return active && !this.#blocked.has(employee) ? [this.#rules.home[company]] : []
  }

  /** A finding or an open leaver case says that the account may still be enabled. */
  async #isTold(employeeId: string): Promise<boolean> {
    const query = { open: true, code: 'DepartureSkipped', employeeId, next: null, limit: 1 } as const
    const { findings } = await this.#ledger.listFindings(query)
    const cases = await this.#home.leavers()
    return findings.length > 0 || cases.some((one) => one.startsWith(`${employeeId} `))
  }

  #enabled(employee: string): readonly Destination[] {
    return DESTINATIONS.filter((one) => this.directory[one].get(employee) === true)
  }

  #pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.#below(list.length)] ?? list[0]
  }

  #at(destination: Destination): World {
    const world = this.#worlds.get(destination) ?? this.#home
    world.now = this.#home.now
    return world
  }

  async #event(id: string): Promise<void> {
    const employee = this.#pick(EMPLOYEES)
    const before = this.#said.get(employee) ?? []
    const kind = before.length === 0 ? 0 : this.#below(6)
    const moved = before.findLast(({ company, active }) => company !== undefined && active === undefined)
    const said: Said =
      kind === 0
        ? { id, company: this.#pick(COMPANIES), active: true }
        : kind === 1
          ? { id, active: false }
          : kind === 2 && moved
            ? { id, rescinds: moved.id }
            : { id, company: this.#pick(COMPANIES) }
    this.#said.set(employee, [...before, said])
    const worker = {
      ...(kind === 0 ? { userName: `${employee}@example.com` } : {}),
      ...(said.company === undefined ? {} : { organization: said.company }),
      ...(said.active === undefined ? {} : { active: said.active }),
      title: `title ${id}`,
    }
    const dated = { recordedAt: this.#home.now, effectiveAt: this.#home.now }
    const rescinds =
      said.rescinds === undefined ? {} : { rescinds: { source: '/hr/test', id: said.rescinds } }
    await this.#home.record(hrEvent(id, employee, said.rescinds ? {} : worker, { ...dated, ...rescinds }))
  }

  async #plan(): Promise<void> {
    const { routing } = this.#rules
    const rules = { mapping, routing, digest }
    const decisions = (await this.#home.due()).map((one) => planEmployee(one, this.#home.now, rules))
    await this.#ledger.commitPlan(decisions, RELEASED_BRAKE, this.#home.now)
  }

  async #send(destination: Destination): Promise<void> {
    const world = this.#at(destination)
    const limits = limitsOf(destination)
    const batch = await world.next({ limits })
    if (!batch) return
    const slot = await world.slot(batch, limits)
    if (slot.kind !== 'taken') return
    const { call, operations } = slot
    const accepted = { kind: 'accepted', call, acceptedAt: world.now, requestId: null } as const
    await this.#ledger.recordBatchAnswer(batch.id, accepted, world.now)
    this.#calls.push({ destination, operations })
    const tenant = TENANTS[destination]
    this.#callsOf.set(tenant, [...(this.#callsOf.get(tenant) ?? []), world.now])
  }

  /** The job of the oldest call carries it out, and its log says so, or does not. */
  async #answer(honest: boolean): Promise<void> {
    const call = this.#calls.shift()
    // A job that loses anything loses the whole call.
    if (!call || (!honest && this.#below(8) === 0)) return
    for (const operation of call.operations) {
      const luck = honest ? 0 : this.#below(20)
      if (luck < 16) await this.#confirm(call.destination, operation, luck < 15)
      else if (luck < 18) await this.#fail(call.destination, operation)
      else await this.#skip(call.destination, operation)
    }
  }

  async #confirm(destination: Destination, { employeeId, id, record }: BatchOperation, isLogged: boolean) {
    const world = this.#at(destination)
    const active = parseRecord(record)['active'] === true
    this.directory[destination].set(employeeId, active)
    this.#records[destination].set(employeeId, record)
    const enabled = this.#enabled(employeeId)
    if (enabled.length > 1 && !this.#skipped.has(employeeId))
      this.wrong.push(`${employeeId} is enabled at ${enabled.join(' and ')}`)
    if (active) this.activations += 1
    this.#done.push({ destination, employeeId, operation: id, at: world.now })
    if (!isLogged) return
    await world.correlate({
      joins: [{ record: world.logRecord(employeeId), operation: id, interim: 'confirmed' }],
    })
  }

  /** A job does not refuse a record that it has carried out. */
  async #fail(destination: Destination, operation: BatchOperation): Promise<void> {
    const { employeeId, id, record: sent } = operation
    if (this.#records[destination].get(employeeId) === sent)
      return this.#confirm(destination, operation, true)
    const world = this.#at(destination)
    const record = world.logRecord(employeeId, { code: 'InvalidValue' })
    await world.correlate({ joins: [{ record, operation: id, interim: 'failed' }] })
  }

  /** The job does not look at the account, for example because it is out of its scope. */
  async #skip(destination: Destination, { employeeId, id, record }: BatchOperation): Promise<void> {
    if (parseRecord(record)['active'] === true) return
    const world = this.#at(destination)
    if (this.directory[destination].get(employeeId) === true) this.#skipped.add(employeeId)
    const skipped = world.logRecord(employeeId, { code: 'NotEffectivelyEntitled' })
    await world.correlate({ joins: [{ record: skipped, operation: id, interim: 'skipped' }] })
  }

  /** The log tells once more, or only now, what was carried out. */
  async #repeat(): Promise<void> {
    const done = this.#done[this.#below(this.#done.length)]
    if (!done) return
    const world = this.#at(done.destination)
    const record = world.logRecord(done.employeeId, { activityAt: done.at })
    await world.correlate({ joins: [{ record, operation: done.operation, interim: 'confirmed' }] })
  }

  /** A restart drops what the job has not carried out. */
  async #restart(destination: Destination): Promise<void> {
    const world = this.#at(destination)
    this.#calls = this.#calls.filter((call) => call.destination !== destination)
    await world.ledger.recordJobRestart(world.now, world.now)
  }

  async #block(employeeId: string): Promise<void> {
    const { now } = this.#home
    if (this.#blocked.delete(employeeId)) await this.#ledger.unblockEmployee({ employeeId, ...WHO }, now)
    else {
      this.#blocked.add(employeeId)
      await this.#ledger.blockEmployees([{ employeeId, until: null, ...WHO }], now)
    }
  }

  async #replay(): Promise<void> {
    const page = { filter: ANY_LETTER, archived: true, next: null, limit: 100 }
    const { deadLetters } = await this.#ledger.listDeadLetters(page)
    if (deadLetters.length === 0) return
    const targets = deadLetters.map(({ seq, revision }) => ({ store: 'ledger', seq, revision }) as const)
    const order = { name: `run ${(this.#runs += 1)}`, selection: 'some', ...WHO, targets }
    const run = await this.#ledger.freezeReplay(order, this.#home.now)
    const parts = deadLetters.map(({ seq }) => ({ seq, kind: 'as it was' }) as const)
    await this.#ledger.putBackDeadLetters(run.id, parts, this.#home.now)
  }

  async #apply(): Promise<void> {
    const runtime = { now: () => this.#home.now, log: silentLogger, digest }
    await applyRules(this.#ledger, { pilot: null, destinations: this.#rules }, runtime)
  }

  async #settle(): Promise<void> {
    await this.#home.finalize()
    for (const destination of DESTINATIONS) await this.#at(destination).expire(100)
    const outcomes = await this.#home.outcomes()
    this.#outcomes.push(...outcomes.map((one) => one.split(':').slice(0, 2).join(':')))
    await this.#home.publishAll()
  }
}
