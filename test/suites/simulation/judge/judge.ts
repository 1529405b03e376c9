import { isDeepStrictEqual } from 'node:util'
import { reconcile } from '../../../../src/cli/support/reconcile.ts'
import type {
  IntakeBatch,
  ClaimedNotice,
  FinishedRead,
  RecordResult,
} from '../../../../src/core/ledger/port/intake.ts'
import type { Decision } from '../../../../src/core/ledger/decision.ts'
import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import type { PlanResult } from '../../../../src/core/ledger/port/plan.ts'
import type { BatchAnswer, Slot, SlotQuery } from '../../../../src/core/ledger/port/submit.ts'
import type { CorrelatedPage, ExpireQuery } from '../../../../src/core/ledger/port/report.ts'
import type { LeaverPage, LeaverStep } from '../../../../src/core/ledger/port/leavers.ts'
import type { JsonObject } from '../../../../src/core/model.ts'
import type { Settled } from '../outside/bus.ts'
import { Cases } from './cases.ts'
import type { Outside } from '../connector.ts'
import { erasedName, Erasures } from './erasures.ts'
import { valuesOf } from './fold.ts'
import { asNotice, Notices } from './notices.ts'
import { type Expected, expectedOf, type Holding, mayBeActive } from './oracle.ts'
import { type Known, leaves } from './standing.ts'
import { isNotice, type Said } from '../story.ts'
import { failedBy, untold } from './told.ts'

interface TakenOperation {
  readonly id: string
  readonly employee: string
}

/** Holds what the connector does against what it promises, from outside. */
export class Judge {
  readonly violations: string[] = []
  operations = 0
  readonly #ledger: Ledger
  #outside: Outside | null = null
  /** By id of a notice: when a read last gave it other values. */
  readonly #readAnewAt = new Map<string, number>()
  /** Messages that the ledger has committed, and the ids of the events in force among them. */
  readonly #committed = new Set<string>()
  readonly #said = new Map<string, Said>()
  /** By the id of each event that was ever taken in: whose it is. */
  readonly #owners = new Map<string, string>()
  /** Ids of events that died and came back for another employee. */
  readonly #handedOn = new Set<string>()
  readonly #discarded = new Set<string>()
  readonly #blocked = new Set<string>()
  /** By employee: when the deactivation was that a person released. */
  readonly #released = new Map<string, number | null>()
  /** By batch: what its last slot was taken for. */
  readonly #taken = new Map<string, readonly TakenOperation[]>()
  /** Operations that the service has accepted and the ledger still waits for, by id. */
  readonly #accepted = new Map<string, string>()
  /** By employee: every operation that a slot was taken for. */
  readonly #sent = new Map<string, Set<string>>()
  /** By operation: when its first slot was taken. */
  readonly #sentAt = new Map<string, number>()
  readonly cases: Cases
  /** When the last operation of an employee was planned, by the clock that planned it. */
  readonly #plannedAt = new Map<string, number>()
  #erasures: Erasures | null = null
  #notices: Notices | null = null

  constructor(ledger: Ledger) {
    this.#ledger = ledger
    this.cases = new Cases(
      {
        known: (employee) => this.#knownOf(employee),
        shows: (employee) => this.#outside?.entra.shows(employee) ?? null,
      },
      (what) => this.violated(what),
    )
  }

  watch(outside: Outside): void {
    this.#outside = outside
    this.#erasures = new Erasures(outside.entra)
    this.#notices = outside.hr && new Notices(outside.hr, (what) => this.violated(what))
  }
  violated(what: string): void {
    this.violations.push(what)
  }
  get events(): number {
    return this.#said.size
  }

