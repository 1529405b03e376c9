import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { guarded } from '../../../src/adapters/graph/breaker.ts'
import type { UploadAnswer } from '../../../src/core/ports.ts'
import { joiner, leaver } from '../conformance/ledger/world.ts'
import { answer, noAnswer, openSite, type Site } from './site.ts'

const FULL =
  'The bucket that stores the ingested data is full, so no more data is accepted until some of it has been processed.'

/** One batch of three people, sent into these answers. */
async function sendInto(t: TestContext, ...answers: readonly UploadAnswer[]): Promise<Site> {
  const site = await openSite(t, { uploads: 3, submit: { fillMs: 0 } })
  site.service.next(...answers)
  await site.record(joiner('e1', 'p1'), joiner('e2', 'p2'), joiner('e3', 'p3'))
  await site.runtime.settle()
  return site
}
const holds = async ({ ledger, runtime }: Site): Promise<readonly (readonly [string, number | null])[]> =>
  (await ledger.readSubmissionStatus(runtime.now())).holds.map(({ name, status }) => [name, status])
const accepted = async ({ ledger }: Site): Promise<number> =>
  (await ledger.readCounts()).stateCounts.operations.accepted
const times = ({ service }: Site): readonly number[] =>
  service.calls.map(({ at }) => at - (service.calls[0]?.at ?? 0))

void describe('what only a person can correct', () => {
  for (const status of [403, 404])
    void test(`${status} stops submission for everybody, shows, and ends with one try once it works`, async (t) => {
      const site = await sendInto(t)
      site.service.decide(() => answer(status))
      await site.record(...Array.from({ length: 120 }, (_, index) => joiner(`n${index}`, `n${index}`)))
      await site.runtime.advance(1_000)
      const asked = site.service.calls.length
      assert(asked <= 4, 'no more than were on their way')
      await site.runtime.advance(50_000)
      assert.equal(site.service.calls.length, asked)
      assert.deepEqual(await holds(site), [['access', status]])
      assert(site.runtime.lines.some(({ level, event }) => level === 'error' && event === 'submit.access'))
      const { promise, resolve } = Promise.withResolvers<UploadAnswer>()
      site.service.decide(() => promise)
      await site.runtime.advance(30_000)
      assert.equal(site.service.calls.length, asked + 1, 'one tries, the others wait for its answer')
      site.service.decide(null)
      resolve(answer(202))
      await site.runtime.advance(1_000)
      assert.deepEqual(await holds(site), [])
      assert.equal(await accepted(site), 123)
    })

  void test('401 leads to one fresh token, then stops submission until a token is accepted', async (t) => {
    const site = await sendInto(t, answer(401), answer(401))
    assert.deepEqual([site.service.calls.length, await holds(site)], [2, [['access', 401]]])
    site.service.next(answer(401))
    await site.runtime.advance(60_000)
    await site.runtime.advance(1_000)
    // The one that tries may use its fresh token too: it is not held up by its own try.
    assert.deepEqual([site.service.calls.length, await holds(site), await accepted(site)], [4, [], 3])
  })

  void test('an undocumented answer stops submission and is reported', async (t) => {
    for (const status of [200, 301, 307, 405, 409, 415]) {
      const site = await sendInto(t, answer(status))
      assert.deepEqual(await holds(site), [['access', status]])
      await site.stop()
    }
  })

  void test('a refusal that lasts is tried less and less often, so that it does not spend the day', async (t) => {
    const site = await openSite(t, { uploads: 2, submit: { fillMs: 0, pollMs: 15_000 }, planPollMs: 600_000 })
    site.service.decide(() => answer(403))
    await site.record(joiner('e1', 'p1'))
    await site.runtime.advance(86_400_000)
    assert(site.service.calls.length < 250, `${site.service.calls.length} calls in a day`)
    const last = site.service.calls.at(-1)?.at ?? 0
    site.service.decide(null)
    await site.runtime.advance(700_000)
    assert(site.runtime.now() - last < 1_400_000)
    assert.equal(await accepted(site), 1)
  })
})

