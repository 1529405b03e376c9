import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Decision } from '../../../src/core/ledger/decision.ts'
import { pendingPlans } from '../../../src/core/plan/pending-plans.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const { signal } = new AbortController()
const employee = (employeeId: string) => ({ employeeId, revision: 1 })
const decision = (employeeId: string): Decision => ({ kind: 'wait', ...employee(employeeId), nextAt: null })

void it('finished plans are taken at once, in the order they began, and no timer stays behind', async () => {
  const runtime = virtualRuntime()
  const pending = pendingPlans(runtime)
  const slow = Promise.withResolvers<Decision>()
  pending.add(employee('1'), slow.promise)
  pending.add(employee('2'), Promise.resolve(decision('2')))
  slow.resolve(decision('1'))
  assert.deepEqual(await pending.takeFinished(signal), [decision('1'), decision('2')])
  assert.deepEqual([pending.size, runtime.sleeping], [0, 0])
})

void it('a plan that failed is reported, and no longer pending', async () => {
  const pending = pendingPlans(virtualRuntime())
  pending.add(employee('1'), Promise.reject(new TypeError('unavailable')))
  assert.equal(pending.has(employee('1')), true)
  await assert.rejects(pending.takeFinished(signal), { message: 'unavailable' })
  assert.equal(pending.has(employee('1')), false)
})

void it('a newer revision of the employee is not the one that is pending', () => {
  const pending = pendingPlans(virtualRuntime())
  pending.add(employee('1'), Promise.withResolvers<Decision>().promise)
  assert.deepEqual([pending.has(employee('1')), pending.has({ employeeId: '1', revision: 2 })], [true, false])
})
