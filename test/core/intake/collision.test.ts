import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isCollision } from '../../../src/core/intake/collision.ts'
import type { HrEvent } from '../../../src/core/model.ts'
import { ledgerEvent } from '../../fakes/events.ts'

const EVENT = ledgerEvent(1, {
  effectiveRaw: '2026-01-01',
  worker: { title: 'Engineer', name: { givenName: 'Ada', familyName: 'Example' } },
})
const collides = (event: Partial<HrEvent>, known: Partial<HrEvent> = {}): boolean =>
  isCollision({ ...EVENT, ...event }, { ...EVENT, ...known })

void describe('a second event with the source and id of a known one', () => {
  void it('is a duplicate with the same content, whatever the order of its attributes and its time', () => {
    assert.equal(collides({}), false)
    const worker = { name: { familyName: 'Example', givenName: 'Ada' }, title: 'Engineer' }
    assert.equal(collides({ worker, recordedAt: EVENT.recordedAt + 1 }), false)
  })

  void it('is another event when any of its content differs', () => {
    for (const other of [
      { employeeId: '10002' },
      { type: 'worker.terminated' },
      { mode: 'snapshot' },
      { effectiveRaw: '2026-01-02' },
      { effectiveRaw: null },
      { worker: { title: 'Engineer' } },
    ] as const)
      assert.equal(collides(other), true, JSON.stringify(other))
  })

  void it('is a duplicate when it is a notice, whether the known one was read or not', () => {
    const notice = { mode: 'notice', worker: {}, effectiveRaw: '2026-02-01' } as const
    assert.equal(collides(notice), false)
    assert.equal(collides(notice, { mode: 'notice', worker: { active: false } }), false)
    assert.equal(collides({ ...notice, employeeId: '10002' }), true)
    assert.equal(collides({}, notice), true)
  })
})
