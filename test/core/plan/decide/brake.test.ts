import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { EVENT_ARROWS, isFinal } from '../../../../src/core/ledger/lifecycle.ts'
import {
  activeNeeded,
  judgeLeaving,
  leftOf,
  type LeavingEmployee,
  RELEASED_BRAKE,
  tooMany,
  underBrake,
} from '../../../../src/core/plan/decide/brake.ts'
import { compileMapping } from '../../../../src/core/plan/mapping/mapping.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import { histories, NOW } from '../../../fakes/histories.ts'
import { runs } from '../../../fakes/runs.ts'

const settings = { windowMs: 86_400_000, absolute: 100, percent: 10, floor: 5 }

const window = { counted: 0, active: 1_000, allowed: 0 }

function leaving(employeeId: string, effectiveAt = 0, recordedAt = 0): LeavingEmployee {
  return {
    employeeId,
    leaving: { seq: 1, source: '/hr', id: `${employeeId} leaves`, effectiveAt, recordedAt },
    passed: false,
    counted: false,
    held: false,
    refused: null,
  }
}

void describe('the brake', () => {
  void test('holds above the absolute limit, however many employees there are', () => {
    assert.equal(tooMany(100, 1_000_000, settings), false)
    assert.equal(tooMany(101, 1_000_000, settings), true)
  })

  void test('holds above a share of all active employees, once the floor is exceeded', () => {
    assert.equal(tooMany(5, 5, settings), false)
    assert.equal(tooMany(6, 60, settings), false)
    assert.equal(tooMany(7, 60, settings), true)
  })

  void test('holds nothing once it is released', () => {
    assert.equal(tooMany(1e9, 1, RELEASED_BRAKE), false)
  })

  void test('more deactivations never loosen it, and more active employees never tighten it', () => {
    const count = fc.nat({ max: 300 })
    fc.assert(
      fc.property(count, count, count, (employees, active, more) => {
        if (tooMany(employees, active, settings)) assert(tooMany(employees + more, active, settings))
        if (!tooMany(employees, active, settings)) assert(!tooMany(employees, active + more, settings))
      }),
      { numRuns: runs(10_000) },
    )
  })

  void test('active employees beyond those that are needed change no verdict', () => {
    const count = fc.nat({ max: 300 })
    const limits = fc.record({
      absolute: count,
      percent: fc.double({ min: 0, max: 100, noNaN: true }),
      floor: count,
    })
    fc.assert(
      fc.property(count, fc.nat({ max: 100_000 }), limits, (employees, active, given) => {
        const brake = { ...settings, ...given }
        const enough = Math.min(active, activeNeeded(employees, brake))
        for (let one = 0; one <= employees; one++)
          assert.equal(tooMany(one, enough, brake), tooMany(one, active, brake))
      }),
      { numRuns: runs(2_000) },
    )
  })

  void test('no more active employees are counted than a verdict needs', () => {
    assert.equal(activeNeeded(settings.floor, settings), 0)
    const needed = activeNeeded(6, settings)
    assert.equal(tooMany(6, needed, settings), tooMany(6, 1_000_000, settings))
    assert.ok(needed <= 61, `${needed}`)
    assert.equal(activeNeeded(1_000, settings), activeNeeded(settings.absolute, settings))
  })

  void test('the earlier termination goes first; at the same moment the one that HR recorded first', () => {
    const three = [leaving('a', 2, 0), leaving('b', 1, 5), leaving('c', 1, 4)]
    const { byEmployee, counted } = judgeLeaving(three, window, { ...settings, absolute: 2 })
    assert.deepEqual(
      [[...byEmployee], counted],
      [
        [
          ['c', 'passed'],
          ['b', 'passed'],
          ['a', 'held'],
        ],
        ['c', 'b'],
      ],
    )
  })

  void test('those whom no single event deactivates go before the others, in the order of their ids', () => {
    const none = (id: string): LeavingEmployee => ({ ...leaving(id), leaving: null })
    for (const four of [
      [none('b'), none('a'), leaving('d', 1), leaving('c', 1)],
      [leaving('c', 1), none('a'), leaving('d', 1), none('b')],
    ]) {
      const { counted } = judgeLeaving(four, window, settings)
      assert.deepEqual(counted, ['a', 'b', 'c', 'd'])
    }
  })

  void test('what is held or refused waits for an operator, however much room the window has', () => {
    const held = { ...leaving('a'), held: true }
    const refused = { ...leaving('b'), refused: { newestEvent: 1 } }
    const { byEmployee } = judgeLeaving([held, refused], { ...window, allowed: 9 }, RELEASED_BRAKE)
    assert.deepEqual([...byEmployee.values()], ['held', 'refused'])
  })

  void test('what passed before goes, and neither counts nor uses the allowance', () => {
    const { byEmployee, counted, byAllowance } = judgeLeaving(
      [
        { ...leaving('a'), passed: true },
        { ...leaving('b'), counted: true },
      ],
      { ...window, counted: 900, allowed: 1 },
      settings,
    )
    assert.deepEqual([[...byEmployee.values()], counted, byAllowance], [['passed', 'passed'], [], 0])
  })

  void test('a refusal does not cover a termination that HR sent after it: that one is held', () => {
    const refused = { ...leaving('a'), refused: { newestEvent: 0 } }
    assert.equal(judgeLeaving([refused], window, RELEASED_BRAKE).byEmployee.get('a'), 'held')
  })

  void test('the allowance is used up before the window counts', () => {
    const { byEmployee, counted, byAllowance } = judgeLeaving(
      ['a', 'b', 'c'].map((id) => leaving(id)),
      { ...window, allowed: 2 },
      { ...settings, absolute: 0 },
    )
    assert.deepEqual(
      [[...byEmployee], counted, byAllowance],
      [
        [
          ['a', 'passed'],
          ['b', 'passed'],
          ['c', 'held'],
        ],
        [],
        2,
      ],
    )
  })

  void test('an allowance has what is not used of it left, and never less than nothing', () => {
    const allowance = { amount: 5, used: 2, endsAt: 1, grantedBy: 'ada' }
    assert.deepEqual(
      [allowance, { ...allowance, used: 5 }, { ...allowance, used: 6 }, null].map(leftOf),
      [3, 0, 0, 0],
    )
  })

  void test('a held employee is not sent, keeps open events open, and loses no event', () => {
    const rules = { mapping: compileMapping(), digest: (text: string) => text }
    fc.assert(
      fc.property(histories(), (events) => {
        const theirs = events.map((event) => ({
          ...event,
          dead: false,
          state: 'received' as const,
          reason: null,
        }))
        const employee = {
          employeeId: '10001',
          revision: 1,
          events: theirs,
          acceptedHash: null,
          known: true,
          unanswered: [],
        }
        const decision = planEmployee(employee, NOW, rules)
        assert(decision.kind === 'decided')
        const held = underBrake(decision, 'held')
        assert.equal(held.operation, null)
        assert.deepEqual(
          held.events.map(({ seq }) => seq),
          decision.events.map(({ seq }) => seq),
        )
        for (const [index, { state }] of held.events.entries()) {
          assert(EVENT_ARROWS.received.includes(state) && state !== 'planned')
          assert.equal(isFinal(state), isFinal(decision.events[index]?.state ?? 'received'))
        }
      }),
      { numRuns: runs(5_000) },
    )
  })
})
