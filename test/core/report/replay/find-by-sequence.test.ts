import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import type { PeekedMessage } from '../../../../src/core/ports.ts'
import { findBySequence } from '../../../../src/core/report/replay/find-by-sequence.ts'
import { shelved } from '../../../fakes/shelf.ts'

async function picked(messages: readonly PeekedMessage[], wanted: readonly string[], largest = 250) {
  let requests = 0
  let shown = 0
  const peek = async (from: string, limit: number) => {
    requests += 1
    const page = messages
      .filter(({ sequence }) => BigInt(sequence) >= BigInt(from))
      .slice(0, Math.min(limit, largest))
    shown += page.length
    return page
  }
  const found: string[] = []
  for await (const { sequence } of findBySequence(peek, wanted)) found.push(sequence)
  return { found, requests, shown }
}
const messages = Array.from({ length: 10_000 }, (_, n) => shelved(n + 1))

void describe('finding messages in a dead-letter queue', () => {
  void it('finds exactly those that exist, ascending, whatever the page size of the bus', async () => {
    const sequence = fc.integer({ min: 0, max: 900 }).map(String)
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(sequence),
        fc.uniqueArray(sequence),
        fc.integer({ min: 1, max: 300 }),
        async (there, wanted, largest) => {
          const shelf = there.map(Number).toSorted((a, b) => a - b)
          const { found } = await picked(
            shelf.map((one) => shelved(one)),
            wanted,
            largest,
          )
          assert.deepEqual(
            found,
            shelf.map(String).filter((one) => wanted.includes(one)),
          )
        },
      ),
    )
  })

  void it('takes one request for neighbours, and one each for distant messages, without those between', async () => {
    const together = messages.slice(4_000, 5_000).map(({ sequence }) => sequence)
    assert.deepEqual(await picked(messages, together), { found: together, requests: 4, shown: 1_000 })
    const pages = await picked(messages, together, 100)
    assert.equal(pages.requests, 10, 'one for each page of the bus')
    const apart = messages.filter((_, n) => n % 500 === 0).map(({ sequence }) => sequence)
    assert.deepEqual(await picked(messages, apart), {
      found: apart,
      requests: apart.length,
      shown: apart.length,
    })
  })

  void it('takes one request for a message that is gone, alone or before others', async () => {
    const alone = await picked(messages, ['20000'])
    assert.deepEqual([alone.found, alone.requests], [[], 1])
    const before = await picked(messages.slice(1), ['1', '2', '3'])
    assert.deepEqual([before.found, before.requests], [['2', '3'], 1])
  })

  void it('finds a message behind one with a higher number, in another page', async () => {
    const shuffled = ['10', '30', '20'].map((sequence) => shelved(sequence))
    const peek = async (from: string) => {
      const at = shuffled.findIndex(({ sequence }) => sequence === from)
      return shuffled.slice(at, at + 2)
    }
    const found: string[] = []
    for await (const { sequence } of findBySequence(peek, ['10', '20'])) found.push(sequence)
    assert.deepEqual(found, ['10', '20'])
  })

  void it('asks for no further page after an abort', async () => {
    const stopping = new AbortController()
    const peek = async (from: string) => {
      stopping.abort()
      return [shelved(from)]
    }
    const found: string[] = []
    for await (const { sequence } of findBySequence(peek, ['1', '1000'], stopping.signal))
      found.push(sequence)
    assert.deepEqual(found, ['1'])
  })

  void it('finds those of a partitioned queue, whose numbers exceed 2^53 and do not always rise', async () => {
    const of = (partition: bigint, n: bigint): string => String((partition << 48n) + n)
    // The bus shows the partitions in turn.
    const mixed = Array.from({ length: 100 }, (_, n) => shelved(of(BigInt(64 - (n % 3)), BigInt(n + 1))))
    const peek = async (from: string, limit: number) => {
      const at = mixed.findIndex(({ sequence }) => sequence === from)
      return at < 0
        ? mixed.filter(({ sequence }) => BigInt(sequence) > BigInt(from)).slice(0, limit)
        : mixed.slice(at, at + limit)
    }
    const wanted = [...mixed.filter((_, n) => n % 4 === 0).map(({ sequence }) => sequence), of(63n, 77n)]
    const found: string[] = []
    for await (const { sequence } of findBySequence(peek, wanted)) found.push(sequence)
    assert.deepEqual(new Set(found), new Set(wanted.slice(0, -1)))
  })
})
