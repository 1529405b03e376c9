import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { leftInWords, moveInWords, movesOf, roleOf } from '../../../src/core/explain/moves.ts'
import { day } from '../../fakes/events.ts'
import { traceEvent, traceOperation } from '../../fakes/trace.ts'

const iso = (at: number): string => new Date(at).toISOString().slice(0, 10)
const at = (destination: string, id: string, more: Parameters<typeof traceOperation>[2] = {}) =>
  traceOperation(id, day(1), { destination, finishedAt: day(2), ...more })
const departure = at('north', 'op-2', { departs: true, movedBy: 'e-7' })

/** The moves among these operations, in words. */
const words = (
  operations: readonly ReturnType<typeof at>[],
  events: readonly ReturnType<typeof traceEvent>[] = [],
) => movesOf({ events, operations }).map((move) => moveInWords('10001', move, iso))

void describe('a move is told in one sentence', () => {
  void test('with the event that causes it, what disables the one account, and what creates the other', () => {
    assert.deepEqual(words([at('north', 'op-1'), departure, at('south', 'op-3')]), [
      '10001 moves from north to south because of event e-7: disabled at north by op-2 (confirmed 2026-01-02), created at south by op-3 (confirmed 2026-01-02)',
    ])
  })
  void test('as one that goes on, while the new destination has no operation', () => {
    assert.deepEqual(words([at('north', 'op-1'), { ...departure, state: 'pending', movedBy: null }]), [
      '10001 leaves north: disabled at north by op-2 (pending since 2026-01-01), the new destination follows once that is confirmed',
    ])
  })
  void test('as a return, where the account is enabled again', () => {
    const back = at('south', 'op-3', {
      before: { id: 'op-0', record: '{}' },
      state: 'failed',
      finishedAt: null,
    })
    const [move] = words([departure, back])
    assert.match(move ?? '', /, enabled again at south by op-3 \(failed 2026-01-01\)$/)
  })
  void test('without a departure where no account was enabled, and then its latest event is the cause', () => {
    const carried = ['e-1', 'e-2'].map((id) => traceEvent(id, day(1), { operation: 'op-2' }))
    const operations = [at('north', 'op-1'), at('south', 'op-2', { answeredAt: day(3) })]
    const rest = 'no account was enabled at north, created at south by op-2 (confirmed 2026-01-03)'
    assert.deepEqual(words(operations, [...carried, traceEvent('e-3', day(2))]), [
      `10001 moves from north to south because of event e-2: ${rest}`,
    ])
    assert.deepEqual(words(operations), [`10001 moves from north to south: ${rest}`])
  })
})

void describe('an employee does not move', () => {
  void test('while every operation is at one destination, or was withdrawn', () => {
    assert.deepEqual(words([]), [])
    assert.deepEqual(words([at('north', 'op-1'), at('north', 'op-2')]), [])
    assert.deepEqual(words([at('north', 'op-1'), at('south', 'op-2', { state: 'withdrawn' })]), [])
  })
  void test('when the departure is followed by an operation at the same destination', () => {
    assert.deepEqual(words([departure, at('north', 'op-3')]), [])
  })
})

void test('an account that was left names its object, if it is known', () => {
  const left = { destination: 'north', objectId: 'object-1', leftAt: day(2) }
  assert.equal(
    leftInWords(left, iso),
    'Entra object object-1 at north, disabled there and left at 2026-01-02',
  )
  assert.match(leftInWords({ ...left, objectId: null }, iso), /^Entra object not known at north/)
})

void test('an operation says its destination only where there are several, and a departure which one it leaves', () => {
  const mover = { departs: false, destination: 'south', lane: 'mover' }
  const role = (several: boolean, more: Partial<typeof mover> = {}) => roleOf({ ...mover, ...more }, several)
  assert.equal(role(false), 'mover')
  assert.equal(role(true), 'mover at south')
  assert.equal(role(true, { departs: true, lane: 'leaver' }), 'leaves south')
})