void describe('too many calls', () => {
  const soon = new Date(0)
  for (const [words, retryAfter, waits] of [
    ['a whole number', '7', 7_000],
    ['a fraction', '2.128', 2_128],
    ['nothing', null, 5_000],
    ['what is not a time', 'later', 5_000],
    ['zero', '0', 1_000],
  ] as const)
    void test(`429 with ${words} in Retry-After holds everybody back that long and costs no attempt`, async (t) => {
      const site = await sendInto(t, answer(429, { retryAfter }))
      assert.deepEqual(await holds(site), [['throttled', 429]])
      await site.record(joiner('e4', 'p4'))
      await site.runtime.advance(waits - 1)
      assert.equal(site.service.calls.length, 1)
      await site.runtime.advance(1_000)
      assert.equal(await accepted(site), 4)
      const trace = await site.ledger.readTrace('p1')
      assert.equal(trace?.operations[0]?.batch?.attempts, 1)
      assert.deepEqual(await holds(site), [])
    })

  void test('429 with a date in Retry-After waits until then', async (t) => {
    const site = await openSite(t, { submit: { fillMs: 0 } })
    soon.setTime(site.runtime.now() + 90_000)
    site.service.next(answer(429, { retryAfter: soon.toUTCString() }))
    await site.record(joiner('e1', 'p1'))
    await site.runtime.advance(89_000)
    assert.equal(site.service.calls.length, 1)
    await site.runtime.advance(2_000)
    assert.equal(await accepted(site), 1)
  })

  void test('a hold that ends while the window is full waits for the window and nothing longer', async (t) => {
    const limits = { perWindow: 2, windowMs: 5_000, perDay: 2_000 }
    const site = await openSite(t, { submit: { fillMs: 0, limits }, uploads: 1 })
    await site.record(joiner('e1', 'p1'))
    await site.runtime.settle()
    site.service.next(answer(429, { retryAfter: '1' }))
    await site.record(joiner('e2', 'p2'))
    await site.runtime.advance(6_000)
    assert.equal(await accepted(site), 2)
  })
})

void describe('a service that is down', () => {
  void test('500 for a full bucket pauses submission for minutes', async (t) => {
    const site = await sendInto(t, answer(500, { message: FULL }))
    assert.deepEqual(await holds(site), [['full', 500]])
    await site.runtime.advance(449_000)
    assert.equal(site.service.calls.length, 1)
    await site.runtime.advance(2_000)
    assert.equal(await accepted(site), 3)
  })

  for (const failure of [
    answer(500),
    answer(502),
    answer(503),
    answer(504),
    answer(408),
    noAnswer('ECONNREFUSED'),
    noAnswer('TimeoutError'),
  ])
    void test(`${failure.kind === 'response' ? failure.status : failure.code} is tried again, later each time, with the same operations`, async (t) => {
      const site = await sendInto(t, failure, failure)
      await site.runtime.advance(10_000)
      assert.equal(site.service.calls.length, 3)
      assert.equal(new Set(site.service.calls.map(({ bulkIds }) => bulkIds.join())).size, 1)
      const [, second = 0, third = 0] = times(site)
      assert(second >= 500 && second <= 1_000 && third - second >= 1_000 && third - second <= 2_000)
      assert.equal(await accepted(site), 3)
    })

  void test('an answer that got lost is asked for again with the same bulkIds, less what was overtaken', async (t) => {
    const site = await sendInto(t, noAnswer('ECONNRESET'))
    await site.record(leaver('l1', 'p1'))
    await site.runtime.advance(10_000)
    const [first, ...rest] = site.service.calls
    const again = rest.find(({ employees }) => employees.includes('p2'))
    assert.deepEqual(again?.bulkIds, first?.bulkIds.slice(1))
    assert.equal(
      rest.some(({ active }) => active.get('p1') === true),
      false,
    )
  })

  void test('a Retry-After beyond all reason does not put a batch off for longer than ten minutes', async (t) => {
    for (const retryAfter of ['9'.repeat(400), '99999999999']) {
      const site = await sendInto(t, answer(503, { retryAfter }))
      const trace = await site.ledger.readTrace('p1')
      assert.equal(trace?.operations[0]?.state, 'batched')
      await site.runtime.advance(1_000)
      assert.equal(
        site.runtime.lines.some(({ event }) => event.endsWith('.failed')),
        false,
      )
      await site.stop()
    }
  })

  void test('after five failures in a row the circuit opens, one call tries it, and an answer closes it', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: 0 })
    const circuit = { failures: 5, retryMs: 15_000 }
    const site = await openSite(t, {
      uploads: 2,
      submit: { fillMs: 0 },
      through: (service) => guarded(service, circuit),
    })
    const advance = async (ms: number): Promise<void> => {
      for (let done = 0; done < ms; done += 500) {
        t.mock.timers.tick(500)
        await site.runtime.advance(500)
      }
    }
    site.service.decide(() => answer(500))
    await site.record(joiner('e1', 'p1'))
    await advance(60_000)
    const down = site.service.calls.length
    assert(down >= 5 && down <= 10, `${down} calls in a minute`)
    assert.deepEqual(
      (await holds(site)).map(([name]) => name),
      ['circuit'],
    )
    site.service.decide(null)
    await advance(60_000)
    assert.equal(site.service.calls.length, down + 1)
    assert.deepEqual([await accepted(site), await holds(site)], [1, []])
  })

  void test('an answer that asks to wait or for a person does not open the circuit', async (t) => {
    const asked: number[] = []
    for (const given of [
      answer(429),
      answer(401),
      answer(403),
      answer(404),
      answer(400),
      answer(500, { message: FULL }),
    ]) {
      const through = guarded(
        { upload: async () => (asked.push(1), given) },
        { failures: 2, retryMs: 60_000 },
      )
      for (let call = 0; call < 5; call++) assert.deepEqual(await through.upload('', ''), given)
    }
    assert.equal(asked.length, 30)
    t.diagnostic('thirty answers came through')
  })
})
