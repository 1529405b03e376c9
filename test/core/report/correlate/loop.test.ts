import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ConnectionAnswer } from '../../../../src/core/connections/connection.ts'
import { rawLogRecord } from '../../../fakes/log.ts'
import { virtualRuntime } from '../../../fakes/virtual-runtime.ts'
import { MINUTE, page, record, settings, start, throttled, unavailable } from './loop-world.ts'

void describe('the log is read', () => {
  void test('from the watermark minus the possible clock offset', async (t) => {
    const { runtime, asked, startedAt } = start(t, [], { watermark: virtualRuntime().now() - MINUTE })
    await runtime.settle()
    assert.deepEqual(asked, [{ at: 0, since: startedAt - 3 * MINUTE, until: null, about: null, next: null }])
  })

  void test('the first time from as far back as a record may lag', async (t) => {
    const { runtime, asked, startedAt } = start(t, [])
    await runtime.settle()
    assert(asked[0] && asked[0].since <= startedAt - settings.maxLagMs - settings.skewMs)
  })

  void test('page by page, with a pause between them, all from the same moment', async (t) => {
    const { runtime, asked, told } = start(t, [page([], 'page-2'), page([], 'page-3'), page([])])
    await runtime.advance(10_000)
    assert.deepEqual(
      asked.map(({ at, next }) => [at, next]),
      [
        [0, null],
        [2_000, 'page-2'],
        [4_000, 'page-3'],
      ],
    )
    assert.equal(new Set(asked.map(({ since }) => since)).size, 1)
    assert.equal(told.length, 3)
  })

  void test('in slices after a long absence, each its own step forward', async (t) => {
    const hours = 60 * MINUTE
    const { runtime, asked, told, startedAt } = start(t, [], {
      watermark: virtualRuntime().now() - 20 * hours,
    })
    await runtime.advance(5_000)
    assert.deepEqual(
      asked.map(({ at, since, until }) => [
        at,
        (since - startedAt + settings.skewMs) / hours,
        until === null ? null : (until - startedAt) / hours,
      ]),
      [
        [0, -20, -14],
        [2_000, -14, -8],
        [4_000, -8, null],
      ],
    )
    assert.deepEqual(
      told.map(({ watermark }) => watermark),
      [startedAt - 14 * hours, startedAt - 8 * hours, startedAt + 4_000 - settings.maxLagMs],
    )
  })

  void test('at once to its end, up to twice the length of a slice', async (t) => {
    const { maxLagMs, skewMs, sliceMs } = settings
    const twice = virtualRuntime().now() - maxLagMs - skewMs - 2 * sliceMs
    for (const [watermark, until] of [
      [twice, null],
      [twice - 1, twice - 1 + sliceMs],
    ] as const) {
      const { runtime, asked } = start(t, [], { watermark })
      await runtime.settle()
      assert.equal(asked[0]?.until, until)
    }
  })

  void test('so that other work gets its turn after every 200 records', async (t) => {
    for (const [count, turns] of [
      [199, 0],
      [400, 2],
    ] as const) {
      const records = Array.from({ length: count }, (_, index) => record(`r-${index}`, 0))
      const { runtime, yields } = start(t, [page(records)])
      await runtime.settle()
      assert.equal(yields(), turns)
    }
  })

  void test('only when the request window of the previous reader is over, also after a lease changes hands', async (t) => {
    const { runtime, asked } = start(t, [throttled()], { settings: { ...settings, startMs: 10_000 } })
    await runtime.advance(50_000)
    assert.deepEqual(
      asked.map(({ at }) => at),
      [10_000, 20_000, 50_000],
    )
  })

  void test('again after a rest', async (t) => {
    const { runtime, asked, settled } = start(t, [])
    await runtime.advance(90_000)
    assert.deepEqual(
      asked.map(({ at }) => at),
      [0, 30_000, 60_000, 90_000],
    )
    assert.equal(settled(), 4)
  })

  void test('its records are joined, and finalized after a quiet time', async (t) => {
    const { runtime, told, startedAt } = start(t, [
      page([record('r-1', virtualRuntime().now() + 5_000), 'nonsense', { id: 1 }]),
    ])
    await runtime.settle()
    assert.deepEqual(
      told[0]?.joins.map(({ record, operation, interim }) => [record.id, operation, interim]),
      [['r-1', 'op-1', 'confirmed']],
    )
    assert.equal(told[0]?.finalAt, startedAt + settings.quietMs)
  })

  void test('the ledger gets the values of a record only when it answers no operation', async (t) => {
    const at = virtualRuntime().now() + 5_000
    const echo = { title: 'Head' }
    const ours = rawLogRecord('r-1', { at, echo })
    const foreign = rawLogRecord('r-2', { at, echo, employee: '10002' })
    const { runtime, told } = start(t, [page([ours, foreign])])
    await runtime.settle()
    assert.deepEqual(
      told[0]?.joins.map(({ record }) => [record.id, record.echo['title']]),
      [
        ['r-1', undefined],
        ['r-2', 'Head'],
      ],
    )
  })

  void test('with traces, a turn belongs to the traces of the events that it answers', async (t) => {
    const at = virtualRuntime().now() + 5_000
    const foreign = rawLogRecord('r-2', { at, employee: '10002' })
    const unclear = rawLogRecord('r-3', { at, status: 'unknownFutureValue' })
    for (const [records, traces, origins] of [
      [[record('r-1', at), foreign], true, [['op-1']]],
      [[foreign], true, []],
      [[unclear], true, []],
      [[record('r-1', at)], false, []],
    ] as const) {
      const { runtime, origins: read } = start(t, [page(records)], { traces })
      await runtime.settle()
      assert.deepEqual(read, origins)
    }
  })

  void test('the records of others are counted', async (t) => {
    const { runtime, counted } = start(t, [page([rawLogRecord('r-2', { employee: '10002' })])])
    await runtime.settle()
    assert.deepEqual(counted, [['rollcall.log.foreign', 1]])
  })
})

