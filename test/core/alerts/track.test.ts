import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AlertState } from '../../../src/core/alerts/alert.ts'
import { clearMs, track } from '../../../src/core/alerts/track.ts'
import { HOUR, MINUTE, present } from '../../fakes/alerts.ts'

const T = Date.UTC(2026, 10, 2, 8)
const DAY = 24 * HOUR

/** Looks at `when` and finds what `found` says; the states after each look. */
function looks(
  steps: readonly (readonly [when: number, there: boolean])[],
): readonly (readonly AlertState[])[] {
  const after: (readonly AlertState[])[] = []
  for (const [when, there] of steps)
    after.push(track(after.at(-1) ?? [], there ? [present()] : [], when).states)
  return after
}
const only = (states: readonly AlertState[] | undefined): AlertState =>
  states?.[0] ?? assert.fail('there is an alert')

void describe('alerts over time', () => {
  void it('an alert opens at the first look that finds it, and keeps that moment while its count grows', () => {
    const first = track([], [present({ count: 1 })], T)
    const second = track(first.states, [present({ count: 5 })], T + MINUTE)
    assert.deepEqual(
      second.states.map(({ openedAt, count, episode }) => ({ openedAt, count, episode })),
      [{ openedAt: T, count: 5, episode: 1 }],
    )
  })

  void it('alerts with one code and different causes are different alerts', () => {
    const { states } = track([], [present({ cause: 'A' }), present({ cause: 'B' })], T)
    assert.deepEqual(
      states.map(({ cause }) => cause),
      ['A', 'B'],
    )
  })

  void it('an alert is resolved when it has been absent for half a minute, and not at the first look without it', () => {
    const states = looks([
      [T, true],
      [T + 5_000, false],
      [T + 34_000, false],
      [T + 35_000, false],
    ])
    assert.deepEqual(
      states.map((one) => only(one).resolvedAt),
      [null, null, null, T + 35_000],
    )
    assert.equal(track(only(states[2]) ? [only(states[2])] : [], [], T + 35_000).resolved.length, 1)
  })

  void it('an alert that comes back while it is absent was never resolved, and must be absent twice as long', () => {
    const states = looks([
      [T, true],
      [T + 5_000, false],
      [T + 10_000, true],
      [T + 15_000, false],
      [T + 74_000, false],
      [T + 75_000, false],
    ])
    assert.deepEqual(
      states.map((one) => [only(one).episode, only(one).resolvedAt]),
      [
        [1, null],
        [1, null],
        [1, null],
        [1, null],
        [1, null],
        [1, T + 75_000],
      ],
    )
  })

  void it('an alert that opens again after it was resolved begins a new episode', () => {
    const states = looks([
      [T, true],
      [T + 5_000, false],
      [T + 35_000, false],
      [T + 5 * HOUR, true],
    ])
    const { episode, openedAt, flaps } = only(states[3])
    assert.deepEqual({ episode, openedAt, flaps }, { episode: 2, openedAt: T + 5 * HOUR, flaps: 0 })
  })

  void it('a flapping alert stays open for longer each time, up to half an hour', () => {
    assert.deepEqual([0, 1, 2, 10].map(clearMs), [30_000, 60_000, 120_000, 30 * MINUTE])
    const states = looks([
      [T, true],
      [T + 5_000, false],
      [T + 35_000, false],
      [T + 40_000, true],
    ])
    assert.equal(only(states[3]).flaps, 1)
    const back = (at: number) => only(track(states[2] ?? [], [present()], at).states).flaps
    assert.deepEqual([back(T + 35_000 + HOUR), back(T + 35_001 + HOUR)], [1, 0], 'within an hour')
  })

  void it('a resolved alert is removed after a day, unless a message about it is still due', () => {
    const resolved = { ...only(looks([[T, true]])[0]), absentSince: T, resolvedAt: T }
    assert.equal(track([resolved], [], T + DAY).states.length, 1)
    assert.equal(track([resolved], [], T + DAY + 1).states.length, 0)
    const told = {
      ops: { episode: 1, knows: 'nothing', at: 0, count: 0, messages: 0, heldBack: true },
    } as const
    assert.equal(track([{ ...resolved, told }], [], T + 3 * DAY).states.length, 1)
  })
})
