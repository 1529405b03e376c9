import assert from 'node:assert/strict'
import { it } from 'node:test'
import { overtakesUnanswered } from '../../../src/core/plan/overtake.ts'

void it('a deactivation overtakes only when the operation under way that was sent last activates', () => {
  const overtakes = (isInactive: boolean, ...active: readonly boolean[]): boolean =>
    overtakesUnanswered(isInactive, {
      unanswered: active.map((one, index) => ({ id: `op-${index}`, state: 'accepted', active: one })),
    })
  assert.deepEqual([overtakes(true, false, true), overtakes(true, true)], [true, true])
  assert.deepEqual([overtakes(true, true, false), overtakes(true)], [false, false])
  assert.equal(overtakes(false, true), false)
})
