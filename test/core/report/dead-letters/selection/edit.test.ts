import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  isSameEvent,
  refusalOfEdit,
  refusalOfPatch,
} from '../../../../../src/core/report/dead-letters/selection/edit.ts'
import { hrEvent } from '../../../../fakes/events.ts'

const update = hrEvent('e-1', { worker: { title: 'Engineer' } })
const termination = hrEvent('e-2', { type: 'worker.terminated', worker: { active: false } })
const nameOf = (type: string) => ({ source: '/hr/acme', id: 'e-2', type, employeeId: '10001' })

void describe('an edit of a message', () => {
  void it('may change every value as long as the events stay the same', () => {
    const edited = { ...update, worker: { title: 'Architect' }, employeeId: '10002' }
    assert.equal(refusalOfEdit([], [update], [edited]), null)
    assert.equal(refusalOfEdit([], [termination], [{ ...termination, effectiveAt: 0 }]), null)
  })

  void it('may add an event, and may not remove or rename one', () => {
    assert.equal(refusalOfEdit([], [update], [update, hrEvent('e-3')]), null)
    assert.equal(refusalOfEdit([], [update, termination], [termination]), 'EditNamesAnotherEvent')
    assert.equal(refusalOfEdit([], [update], [{ ...update, id: 'e-9' }]), 'EditNamesAnotherEvent')
    assert.equal(refusalOfEdit([], [update], [{ ...update, source: '/hr/other' }]), 'EditNamesAnotherEvent')
  })

  void it('never cancels a termination, nor moves it to another employee', () => {
    const reversed = { ...termination, worker: { active: true } }
    assert.equal(refusalOfEdit([], [termination], [reversed]), 'EditTakesTerminationBack')
    const moved = { ...termination, employeeId: '10002' }
    assert.equal(refusalOfEdit([], [termination], [moved]), 'EditTakesTerminationBack')
    assert.equal(
      refusalOfEdit([], [termination], [reversed, hrEvent('e-3', { worker: { active: false } })]),
      'EditTakesTerminationBack',
    )
  })

  void it('keeps a termination that is still there, whatever else the message contains', () => {
    assert.equal(refusalOfEdit([], [update, termination], [update, termination]), null)
    assert.equal(refusalOfEdit([nameOf('worker.terminated')], [], [update, termination]), null)
  })

  void it('still terminates when intake refused the original, but its type says that the employee left', () => {
    const left = [nameOf('worker.terminated')]
    assert.equal(refusalOfEdit(left, [], [update]), 'EditTakesTerminationBack')
    assert.equal(refusalOfEdit(left, [], [termination]), null)
    const oneOfTwo = [nameOf('worker.updated'), ...left]
    assert.equal(refusalOfEdit(oneOfTwo, [], [update]), 'EditTakesTerminationBack')
    assert.equal(refusalOfEdit([nameOf('worker.updated')], [], [update]), null)
  })
})

void describe('a patch', () => {
  const named = { source: '/hr/acme', id: 'e-1', type: 'worker.updated', employeeId: '10001' }
  const changed = { ...update, worker: { title: 'Architect' } }

  void it('may change the values of an event', () => {
    assert.equal(refusalOfPatch([named], [update], [changed]), null)
  })

  void it('keeps the employee, also where intake refused the original', () => {
    const moved = { ...changed, employeeId: '10002' }
    assert.equal(refusalOfPatch([named], [update], [moved]), 'EditNamesAnotherEmployee')
    assert.equal(refusalOfPatch([named], [], [moved]), 'EditNamesAnotherEmployee')
    for (const twice of [
      [changed, moved],
      [moved, changed],
    ])
      assert.equal(
        refusalOfPatch([named], [update], twice),
        'EditNamesAnotherEmployee',
        'also in a second one',
      )
    const two = [named, { ...named, id: 'e-4', employeeId: '10004' }]
    const oneMoved = [changed, { ...moved, id: 'e-4' }]
    assert.equal(refusalOfPatch(two, [], oneMoved), 'EditNamesAnotherEmployee')
    assert.equal(refusalOfPatch([{ ...named, employeeId: null }], [], [moved]), null)
    // The source may pad ids: what was written is only similar.
    assert.equal(refusalOfPatch([named], [], [{ ...changed, employeeId: '0010001' }]), null)
  })

  void it('keeps the identity of the event, also where intake refused the original', () => {
    assert.equal(refusalOfPatch([named], [], [{ ...changed, id: 'e-9' }]), 'EditNamesAnotherEvent')
    const two = [named, { ...named, id: 'e-4' }]
    assert.equal(refusalOfPatch(two, [], [changed]), 'EditNamesAnotherEvent')
    assert.equal(refusalOfPatch(two, [], [changed, { ...changed, id: 'e-4' }]), null)
    assert.equal(refusalOfPatch([{ ...named, id: null }], [], [{ ...changed, id: 'e-9' }]), null)
  })

  void it('changes what intake reads of the event', () => {
    assert.equal(refusalOfPatch([named], [update], [{ ...update }]), 'PatchChangesNothing')
  })
})

void it('two events are the same when source and id are, whatever else they contain', () => {
  const same = { ...update, worker: {} }
  assert.ok(isSameEvent(update)(same))
  assert.ok(!isSameEvent(update)({ ...update, source: '/hr/other' }))
  assert.ok(!isSameEvent(update)({ ...update, id: 'e-9' }))
})
