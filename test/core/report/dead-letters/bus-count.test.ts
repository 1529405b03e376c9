import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { BusDeadLetters } from '../../../../src/core/ledger/port/figures.ts'
import type { DeadLetterReasons } from '../../../../src/core/ports.ts'
import { busCountLoop } from '../../../../src/core/report/dead-letters/bus-count.ts'
import { day } from '../../../fakes/events.ts'
import { fakeShelf, shelved } from '../../../fakes/shelf.ts'
import { virtualRuntime } from '../../../fakes/virtual-runtime.ts'

const MINUTE = 60_000
const settings = { everyMs: MINUTE, atOnce: 2, most: 5, withinMs: 20_000 }

/** The loop over these queues; `counts` is what it recorded. */
async function counting(t: TestContext, ...queues: readonly DeadLetterReasons[]) {
  const runtime = virtualRuntime()
  const counts: BusDeadLetters[] = []
  const ledger = { recordBusDeadLetters: async (count: BusDeadLetters) => void counts.push(count) }
  const service = busCountLoop(ledger, queues, settings, runtime)
  void service.run()
  t.after(() => service.stop())
  await runtime.settle()
  return { runtime, service, counts, shown: () => counts.map((count) => textOf(count)) }
}
const textOf = ({ codes, capped }: BusDeadLetters): string =>
  [...codes.map(({ code, count }) => `${count} ${code}`), ...(capped ? ['capped'] : [])].join(', ')

void describe('the count of dead letters on the bus', () => {
  void it('is made over all queues by code, at once and every minute, and the last one counts', async (t) => {
    const one = fakeShelf([1, 2, 3].map((n) => shelved(n, { enqueuedAt: day(4 - n) })))
    const two = fakeShelf(
      [shelved(1, { enqueuedAt: day(2) }), shelved(2, { reason: 'FieldMissing' })],
      true,
      'other',
    )
    const { runtime, counts, shown } = await counting(t, one, two)
    assert.deepEqual(counts, [
      {
        countedAt: day(1),
        capped: false,
        codes: [
          { code: 'BodyNotJson', count: 4, oldestAt: day(1) },
          { code: 'FieldMissing', count: 1, oldestAt: day(1) },
        ],
      },
    ])
    one.messages.splice(0)
    await runtime.advance(MINUTE)
    assert.deepEqual(shown().slice(1), ['1 BodyNotJson, 1 FieldMissing'])
  })

  void it('stops at its limit, and says so', async (t) => {
    const queue = fakeShelf([1, 2, 3, 4, 5, 6, 7].map((n) => shelved(n)))
    const { shown } = await counting(t, queue)
    assert.deepEqual(shown(), ['5 BodyNotJson, capped'])
    assert.equal(queue.shown, settings.most)
  })

  void it('says so when one of several queues has more than are counted', async (t) => {
    const many = fakeShelf([1, 2, 3, 4, 5, 6].map((n) => shelved(n)))
    const { shown } = await counting(t, many, fakeShelf([], true, 'other'))
    assert.deepEqual(shown(), ['5 BodyNotJson, capped'])
  })

  void it('shows what was counted of a queue that stops answering, and that there may be more', async (t) => {
    const queue = fakeShelf([1, 2, 3].map((n) => shelved(n)))
    const slow: DeadLetterReasons = {
      entity: 'slow',
      peek: (from, limit) => (from === '0' ? queue.peek(from, limit) : new Promise(() => {})),
    }
    const { runtime, shown } = await counting(t, slow)
    await runtime.advance(settings.withinMs)
    assert.deepEqual(shown(), ['2 BodyNotJson, capped'])
  })

  void it('is not recorded when it is stopped, and a queue that did not answer until then is no fault', async (t) => {
    const silent: DeadLetterReasons = { entity: 'silent', peek: () => new Promise(() => {}) }
    const { runtime, service, counts } = await counting(t, silent, fakeShelf([shelved(1)]))
    await service.stop()
    assert.deepEqual([counts, runtime.lines], [[], []])
  })

  void it('repeats no reason of another program', async (t) => {
    const reasons = ['Miller could not be found', null, 'MaxDeliveryCountExceeded']
    const queue = fakeShelf(reasons.map((reason, at) => shelved(at + 1, { reason })))
    const { shown } = await counting(t, queue)
    assert.deepEqual(shown(), ['1 OtherReason, 1 NoReason, 1 MaxDeliveryCountExceeded'])
  })

  void it('keeps the last count of a queue that cannot be read, and says so once until it can', async (t) => {
    const [one, two] = [fakeShelf([shelved(1)]), fakeShelf([shelved(1)], true, 'other')]
    let refused = false
    const guarded: DeadLetterReasons = {
      entity: 'other',
      peek: async (from, limit) => {
        if (refused) throw new TypeError('not authorised')
        return two.peek(from, limit)
      },
    }
    const { runtime, shown } = await counting(t, one, guarded)
    refused = true
    one.messages.splice(0)
    await runtime.advance(3 * MINUTE)
    refused = false
    await runtime.advance(MINUTE)
    refused = true
    await runtime.advance(MINUTE)
    assert.deepEqual(shown(), ['2 BodyNotJson', ...Array.from({ length: 5 }, () => '1 BodyNotJson')])
    assert.deepEqual(
      runtime.lines.map(({ level, event, fields }) => [level, event, fields['queue'], fields['message']]),
      Array.from({ length: 2 }, () => ['warn', 'dead-letters.uncounted', 'other', undefined]),
    )
  })

  void it('is not made while no queue can be read, so that an old count is not taken for a new one', async (t) => {
    const { runtime, counts } = await counting(t, {
      entity: 'q',
      peek: () => Promise.reject(new Error('away')),
    })
    await runtime.advance(5 * MINUTE)
    assert.deepEqual([counts, runtime.lines.length], [[], 1])
  })

  void it('gives a queue that does not answer up after a while, and waits for nothing when it is stopped', async (t) => {
    const signals: AbortSignal[] = []
    const silent: DeadLetterReasons = {
      entity: 'silent',
      peek: (_from, _limit, signal) => (signals.push(signal), new Promise(() => {})),
    }
    const { runtime, service, shown } = await counting(t, silent, fakeShelf([shelved(1)]))
    assert.deepEqual(shown(), [])
    await runtime.advance(settings.withinMs)
    assert.deepEqual(shown(), ['1 BodyNotJson'])
    await runtime.advance(MINUTE)
    assert.equal(signals.length, 2)
    await service.stop()
    assert.ok(signals.every(({ aborted }) => aborted))
  })
})
