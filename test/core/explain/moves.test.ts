import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roleOf } from '../../../src/core/explain/moves.ts'

void test('an operation says its destination only where there are several, and a departure which one it leaves', () => {
  const mover = { departs: false, destination: 'south', lane: 'mover' }
  const role = (several: boolean, more: Partial<typeof mover> = {}) => roleOf({ ...mover, ...more }, several)
  assert.equal(role(false), 'mover')
  assert.equal(role(true), 'mover at south')
  assert.equal(role(true, { departs: true, lane: 'leaver' }), 'leaves south')
})
