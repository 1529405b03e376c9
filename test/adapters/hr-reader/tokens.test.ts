import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type AccessToken,
  NoAccessToken,
  tokenCache,
  type Tokens,
} from '../../../src/adapters/hr-reader/tokens.ts'

/** A token server with a clock that only moves when told to. */
class Desk {
  at = 0
  lifetimeMs: number | null = 300_000
  answers = true
  asked = 0
  readonly cut: AbortSignal[] = []
  readonly tokens: Tokens
  #held: { go: () => void } | null = null
  constructor(leewayMs = 60_000) {
    this.tokens = tokenCache({ now: () => this.at, leewayMs, request: (signal) => this.#request(signal) })
  }
  /** Requests wait from now on until the returned function is called. */
  hold(): () => void {
    this.#held = { go: () => {} }
    return () => {
      this.#held?.go()
      this.#held = null
    }
  }
  async #request(signal: AbortSignal): Promise<AccessToken> {
    this.asked += 1
    this.cut.push(signal)
    const held = this.#held
    if (held) await new Promise<void>((resolve) => (held.go = resolve))
    if (!this.answers) throw new NoAccessToken({ kind: 'later', code: 'TokenUnavailable', afterMs: null })
    return { text: `t${this.asked}`, lifetimeMs: this.lifetimeMs }
  }
  current(signal = new AbortController().signal): Promise<string> {
    return this.tokens.current(signal)
  }
}
const wait = (error: unknown): number | null => (error instanceof NoAccessToken ? error.answer.afterMs : null)

void describe('a token', () => {
  void test('is used until the leeway before it expires, and then replaced', async () => {
    const desk = new Desk()
    assert.deepEqual([await desk.current(), await desk.current()], ['t1', 't1'])
    desk.at = 239_999
    assert.equal(await desk.current(), 't1')
    desk.at = 240_000
    assert.equal(await desk.current(), 't2')
  })

  void test('that lives shorter than the leeway is used for half of its life', async () => {
    const desk = new Desk()
    desk.lifetimeMs = 20_000
    await desk.current()
    desk.at = 9_999
    assert.equal(await desk.current(), 't1')
    desk.at = 10_000
    assert.equal(await desk.current(), 't2')
  })

  void test('of which the server does not say how long it lives is replaced after an hour', async () => {
    const desk = new Desk()
    desk.lifetimeMs = null
    await desk.current()
    desk.at = 3_539_999
    assert.equal(await desk.current(), 't1')
    desk.at = 3_540_000
    assert.equal(await desk.current(), 't2')
  })

  void test('is requested once for all that wait for it at the same time', async () => {
    const desk = new Desk()
    const go = desk.hold()
    const all = Array.from({ length: 20 }, () => desk.current())
    await Promise.resolve()
    go()
    assert.deepEqual(new Set(await Promise.all(all)), new Set(['t1']))
    assert.equal(desk.asked, 1)
  })
})

void describe('a request for a token', () => {
  void test('goes on for the others when one of them gives up, and is cut when all have', async () => {
    const desk = new Desk()
    const go = desk.hold()
    const [one, other] = [new AbortController(), new AbortController()]
    const first = desk.current(one.signal)
    const second = desk.current(other.signal)
    one.abort(new Error('gave up'))
    await assert.rejects(first, /gave up/)
    assert.equal(desk.cut[0]?.aborted, false)
    other.abort(new Error('gave up too'))
    await assert.rejects(second, /gave up too/)
    assert.equal(desk.cut[0]?.aborted, true)
    go()
    assert.equal(await desk.current(), 't2')
  })

  void test('that failed is not repeated at once, and the waits grow up to a limit', async () => {
    const desk = new Desk()
    desk.answers = false
    const waits: (number | null)[] = []
    for (let round = 0; round < 11; round += 1) {
      await assert.rejects(desk.current(), (error) => waits.push(wait(error)) > 0)
      const asked = desk.asked
      await assert.rejects(desk.current(), NoAccessToken)
      assert.equal(desk.asked, asked)
      desk.at += waits.at(-1) ?? 0
    }
    assert.deepEqual(waits.slice(0, 4), [1_000, 2_000, 4_000, 8_000])
    assert.equal(waits.at(-1), 300_000)
    desk.answers = true
    assert.match(await desk.current(), /^t/)
  })

  void test('that failed leaves the old token in use as long as it is valid', async () => {
    const desk = new Desk()
    await desk.current()
    desk.answers = false
    desk.at = 250_000
    assert.deepEqual([await desk.current(), await desk.current()], ['t1', 't1'])
    assert.equal(desk.asked, 2)
    desk.at = 300_000
    await assert.rejects(desk.current(), NoAccessToken)
  })
})

void describe('a token that the HR system refuses', () => {
  void test('is replaced once, and not again for a while when the new one is refused too', async () => {
    const desk = new Desk()
    const first = await desk.current()
    assert.equal(desk.tokens.replace(first), true)
    const second = await desk.current()
    assert.notEqual(second, first)
    desk.tokens.refusedAgain()
    assert.equal(desk.tokens.replace(second), false)
    desk.at = 1_000
    assert.equal(desk.tokens.replace(second), true)
    desk.tokens.refusedAgain()
    desk.at = 2_999
    assert.equal(desk.tokens.replace(await desk.current()), false)
    desk.tokens.accepted()
    assert.equal(desk.tokens.replace(await desk.current()), true)
  })

  void test('and was already replaced is not replaced again', async () => {
    const desk = new Desk()
    const first = await desk.current()
    desk.tokens.replace(first)
    await desk.current()
    assert.equal(desk.tokens.replace(first), true)
    assert.equal(await desk.current(), 't2')
    assert.equal(desk.asked, 2)
  })
})