  saidOf(id: string): Said | undefined {
    return this.#said.get(id)
  }
  patched(said: Said): void {
    this.#said.set(said.id, said)
  }
  discarded(id: string): void {
    this.#discarded.add(id)
  }
  /** A person says that a deactivation by another system may be reversed. */
  released(employee: string): void {
    this.#released.set(employee, this.#outside?.entra.disabledElsewhere(employee)?.at ?? null)
  }
  blocked(employee: string, is: boolean): void {
    if (is) this.#blocked.add(employee)
    else this.#blocked.delete(employee)
  }
  /** Rows of a file were imported, so many of them for the first time. */
  imported(rows: readonly Said[], fresh: number): void {
    const unknown = rows.filter(({ id }) => !this.#owners.has(id))
    if (fresh !== unknown.length) this.violated(`${fresh} rows were imported as new, ${unknown.length} are`)
    for (const said of unknown) {
      this.#owners.set(said.id, said.employee)
      this.#said.set(said.id, said)
      if (leaves(said)) this.cases.left(said)
    }
  }
  /** From now on the ledger knows nothing of this employee but what an erasure leaves. */
  erased(employee: string, now: number): void {
    const sent = this.#sent.get(employee) ?? new Set()
    this.#erasures?.add(employee, this.#knownOf(employee), new Set(sent), now)
    for (const [id, said] of this.#said) if (said.employee === employee) this.#said.delete(id)
    for (const id of sent) this.#accepted.delete(id)
    this.cases.erased(employee)
    for (const [batch, operations] of this.#taken)
      this.#taken.set(
        batch,
        operations.filter((one) => one.employee !== employee),
      )
  }

  /** No message is settled before the ledger has committed it. */
  settled({ sequence, as }: Settled): void {
    if (!this.#committed.has(sequence))
      this.violated(`message ${sequence} was settled (${as}) before its commit`)
  }

  /** Every call that the ledger carried out. */
  called(method: keyof Ledger, given: readonly unknown[], answer: unknown): void {
    if (method === 'recordMessages') this.#recorded(given[0] as IntakeBatch, answer as RecordResult)
    else if (method === 'takeSlot') {
      const { now } = given[1] as SlotQuery
      this.#slotTaken(given[0] as string, answer as Slot, now)
    } else if (method === 'recordBatchAnswer') this.#answered(given[0] as string, given[1] as BatchAnswer)
    else if (method === 'expireOperations')
      for (const id of (given[0] as ExpireQuery).operations) this.#accepted.delete(id)
    else if (method === 'commitPlan' && (answer as PlanResult).stale === 0)
      this.#planned(given[0] as readonly Decision[], given[2] as number)
    else if (method === 'listOpenLeavers') this.cases.read((answer as LeaverPage).leavers)
    else if (method === 'settleLeavers')
      this.cases.ended(given[0] as readonly LeaverStep[], answer as readonly number[], given[1] as number)
    else if (method === 'recordLogRecords') this.#joined((given[0] as CorrelatedPage).joins)
    else if (method === 'claimNotices') this.#notices?.claimed(answer as readonly ClaimedNotice[])
    else if (method === 'finishNotices') this.#read(given[0] as readonly FinishedRead[], given[1] as number)
    else if (method === 'recordJobRestart' && (answer as number) > 0) this.#accepted.clear()
  }

  /**
   * A change by another system that looks like an answer counts as one, and so does one by an operation
   * that an erasure removed: nothing tells them apart.
   */
  #joined(joins: CorrelatedPage['joins']): void {
    this.#outside?.entra.committed(joins.map(({ record }) => record.id))
    const forgotten = this.#erasures?.operations ?? new Set()
    for (const { record, operation } of joins) {
      const sentAt = operation === null ? undefined : this.#sentAt.get(operation)
      if (operation === null || sentAt === undefined) continue
      if (this.#outside?.entra.looksLikeAnswer(record.id, sentAt, forgotten)) this.#accepted.delete(operation)
    }
  }

  #planned(decisions: readonly Decision[], now: number): void {
    for (const decision of decisions)
      if (decision.kind === 'decided' && decision.operation) this.#plannedAt.set(decision.employeeId, now)
    this.cases.planned(decisions, now)
  }

  #recorded({ messages }: IntakeBatch, { refused = [], fresh, replays }: RecordResult): void {
    const out = new Set(refused.map(({ message }) => message))
    const known = this.#owners.size
    for (const [index, { sequence, rejected }] of messages.entries()) {
      this.#committed.add(sequence)
      const said = this.#outside?.bus.said(sequence)
      if (!said) continue
      const isRefused = rejected !== null || out.has(index)
      this.#arrived(said, isRefused, replays > 0)
    }
    if (fresh !== this.#owners.size - known)
      this.violated(`${fresh} events were taken as new, ${this.#owners.size - known} are`)
  }
  #read(results: readonly FinishedRead[], now: number): void {
    for (const said of this.#notices?.finished(results, (id) => this.#said.get(id)) ?? []) {
      if (!isDeepStrictEqual(this.#said.get(said.id)?.sets, said.sets)) this.#readAnewAt.set(said.id, now)
      this.#said.set(said.id, said)
    }
  }

  /** Whoever comes first keeps the id, until the event dies: what comes then is a replay, with what it says. */
  #arrived(said: Said, isRefused: boolean, mayBeReplay: boolean): void {
    const owner = this.#owners.get(said.id)
    const isStolen = owner !== undefined && owner !== said.employee
    const isReplay = isStolen && !isRefused && mayBeReplay
    if (isStolen !== isRefused && !isReplay && !(isStolen && this.#mayBeForgotten(said.id)))
      this.violated(`event ${said.id} was ${isRefused ? 'refused' : 'taken in'}`)
    const taken = isNotice(said) ? asNotice(said) : said
    if (leaves(taken) && (isRefused || owner === undefined || isReplay)) this.cases.left(taken)
    // A second arrival does not undo a patch, nor an erasure.
    if (isRefused || (owner !== undefined && !isReplay)) return
    if (isReplay) this.#handedOn.add(said.id)
    this.#owners.set(said.id, said.employee)
    this.#said.set(said.id, taken)
  }

  /**
   * The ledger forgets whose an event was that was put back, once the event itself is gone; and what
   * an event said before it was handed on is a duplicate of it.
   */
  #mayBeForgotten(id: string): boolean {
    const isTold = this.#outside?.outcomes.told.some(({ event, revision }) => event === id && revision > 1)
    return isTold === true || this.#handedOn.has(id) || !this.#said.has(id)
  }

  /** Nobody is sent active whom nothing allows to be, and nobody has two operations under way. */
  #slotTaken(batch: string, slot: Slot, now: number): void {
    if (slot.kind !== 'taken') return
    const operations = slot.operations.map(({ id, employeeId, record }) => ({
      id,
      employee: employeeId,
      active: (JSON.parse(record) as JsonObject)['active'] === true,
    }))
    for (const { id, employee, active } of operations) {
      if (!active) continue
      // An instance whose clock is ahead plans by its own time, and another may send what it planned.
      const at = Math.max(now, this.#plannedAt.get(employee) ?? 0)
      if (!mayBeActive(this.#knownOf(employee), at))
        this.violated(`${employee} is sent active without a word of HR`)
      for (const [other, whose] of this.#accepted)
        if (whose === employee && other !== id && this.#outside?.entra.isUnanswered(other))
          this.violated(`${employee} has two operations under way: ${other} and ${id}`)
    }
    this.#taken.set(batch, operations)
    for (const { id } of operations) this.#sentAt.set(id, this.#sentAt.get(id) ?? now)
    for (const { id, employee } of operations)
      this.#sent.set(employee, (this.#sent.get(employee) ?? new Set()).add(id))
  }
  #answered(batch: string, answer: BatchAnswer): void {
    if (answer.kind !== 'accepted') return
    for (const { id, employee } of this.#taken.get(batch) ?? []) {
      this.operations += 1
      this.#accepted.set(id, employee)
    }
  }

  /** What is not as it has to be once nothing is left to do. */
  async atRest(now: number): Promise<readonly string[]> {
    const outside = this.#outside
    if (!outside) return ['nothing was watched']
    const wrong = [...untold(this.#said.keys(), outside.outcomes.told)]
    wrong.push(...(this.#notices?.unread(this.#living()) ?? []))
    const { totals, stateCounts } = await this.#ledger.readCounts()
    wrong.push(...reconcile(totals, stateCounts).wrong)
    if (totals.messages !== this.#committed.size)
      wrong.push(`${totals.messages} messages are counted, ${this.#committed.size} were committed`)
    const ever = { from: 0, to: Number.MAX_SAFE_INTEGER, next: null, limit: 500 }
    const { leavers } = await this.#ledger.listLeaversIn(ever)
    wrong.push(...this.cases.atRest(leavers, !outside.retains))
    const open = new Set(leavers.flatMap(({ ended, employeeId }) => (ended ? [] : [employeeId])))
    wrong.push(...this.#erasedLeavers(open, now))
    for (const employee of new Set([...this.#said.values()].map((said) => said.employee))) {
      const known = this.#knownOf(employee)
      const should = expectedOf(known, now)
      const holds = outside.entra.directory.get(employee) ?? null
      if (isHeld(should, holds)) continue
      const by = valuesOf(known, now).get('active')?.by
      const isDecided = by !== undefined && this.cases.isDecided(employee, by.id)
      if (isDecided && isHeld({ ...should, active: true }, holds)) continue
      const isCaseOpen = open.has(employee) || open.has(erasedName(employee))
      if (should?.['active'] === false && holds?.['active'] === true && !isCaseOpen)
        wrong.push(`${employee} has left, is active in the directory, and no open case names them`)
      else {
        const told = outside.outcomes.told
          .filter(({ event }) => this.#said.get(event)?.employee === employee)
          .map(({ event, revision, state, reason }) => `${event}.${revision} ${state} ${reason ?? ''}`.trim())
        wrong.push(
          `${employee} holds ${JSON.stringify(holds)}, should ${JSON.stringify(should)}; ${told.join(', ')}`,
        )
      }
    }
    return wrong
  }

  /** Employees who were erased after they had left, are active in the directory, and are on no list. */
  #erasedLeavers(open: ReadonlySet<string>, now: number): readonly string[] {
    const { entra } = this.#outside ?? {}
    return (this.#erasures?.employees ?? []).flatMap((employee) => {
      const isActive = entra?.directory.get(employee)?.['active'] === true
      if (!isActive || entra?.wasEnabledElsewhere(employee) || !this.#erasures?.hadLeft(employee, now))
        return []
      const isSaid = [...this.#said.values()].some((said) => said.employee === employee)
      const names = [employee, erasedName(employee)]
      return isSaid || names.some((name) => open.has(name) || this.cases.isDecided(name, null))
        ? []
        : [`${employee} left and was erased, is active in the directory, and no open case says so`]
    })
  }

  /** Ids of events that are not dead, as far as it was told. */
  #living(): readonly string[] {
    const told = new Map(this.#outside?.outcomes.told.map(({ event, state }) => [event, state]))
    return [...this.#said.keys()].filter((id) => told.get(id) !== 'dead-lettered')
  }

  #knownOf(employee: string): Known {
    return {
      said: [...this.#said.values()].filter((said) => said.employee === employee),
      ...failedBy(this.#outside?.outcomes.told ?? [], this.#readAnewAt),
      discarded: this.#discarded,
      blocked: this.#blocked.has(employee),
      disabledElsewhere: this.#disabledElsewhere(employee),
      remains: this.#erasures?.remainsOf(employee) ?? null,
    }
  }

  #disabledElsewhere(employee: string): number | null {
    const one = this.#outside?.entra.disabledElsewhere(employee) ?? null
    return one?.isKnown && one.at !== this.#released.get(employee) ? one.at : null
  }
}

/**
 * An employee who has no account must not need one: nobody is known by name, nothing is to be held,
 * or the account would be disabled.
 */
function isHeld(should: Expected | null, holds: Holding | null): boolean {
  if (should === null) return true
  if (holds === null) return typeof should['userName'] !== 'string' || should['active'] === false
  return Object.entries(should).every(([name, value]) => (holds[name] ?? null) === value)
}