void test('an unreadable record is logged once, with its id and what it lacks, and stops nothing', async (t) => {
  const id = '75b5b0ae-9fc5-4d0e-a0a9-7a6a4728de56'
  const at = virtualRuntime().now()
  const nameless = rawLogRecord(id, {
    at,
    more: { sourceIdentity: { id: null, displayName: 'Ann Lee' }, provisioningSteps: [] },
  })
  const odd = rawLogRecord('Ann Lee', { at, more: { activityDateTime: 'soon' } })
  const all = page([nameless, odd, 'Ann Lee', record('x'.repeat(1_001), at), record('r-1', at)])
  const { runtime, told, counted } = start(t, [all, all])
  await runtime.advance(30_000)
  const unreadable = counted.filter(([name]) => name === 'rollcall.log.unreadable')
  assert.deepEqual(
    unreadable.map(([, count]) => count),
    [1, 1, 1, 1],
  )
  assert.deepEqual(
    told.map(({ joins, watermark }) => [joins.length, watermark === null]),
    [
      [1, false],
      [1, false],
    ],
  )
  assert.deepEqual(
    runtime.lines.map(({ event, fields }) => [event, fields['record'], fields['lacks']]),
    [
      ['correlate.unreadable', id, ['sourceIdentity']],
      ['correlate.unreadable', null, ['activityDateTime']],
      ['correlate.unreadable', null, ['id', 'sourceIdentity', 'activityDateTime']],
      ['correlate.unreadable', null, ['id']],
    ],
  )
})

