import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { EVENT_ARROWS, isFinal } from '../../../../src/core/ledger/lifecycle.ts'
import { holdBack, RELEASED_BRAKE, tooMany } from '../../../../src/core/plan/decide/brake.ts'
import { compileMapping } from '../../../../src/core/plan/mapping/mapping.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import { histories, NOW } from '../../../fakes/histories.ts'
import { runs } from '../../../fakes/runs.ts'

const settings = { windowMs: 86_400_000, absolute: 100, percent: 10, floor: 5 }

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
        const held = holdBack(decision)
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
