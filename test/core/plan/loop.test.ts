import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { DueQuery } from '../../../src/core/ledger/port/plan.ts'
import { RELEASED_BRAKE } from '../../../src/core/plan/decide/brake.ts'
import type { Evaluated, Evaluator } from '../../../src/core/expression/evaluator.ts'
import type { Json } from '../../../src/core/model.ts'
import { compileMapping, DEFAULT_RULES, type Mapping } from '../../../src/core/plan/mapping/mapping.ts'
import type { Decision } from '../../../src/core/ledger/decision.ts'
import type { LeaverView } from '../../../src/core/ledger/port/leavers.ts'
import type { Employee, EmployeeEvent } from '../../../src/core/ledger/employee.ts'
import { planLoop, type PlanSettings } from '../../../src/core/plan/loop.ts'
import { silentTelemetry, type Telemetry } from '../../../src/core/runtime.ts'
import { day, ledgerEvent } from '../../fakes/events.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'
import { runUntilEnd } from '../../fakes/run-until-end.ts'

const settings: PlanSettings = {
  employeesAtOnce: 2,
  pollMs: 1_000,
  maxWaitMs: 10_000,
  incompleteMs: 3_600_000,
  brake: RELEASED_BRAKE,
}
const employee = (employeeId: string): Employee => ({
  employeeId,
  revision: 3,
  events: [
    {
      ...ledgerEvent(1, { employeeId, worker: { userName: 'ann', active: true } }),
      state: 'received',
      reason: null,
    },
  ],
  acceptedHash: null,
  known: false,
  unanswered: [],
})

/** A case that waits for its date. */
const LEAVER: LeaverView = {
  leaverCase: {
    id: 1,
    employeeId: '1',
    event: { source: '/hr/acme', id: 'e-1' },
    effectiveAt: day(300),
    receivedAt: day(1),
    recordedAt: day(1),
    openedAt: day(1),
    resends: 0,
    refused: false,
  },
  employee: employee('1'),
  candidates: [],
  directory: { disabled: false, since: null },
  emergency: { disabledAt: null, wait: null },
  brake: null,
  last: null,
}

function start(
  t: TestContext,
  employees: readonly Employee[],
  mapping: Mapping = compileMapping(),
  nextDue: (now: number) => number | null = () => null,
  {
    telemetry = {},
    leavers = [],
  }: {
    readonly telemetry?: Partial<Telemetry>
    /** The leaver cases that are due, look by look. */
    readonly leavers?: readonly (readonly LeaverView[])[]
  } = {},
) {
  const virtual = virtualRuntime()
  const runtime = { ...virtual, telemetry: { ...virtual.telemetry, ...telemetry } }
  const due = [...employees]
  const queries: DueQuery[] = []
  const committed: (readonly Decision[])[] = []
  const expired: number[] = []
  const tended: number[] = []
  let told = 0
  let refusals = 0
  const ledger: Parameters<typeof planLoop>[0]['ledger'] = {
    claimDueEmployees: async (query) => {
      queries.push(query)
      return due.slice(0, query.limit)
    },
    readNextDue: async ({ now }) => nextDue(now),
    commitPlan: async (decisions) => {
      if (refusals-- > 0) throw new TypeError('the ledger is away')
      committed.push(decisions)
      for (const { employeeId, revision } of decisions) {
        const at = due.findIndex((one) => one.employeeId === employeeId && one.revision === revision)
        if (at >= 0) due.splice(at, 1)
      }
      return { operations: decisions.length, finals: 0, stale: 0 }
    },
    expireIncompleteEvents: async (before) => expired.push(before),
    listOpenLeavers: async () => {
      tended.push(runtime.now())
      return { leavers: leavers[tended.length - 1] ?? [], next: null }
    },
    settleLeavers: async () => [],
  }
  const service = planLoop({ ledger, mapping, settings, runtime, onPlanned: () => (told += 1) })
  runUntilEnd(t, service)
  return {
    runtime,
    due,
    stop: () => service.stop(),
    queries,
    committed,
    expired,
    tended,
    told: () => told,
    refuse: (times: number) => (refusals = times),
  }
}

