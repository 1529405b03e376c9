import type { ClosedAs } from '../../../../src/core/leavers/causes.ts'
import type { Decision } from '../../../../src/core/ledger/decision.ts'
import type {
  LeaverCase,
  LeaverStep,
  LeaverView,
  PastLeaver,
} from '../../../../src/core/ledger/port/leavers.ts'
import { valuesOf } from './fold.ts'
import type { Known } from './standing.ts'
import type { Said } from '../story.ts'

/** Who a case is about, and which of their events it follows. */
type About = Pick<LeaverCase, 'employeeId' | 'event'>

/** What is known outside the ledger. */
interface Facts {
  known(employee: string): Known
  /** Whether the account is active by the log; `null` before its first record. */
  shows(employee: string): boolean | null
}

/**
 * Holds leaver cases against what is known outside the ledger. An acknowledgement is a person's
 * decision about one leaving: it ends that case and proves nothing, and it counts until the employee
 * is planned as active again.
 */
export class Cases {
  readonly #facts: Facts
  readonly #violated: (what: string) => void
  /** Every event that said that an employee leaves, whatever became of it. */
  readonly #leavings: Said[] = []
  readonly #read = new Map<number, About>()
  readonly #ended = new Map<number, ClosedAs>()
  /** Acknowledged, and the employee was not active since. */
  readonly #decided = new Map<number, About>()

  constructor(facts: Facts, violated: (what: string) => void) {
    this.#facts = facts
    this.#violated = violated
  }

  left(said: Said): void {
    this.#leavings.push(said)
  }
  /** The cases that ended are gone with the employee, and the others name them no more. */
  erased(employee: string): void {
    const others = this.#leavings.filter((said) => said.employee !== employee)
    this.#leavings.splice(0, Infinity, ...others)
  }
  /** An employee who is active again leaves anew, even by the same event. */
  planned(decisions: readonly Decision[], now: number): void {
    for (const { kind, employeeId } of decisions)
      for (const [id, about] of this.#decided)
        if (kind === 'decided' && about.employeeId === employeeId && this.#mayBeActive(employeeId, now))
          this.#decided.delete(id)
  }
  read(leavers: readonly LeaverView[]): void {
    for (const { leaverCase } of leavers) this.#read.set(leaverCase.id, leaverCase)
  }
  acknowledged(id: number, about: About): void {
    this.#end(id, about, 'acknowledged')
    this.#decided.set(id, about)
  }

  /** Each end has a reason that can be seen from outside. */
  ended(steps: readonly LeaverStep[], ended: readonly number[], now: number): void {
    for (const step of steps) {
      const about = this.#read.get(step.id)
      if (step.kind !== 'ended' || !about || !ended.includes(step.id)) continue
      this.#end(step.id, about, step.as)
      const missing = this.#missing(about, step.as, now)
      if (missing !== null)
        this.#violated(`the leaver case of ${step.employeeId} ended as ${step.as}, and ${missing}`)
    }
  }

  #end(id: number, { employeeId }: About, as: ClosedAs): void {
    const before = this.#ended.get(id)
    if (before !== undefined) this.#violated(`leaver-${id} of ${employeeId} ended as ${before} and as ${as}`)
    this.#ended.set(id, as)
  }

  /** What would have to be so for a case to end like this; `null` when nothing is missing. */
  #missing({ employeeId, event }: About, as: ClosedAs, now: number): string | null {
    switch (as) {
      case 'proven':
        return this.#facts.shows(employeeId) === false ? null : 'the log shows no such thing'
      case 'superseded':
        return this.#isActive(this.#facts.known(employeeId), now)
          ? null
          : 'HR does not say that the employee is active'
      case 'rescinded':
        return this.#facts.known(employeeId).said.some(({ rescinds }) => rescinds === event.id)
          ? null
          : 'HR took nothing back'
      case 'discarded':
        return this.#facts.known(employeeId).discarded.has(event.id) ? null : 'no person discarded its event'
      case 'acknowledged':
        return 'no person acknowledged it'
    }
  }

  #mayBeActive(employee: string, now: number): boolean {
    const known = this.#facts.known(employee)
    return !known.blocked && this.#isActive(known, now)
  }
  /** Outcomes are published late, so an event may be dead without being known as dead. */
  #isActive(known: Known, now: number): boolean {
    return [known.dead, new Set<string>()].some(
      (dead) => valuesOf({ ...known, dead }, now).get('active')?.value === true,
    )
  }

  /** Whether a person has decided that nothing more is done about the leaving of this event. */
  isDecided(employee: string, event: string | null): boolean {
    return [...this.#decided.values()].some(
      (about) => about.employeeId === employee && (event === null || about.event.id === event),
    )
  }

  /** `areKept`: retention removed no case. */
  atRest(cases: readonly PastLeaver[], areKept: boolean): readonly string[] {
    const told = new Map(cases.map((one) => [one.id, one]))
    const opened = new Set(cases.map(({ employeeId, event }) => `${employeeId} ${event.id}`))
    const retold = [...this.#ended].flatMap(([id, as]) => {
      const one = told.get(id)
      const isSame = one?.ended?.as === as && (one.ended.acknowledged !== null) === (as === 'acknowledged')
      return !one || isSame
        ? []
        : [`leaver-${id} ended as ${as}, and is listed as ${one.ended?.as ?? 'open'}`]
    })
    const missed = this.#leavings.filter(({ employee, id }) => !opened.has(`${employee} ${id}`))
    return [
      ...retold,
      ...(areKept ? missed : []).map(({ employee, id }) => `${employee} leaves by ${id}, and had no case`),
    ]
  }
}
