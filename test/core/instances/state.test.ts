import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { instanceStates, missingLoops, speakerOf } from '../../../src/core/instances/state.ts'
import type { Instance } from '../../../src/core/ledger/port/instances.ts'
import { anInstance } from '../../fakes/instances.ts'
import { day } from '../../fakes/events.ts'

const NOW = day(2)
const states = (...instances: readonly Instance[]): readonly string[] =>
  instanceStates(instances, NOW).map(({ state }) => state)
const seen = (id: string, secondsAgo: number, more: Partial<Instance> = {}): Instance =>
  anInstance(id, { seenAt: NOW - secondsAgo * 1_000, ...more })

void describe('the state of an instance', () => {
  void it('is alive up to 30 seconds after its last sign of life, and lost afterwards', () => {
    assert.deepEqual(states(seen('a', 30)), ['alive'])
    assert.deepEqual(states(seen('a', 30.001)), ['lost'])
  })

  void it('is ended after an orderly end, however short ago', () => {
    assert.deepEqual(states(seen('a', 0, { endedAt: NOW })), ['ended'])
  })

  void it('is replaced once instances that started afterwards run all of its loops', () => {
    const lost = seen('a', 60, { loops: ['intake', 'publish'] })
    const intake = seen('b', 1, { startedAt: NOW - 50_000, loops: ['intake'] })
    const publish = seen('c', 1, { startedAt: NOW - 40_000, loops: ['publish'] })
    assert.deepEqual(states(lost, intake), ['lost', 'alive'])
    assert.deepEqual(states(lost, intake, publish), ['replaced', 'alive', 'alive'])
  })

  void it('is replaced also by one that started in the moment of its last sign of life', () => {
    const lost = seen('a', 60)
    assert.deepEqual(states(lost, seen('b', 1, { startedAt: lost.seenAt })), ['replaced', 'alive'])
  })

  void it('is lost, not replaced, when the others ran already while it was alive', () => {
    assert.deepEqual(states(seen('a', 60), seen('b', 1)), ['lost', 'alive'])
  })

  void it('on a file is replaced as soon as the next one starts, because only one can run', () => {
    const before = seen('a', 4, { shared: false })
    const next = seen('b', 1, { shared: false, startedAt: NOW - 2_000 })
    assert.deepEqual(states(before, next), ['replaced', 'alive'])
  })
})

void describe('the loops that no instance runs', () => {
  void it('are all without an instance, and those that no living one names', () => {
    assert.deepEqual(missingLoops([]), ['intake', 'provision', 'correlate', 'publish'])
    const views = instanceStates(
      [seen('a', 1, { loops: ['intake', 'publish'] }), seen('b', 60), seen('c', 1, { endedAt: NOW })],
      NOW,
    )
    assert.deepEqual(missingLoops(views), ['provision', 'correlate'])
  })
})

void it('commands speak for the last started of those that plan and send, or else for the last started', () => {
  const started = (id: string, secondsAgo: number, more: Partial<Instance> = {}): Instance =>
    seen(id, 0, { startedAt: NOW - secondsAgo * 1_000, ...more })
  const speaker = (...instances: readonly Instance[]) => speakerOf(instanceStates(instances, NOW))?.id
  const intake = started('c', 1, { loops: ['intake'] })
  assert.equal(speaker(started('a', 3), started('b', 2), intake), 'b')
  assert.equal(speaker(started('b', 2), started('a', 3), intake), 'b')
  assert.equal(speaker(started('d', 4, { loops: ['publish'] }), intake), 'c')
  assert.equal(speaker(), undefined)
})
