import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RollcallError } from '../../src/core/errors.ts'
import { describeError } from '../../src/core/runtime.ts'
import { loop, type Service, together, withGrace } from '../../src/core/service.ts'
import { virtualRuntime } from '../fakes/virtual-runtime.ts'

void describe('a loop', () => {
  void test('rests as long as its turn answers, and continues at once after 0', async () => {
    const runtime = virtualRuntime()
    const turns: number[] = []
    const start = runtime.now()
    const rests = [0, 0, 500, 500]
    const service = loop('test', runtime, async () => {
      turns.push(runtime.now() - start)
      return rests.shift() ?? 60_000
    })
    const running = service.run()
    await runtime.advance(10_000)
    assert.deepEqual(turns, [0, 0, 0, 500, 1_000])
    await service.stop()
    await running
  })

  void test('wakes from its rest, also for a wake that came during the turn', async () => {
    const runtime = virtualRuntime()
    let turns = 0
    const service = loop('test', runtime, async () => {
      turns += 1
      if (turns === 2) service.wake()
      return 60_000
    })
    const running = service.run()
    await runtime.settle()
    assert.equal(turns, 1)
    service.wake()
    await runtime.settle()
    assert.equal(turns, 3)
    await service.stop()
    await running
  })

  void test('rests longer and longer during an outage, and no wake shortens a rest', async () => {
    const runtime = virtualRuntime()
    const turns: number[] = []
    const service = loop('test', runtime, async () => {
      turns.push(runtime.now())
      throw new TypeError('secret words')
    })
    const running = service.run()
    for (let second = 0; second < 120; second++) {
      service.wake()
      await runtime.advance(1_000)
    }
    const rests = turns.slice(1).map((at, index) => at - (turns[index] ?? 0))
    assert(rests.length < 12, `${rests.length} tries in two minutes`)
    for (const [index, rest] of rests.entries()) {
      const usual = Math.min(30_000, 500 * 2 ** index)
      assert(rest >= 0.75 * usual && rest <= 1.25 * usual, `rest ${index}: ${rest} ms`)
    }
    // Not all instances come back at the same moment.
    assert.equal(new Set(rests.map(Math.round)).size, rests.length)
    assert.deepEqual(runtime.lines[0]?.fields['error'], 'TypeError')
    assert.equal(JSON.stringify(runtime.lines).includes('secret words'), false)
    await service.stop()
    await running
  })

  void test('rests as long as an error requests', async () => {
    const runtime = virtualRuntime()
    const turns: number[] = []
    const start = runtime.now()
    const service = loop('test', runtime, async () => {
      turns.push(runtime.now() - start)
      if (turns.length === 1)
        throw Object.assign(new RollcallError('LogThrottled', 'too many requests'), { retryAfterMs: 20_000 })
      return 60_000
    })
    const running = service.run()
    await runtime.advance(30_000)
    assert.deepEqual(turns, [0, 20_000])
    await service.stop()
    await running
  })

  void test('counts the failures in a row, and says when it tries again', async () => {
    const runtime = virtualRuntime()
    const fails = [true, true, false, true]
    const service = loop('test', runtime, async () => {
      if (fails.shift()) throw new TypeError('away')
      return fails.length > 0 ? 0 : 60_000
    })
    const running = service.run()
    await runtime.advance(10_000)
    assert.deepEqual(
      runtime.lines.map(({ level, event, fields }) => [level, event, fields['failures']]),
      [1, 2, 1].map((failures) => ['error', 'test.failed', failures]),
    )
    const [first, second] = runtime.lines.map(({ fields }) => Number(fields['retryInMs']))
    assert(first !== undefined && first >= 375 && first <= 625, `${first} ms`)
    assert(second !== undefined && second >= 750 && second <= 1_250, `${second} ms`)
    await service.stop()
    await running
  })

  void test('rests no longer than ten minutes, whatever an error requests', async () => {
    const runtime = virtualRuntime()
    const turns: number[] = []
    const start = runtime.now()
    const service = loop('test', runtime, async () => {
      turns.push(runtime.now() - start)
      if (turns.length > 1) return 3_600_000
      throw Object.assign(new RollcallError('LogThrottled', 'wait'), { retryAfterMs: 3_600_000 })
    })
    const running = service.run()
    await runtime.advance(1_800_000)
    assert.deepEqual(turns, [0, 600_000])
    await service.stop()
    await running
  })

  void test('runs no turn when it is stopped first, and may be stopped twice', async () => {
    let turns = 0
    const service = loop('test', virtualRuntime(), async () => {
      turns += 1
      return 0
    })
    await service.stop()
    await service.run()
    await service.stop()
    assert.equal(turns, 0)
  })

  void test('stops after the current turn, and signals the turn', async () => {
    const runtime = virtualRuntime()
    let ended = false
    const service = loop('test', runtime, async (signal) => {
      await runtime.sleep(60_000, signal)
      ended = true
      return 60_000
    })
    const running = service.run()
    await runtime.settle()
    await service.stop()
    assert.equal(ended, true)
    await running
    assert.equal(runtime.sleeping, 0)
  })

  void test('logs no error of a turn that was asked to stop', async () => {
    const runtime = virtualRuntime()
    const service = loop('test', runtime, async (signal) => {
      await runtime.sleep(60_000, signal)
      throw new Error('cut off')
    })
    const running = service.run()
    await runtime.settle()
    await service.stop()
    await running
    assert.deepEqual(runtime.lines, [])
  })
})