void describe('a local clock that is ahead', () => {
  const HOUR = 60 * MINUTE

  void test('does not move the end of a slice past the service’s time minus its lag, and does not cause reads without a rest', async (t) => {
    const server = virtualRuntime().now() - 3 * HOUR
    const { runtime, asked, told } = start(t, [page([], null, server), page([], null, server)], {
      settings: { ...settings, sliceMs: HOUR },
      watermark: server - settings.maxLagMs,
    })
    await runtime.settle()
    assert.deepEqual(
      told.map(({ watermark }) => watermark),
      [server - settings.maxLagMs],
    )
    assert.equal(asked.length, 1)
    await runtime.advance(settings.pollMs)
    assert.equal(asked.length, 2)
  })

  void test('by no more than clocks may be apart does not make its watermark too late', async (t) => {
    const now = virtualRuntime().now()
    const { runtime, asked } = start(t, [], { watermark: now + settings.skewMs, oldest: now - 2 * HOUR })
    await runtime.settle()
    assert.equal(asked[0]?.since, now)
  })

  void test('leaves no watermark that is too late: the next read begins at the oldest unanswered operation', async (t) => {
    const now = virtualRuntime().now()
    const { runtime, asked } = start(t, [], { watermark: now + 3 * HOUR, oldest: now - 2 * HOUR })
    await runtime.settle()
    assert.equal(asked[0]?.since, now - 2 * HOUR - settings.skewMs)
  })
})

void test('a log that was never read is read from the oldest unanswered operation, however long it was unreadable', async (t) => {
  const now = virtualRuntime().now()
  const { runtime, asked } = start(t, [unavailable(), page([])], { oldest: now - 26 * 60 * MINUTE })
  await runtime.advance(MINUTE)
  assert.deepEqual(
    asked.slice(0, 2).map(({ since }) => since),
    [0, 0].map(() => now - 26 * 60 * MINUTE - settings.skewMs),
  )
})

void describe('the watermark', () => {
  void test('moves after the last page, to the service’s time at the first page minus the longest lag', async (t) => {
    const serverAt = virtualRuntime().now() - 7_000
    const { runtime, told } = start(t, [
      page([], 'page-2', serverAt),
      page([], 'page-3', serverAt + 9_000),
      page([], null, serverAt + 11_000),
    ])
    await runtime.advance(10_000)
    assert.deepEqual(
      told.map(({ watermark }) => watermark),
      [null, null, serverAt - settings.maxLagMs],
    )
  })

  void test('moves only with the last part of a long page', async (t) => {
    const at = virtualRuntime().now()
    const records = Array.from({ length: 1_001 }, (_, index) => record(`r-${index}`, at))
    const { runtime, told } = start(t, [page(records)])
    await runtime.settle()
    assert.deepEqual(
      told.map(({ joins, watermark }) => [joins.length, watermark === null]),
      [
        [500, true],
        [500, true],
        [1, false],
      ],
    )
  })

  void test('moves with the last part also when all parts are full', async (t) => {
    const at = virtualRuntime().now()
    const records = Array.from({ length: 500 }, (_, index) => record(`r-${index}`, at))
    const { runtime, told } = start(t, [page(records)])
    await runtime.settle()
    assert.deepEqual(
      told.map(({ joins, watermark }) => [joins.length, watermark === null]),
      [[500, false]],
    )
  })

  void test('never passes a moment whose records may still arrive, however late they are', async (t) => {
    const lag = { ...settings, maxLagMs: 20 * 60 * MINUTE }
    const { runtime, told, startedAt } = start(t, [], {
      watermark: virtualRuntime().now() - lag.maxLagMs,
      settings: lag,
    })
    await runtime.advance(60_000)
    for (const [index, { watermark }] of told.entries())
      assert.equal(watermark, startedAt + index * settings.pollMs - lag.maxLagMs)
  })

  void test('waits for the request window of the log when it throttles from the first page', async (t) => {
    const { runtime, asked } = start(t, [throttled(), throttled(), page([])])
    await runtime.advance(25_000)
    assert.deepEqual(
      asked.slice(0, 3).map(({ at }) => at),
      [0, 10_000, 20_000],
    )
  })

  void test('does not start over when the log throttles half-way: the poll waits and continues with the same page', async (t) => {
    const { runtime, asked, told } = start(t, [
      page([], 'page-2'),
      throttled(),
      throttled(),
      page([], 'page-3'),
      page([]),
    ])
    await runtime.advance(25_000)
    assert.deepEqual(
      asked.slice(0, 5).map(({ next }) => next),
      [null, 'page-2', 'page-2', 'page-2', 'page-3'],
    )
    assert.deepEqual(
      told.slice(0, 3).map(({ watermark }) => watermark === null),
      [true, true, false],
    )
  })

  void test('waits for a throttled page five times before the poll starts over', async (t) => {
    const { runtime, asked } = start(t, [page([], '2'), ...Array.from({ length: 4 }, throttled), page([])])
    await runtime.advance(45_000)
    assert.deepEqual(
      asked.slice(0, 6).map(({ next }) => next),
      [null, '2', '2', '2', '2', '2'],
    )
  })

  void test('stays when a later page cannot be read, and all pages are read again', async (t) => {
    const { runtime, asked, told } = start(t, [
      page([], 'page-2'),
      unavailable(),
      page([], 'page-2'),
      page([]),
    ])
    await runtime.advance(10_000)
    assert.deepEqual(
      asked.map(({ next }) => next),
      [null, 'page-2', null, 'page-2'],
    )
    assert.deepEqual(
      told.map(({ watermark }) => watermark === null),
      [true, true, false],
    )
  })
})

