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

/** How many people a second one core plans: `node test/bench/planning.ts [people]`. Each has a hire and two changes. */
const PEOPLE = Number(process.argv[2] ?? 20_000)
const AT_ONCE = 200

function employee(index: number): Employee {
  const employeeId = `e-${index}`
  const event = (seq: number, worker: EmployeeEvent['worker']): EmployeeEvent => ({
    ...ledgerEvent(index * 3 + seq, { employeeId, worker }),
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
    events: [event(0, hired), event(1, { title: 'Lead' }), event(2, { department: 'Research' })],
    acceptedHash: null,
    known: false,
    unanswered: [],
  }
}

async function measure(what: string, mapping: Mapping): Promise<void> {
  const employees = Array.from({ length: PEOPLE }, (_, index) => employee(index))
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
  process.stdout.write(
    `${what.padEnd(32)} ${Math.round(PEOPLE / seconds).toLocaleString('en')} people/s (${operations} operations)\n`,
  )
}

const displayName = { to: 'displayName', from: { jsonata: "name.givenName & ' ' & name.familyName" } }
const upper = { to: 'title', from: { jsonata: '$uppercase(title)' } }
const rest = DEFAULT_RULES.filter(({ to }) => to !== 'displayName' && to !== 'title')
// The first round warms the compiler up.
await measure('default mapping, first round', compileMapping())
await measure('default mapping', compileMapping())
for (const [where, evaluator] of [
  ['in this thread', evaluateHere()],
  ['in its process', expressionProcess()],
] as const) {
  await measure(
    `one expression, ${where}`,
    compileMapping(
      [...DEFAULT_RULES.filter(({ to }) => to !== 'displayName'), displayName],
      DEFAULT_REQUIRED,
      evaluator,
    ),
  )
  await measure(
    `two expressions, ${where}`,
    compileMapping([...rest, displayName, upper], DEFAULT_REQUIRED, evaluator),
  )
}
