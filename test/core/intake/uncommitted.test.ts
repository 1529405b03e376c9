import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Committer } from '../../../src/core/intake/commit.ts'
import { uncommittedMessages } from '../../../src/core/intake/uncommitted.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

/** A ledger that refuses some messages, and a clock that moves while it works and rests. */
function desk(refused: readonly number[], batchSize: number, commitMs = 0) {
  const bad = new Set(refused)
  const tried: (readonly number[])[] = []
  const taken: (readonly number[])[] = []
  const backlogs = new Set<boolean>()
  const told = { recorded: 0, rests: 0 }
  let now = 1_000_000
  let answers = Infinity
  const stop = new AbortController()
  const committer: Committer<number> = {
    read: async (messages) => ({
      origins: [],
      commit: async (backlog) => {
        tried.push(messages)
        backlogs.add(backlog)
        now += commitMs
        if (messages.some((one) => bad.has(one))) throw new TypeError('refused')
        taken.push(messages)
        return []
      },
    }),
  }
  const runtime = {
    ...virtualRuntime(),
    now: () => now,
    sleep: async (ms: number) => {
      now += ms
      told.rests += 1
    },
  }
  const ping = async (): Promise<null> => {
    answers -= 1
    if (answers < 0) throw new TypeError('the ledger is away')
    return null
  }
  const onRecorded = (): void => void (told.recorded += 1)
  const kept = uncommittedMessages({ ping }, committer, { batchSize, onRecorded }, runtime)
  return {
    tried,
    taken,
    backlogs,
    told,
    goAwayAfter: (pings: number) => (answers = pings),
    /** What was tried before the first rest. */
    async work(messages: readonly number[]) {
      kept.keep(messages)
      const round = { until: 0 }
      runtime.sleep = async () => {
        round.until ||= tried.length
        stop.abort()
      }
      await kept.waitForLedger(stop.signal)
      return tried.slice(0, round.until || tried.length)
    },
    waitUntilItGivesUp: (messages: readonly number[]) => {
      kept.keep(messages)
      return kept.waitForLedger(stop.signal)
    },
  }
}

void describe('messages that could not be committed', () => {
  void test('are committed in batches, as a backlog, and once', async () => {
    const all = desk([], 2)
    await all.work([1, 2, 3, 4])
    await all.work([])
    assert.deepEqual(all.taken, [
      [1, 2],
      [3, 4],
    ])
    assert.deepEqual([[...all.backlogs], all.told], [[true], { recorded: 1, rests: 0 }])
  })

  void test('are committed one by one where the ledger refuses one of a batch', async () => {
    const one = desk([2], 3)
    await one.work([1, 2, 3, 4])
    assert.deepEqual(one.taken, [[1], [3], [4]])
    assert.deepEqual([[...one.backlogs], one.told], [[true], { recorded: 1, rests: 0 }])
  })

  void test('are left alone after three in a row, if the ledger takes none', async () => {
    const none = desk([1, 2, 3, 4, 5], 5)
    assert.deepEqual(await none.work([1, 2, 3, 4, 5]), [[1, 2, 3, 4, 5], [1], [2], [3]])
    assert.equal(none.told.recorded, 0)
  })

  void test('go on after any number of refusals, if the ledger took one of them', async () => {
    const inBatch = desk([2, 3, 4], 5)
    await inBatch.work([1, 2, 3, 4, 5])
    assert.deepEqual(inBatch.taken, [[1], [5]])
    const before = desk([4, 5, 6], 3)
    await before.work([1, 2, 3, 4, 5, 6, 7])
    assert.deepEqual(before.taken, [[1, 2, 3], [7]])
    const onlyOneBefore = desk([2, 3, 4, 5, 6], 3)
    await onlyOneBefore.work([1, 2, 3, 4, 5, 6, 7])
    assert.deepEqual(onlyOneBefore.taken, [[1], [7]])
  })

  void test('are left alone at once when the ledger stops answering', async () => {
    const away = desk([1, 2, 3], 3)
    away.goAwayAfter(1)
    assert.deepEqual(await away.work([1, 2, 3]), [[1, 2, 3], [1]])
  })

  void test('are dropped when the ledger has answered for four seconds and taken none', async () => {
    // With the rests between, the fifth attempt ends four seconds after the first one.
    const none = desk([1], 1, 31.25)
    await none.waitUntilItGivesUp([1])
    assert.deepEqual([none.tried.length, none.told], [10, { recorded: 0, rests: 4 }])
    await none.waitUntilItGivesUp([])
    assert.equal(none.tried.length, 10)
  })
})
