import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { applyRules } from '../../../src/core/plan/apply-rules.ts'
import { RELEASED_BRAKE } from '../../../src/core/plan/decide/brake.ts'
import { planEmployee } from '../../../src/core/plan/decide/plan.ts'
import { compileMapping } from '../../../src/core/plan/mapping/mapping.ts'
import { parseRecord } from '../../../src/core/plan/mapping/record.ts'
import { ENTERPRISE_USER } from '../../../src/core/plan/mapping/scim.ts'
import { type Pilot, pilotOf } from '../../../src/core/plan/pilot.ts'
import { silentLogger } from '../../../src/core/runtime.ts'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { chance } from '../../fakes/history.ts'
import { digest, hrEvent, World } from '../conformance/ledger/world.ts'

/** `HISTORIES=10000` tries more, `SEED=2` others. */
const HISTORIES = Number(process.env['HISTORIES'] ?? 60)
const FROM = (Number(process.env['SEED'] ?? 1) - 1) * 1_000_000
const STEPS = 24
const EMPLOYEES = ['p1', 'p2', 'p3'] as const
const DEPARTMENTS = ['IT', 'HR'] as const
const mapping = compileMapping()

/**
 * A pilot as it was written; `all`: none. What is sent is judged by this, not by what it compiles
 * to.
 */
interface Written {
  readonly employees: readonly string[]
  readonly departments: readonly string[]
  readonly all?: true
}
const ONLY_P1: Written = { employees: ['p1'], departments: [] }
const PILOTS: readonly [Written, ...Written[]] = [
  ONLY_P1,
  { employees: [], departments: [], all: true },
  { employees: [], departments: ['IT'] },
  { employees: ['p2'], departments: ['HR'] },
]
const compiled = ({ employees, departments, all }: Written): Pilot | null =>
  all
    ? null
    : pilotOf(
        {
          employees: [...employees],
          ...(departments.length > 0 ? { where: { department: [...departments] } } : {}),
        },
        [],
        digest,
      )

/** Whether the pilot includes the employee, by the record itself. */
function fits({ employees, departments, all }: Written, employeeId: string, record: string): boolean {
  const department: unknown = Object(parseRecord(record)[ENTERPRISE_USER])['department']
  return all === true || employees.includes(employeeId) || departments.some((one) => one === department)
}

/**
 * One random history of three employees whose pilot changes; returns what was sent, in and outside
 * it.
 */
async function play(ledger: Ledger, random: () => number): Promise<{ sent: number; outside: string[] }> {
  const world = new World(ledger)
  const below = (most: number): number => Math.floor(random() * most)
  const pick = <T>(list: readonly [T, ...T[]]): T => list[below(list.length)] ?? list[0]
  let written = ONLY_P1
  const apply = () =>
    applyRules(ledger, { pilot: compiled(written) }, { now: () => world.now, log: silentLogger, digest })
  await apply()
  let sent = 0
  const outside: string[] = []
  for (let step = 0; step < STEPS; step++) {
    world.now += 1_000
    const employee = pick(EMPLOYEES)
    const id = `e${step}`
    const dated = { recordedAt: world.now, effectiveAt: world.now }
    const action = below(10)
    if (action < 3)
      await world.record(
        hrEvent(id, employee, { userName: employee, active: true, department: pick(DEPARTMENTS) }, dated),
      )
    else if (action < 4) await world.record(hrEvent(id, employee, { department: pick(DEPARTMENTS) }, dated))
    else if (action < 5) await world.record(hrEvent(id, employee, { active: false }, dated))
    else if (action < 6) {
      written = pick(PILOTS)
      await apply()
    } else if (action < 8) {
      const pilot = compiled(written)
      const rules = { mapping, digest, ...(pilot ? { pilot } : {}) }
      const decisions = (await world.due()).map((one) => planEmployee(one, world.now, rules))
      await ledger.commitPlan(decisions, RELEASED_BRAKE, world.now)
    } else {
      const batch = await world.next()
      if (!batch) continue
      const slot = await world.slot(batch)
      if (slot.kind !== 'taken') continue
      for (const { employeeId, record } of slot.operations) {
        sent += 1
        if (!fits(written, employeeId, record)) outside.push(`${employeeId} in step ${step}`)
      }
      const { call, operations } = slot
      const accepted = { kind: 'accepted', call, acceptedAt: world.now, requestId: null } as const
      await ledger.recordBatchAnswer(batch.id, accepted, world.now)
      const ids = operations.map((one): [string, string] => [one.employeeId, one.id])
      await world.answer({ batch, operations: new Map(ids) })
      await world.finalize()
    }
  }
  return { sent, outside }
}

void test('no employee outside the pilot is ever sent, in random histories in which the pilot changes', async (t) => {
  const { ledger, empty } = await openMemoryLedger()
  t.after(() => ledger.close())
  let sent = 0
  const wrong: string[] = []
  for (let seed = FROM + 1; seed <= FROM + HISTORIES; seed++) {
    const played = await play(ledger, chance(seed))
    sent += played.sent
    wrong.push(...played.outside.map((one) => `${seed}: ${one}`))
    await empty()
  }
  t.diagnostic(`${HISTORIES} histories, ${sent} records sent, ${wrong.length} outside the pilot`)
  assert.deepEqual(wrong.slice(0, 5), [])
  assert.ok(sent > HISTORIES / 2, `${sent} records were sent`)
})
