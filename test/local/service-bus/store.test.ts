import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import type { Outcome, QueueSpec } from '../../../src/local/service-bus/store/contract.ts'
import { Heap } from '../../../src/local/service-bus/store/structures/heap.ts'
import type { LockReference } from '../../../src/local/service-bus/store/lock-token.ts'
import { MessageQueue } from '../../../src/local/service-bus/store/queue.ts'
import { SequenceIndex } from '../../../src/local/service-bus/store/structures/sequence-index.ts'
import { parseEnvelope } from '../../../src/local/service-bus/wire/message.ts'

const spec: QueueSpec = {
  address: 'q',
  lockDurationMs: 100,
  maxDeliveryCount: 3,
  duplicateWindowMs: undefined,
  defaultTtlMs: 1000,
  deadLetterOnExpiration: true,
  isDeadLetterQueue: false,
  requiresSession: false,
  partitioned: false,
}

/** A message with an empty body and no properties. */
const envelope = () => parseEnvelope(Buffer.from([0x00, 0x53, 0x77, 0x40]))
const none = new Map<string, never>()
const outcomes: readonly Outcome[] = [
  { kind: 'complete' },
  { kind: 'abandon', properties: none, counts: true },
  { kind: 'abandon', properties: none, counts: false },
  { kind: 'defer', properties: none },
  { kind: 'deadLetter', reason: 'r', description: 'd', properties: none },
]

type Step =
  | { readonly kind: 'send'; readonly delay: number }
  | { readonly kind: 'lock' | 'remove' }
  | { readonly kind: 'settle' | 'renew'; readonly which: number; readonly how: number }
  | { readonly kind: 'pass'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('send' as const), delay: fc.constantFrom(0, 0, 50) }),
  fc.record({ kind: fc.constantFrom('lock' as const, 'lock' as const, 'remove' as const) }),
  fc.record({ kind: fc.constantFrom('settle' as const, 'renew' as const), which: fc.nat(), how: fc.nat() }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 30, 101, 400) }),
)

void describe('the queue', () => {
  void it('every message is in exactly one place, whatever happens to it, and the next one delivered is the first of those ready', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        let now = 1_000_000
        let dead = 0
        const queue = new MessageQueue(spec, {
          available: () => {},
          sessionExpired: () => {},
          deadLettered: () => (dead += 1),
        })
        const held: LockReference[] = []
        let sent = 0
        for (const action of steps) {
          if (action.kind === 'send') {
            queue.enqueue(
              { ...envelope(), scheduledAt: action.delay === 0 ? undefined : now + action.delay },
              now,
            )
            sent += 1
          } else if (action.kind === 'pass') {
            now += action.ms
            queue.sweep(now)
          } else if (action.kind === 'settle' || action.kind === 'renew') {
            const reference = held[action.which % Math.max(1, held.length)]
            const outcome = outcomes[action.how % outcomes.length]
            if (reference === undefined || outcome === undefined) continue
            if (action.kind === 'renew') queue.renew(reference, now)
            else queue.settle(reference, outcome, now)
          } else {
            const first = queue.peek(0, 1, (message) => message.place !== 'none')[0]?.sequence
            const message = action.kind === 'lock' ? queue.lockNext(now) : queue.removeNext(now)
            assert.equal(message?.sequence, first)
            if (message !== undefined) held.push({ lock: message.lock, sequence: message.sequence })
          }
          const { active, locked, scheduled, deferred, completed } = queue.counts()
          assert.equal(active + locked + scheduled + deferred + completed + dead, sent)
          assert.equal(queue.peek(0, 1000).length, active + locked + scheduled + deferred)
        }
      }),
      { numRuns: 300 },
    )
  })

  void it('the bytes held return to 0 when the messages are gone', () => {
    const queue = new MessageQueue(spec, {
      available: () => {},
      sessionExpired: () => {},
      deadLettered: () => {},
    })
    for (let index = 0; index < 100; index += 1) queue.enqueue(envelope(), index)
    assert.ok(queue.bytes > 0)
    while (queue.removeNext(200) !== undefined) continue
    assert.equal(queue.bytes, 0)
  })
})

void describe('what the queue is built from', () => {
  void it('a heap gives its entries smallest first and prunes stale ones', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (values, limit) => {
        const heap = new Heap<number>((value) => value)
        for (const value of values) heap.push(value)
        heap.prune((value) => value > limit)
        const sorted: number[] = []
        for (let first = heap.pop(); first !== undefined; first = heap.pop()) sorted.push(first)
        assert.deepEqual(
          sorted,
          values.filter((value) => value > limit).sort((left, right) => left - right),
        )
      }),
    )
  })

  void it('a sequence index is a map that can be walked in order from any key', () => {
    const change = fc.tuple(fc.boolean(), fc.nat({ max: 5000 }))
    fc.assert(
      fc.property(fc.array(change), fc.nat({ max: 5000 }), (changes, from) => {
        const index = new SequenceIndex<number>()
        const model = new Map<number, number>()
        for (const [add, sequence] of changes) {
          if (add) {
            index.set(sequence, sequence)
            model.set(sequence, sequence)
          } else {
            index.delete(sequence)
            model.delete(sequence)
          }
        }
        assert.equal(index.size, model.size)
        const expected = [...model.keys()]
          .filter((sequence) => sequence >= from)
          .sort((left, right) => left - right)
        assert.deepEqual([...index.from(from)], expected)
      }),
    )
  })
})
