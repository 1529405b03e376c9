import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { DueQuery, Ledger } from '../../src/core/ledger/port.ts'
import { RELEASED_BRAKE } from '../../src/core/plan/brake.ts'
import { compileMapping } from '../../src/core/plan/mapping.ts'
import type { Decision, Person } from '../../src/core/plan/plan.ts'
import { planning, type PlanSettings } from '../../src/core/plan/planning.ts'
import { ledgerEvent } from '../fakes/events.ts'
import { virtualRuntime } from '../fakes/runtime.ts'

const settings: PlanSettings = {
  peopleAtOnce: 2,
  pollMs: 1_000,
  maxWaitMs: 10_000,
  incompleteMs: 3_600_000,
  brake: RELEASED_BRAKE,
}
const person = (employee: string): Person => ({
  employee,
  revision: 3,
  events: [
    {
      ...ledgerEvent(1, { employee, worker: { userName: 'ann', active: true } }),
      state: 'received',
      reason: null,
    },
  ],
  takenHash: null,
  known: false,
  unanswered: [],
})

function start(t: TestContext, people: readonly Person[]) {
  const runtime = virtualRuntime()
  const due = [...people]
  const queries: DueQuery[] = []
  const committed: (readonly Decision[])[] = []
  const expired: number[] = []
  let told = 0
  let refusals = 0
  const ledger: Pick<Ledger, 'duePeople' | 'commitPlan' | 'expireIncomplete'> = {
    duePeople: async (query) => {
      queries.push(query)
      return due.slice(0, query.limit)
    },
    commitPlan: async (decisions) => {
      if (refusals-- > 0) throw new TypeError('the ledger is away')
      committed.push(decisions)
      due.splice(0, decisions.length)
      return { operations: decisions.length, finals: 0, stale: 0 }
    },
    expireIncomplete: async (before) => expired.push(before),
  }
  const service = planning(ledger, compileMapping(), settings, runtime, () => (told += 1))
  const running = service.run()
  t.after(async () => {
    await service.stop()
    await running
  })
  return {
    runtime,
    queries,
    committed,
    expired,
    told: () => told,
    refuse: (times: number) => (refusals = times),
  }
}

void test('everybody who is due is planned, some at a time, each at the revision that was read', async (t) => {
  const { runtime, committed, queries, told } = start(t, [person('1'), person('2'), person('3')])
  await runtime.settle()
  assert.deepEqual(
    committed.map((decisions) => decisions.map(({ employee, revision, kind }) => [employee, revision, kind])),
    [
      [
        ['1', 3, 'decided'],
        ['2', 3, 'decided'],
      ],
      [['3', 3, 'decided']],
    ],
  )
  assert.deepEqual([queries[0]?.limit, queries[0]?.maxWaitMs, told()], [2, 10_000, 2])
})

void test('when nobody is due, those who lacked something for too long are given up', async (t) => {
  const { runtime, expired } = start(t, [])
  await runtime.settle()
  assert.deepEqual(expired, [runtime.now() - settings.incompleteMs])
})

void test('a plan that could not be committed is made again from what is read then', async (t) => {
  const { runtime, committed, queries, refuse } = start(t, [person('1')])
  refuse(1)
  await runtime.advance(5_000)
  assert.equal(committed.length, 1)
  assert(queries.length >= 2)
})
