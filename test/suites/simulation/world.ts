import type { MemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { chance as randomOf } from '../../fakes/history.ts'
import { type Chance, chanceOf } from '../../fakes/plain-event.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { Decision } from '../../../src/core/ledger/decision.ts'
import { type Action, actionsOf, INSTANCES } from './actions.ts'
import { clockFrom, type Instance, instanceOn } from './clock.ts'
import { carryOutCommand } from './commands.ts'
import { type Outside, startConnector } from './connector.ts'
import { Judge } from './judge/judge.ts'
import { LedgerFaults } from './ledger-faults.ts'
import { outsideOf } from './outside/outside.ts'
import { BROKEN_MS, HOUR, MINUTE } from './story.ts'
import { watchedLedger } from './watched-ledger.ts'

export const FROM = Date.UTC(2026, 10, 2, 8)
const CYCLE_MS = 10 * MINUTE
/** Long enough for every deadline, resend and retry to have come. */
const LONGEST_MS = 60 * 24 * HOUR
const SECOND = 1_000
/** How long an event waits for the call that it is to meet. */
const LONGEST_MEETING_MS = 40 * MINUTE
/** What was done last has so long to go wrong. */
const LAST_MS = 30 * MINUTE
const LOOK_MS = 60 * MINUTE
/** Once nothing goes wrong any more. */
const CALM_POLL_MS = 60 * MINUTE

/** What one run came to. */
export interface Run {
  readonly violations: readonly string[]
  readonly operations: number
  readonly events: number
  /** Every outcome in the order in which it was told. */
  readonly told: readonly string[]
  /** By kind, what was done to the connector. */
  readonly done: Readonly<Record<string, number>>
}

/** The actions of a seed. */
export function planOf(seed: number): readonly Action[] {
  return actionsOf(chanceOf(randomOf(seed)), FROM)
}

/** Plays the actions against the whole connector and says what it did that it must not. */
export async function play(seed: number, actions: readonly Action[], memory: MemoryLedger): Promise<Run> {
  const world = new World(seed, memory, actions)
  try {
    await world.play(actions)
    return world.result()
  } finally {
    await world.end()
    await memory.empty()
  }
}

class World {
  readonly #clock = clockFrom(FROM)
  readonly #chance: Chance
  readonly #outside: Outside
  readonly #judge: Judge
  readonly #ledgerFaults: LedgerFaults
  readonly #instances: Instance[] = []
  readonly #done: Record<string, number> = {}
  readonly #waiting = new Set<Pick<Extract<Action, { kind: 'arrival' }>, 'said' | 'meets'>>()
  #births = 0
  #isCalm = false

  constructor(seed: number, { ledger }: MemoryLedger, actions: readonly Action[]) {
    this.#chance = chanceOf(randomOf(seed + 0x5eed))
    this.#judge = new Judge(ledger)
    this.#ledgerFaults = new LedgerFaults(this.#clock, this.#chance)
    this.#outside = outsideOf(
      {
        clock: this.#clock,
        chance: this.#chance,
        ledger,
        judge: this.#judge,
        restOf: (ms) => (this.#isCalm ? CALM_POLL_MS : ms),
      },
      actions,
    )
    this.#judge.watch(this.#outside)
  }

  async play(actions: readonly Action[]): Promise<void> {
    for (let index = 0; index < (this.#outside.isShared ? INSTANCES : 1); index++) this.#start(index)
    this.#cycles()
    for (const action of actions) {
      await this.#until(action.at)
      this.#done[action.kind] = (this.#done[action.kind] ?? 0) + 1
      await this.#carryOut(action)
    }
    await this.#until(Math.max(this.#clock.now(), actions.at(-1)?.at ?? FROM) + LAST_MS)
    await this.#rest()
  }

  result(): Run {
    const { violations, operations, events } = this.#judge
    const told = this.#outside.outcomes.told.map(({ event, revision, state, reason }) =>
      [event, revision, state, reason].join(' '),
    )
    return { violations, operations, events, told, done: this.#done }
  }

  async end(): Promise<void> {
    for (const instance of this.#instances) instance.kill()
  }

  #until(moment: number): Promise<void> {
    const { violations } = this.#judge
    return this.#clock.until(moment, () => violations.length > 0)
  }

  #start(index: number): void {
    const number = ++this.#births
    const instance = instanceOn(this.#clock, number)
    const ledger = watchedLedger(this.#outside.ledger, instance, {
      before: (method, given) => this.#beforeLedger(method, given),
      carriedOut: (method, given, answer) => this.#judge.called(method, given, answer),
      after: (method) => {
        if (!this.#isCalm) this.#ledgerFaults.after(method)
      },
    })
    this.#instances[index] = instance
    const service = startConnector(`instance-${number}`, instance, { ...this.#outside, ledger })
    service.run().catch((error: unknown) => this.#judge.violated(`an instance ended: ${String(error)}`))
  }

  #arrive({ said, meets, breaksAccount }: Extract<Action, { kind: 'arrival' }>): void {
    const { bus, entra } = this.#outside
    if (breaksAccount) entra.breakAccount(said.employee, BROKEN_MS)
    if (meets === null) return bus.arrive(said)
    const waiting = { said, meets }
    this.#waiting.add(waiting)
    this.#clock.at(this.#clock.now() + LONGEST_MEETING_MS, () => {
      if (this.#waiting.delete(waiting)) bus.arrive(said)
    })
  }

  /** What waited for this call arrives, and has been committed when the call goes on. */
  async #meet(method: keyof Ledger, given: readonly unknown[]): Promise<void> {
    const about =
      method === 'commitPlan' ? (given[0] as readonly Decision[]).map((one) => one.employeeId) : null
    const met = [...this.#waiting].filter(
      ({ said, meets }) => meets === method && (about?.includes(said.employee) ?? true),
    )
    for (const waiting of met) {
      this.#waiting.delete(waiting)
      this.#outside.bus.arrive(waiting.said)
    }
    if (met.length > 0) await this.#clock.sleep(SECOND)
  }

  #beforeLedger(method: keyof Ledger, given: readonly unknown[]): Promise<void> | null {
    if (this.#waiting.size > 0 && (method === 'commitPlan' || method === 'takeSlot'))
      return this.#meet(method, given).then(() => this.#ledgerFault(method) ?? undefined)
    return this.#ledgerFault(method)
  }
  #ledgerFault(method: keyof Ledger): Promise<void> | null {
    return this.#isCalm || this.#ledgerFaults.isWell ? null : this.#ledgerFaults.before(method)
  }

  #cycles(): void {
    this.#clock.at(this.#clock.now() + CYCLE_MS, () => {
      this.#outside.entra.cycle()
      this.#cycles()
    })
  }

  async #carryOut(action: Action): Promise<void> {
    const { bus, outcomes, entra } = this.#outside
    const now = this.#clock.now()
    switch (action.kind) {
      case 'arrival':
        return this.#arrive(action)
      case 'bus away':
        return bus.drop(action.ms)
      case 'ledger away':
        return this.#ledgerFaults.away(action.ms)
      case 'ledger full':
        return this.#ledgerFaults.refuseWrites(action.ms, 'LedgerFull')
      case 'ledger read-only':
        return this.#ledgerFaults.refuseWrites(action.ms, 'LedgerRefused')
      case 'commits unanswered':
        return this.#ledgerFaults.loseAnswers(action.count)
      case 'ledger slow':
        return this.#ledgerFaults.slow(action.ms)
      case 'account broken':
        return entra.breakAccount(action.employee, action.ms)
      case 'elsewhere':
        return entra.changeElsewhere(action.employee, action.change)
      case 'log away':
        return entra.hideLog(action.ms)
      case 'log':
        return entra.failLog(action.fault)
      case 'job away':
        return entra.hideJob(action.ms, 'away')
      case 'job forbidden':
        return entra.hideJob(action.ms, 'forbidden')
      case 'job stopped':
        return entra.quarantine(action.ms)
      case 'lock lost':
        return bus.loseLock()
      case 'link closed': {
        const instance = this.#instances[action.instance]
        return instance && bus.closeLink(instance)
      }
      case 'bus busy':
        return bus.beBusy(action.ms)
      case 'settlements lost':
        return bus.loseSettlements(2)
      case 'outcomes fail':
        return outcomes.fail(2)
      case 'job restarted':
        return entra.restart()
      case 'call':
        return entra.failCall(action.fault)
      case 'operation':
        return entra.failOperation(action.employee, action.fault)
      case 'killed':
        this.#instances[action.instance]?.kill()
        return this.#start(action.instance)
      case 'frozen': {
        const instance = this.#instances[action.instance]
        instance?.freeze()
        return this.#clock.at(now + action.ms, () => {
          instance?.thaw()
          bus.deliver()
        })
      }
      case 'clock':
        return this.#instances[action.instance]?.setClock(action.offsetMs)
      case 'time jumps':
        return this.#until(now + action.ms)
      case 'read':
        return this.#outside.hr?.fail(action.fault)
      case 'copies':
        return this.#outside.copies?.fault(action.fault)
      case 'replay':
      case 'patch':
      case 'discard':
      case 'archive':
      case 'resend':
      case 'release':
      case 'refuse':
      case 'acknowledge':
      case 'findings':
      case 'block':
      case 'unblock':
      case 'erase':
      case 'import':
        return carryOutCommand(action, this.#outside.ledger, now, this.#judge)
    }
  }

  /**
   * Nothing goes wrong any more, and an operator does what is left to do, until nothing changes.
   */
  async #rest(): Promise<void> {
    const { ledger } = this.#outside
    this.#isCalm = true
    for (const instance of this.#instances) {
      instance?.thaw()
      instance?.setClock(0)
    }
    this.#outside.bus.deliver()
    const limit = this.#clock.now() + LONGEST_MS
    for (let round = 0; this.#judge.violations.length === 0; round++) {
      await this.#untilQuiet(limit)
      const wrong = await this.#judge.atRest(this.#clock.now())
      if (wrong.length === 0) return this.#copiesAtRest()
      if (this.#clock.now() >= limit || round > 6) return void wrong.map((what) => this.#judge.violated(what))
      for (const kind of ['release', 'findings', 'replay'] as const)
        await carryOutCommand({ kind }, ledger, this.#clock.now(), this.#judge)
      // A resend may lie a day ahead.
      await this.#until(this.#clock.now() + (round < 2 ? 2 * HOUR : 30 * HOUR))
    }
  }

  async #copiesAtRest(): Promise<void> {
    const { copies, ledger } = this.#outside
    if (!copies) return
    // Until every dead letter was copied, and what is out of date was found and removed.
    await this.#until(this.#clock.now() + 2 * CALM_POLL_MS + 15 * MINUTE)
    for (const what of await copies.atRest(ledger)) this.#judge.violated(what)
  }

  async #untilQuiet(limit: number): Promise<void> {
    const { bus, entra, ledger } = this.#outside
    for (;;) {
      await this.#until(this.#clock.now() + LOOK_MS)
      if (this.#judge.violations.length > 0 || this.#clock.now() >= limit) return
      if (bus.waiting > 0 || !entra.isQuiet) continue
      const { idle, nextAt } = await ledger.readIdle(this.#clock.now())
      if (idle && (nextAt === null || nextAt > this.#clock.now() + 2 * HOUR)) return
    }
  }
}
