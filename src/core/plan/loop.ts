import type { Ledger } from '../ledger/ledger.ts'
import { tendLeavers } from '../leavers/tend.ts'
import type { Runtime, TraceParent } from '../runtime.ts'
import { loop, type WakeableService } from '../service.ts'
import type { AttributionRules } from './decide/attribute-failure.ts'
import type { BrakeSettings } from '../ledger/port/plan.ts'
import type { FoldRules } from './fold/rules.ts'
import type { Pilot } from './pilot.ts'
import type { Routing } from '../destinations/routing.ts'
import type { Mapping } from './mapping/mapping.ts'
import type { Employee } from '../ledger/employee.ts'
import type { Decision } from '../ledger/decision.ts'
import { planEmployee } from './decide/plan.ts'
import type { PlanRules } from './decide/planning.ts'
import { pendingPlans } from './pending-plans.ts'

export interface PlanSettings {
  /** Employees planned in one transaction. */
  readonly employeesAtOnce: number
  readonly pollMs: number
  readonly maxWaitMs: number
  /**
   * How long an employee may lack required attributes before the events die as `IncompleteRecord`.
   */
  readonly incompleteMs: number
  readonly fold?: FoldRules
  readonly attributeFailure?: AttributionRules
  readonly brake: BrakeSettings
  readonly pilot?: Pilot
  readonly routing?: Routing
  /** Where several instances plan: how long one instance holds its claim on employees. */
  readonly claimMs?: number
}

/** Time between two assessments of the leaver cases that are due. */
const TEND_MS = 1_000
/**
 * The least time between planning some employees and looking for the next who become due, so that
 * events in quick succession are planned together and not each in a transaction of its own.
 */
const SPACING_MS = 50

export interface PlanContext {
  readonly ledger: Pick<
    Ledger,
    | 'claimDueEmployees'
    | 'commitPlan'
    | 'expireIncompleteEvents'
    | 'listOpenLeavers'
    | 'readNextDue'
    | 'settleLeavers'
  >
  readonly mapping: Mapping
  readonly settings: PlanSettings
  readonly runtime: Runtime
  /** Called after each turn that planned something. */
  readonly onPlanned: () => void
}

/**
 * Plans the employees that are due. An employee whose record takes long to compute does not delay
 * the others: they are committed first.
 */
export function planLoop({ ledger, mapping, settings, runtime, onPlanned }: PlanContext): WakeableService {
  let tendedAt = Number.NEGATIVE_INFINITY
  let plannedAt = Number.NEGATIVE_INFINITY
  const rules = rulesOf(mapping, settings, runtime)
  const pending = pendingPlans(runtime)

  /** Returns how many leaver cases were assessed. */
  const tend = async (now: number): Promise<number> => {
    const tended = await tendLeavers(ledger, now, settings.employeesAtOnce, settings.fold)
    for (const ms of tended.proofMs)
      runtime.telemetry.record('rollcall.leaver.proof_duration_seconds', ms / 1_000)
    return tended.assessed
  }

  /** Commits what can be decided in this turn. Returns how many employees that was. */
  const plan = async (employees: readonly Employee[], now: number, signal: AbortSignal): Promise<number> => {
    const decisions: Decision[] = []
    for (const employee of employees) {
      const decision = planEmployee(employee, now, rules)
      if (decision instanceof Promise) pending.add(employee, decision)
      else decisions.push(decision)
    }
    if (pending.size > 0) decisions.push(...(await pending.takeFinished(signal)))
    if (decisions.length === 0) return 0
    const result = await ledger.commitPlan(decisions, settings.brake, now)
    runtime.telemetry.count('rollcall.operations', result.operations, { state: 'planned' })
    return decisions.length
  }

  /** Another instance may record events, so a rest is never longer than `pollMs`. */
  const restUntil = (due: number | null, now: number): number =>
    due === null
      ? settings.pollMs
      : Math.min(settings.pollMs, Math.max(due - now, plannedAt + SPACING_MS - now, 1))

  return loop('plan', runtime, async (signal) => {
    const now = runtime.now()
    const { employeesAtOnce: limit, maxWaitMs, claimMs = 0 } = settings
    // Also while there is much to plan; and again at once while more cases are due than the limit.
    if (now - tendedAt >= TEND_MS || now < tendedAt) if ((await tend(now)) < limit) tendedAt = now
    const employees = await ledger.claimDueEmployees({ now, limit, maxWaitMs, claimMs })
    if (employees.length === 0 && pending.size === 0) {
      await ledger.expireIncompleteEvents(now - settings.incompleteMs, now, settings.employeesAtOnce)
      return restUntil(await ledger.readNextDue({ now, maxWaitMs }), now)
    }
    // An employee whose plan is pending is still due; only a new revision makes the plan begin
    // again.
    const fresh = employees.filter((employee) => !pending.has(employee))
    const span = { origins: originsIn(fresh, runtime), attributes: { 'rollcall.employees': fresh.length } }
    if ((await runtime.telemetry.span('rollcall.plan', span, () => plan(fresh, now, signal))) > 0) {
      plannedAt = now
      onPlanned()
    }
    return 0
  })
}

function rulesOf(mapping: Mapping, settings: PlanSettings, { digest }: Runtime): PlanRules {
  const { fold, pilot, routing, attributeFailure } = settings
  return {
    mapping,
    digest,
    ...(fold ? { fold } : {}),
    ...(pilot ? { pilot } : {}),
    ...(routing ? { routing } : {}),
    ...(attributeFailure ? { attributeFailure } : {}),
  }
}

/** The traces of the events that are planned for the first time. */
function originsIn(employees: readonly Employee[], { telemetry }: Runtime): readonly TraceParent[] {
  if (!telemetry.traces) return []
  return employees.flatMap(({ events }) =>
    events.flatMap(({ state, traceparent }) => (state === 'received' ? (traceparent ?? []) : [])),
  )
}
