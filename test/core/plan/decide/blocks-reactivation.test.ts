import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import {
  type AccessEvent,
  blocksReactivation,
  liftsBlock,
} from '../../../../src/core/plan/decide/blocks-reactivation.ts'

const name = fc.record({ source: fc.constantFrom('acme', 'contoso'), id: fc.constantFrom('e-1', 'e-2') })
const accessEvent: fc.Arbitrary<AccessEvent> = fc.record({
  employeeId: fc.constantFrom('10001', '10002'),
  worker: fc.constantFrom({}, { active: true }, { active: false }, { title: 'Engineer' }),
  rescinds: fc.option(name, { nil: null }),
})
const target = fc.option(accessEvent, { nil: null })

void describe('blocking a reactivation', () => {
  void it('a dead termination always blocks', () => {
    fc.assert(
      fc.property(accessEvent, target, (dead, target) => {
        assert.equal(blocksReactivation({ ...dead, worker: { active: false } }, target), true)
      }),
    )
  })

  void it('a dead event that neither terminates nor rescinds never blocks', () => {
    fc.assert(
      fc.property(accessEvent, target, (dead, target) => {
        assert.equal(blocksReactivation({ ...dead, worker: {}, rescinds: null }, target), false)
      }),
    )
  })

  void it('a dead rescind blocks exactly when its target activates the same employee or is a rescind', () => {
    const rescind = { employeeId: '10001', worker: {}, rescinds: { source: 'acme', id: 'e-1' } }
    fc.assert(
      fc.property(target, (target) => {
        const expected =
          target !== null &&
          target.employeeId === '10001' &&
          (target.rescinds !== null || target.worker['active'] === true)
        assert.equal(blocksReactivation(rescind, target), expected)
      }),
    )
  })
})

void describe('editing a dead event that blocks a reactivation', () => {
  void it('the same access content never lifts the block', () => {
    fc.assert(
      fc.property(accessEvent, (dead) => {
        assert.equal(liftsBlock(dead, { ...dead, worker: { ...dead.worker, title: 'Clerk' } }), false)
      }),
    )
  })

  void it('without an edit that lifts the block, the edited event still blocks', () => {
    fc.assert(
      fc.property(accessEvent, accessEvent, target, (dead, edited, target) => {
        if (blocksReactivation(dead, target) && !liftsBlock(dead, edited))
          assert.equal(blocksReactivation(edited, target), true)
      }),
    )
  })

  void it('another employee, a termination taken out and another rescinded event each lift the block', () => {
    const dead = { employeeId: '10001', worker: { active: false }, rescinds: { source: 'acme', id: 'e-1' } }
    assert.equal(liftsBlock(dead, { ...dead, employeeId: '10002' }), true)
    assert.equal(liftsBlock(dead, { ...dead, worker: { active: true } }), true)
    assert.equal(liftsBlock(dead, { ...dead, rescinds: { source: 'acme', id: 'e-2' } }), true)
    assert.equal(liftsBlock(dead, { ...dead, rescinds: null }), true)
  })
})
