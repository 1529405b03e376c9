import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DeadLetterCopy } from '../../../../src/core/ledger/port/dead-letters.ts'
import type { OutboxMessage } from '../../../../src/core/ports.ts'
import { copyCipher } from '../../../../src/adapters/copy-cipher.ts'
import {
  COPY_OF,
  COPY_REASON,
  COPY_REVISION,
  copyLoop,
  copyMessage,
  sealedAbout,
  sweepLoop,
} from '../../../../src/core/report/dead-letters/copies.ts'
import { day } from '../../../fakes/events.ts'
import { virtualRuntime } from '../../../fakes/virtual-runtime.ts'
import { fakeShelf, shelved } from '../../../fakes/shelf.ts'

const settings = {
  content: { kind: 'reference' } as const,
  pollMs: 1_000,
  atOnce: 2,
  sweepMs: 1_000,
  restMs: 60_000,
}
const digest = (text: string): string => `digest of ${text}`

function copy(seq: number, more: Partial<DeadLetterCopy> = {}): DeadLetterCopy {
  return {
    id: seq,
    seq,
    revision: 1,
    source: '/hr/acme',
    eventId: `e-${seq}`,
    employeeId: '10001',
    code: 'InvalidDomain',
    detail: null,
    current: true,
    original: {
      entity: 'hr-events',
      sequence: '1',
      enqueuedAt: day(1),
      messageId: 'm',
      sessionId: '10001',
      contentType: 'application/cloudevents+json',
      body: '{"a":  1}',
      properties: { tenant: 'acme', 'rollcall-replay': 'old' },
    },
    ...more,
  }
}

/** A ledger with these copies to make, and a sender that fails while the test says so. */
function start(rows: readonly DeadLetterCopy[]) {
  const runtime = virtualRuntime()
  const waiting = [...rows]
  const sent: OutboxMessage<string>[] = []
  const world = { away: false }
  const ledger = {
    listUncopiedDeadLetters: async (limit: number) => waiting.slice(0, limit),
    markDeadLettersCopied: async (ids: readonly number[]) => {
      for (const id of ids)
        waiting.splice(
          waiting.findIndex((one) => one.id === id),
          1,
        )
    },
  }
  const outlet = {
    send: async (messages: readonly OutboxMessage<string>[]) => {
      assert.notEqual(messages.length, 0)
      sent.push(...messages)
      if (world.away) throw new TypeError('the bus is away')
    },
  }
  const service = copyLoop(ledger, outlet, settings, runtime)
  return { runtime, waiting, sent, world, service }
}

/** So that the copy, should a tool of the bus send it, becomes the same events. */
const ORIGINAL_NAMES = JSON.stringify({ messageId: 'm', enqueuedAt: day(1), sequence: '1' })

