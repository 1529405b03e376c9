import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, test } from 'node:test'
import { Queue, rateOf } from '../../../../src/core/intake/receive/queue.ts'

void describe('the rate of messages', () => {
  void test('is how many there were in the last second', () => {
    let now = 0
    const rate = rateOf({ now: () => now })
    const at = (moment: number, count: number): number => {
      now = moment
      return rate(count)
    }
    assert.deepEqual([at(0, 3), at(400, 2), at(999, 1)], [3, 5, 6])
    assert.equal(at(1_000, 4), 7, 'the first three are a second old')
    assert.deepEqual([at(1_400, 0), at(1_999, 0), at(2_000, 1), at(9_000, 0)], [5, 4, 1, 0])
  })
})

void describe('messages that have arrived', () => {
  const waits = async (queue: Queue<number>, signal = new AbortController().signal): Promise<boolean> => {
    const still = Symbol('still')
    const turn = new Promise((resolve) => setImmediate(resolve, still))
    return (await Promise.race([queue.some(signal), turn])) === still
  }

  void test('are taken in their order, at most so many at once', () => {
    const queue = new Queue<number>()
    for (const one of [1, 2, 3]) queue.push(one)
    assert.deepEqual([queue.length, queue.take(2), queue.length, queue.take(2)], [3, [1, 2], 1, [3]])
  })

  void test('are waited for until one is there', async () => {
    const queue = new Queue<number>()
    assert.equal(await waits(queue), true)
    const { signal } = new AbortController()
    const some = queue.some(signal)
    queue.push(1)
    await some
    assert.deepEqual(getEventListeners(signal, 'abort'), [])
    assert.equal(await waits(queue), false)
    queue.take(1)
    assert.equal(await waits(queue), true)
  })

  void test('are not waited for after the end', async () => {
    const queue = new Queue<number>()
    const ended = new AbortController()
    const some = queue.some(ended.signal)
    ended.abort()
    await some
    assert.equal(await waits(queue, ended.signal), false)
  })
})
