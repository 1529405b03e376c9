import type { MappedRecord, PlainMapping } from '../mapping/mapping.ts'
import { decideRecord } from './decide-record.ts'
import { findingAboutEvent } from '../../findings/finding.ts'
import type { Decided, Decision, EventDecision } from '../../ledger/decision.ts'
import type { Employee } from '../../ledger/employee.ts'
import { nameLeaving } from './leaving.ts'
import { holdOutsidePilot } from './hold/outside-pilot.ts'
import { handleMappingFailure } from './mapping-failure.ts'
import {
  beginPlanning,
  type MappedPlanning,
  type Planning,
  type PlanRules,
  type Step,
  withRecord,
} from './planning.ts'
import { atPlace, withDestination, withMissing } from './place.ts'
import { respectDeactivation } from './hold/respect-deactivation.ts'
import { handleServiceFailure } from './service-failure.ts'

/**
 * Decides the record the directory should hold of one employee, the operation that brings it there,
 * and the state of each open event. Pure. Returns a promise only when the mapping computes.
 */
export function planEmployee(employee: Employee, now: number, rules: PlanRules<PlainMapping>): Decision
export function planEmployee(employee: Employee, now: number, rules: PlanRules): Decision | Promise<Decision>
export function planEmployee(
  employee: Employee,
  now: number,
  rules: PlanRules,
): Decision | Promise<Decision> {
  return runWithRecords(planSteps(employee, now, rules))
}

/** A pipe that asks for the record of each attempt and goes on once it has it. */
type PlanSteps = Generator<MappedRecord | Promise<MappedRecord>, Decision, MappedRecord>

/**
 * Runs the pipe at once while records come at once, and from the first promise on through promises.
 */
function runWithRecords(steps: PlanSteps, mapped?: MappedRecord): Decision | Promise<Decision> {
  let next = mapped === undefined ? steps.next() : steps.next(mapped)
  while (next.done !== true) {
    const asked = next.value
    if (asked instanceof Promise) return asked.then((record) => runWithRecords(steps, record))
    next = steps.next(asked)
  }
  return next.value
}

/**
 * Plans an employee; when events die of a failure, plans again without them. Each further attempt
 * has fewer open events or no failure to attribute, so this ends.
 */
function* planSteps(employee: Employee, now: number, rules: PlanRules): PlanSteps {
  const attempts: Attempt[] = []
  let attempted = employee
  for (;;) {
    const planning = atPlace(beginPlanning(attempted, now, rules))
    if (mustWait(planning)) return waitForAnswer(planning)
    const { mapping } = planning.rules
    const mapped: MappedRecord = yield mapping.map(attempted.employeeId, planning.state.attributes)
    const step = decideStep(withRecord(planning, withMissing(mapped, planning)))
    if (step.kind === 'decided') return finish(step.decision, planning, attempts)
    attempts.push({ planning, deadLettered: step.deadLettered })
    attempted = step.employee
  }
}

/** An attempt that was given up, and the events that died of it. */
interface Attempt {
  readonly planning: Planning
  readonly deadLettered: readonly EventDecision[]
}

function mustWait({ employee, overtakes }: Planning): boolean {
  return employee.unanswered.length > 0 && !overtakes
}

function waitForAnswer({ employee, state }: Planning): Decision {
  const { employeeId, revision } = employee
  return { kind: 'wait', employeeId, revision, nextAt: state.nextAt }
}

function decideStep(planning: MappedPlanning): Step {
  return handleMappingFailure(planning) ?? handleServiceFailure(planning) ?? decideRecord(planning)
}

/**
 * Completes the decision for the last attempt and then for each attempt before it, latest first.
 */
function finish(decision: Decided, last: Planning, attempts: readonly Attempt[]): Decided {
  return attempts.reduceRight(
    (decided, { planning, deadLettered }) =>
      complete({ ...decided, events: [...deadLettered, ...decided.events] }, planning),
    withDestination(complete(decision, last), last),
  )
}

function complete(decision: Decided, planning: Planning): Decided {
  const { employee, now, rules } = planning
  const found = holdOutsidePilot(withFindings(nameLeaving(decision, planning), planning), planning)
  return respectDeactivation(employee, found, now, rules.fold)
}

/** A termination that does not count where HR dated it is for a person to look at. */
function withFindings(decision: Decided, { employee, state }: Planning): Decided {
  const { late } = state
  const event = late && employee.events.find(({ seq }) => seq === late.termination)
  if (!event) return decision
  const from = employee.events.filter(({ seq }) => late.activations.includes(seq)).map(({ id }) => id)
  const finding = findingAboutEvent('TerminationBeforeStart', event, `counts from ${from.join(', ')} on`)
  return { ...decision, findings: [finding] }
}