void describe('copies of dead letters', () => {
  void test('a dead letter without an original becomes a reference, whatever a copy is to carry', () => {
    const seal = (text: string): string => `sealed ${text}`
    for (const content of [{ kind: 'whole' }, { kind: 'encrypted', seal }, { kind: 'reference' }] as const) {
      const { body, contentType, sessionId, properties } = copyMessage(
        copy(7, { original: null }),
        content,
        digest,
      )
      assert.deepEqual(
        [body, contentType, sessionId],
        ['{"source":"/hr/acme","id":"e-7"}', 'application/json', undefined],
      )
      assert.deepEqual(properties, { [COPY_OF]: 'dl-7', [COPY_REVISION]: 1, [COPY_REASON]: 'InvalidDomain' })
    }
  })

  void test('a whole copy has the original’s exact body, session and properties, and names its dead letter', () => {
    const message = copyMessage(copy(7, { detail: 'title' }), { kind: 'whole' }, digest)
    assert.equal(message.body, '{"a":  1}')
    assert.deepEqual(
      [message.contentType, message.sessionId, message.subject],
      ['application/cloudevents+json', '10001', '10001'],
    )
    assert.deepEqual(message.properties, {
      tenant: 'acme',
      'rollcall-original': ORIGINAL_NAMES,
      'rollcall-dead-letter': 'dl-7',
      'rollcall-revision': 1,
      'rollcall-reason': 'InvalidDomain',
      'rollcall-detail': 'title',
    })
    assert.notEqual(
      copyMessage(copy(7, { revision: 2 }), { kind: 'whole' }, digest).id,
      message.id,
      'the next time it dies it is another copy',
    )
  })

  void test('a reference names the event and why it died, and contains nothing of the original', () => {
    const message = copyMessage(copy(7, { detail: 'title' }), { kind: 'reference' }, digest)
    assert.equal(message.body, '{"source":"/hr/acme","id":"e-7"}')
    assert.deepEqual(
      [message.contentType, message.sessionId, message.subject],
      ['application/json', '10001', '10001'],
    )
    assert.deepEqual(message.properties, {
      'rollcall-dead-letter': 'dl-7',
      'rollcall-revision': 1,
      'rollcall-reason': 'InvalidDomain',
      'rollcall-detail': 'title',
    })
  })

  void test('an encrypted copy shows nothing of the original, and opens only with its key and for its own dead letter', () => {
    const cipher = copyCipher(Buffer.alloc(32, 7).toString('base64'))
    const message = copyMessage(copy(7), { kind: 'encrypted', seal: cipher.seal }, digest)
    assert.doesNotMatch(
      message.body + JSON.stringify(message.properties) + message.contentType,
      /acme|cloudevents|"a"/,
    )
    assert.deepEqual(JSON.parse(cipher.open(message.body, sealedAbout(7, 1))), {
      contentType: 'application/cloudevents+json',
      body: '{"a":  1}',
      properties: { tenant: 'acme', 'rollcall-original': ORIGINAL_NAMES },
    })
    assert.throws(() => cipher.open(message.body, sealedAbout(8, 1)), { code: 'CopyUnreadable' })
    const other = copyCipher(Buffer.alloc(32, 8).toString('base64'))
    assert.throws(() => other.open(message.body, sealedAbout(7, 1)), { code: 'CopyUnreadable' })
    const again = copyMessage(copy(7), { kind: 'encrypted', seal: cipher.seal }, digest)
    assert.notEqual(again.body, message.body, 'no nonce is used twice')
    assert.equal(again.id, message.id)
  })

  for (const wrong of ['', 'short', 'x'.repeat(44), Buffer.alloc(16).toString('base64')])
    void test(`a key of ${wrong.length} characters that are not 32 bytes in base64 is refused without being shown`, () => {
      assert.throws(
        () => copyCipher(wrong),
        (error: Error) =>
          /DEAD_LETTER_COPY_KEY takes 32 bytes/.test(error.message) &&
          (wrong === '' || !error.message.includes(wrong)),
      )
    })

  void test('each is sent with the same id until the bus accepts it, and an event that is no longer dead gets none', async () => {
    const { runtime, waiting, sent, world, service } = start([copy(1), copy(2, { current: false }), copy(3)])
    world.away = true
    const running = service.run()
    await runtime.settle()
    assert.equal(waiting.length, 3)
    world.away = false
    await runtime.advance(60_000)
    await service.stop()
    await running
    assert.deepEqual(waiting, [])
    assert.equal(new Set(sent.map(({ id }) => id)).size, 2)
    assert.deepEqual([...new Set(sent.map(({ properties }) => properties[COPY_OF]))], ['dl-1', 'dl-3'])
  })

  void test('a backlog is copied without a pause, also where no event of a page is dead any more', async () => {
    const { runtime, waiting, sent, service } = start([
      copy(1, { current: false }),
      copy(2, { current: false }),
      copy(3),
    ])
    const running = service.run()
    await runtime.advance(0)
    assert.deepEqual([waiting.length, sent.length], [0, 1])
    await service.stop()
    await running
  })

  void test('a copy is looked at wherever a page ends, and removed once; a pass with none to remove touches nothing', async () => {
    const runtime = virtualRuntime()
    const shelf = fakeShelf(
      [1, 2].map((n) => shelved(n, { properties: { [COPY_OF]: `dl-${n}`, [COPY_REVISION]: 1 } })),
    )
    const removed: string[][] = []
    const remove = shelf.remove.bind(shelf)
    Object.assign(shelf, {
      remove: (wanted: ReadonlySet<string>, signal: AbortSignal) => {
        removed.push([...wanted])
        return remove(wanted, signal)
      },
    })
    const ledger = { findCurrentDeadLetters: async () => new Map([[1, 1]]) }
    const service = sweepLoop(ledger, shelf, { ...settings, atOnce: 1 }, runtime)
    const running = service.run()
    await runtime.advance(5 * settings.restMs)
    await service.stop()
    await running
    assert.deepEqual(removed, [['2']])
  })

  void test('copies without a current dead letter are removed, older copies of the same death too, and no other messages', async () => {
    const runtime = virtualRuntime()
    const of = (sequence: number, seq: number, revision: number) =>
      shelved(sequence, { properties: { [COPY_OF]: `dl-${seq}`, [COPY_REVISION]: revision } })
    const others = shelved(7, { properties: { [COPY_OF]: 'of another program' } })
    const shelf = fakeShelf([
      of(1, 1, 1),
      of(2, 2, 1),
      of(3, 2, 2),
      of(4, 3, 1),
      of(5, 3, 1),
      shelved(6),
      others,
    ])
    const standing = new Map([
      [2, 2],
      [3, 1],
    ])
    const ledger = {
      findCurrentDeadLetters: async (seqs: readonly number[]) =>
        new Map([...standing].filter(([seq]) => seqs.includes(seq))),
    }
    const service = sweepLoop(ledger, shelf, { ...settings, atOnce: 10 }, runtime)
    const running = service.run()
    await runtime.advance(1_000)
    assert.deepEqual(
      shelf.messages.map(({ sequence }) => sequence),
      ['3', '5', '6', '7'],
    )
    standing.clear()
    await runtime.advance(120_000)
    await service.stop()
    await running
    assert.deepEqual(
      shelf.messages.map(({ sequence }) => sequence),
      ['6', '7'],
    )
  })
})