void test('every due employee is planned, some at a time, each at the revision that was read', async (t) => {
  const { runtime, committed, queries, told } = start(t, [employee('1'), employee('2'), employee('3')])
  await runtime.settle()
  assert.deepEqual(
    committed.map((decisions) =>
      decisions.map(({ employeeId, revision, kind }) => [employeeId, revision, kind]),
    ),
    [
      [
        ['1', 3, 'decided'],
        ['2', 3, 'decided'],
      ],
      [['3', 3, 'decided']],
    ],
  )
  assert.deepEqual([queries[0]?.limit, queries[0]?.maxWaitMs, told()], [2, 10_000, 2])
  assert.equal(queries[0]?.claimMs, 0, 'one instance claims nothing')
})

void test('when no employee is due, those incomplete for too long are given up', async (t) => {
  const { runtime, expired } = start(t, [])
  await runtime.settle()
  assert.deepEqual(expired, [runtime.now() - settings.incompleteMs])
})

void test('a plan that could not be committed is made again from a fresh read', async (t) => {
  const { runtime, committed, queries, refuse } = start(t, [employee('1')])
  refuse(1)
  await runtime.advance(5_000)
  assert.equal(committed.length, 1)
  assert(queries.length >= 2)
})

/** An evaluator that answers when the test releases it, by the names of employees. */
function heldEvaluator(): Evaluator & {
  readonly asked: string[]
  answer(employeeId: string, answer?: Evaluated): void
  refuse(employeeId: string): void
} {
  const waiting = new Map<Json | undefined, PromiseWithResolvers<readonly Evaluated[]>>()
  const asked: string[] = []
  return {
    asked,
    evaluate: ({ bindings }) => {
      const one = Promise.withResolvers<readonly Evaluated[]>()
      waiting.set(bindings['employee'], one)
      asked.push(JSON.stringify(bindings['employee']))
      return one.promise
    },
    answer: (employeeId, answer = { kind: 'value', value: 'made' }) =>
      waiting.get(employeeId)?.resolve([answer]),
    refuse: (employeeId) => waiting.get(employeeId)?.reject(new TypeError('unavailable')),
  }
}
const computing = (evaluator: Evaluator): Mapping =>
  compileMapping(
    [...DEFAULT_RULES, { to: 'profileUrl', from: { jsonata: '$string(title)' } }],
    ['userName', 'active'],
    evaluator,
  )
const names = (committed: readonly (readonly Decision[])[]): readonly (readonly string[])[] =>
  committed.map((decisions) => decisions.map(({ employeeId }) => employeeId))

void test('an employee whose record takes long to compute blocks no other, and is committed when it is done', async (t) => {
  const evaluator = heldEvaluator()
  const { runtime, committed } = start(t, [employee('slow'), employee('1')], computing(evaluator))
  await runtime.settle()
  evaluator.answer('1')
  await runtime.advance(200)
  assert.deepEqual(names(committed), [['1']])
  await runtime.advance(2_000)
  assert.deepEqual(evaluator.asked, ['"slow"', '"1"'], 'it is not begun again for being still due')
  evaluator.answer('slow')
  await runtime.advance(200)
  assert.deepEqual(names(committed), [['1'], ['slow']])
})

void test('a new event of an employee does not wait for the plan that is being computed', async (t) => {
  const evaluator = heldEvaluator()
  const { runtime, committed, due } = start(t, [employee('slow')], computing(evaluator))
  await runtime.advance(1_000)
  due.splice(0, 1, { ...employee('slow'), revision: 4 })
  await runtime.advance(1_000)
  assert.deepEqual(evaluator.asked, ['"slow"', '"slow"'])
  evaluator.answer('slow')
  await runtime.advance(200)
  assert.deepEqual(
    committed.map((decisions) => decisions.map(({ revision }) => revision)),
    [[4]],
  )
})

void test('when nothing can be computed at the moment nothing is committed, and the employee is planned again', async (t) => {
  const evaluator = heldEvaluator()
  const { runtime, committed } = start(t, [employee('1')], computing(evaluator))
  await runtime.settle()
  evaluator.refuse('1')
  await runtime.advance(5_000)
  assert.deepEqual([names(committed), evaluator.asked], [[], ['"1"', '"1"']])
  evaluator.answer('1')
  await runtime.advance(200)
  assert.deepEqual(names(committed), [['1']])
})