void describe('an operation without an answer', () => {
  void test('is resent when the log was read past its deadline', async (t) => {
    const { runtime, overdue, expired, startedAt } = start(t, [])
    await runtime.settle()
    assert.deepEqual(overdue, [
      { acceptedBefore: startedAt - settings.maxLagMs - settings.deadlineMs, limit: 2 },
    ])
    assert.deepEqual(expired, [])
  })

  void test('is looked up by its employee before it is given up', async (t) => {
    const acceptedAt = virtualRuntime().now() - 60 * MINUTE
    const late = ['10001', '10002'].map((employeeId) => ({
      id: `op of ${employeeId}`,
      employeeId,
      acceptedAt,
      resends: 0,
    }))
    const { runtime, startedAt, asked, told, expired } = start(
      t,
      [page([]), page([record('r-1', acceptedAt)])],
      { late },
    )
    await runtime.advance(5_000)
    assert.deepEqual(
      asked.slice(1).map(({ at, about, since }) => [at, about, since]),
      [
        [2_000, '10001', acceptedAt - settings.skewMs],
        [4_000, '10002', acceptedAt - settings.skewMs],
      ],
    )
    assert.deepEqual(
      told.slice(1).map(({ joins, watermark }) => [joins.length, watermark]),
      [
        [1, null],
        [0, null],
      ],
    )
    assert.deepEqual(expired, [
      {
        operations: ['op of 10001', 'op of 10002'],
        maxResends: 3,
        links: new Map(),
        now: startedAt + 4_000,
      },
    ])
  })

  void test('is not looked up again when the log fails between look-ups: finished ones stay finished', async (t) => {
    const acceptedAt = virtualRuntime().now() - 60 * MINUTE
    const late = ['10001', '10002', '10003'].map((employeeId) => ({
      id: `op of ${employeeId}`,
      employeeId,
      acceptedAt,
      resends: 0,
    }))
    const { runtime, expired } = start(
      t,
      [page([]), page([]), throttled(), page([], 'more'), page([]), unavailable()],
      { late },
    )
    await runtime.advance(25_000)
    assert.deepEqual(expired[0]?.operations, ['op of 10001', 'op of 10002'])
  })

  void test('is not given up when the look-up failed', async (t) => {
    const late = [
      { id: 'op-1', employeeId: '10001', acceptedAt: virtualRuntime().now() - 60 * MINUTE, resends: 2 },
    ]
    const { runtime, expired } = start(t, [page([]), throttled()], { late })
    await runtime.advance(2_100)
    assert.deepEqual(expired, [])
    const failing = start(t, [page([]), unavailable()], { late })
    await failing.runtime.advance(2_100)
    assert.deepEqual(failing.expired, [])
  })

  void test('is logged as unanswered, whatever becomes of it, also if it is the only one', async (t) => {
    const late = [{ id: 'op-1', employeeId: '10001', acceptedAt: 0, resends: 0 }]
    const none = { resent: 0, givenUp: 0, unchanged: 0 }
    for (const [ended, lines] of [
      [{ ...none, resent: 1 }, 1],
      [{ ...none, givenUp: 1 }, 1],
      [{ ...none, unchanged: 1 }, 1],
      // It was answered in the meantime.
      [none, 0],
    ] as const) {
      const { runtime } = start(t, [], { late, ended })
      await runtime.advance(2_100)
      assert.equal(runtime.lines.filter(({ event }) => event === 'correlate.unanswered').length, lines)
    }
  })

  void test('ends as without the question when the service refuses to say, and the log names the permission once', async (t) => {
    const acceptedAt = virtualRuntime().now() - 60 * MINUTE
    const late = ['p1', 'p2'].map((employeeId) => ({
      id: `op of ${employeeId}`,
      employeeId,
      acceptedAt,
      resends: 2,
    }))
    const asked: string[] = []
    const find = async (id: string): Promise<ConnectionAnswer> => {
      asked.push(id)
      return { kind: 'forbidden' }
    }
    const { runtime, expired } = start(t, [], { late, connections: { find } })
    await runtime.advance(60_000)
    assert(expired.length > 1)
    assert.deepEqual(expired[0]?.operations, ['op of p1', 'op of p2'])
    assert.deepEqual([...(expired[0]?.links ?? [])], [['p1', 'unknown']])
    assert(!asked.includes('p2'))
    const lines = runtime.lines.filter(({ event }) => event === 'connections.refused')
    assert.equal(lines.length, 1)
    assert.match(JSON.stringify(lines), /SynchronizationMetadata\.Read\.OwnedBy/)
  })

  void test('does not become overdue during an outage of the log, however long', async (t) => {
    const { runtime, overdue, expired, told } = start(t, Array.from({ length: 10_000 }, throttled))
    await runtime.advance(24 * 60 * MINUTE)
    assert.deepEqual([overdue, expired, told], [[], [], []])
    assert(runtime.lines.length > 0)
  })

  void test('does not become overdue after an outage until reading has caught up', async (t) => {
    const { runtime, overdue, startedAt } = start(t, [], {
      watermark: virtualRuntime().now() - 20 * 60 * MINUTE,
    })
    await runtime.advance(5_000)
    assert.deepEqual(
      overdue.map(({ acceptedBefore }) => acceptedBefore),
      [startedAt + 4_000 - settings.maxLagMs - settings.deadlineMs],
    )
  })

  void test('does not become overdue by a poll that failed half-way', async (t) => {
    const { runtime, overdue } = start(t, [page([], 'page-2'), unavailable(), page([])])
    await runtime.advance(2_100)
    assert.equal(overdue.length, 0)
    await runtime.advance(5_000)
    assert.equal(overdue.length, 1)
  })

  void test('does not become overdue by a stop during a poll', async (t) => {
    const { runtime, overdue, service, told } = start(t, [page([], 'page-2')])
    await runtime.settle()
    await service.stop()
    assert.equal(told.at(-1)?.watermark, null)
    assert.deepEqual(overdue, [])
  })

  void test('is left to the service for as long as the service may retry', async (t) => {
    const { runtime, escrowedBefore, startedAt } = start(t, [])
    await runtime.settle()
    assert.deepEqual(escrowedBefore, [startedAt - settings.escrowMs])
  })
})

void test('every operation whose quiet time is over is finalized, however many there are', async (t) => {
  const { runtime, finalized } = start(t, [], { finalized: [500, 500, 7] })
  await runtime.settle()
  assert.deepEqual(finalized, [])
})
