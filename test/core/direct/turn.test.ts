import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { endOfTurn, stopsTurn, type TurnResult } from '../../../src/core/direct/turn.ts'
import type { HoldName } from '../../../src/core/ledger/port/submit.ts'

const NOW = 1_000_000
const MINUTE = 60_000
const TIMES = { accessMs: 5 * MINUTE, budgetMs: 3 * MINUTE }

const answered: TurnResult = { kind: 'answered', wrote: true }
const left: TurnResult = { kind: 'left' }
const forbidden: TurnResult = { kind: 'forbidden' }
const spent: TurnResult = { kind: 'spent' }
const retry = (minutes: number, status = 503): TurnResult => ({
  kind: 'again',
  wait: { kind: 'retry', at: NOW + minutes * MINUTE, status },
})
const snooze = (minutes: number, why: 'throttled' | 'access', status: number): TurnResult => ({
  kind: 'again',
  wait: { kind: 'snooze', until: NOW + minutes * MINUTE, status, why },
})

void it('a turn stops at what the other operations would meet too', () => {
  const stopping = [{ kind: 'lost' } as const, spent, snooze(1, 'throttled', 429)]
  assert.deepEqual(stopping.map(stopsTurn), [true, true, true])
  const goingOn = [answered, forbidden, left, retry(1)]
  assert.deepEqual(goingOn.map(stopsTurn), [false, false, false, false])
})

/** Minutes from now, the status, the hold, whether it counts, and until when access is held. */
type Rest = readonly [number, number | null, HoldName | null, boolean, number | null]
function restAfter(...results: readonly TurnResult[]): Rest {
  const { answer, accessUntil } = endOfTurn(results, 7, NOW, TIMES)
  assert.ok(answer?.kind === 'again')
  assert.deepEqual([answer.call, answer.release], [7, true])
  const { notBefore, status, hold, countsAsAttempt } = answer
  const access = accessUntil === null ? null : (accessUntil - NOW) / MINUTE
  return [(notBefore - NOW) / MINUTE, status, hold, countsAsAttempt, access]
}

void describe('after a turn', () => {
  void it('a batch that another instance has is left alone', () => {
    const results = [answered, { kind: 'lost' } as const, retry(1)]
    assert.deepEqual(endOfTurn(results, 7, NOW, TIMES), { answer: null, accessUntil: null })
  })
  void it('a batch whose operations are all answered is done', () => {
    assert.deepEqual(endOfTurn([answered, answered], 7, NOW, TIMES), {
      answer: { kind: 'accepted', call: 7, acceptedAt: NOW, requestId: null },
      accessUntil: null,
    })
  })
  void it('what was not begun is taken again at once, and that is no attempt', () => {
    assert.deepEqual(restAfter(answered, left), [0, null, null, false, null])
  })
  void it('the rest waits for the longest of the waits', () => {
    assert.deepEqual(restAfter(retry(1, 500), retry(4, 502), retry(2, 503), left), [4, 502, null, true, null])
    // Of waits that are as long, the first is named.
    assert.deepEqual(restAfter(retry(4, 500), retry(4, 502)), [4, 500, null, true, null])
  })
  void it('a wait that is for all holds the destination for as long as the service asks', () => {
    const rest = restAfter(retry(9), snooze(1, 'throttled', 429), snooze(2, 'throttled', 429), left)
    assert.deepEqual(rest, [2, 429, 'throttled', true, null])
    assert.deepEqual(restAfter(snooze(1, 'access', 401)), [1, 401, 'access', false, null])
  })
  void it('the first hold that was met decides', () => {
    assert.deepEqual(restAfter(snooze(1, 'throttled', 429), spent), [1, 429, 'throttled', false, null])
  })
  void it('a spent budget holds the destination until the next look at it', () => {
    assert.deepEqual(restAfter(answered, spent, left), [3, null, 'budget', false, null])
  })
  void it('what was refused with 403 waits twice as long as the hold of access, so that others show whose fault it is', () => {
    assert.deepEqual(restAfter(forbidden, left), [10, 403, null, true, 5])
    assert.deepEqual(restAfter(forbidden, snooze(1, 'throttled', 429)), [10, 429, 'throttled', true, null])
  })
})
