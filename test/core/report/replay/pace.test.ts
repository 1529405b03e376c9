import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pacer } from '../../../../src/core/report/replay/pace.ts'
import { virtualRuntime } from '../../../fakes/virtual-runtime.ts'

const never = new AbortController().signal

/** Sends one after the other at 10 a second; `sent` is how many by now. */
function sendingTen() {
  const runtime = virtualRuntime()
  const pace = pacer({ perSecond: 10, batch: 1 }, runtime)
  const sent = { count: 0 }
  const send = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      await pace.turn(1, never)
      sent.count += 1
    }
  }
  return { runtime, sent, send }
}

void describe('the pace of a replay', () => {
  void it('never allows more than the rate since the start, from the first on', async () => {
    const { runtime, sent, send } = sendingTen()
    const sending = send(5)
    for (const [ms, count] of [
      [99, 0],
      [1, 1],
      [99, 1],
      [1, 2],
      [300, 5],
    ] as const) {
      await runtime.advance(ms)
      assert.equal(sent.count, count)
    }
    await sending
  })

  void it('catches up with one second of a stall, and no more', async () => {
    const { runtime, sent, send } = sendingTen()
    const first = send(1)
    await runtime.advance(100)
    await first
    await runtime.advance(20_000)
    const sending = send(30)
    await runtime.settle()
    assert.equal(sent.count, 1 + 11)
    await runtime.advance(1_000)
    assert.equal(sent.count, 1 + 11 + 10)
    await runtime.advance(1_000)
    await sending
  })
})