void test('a plan that is still being computed does not delay the stop', async (t) => {
  const evaluator = heldEvaluator()
  const { runtime, stop, committed, told } = start(t, [employee('slow')], computing(evaluator))
  await runtime.advance(500)
  assert.equal(told(), 0, 'nothing was planned yet')
  let stopped = false
  void stop().then(() => (stopped = true))
  await runtime.settle()
  assert.deepEqual([stopped, evaluator.asked, committed], [true, ['"slow"'], []])
})

void test('planning rests until the next employee becomes due, and never longer than between two looks', async (t) => {
  const dueAt: { at: number | null } = { at: null }
  const { runtime, due, committed, queries } = start(t, [], compileMapping(), () => dueAt.at)
  dueAt.at = runtime.now() + 1_000 + 300
  await runtime.advance(1_000)
  due.push(employee('1'))
  await runtime.advance(299)
  assert.equal(committed.length, 0)
  await runtime.advance(1)
  assert.equal(committed.length, 1)
  dueAt.at = null
  const looks = queries.length
  await runtime.advance(5_000)
  assert.ok(queries.length >= looks + 4)
})

void test('an employee who becomes due in a millisecond is planned then', async (t) => {
  const { runtime, due, committed } = start(t, [], compileMapping(), (now) => now + 1)
  await runtime.settle()
  due.push(employee('1'))
  await runtime.advance(1)
  assert.equal(committed.length, 1)
})

void test('employees who become due one after the other are planned together, some milliseconds apart', async (t) => {
  const { runtime, due, committed } = start(t, [], compileMapping(), (now) => now + 1)
  for (let n = 0; n < 100; n++) {
    due.push(employee(`${n}`))
    await runtime.advance(1)
  }
  await runtime.advance(100)
  assert.deepEqual(due, [])
  assert.ok(committed.length >= 50 && committed.length <= 54, `${committed.length} transactions`)
})

void test('as long as all that were asked for were due, leaver cases are assessed again at once', async (t) => {
  const dueCases = [settings.employeesAtOnce, settings.employeesAtOnce, settings.employeesAtOnce - 1]
  const employees = Array.from({ length: 9 }, (_, index) => employee(`${index}`))
  const leavers = dueCases.map((count) => Array.from({ length: count }, () => LEAVER))
  const { runtime, tended } = start(t, employees, undefined, undefined, { leavers })
  const began = runtime.now()
  await runtime.settle()
  assert.deepEqual(tended, [began, began, began])
})

void test('a plan is part of the traces of the events that it plans for the first time', async (t) => {
  const origins: unknown[] = []
  const span: Telemetry['span'] = (name, options, work) => {
    origins.push([name, options.origins, options.attributes])
    return silentTelemetry.span(name, options, work)
  }
  const traced = (state: 'received' | 'confirmed', traceparent: string | null): EmployeeEvent => ({
    ...ledgerEvent(1, { worker: { userName: 'ann', active: true } }),
    seq: traceparent === null ? 1 : traceparent.length,
    state,
    reason: null,
    traceparent,
  })
  const events = [traced('received', 'a'), traced('confirmed', 'bb'), traced('received', null)]
  for (const traces of [true, false]) {
    const { runtime } = start(t, [{ ...employee('1'), events }], undefined, undefined, {
      telemetry: { span, traces },
    })
    await runtime.settle()
  }
  assert.deepEqual(origins, [
    ['rollcall.plan', ['a'], { 'rollcall.employees': 1 }],
    ['rollcall.plan', [], { 'rollcall.employees': 1 }],
  ])
})

void test('leaver cases are assessed once a second, also while there is much to plan', async (t) => {
  const employees = Array.from({ length: 9 }, (_, index) => employee(`${index}`))
  const { runtime, committed, tended } = start(t, employees)
  const began = runtime.now()
  await runtime.settle()
  assert.deepEqual([committed.length, tended], [5, [began]])
  await runtime.advance(2_999)
  assert.deepEqual(tended, [began, began + 1_000, began + 2_000])
})
