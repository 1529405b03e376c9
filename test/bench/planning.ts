import { sha256 } from '../../src/adapters/system.ts'
import { expressionProcess } from '../../src/adapters/expression-process/client.ts'
import { evaluateHere } from '../../src/core/expression/evaluate.ts'
import {
  compileMapping,
  DEFAULT_REQUIRED,
  DEFAULT_RULES,
  type Mapping,
} from '../../src/core/plan/mapping/mapping.ts'
import type { Employee, EmployeeEvent } from '../../src/core/ledger/employee.ts'
import { planEmployee } from '../../src/core/plan/decide/plan.ts'
import { ledgerEvent } from '../fakes/events.ts'
import { NOW } from '../fakes/histories.ts'
import { expect, printRound } from './support/figures.ts'

/**
 * How many employees a second one core plans: `node test/bench/planning.ts [employees] [events]`.
 * Each has a hire, and changes after it.
 */
const EMPLOYEES = Number(process.argv[2] ?? 10_000)
const EVENTS_EACH = Number(process.argv[3] ?? 3)
const AT_ONCE = 200
const wrong: string[] = []

function employee(index: number): Employee {
  const employeeId = `e-${index}`
  const event = (seq: number, worker: EmployeeEvent['worker']): EmployeeEvent => ({
    ...ledgerEvent(index * EVENTS_EACH + seq, { employeeId, worker }),
    state: 'received',
    reason: null,
  })
  const name = { givenName: `Given ${index}`, familyName: `Family ${index}` }
  const hired = {
    userName: `u${index}@contoso.com`,
    name,
    active: true,
    title: 'Engineer',
    department: 'Development',
    managerId: 'e-0',
    emails: { work: `u${index}@contoso.com` },
  }
  return {
    employeeId,
    revision: 1,
    events: [
      event(0, hired),
      ...Array.from({ length: EVENTS_EACH - 1 }, (_, at) =>
        event(at + 1, at % 2 === 0 ? { title: `Lead ${at}` } : { department: `Research ${at}` }),
      ),
    ],
    acceptedHash: null,
    known: false,
    unanswered: [],
  }
}

/** Employees a second. */
async function measure(what: string, mapping: Mapping): Promise<number> {
  const employees = Array.from({ length: EMPLOYEES }, (_, index) => employee(index))
  const rules = { mapping, digest: sha256 }
  const startedAt = performance.now()
  let operations = 0
  // As the planning loop does it.
  for (let from = 0; from < employees.length; from += AT_ONCE) {
    const part = employees.slice(from, from + AT_ONCE)
    for (const decided of await Promise.all(part.map(async (one) => planEmployee(one, NOW, rules))))
      if (decided.kind === 'decided' && decided.operation) operations += 1
  }
  const seconds = (performance.now() - startedAt) / 1_000
  wrong.push(...expect(`operations with ${what}`, operations, EMPLOYEES))
  return EMPLOYEES / seconds
}

const displayName = { to: 'displayName', from: { jsonata: "name.givenName & ' ' & name.familyName" } }
const upper = { to: 'title', from: { jsonata: '$uppercase(title)' } }
const rest = DEFAULT_RULES.filter(({ to }) => to !== 'displayName' && to !== 'title')
const oneRules = [...DEFAULT_RULES.filter(({ to }) => to !== 'displayName'), displayName]
const twoRules = [...rest, displayName, upper]
const figures: Record<string, number> = {}
// The first round warms the compiler up.
await measure('the default mapping', compileMapping())
figures['employees/s'] = await measure('the default mapping', compileMapping())
for (const [where, evaluator] of [
  ['in this thread', evaluateHere()],
  ['in its process', expressionProcess()],
] as const)
  for (const [what, rules] of [
    ['one expression', oneRules],
    ['two expressions', twoRules],
  ] as const) {
    const name = `${what}, ${where}`
    figures[`${name}, employees/s`] = await measure(name, compileMapping(rules, DEFAULT_REQUIRED, evaluator))
  }
printRound({ figures, settings: { employees: EMPLOYEES, events: EVENTS_EACH }, wrong })