void describe('work that is worth finishing', () => {
  /** Whether the work was cut after so long, when the stop came `stopAt` after its begin. */
  async function cutAt(stopAt: number, endsAfter: number): Promise<number | null> {
    const runtime = virtualRuntime()
    const start = runtime.now()
    const stopping = new AbortController()
    let cutAfter: number | null = null
    if (stopAt < 0) stopping.abort()
    const working = withGrace(stopping.signal, 5_000, runtime, async (cut) => {
      cut.addEventListener('abort', () => void (cutAfter = runtime.now() - start))
      await runtime.sleep(endsAfter, cut)
      return 'done'
    })
    await runtime.advance(Math.max(0, stopAt))
    stopping.abort()
    await runtime.advance(60_000)
    assert.equal(await working, 'done')
    assert.equal(runtime.sleeping, 0)
    return cutAfter
  }
  void test('is cut a while after the stop, and not when it has ended before', async () => {
    assert.equal(await cutAt(2_000, 60_000), 7_000)
    assert.equal(await cutAt(2_000, 6_999), null)
    assert.equal(await cutAt(2_000, 1_000), null)
  })
  void test('has the same while when the stop came before it', async () => {
    assert.equal(await cutAt(-1, 60_000), 5_000)
    assert.equal(await cutAt(-1, 4_999), null)
  })
})

void describe('services that run together', () => {
  function fake(name: string, log: string[]): Service & { fail(error: Error): void } {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    promise.catch(() => {})
    return {
      run: () => promise,
      stop: async () => {
        log.push(name)
        resolve()
      },
      fail: reject,
    }
  }

  void test('stop in the order of the flow, once each', async () => {
    const log: string[] = []
    const all = together([[fake('take', log)], [fake('plan', log)], [fake('tell', log)]], virtualRuntime())
    const running = all.run()
    await Promise.all([all.stop(), all.stop()])
    await running
    assert.deepEqual(log, ['take', 'plan', 'tell'])
  })

  void test('have all ended when their stop has, however long the last one takes', async () => {
    const runtime = virtualRuntime()
    const slow: Service = { run: () => runtime.sleep(60_000), stop: () => runtime.sleep(10_000) }
    const all = together([[slow], [slow]], runtime)
    let ended = false
    const stopping = all.stop().then(() => (ended = true))
    // The second is stopped after three seconds.
    await runtime.advance(12_999)
    assert.equal(ended, false)
    await runtime.advance(1)
    assert.equal(ended, true)
    await stopping
  })

  void test('all stop when one rejects, and its error is passed on', async () => {
    const log: string[] = []
    const broken = fake('plan', log)
    const all = together([[fake('take', log)], [broken], [fake('tell', log)]], virtualRuntime())
    const running = all.run()
    broken.fail(new RollcallError('LedgerGone', 'no way on'))
    await assert.rejects(running, { code: 'LedgerGone' })
    assert.deepEqual(log, ['take', 'plan', 'tell'])
  })
})

void test('only name, code and safe message of an error are described', () => {
  assert.deepEqual(describeError(new TypeError('Ann Lee')), { error: 'TypeError' })
  assert.deepEqual(describeError(Object.assign(new Error('Ann Lee'), { code: 'ECONNRESET' })), {
    error: 'Error',
    code: 'ECONNRESET',
  })
  assert.deepEqual(describeError(new RollcallError('LedgerFull', 'ours')), {
    error: 'RollcallError',
    code: 'LedgerFull',
    message: 'ours',
  })
  assert.deepEqual(describeError('Ann Lee'), { error: 'string' })
})

void describe('a slow end', () => {
  void test('is left behind after seven seconds, with a warning', async () => {
    const runtime = virtualRuntime()
    const service = loop('test', runtime, () => new Promise(() => {}))
    const running = service.run()
    await runtime.settle()
    let ended = false
    const stopping = service.stop().then(() => (ended = true))
    await runtime.advance(6_999)
    assert.equal(ended, false)
    await runtime.advance(1)
    assert.equal(ended, true)
    await stopping
    await running
    assert.deepEqual(
      runtime.lines.map(({ event }) => event),
      ['test.left'],
    )
  })

  void test('delays the next stages by three seconds at most', async () => {
    const runtime = virtualRuntime()
    const startedAt = runtime.now()
    const stops: [string, number][] = []
    const service = (name: string, hangs: boolean): Service =>
      loop(name, runtime, async (signal) => {
        if (hangs) await new Promise(() => {})
        await runtime.sleep(60_000, signal)
        stops.push([name, runtime.now() - startedAt])
        return 0
      })
    const all = together(
      [[service('submit', true)], [service('correlate', true)], [service('publish', false)]],
      runtime,
    )
    const running = all.run()
    await runtime.settle()
    const stopping = all.stop()
    await runtime.advance(30_000)
    await stopping
    await running
    assert.deepEqual(stops, [['publish', 6_000]])
    assert.deepEqual(
      runtime.lines.map(({ event }) => event),
      ['submit.left', 'correlate.left'],
    )
  })
})
