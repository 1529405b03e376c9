import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DeadLetter } from '../../../../src/core/report/dead-letters/dead-letter.ts'
import { planReplay } from '../../../../src/core/report/replay/plan-replay.ts'
import { selectedDead } from '../../../fakes/dead-letters.ts'
import { day, hrEvent } from '../../../fakes/events.ts'
import { rules } from '../../../fakes/people.ts'
import { shelved } from '../../../fakes/shelf.ts'

/** A message in the native dead-letter queue. */
function busDead(sequence: number, stale: boolean): DeadLetter {
  const name = { source: '/hr/acme', id: 'e-1', type: 'worker.updated', employeeId: '10001' }
  const letter = { ...name, events: [name], code: 'FieldMissing', stale, message: shelved(sequence) }
  return { store: 'bus', reason: 'unreadable', letter }
}

void describe('the plan of a replay', () => {
  void it('sends the last of several messages with the same event, only removes the others, and leaves out a refused one, stale or not', async () => {
    const events = [hrEvent('e-1', { worker: { title: 'Head' } })]
    const other = [...events, hrEvent('e-2', { worker: { title: 'Lead' } })]
    const plan = await planReplay(
      [
        selectedDead(busDead(1, false), { events }),
        selectedDead(busDead(2, true), { events: [hrEvent('e-9')] }),
        selectedDead(busDead(3, true), { refused: 'FieldMissing' }),
        selectedDead(busDead(4, false), { refused: 'FieldMissing' }),
        selectedDead(busDead(5, false), { events: other }),
        selectedDead(busDead(6, false), { events }),
      ],
      async () => [],
      day(9),
      rules,
    )
    const marks = plan.targets.map((target) => target.store === 'bus' && [target.sequence, target.stale])
    assert.deepEqual(marks, [
      ['1', true],
      ['2', true],
      ['5', false],
      ['6', false],
    ])
    assert.equal(plan.stale, 2)
    assert.deepEqual(
      plan.leftOut.map(({ id }) => id),
      ['hr-events#3', 'hr-events#4'],
    )
    assert.deepEqual(plan.counts, { bus: 4, ledger: 0, employees: 1, operations: 0 })
  })
})
