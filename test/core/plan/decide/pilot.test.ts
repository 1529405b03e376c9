import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { Employee } from '../../../../src/core/ledger/employee.ts'
import { leavesFold } from '../../../../src/core/ledger/event-reason.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import { compileMapping } from '../../../../src/core/plan/mapping/mapping.ts'
import { parseRecord } from '../../../../src/core/plan/mapping/record.ts'
import { ENTERPRISE_USER } from '../../../../src/core/plan/mapping/scim.ts'
import { pilotOf } from '../../../../src/core/plan/pilot.ts'
import { PilotSettings } from '../../../../src/core/plan/settings.ts'
import { histories, NOW } from '../../../fakes/histories.ts'
import { runs } from '../../../fakes/runs.ts'

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
const rules = { mapping: compileMapping(), digest }
const pilot = (settings: object) => pilotOf(PilotSettings.parse(settings), [], digest)

const employees: fc.Arbitrary<Employee> = fc
  .record({
    employeeId: fc.constantFrom('10001', '10009'),
    events: histories(),
    acceptedHash: fc.constantFrom(null, 'other'),
    known: fc.boolean(),
    states: fc.array(fc.constantFrom('received', 'held', 'planned', 'confirmed'), {
      minLength: 9,
      maxLength: 9,
    }),
  })
  .map(({ events, states, ...rest }) => ({
    ...rest,
    revision: 1,
    unanswered: [],
    events: events.map((event, at) => {
      const state = event.dead ? ('dead-lettered' as const) : (states[at] ?? 'received')
      return { ...event, state, reason: null, by: null, dead: event.dead && leavesFold(null) }
    }),
  }))

void describe('the pilot', () => {
  void test('sends only employees that it names or whose attributes fit, leavers included, and changes nothing for them', () => {
    const within = pilot({ employees: ['10001'], where: { department: 'a' } })
    let sent = 0
    let held = 0
    fc.assert(
      fc.property(employees, (employee) => {
        const free = planEmployee(employee, NOW, rules)
        const kept = planEmployee(employee, NOW, { ...rules, pilot: within })
        assert(free.kind === 'decided' && kept.kind === 'decided')
        if (free.operation === null) return
        const extension = parseRecord(free.operation.record)[ENTERPRISE_USER]
        const department: unknown = Object(extension)['department']
        if (employee.employeeId === '10001' || department === 'a') {
          sent += 1
          assert.deepEqual(kept, free)
          return
        }
        held += 1
        assert.equal(kept.operation, null)
        assert.deepEqual(
          kept.events.map(({ seq, state, reason }) => [seq, state, reason]),
          free.events.map(({ seq, state, reason }) =>
            state === 'planned' ? [seq, 'held', 'Pilot'] : [seq, state, reason],
          ),
        )
      }),
      { numRuns: runs(10_000) },
    )
    assert.ok(Math.min(sent, held) > runs(10_000) / 10, `${sent} sent, ${held} held`)
  })

  void test('an attribute fits with one of several values, exactly as it is written, and a missing one never fits', () => {
    const { includes } = pilot({ where: { department: ['IT', 'HR'], country: 'DE' } })
    const has = (values: Record<string, string | null>) =>
      includes('1', new Map(Object.entries(values).map(([path, value]) => [path, { value, by: 1 }] as const)))
    assert.equal(has({ department: 'HR', country: 'DE' }), true)
    assert.equal(has({ department: 'HR' }), false)
    assert.equal(has({ department: 'HR', country: null }), false)
    assert.equal(has({ department: 'hr', country: 'DE' }), false)
  })

  void test('an id counts in the form that a source declares', () => {
    const { includes } = pilotOf(
      PilotSettings.parse({ employees: [42, ' ab1 '] }),
      [{ case: 'upper', pad: 6 }],
      digest,
    )
    const none = new Map()
    assert.deepEqual(
      ['42', '000042', 'AB1', 'ab1', 'aB1'].map((id) => includes(id, none)),
      [true, true, true, true, false],
    )
  })

  void test('without employees and attributes it is refused, because it would hold everyone', () => {
    assert.equal(PilotSettings.safeParse({}).success, false)
    assert.equal(PilotSettings.safeParse({ where: {} }).success, false)
  })

  void test('its mark changes with what it says, and not with the order in which it says it', () => {
    const { mark } = pilot({ employees: ['1', '2'] })
    assert.equal(pilot({ employees: ['2', '1'] }).mark, mark)
    assert.notEqual(pilot({ employees: ['1'] }).mark, mark)
    assert.ok(Number.isSafeInteger(mark) && mark > 0)
  })
})
