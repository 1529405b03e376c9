import { sha256 } from '../../src/adapters/system.ts'
import { expressionProcess } from '../../src/adapters/expression-process/client.ts'
import type { Evaluator } from '../../src/core/expression/evaluator.ts'
import {
  compileMapping,
  DEFAULT_REQUIRED,
  DEFAULT_RULES,
  type Mapping,
} from '../../src/core/plan/mapping/mapping.ts'
import type { Decision } from '../../src/core/ledger/decision.ts'
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

const employees = Array.from({ length: EMPLOYEES }, (_, index) => employee(index))

/** Employees a second of processor time of this thread, as the planning loop plans them. */
async function measure(what: string, mapping: Mapping): Promise<void> {
  const rules = { mapping, digest: sha256 }
  const [usedBefore, startedAt] = [process.threadCpuUsage(), performance.now()]
  let operations = 0
  const count = (decision: Decision): void => {
    if (decision.kind === 'decided' && decision.operation) operations += 1
  }
  for (let from = 0; from < employees.length; from += AT_ONCE) {
    const pending: Promise<Decision>[] = []
    for (const one of employees.slice(from, from + AT_ONCE)) {
      const decision = planEmployee(one, NOW, rules)
      if (decision instanceof Promise) pending.push(decision)
      else count(decision)
    }
    for (const decision of await Promise.all(pending)) count(decision)
  }
  const seconds = (performance.now() - startedAt) / 1_000
  const { user, system } = process.threadCpuUsage(usedBefore)
  figures[`${what}, employees/s`] = EMPLOYEES / seconds
  figures[`${what}, employees a processor second`] = EMPLOYEES / ((user + system) / 1e6)
  wrong.push(...expect(`operations with ${what}`, operations, EMPLOYEES))
}

const names = "name.givenName & ' ' & name.familyName"
function mappingWith(expressions: Readonly<Record<string, string>>, evaluator: Evaluator): Mapping {
  const rest = DEFAULT_RULES.filter(({ to }) => !Object.hasOwn(expressions, to))
  const computed = Object.entries(expressions).map(([to, jsonata]) => ({ to, from: { jsonata } }))
  return compileMapping([...rest, ...computed], DEFAULT_REQUIRED, evaluator)
}

const figures: Record<string, number> = {}
const evaluator = expressionProcess()
const mappings: Readonly<Record<string, Mapping>> = {
  'default mapping': compileMapping(),
  'one simple expression': mappingWith({ displayName: names }, evaluator),
  'two simple expressions': mappingWith({ displayName: names, title: '$uppercase(title)' }, evaluator),
  // Functions that only JSONata has, evaluated in its process.
  'one expression of JSONata': mappingWith({ displayName: `$substring(${names}, 0, 60)` }, evaluator),
  'two expressions of JSONata': mappingWith(
    { displayName: `$substring(${names}, 0, 60)`, title: '$pad(title, 4)' },
    evaluator,
  ),
}
/** The last one counts; the compiler is not done before that. */
const PASSES = 5
for (let pass = 1; pass <= PASSES; pass++)
  for (const [what, mapping] of Object.entries(mappings)) await measure(what, mapping)
await evaluator.close()
printRound({ figures, settings: { employees: EMPLOYEES, events: EVENTS_EACH }, wrong })
