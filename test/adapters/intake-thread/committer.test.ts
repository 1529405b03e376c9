import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { threadCommitter } from '../../../src/adapters/intake-thread/client.ts'
import { type ArrivedMessage, received, sendable } from '../../../src/adapters/intake-thread/messages.ts'
import { intakeMethods } from '../../../src/adapters/intake-thread/serve.ts'
import { arrivedBytes, readArrived } from '../../../src/core/intake/body/arrived.ts'
import { committer, type CommitSettings } from '../../../src/core/intake/commit.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { type SpanOptions, silentTelemetry, type Telemetry } from '../../../src/core/runtime.ts'
import { cloudEvent, message } from '../../fakes/messages.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'
import { openMemoryLedger } from '../support/memory-ledger.ts'

/** A message whose body is bytes that are not read yet. */
function unread(bytes: Uint8Array, more: Partial<ArrivedMessage> = {}, agreed?: string): ArrivedMessage {
  const contentType = more.contentType ?? 'application/cloudevents+json'
  const declared = { contentType, encodings: [], ...(agreed === undefined ? {} : { agreed }) }
  const body = arrivedBytes(bytes, declared)
  assert.ok(body)
  const read = readArrived(body)
  return {
    ...message(null, { ...more, contentType }),
    text: read.kind === 'text' ? read.text : null,
    unreadable: read.kind === 'unreadable' ? read : null,
    body,
  }
}

const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** What is passed between threads is copied. */
function overThreads(messages: readonly ArrivedMessage[]): ReturnType<typeof received> {
  const sent = sendable(messages)
  return received(structuredClone(sent, { transfer: [sent.bodies.buffer as ArrayBuffer] }))
}

void describe('a message that is sent to the thread', () => {
  void it('arrives as reading it here would show it, whatever its body is', () => {
    const names = {
      messageId: 'm-1',
      sessionId: 's-1',
      subject: 'job',
      correlationId: 'c-1',
      replyTo: 'answers',
      sequence: '9007199254740993',
      properties: { at: new Date(5), flag: true, none: null, number: 1.5 },
    }
    const messages = [
      unread(bytesOf({ name: 'Åsa 😀' }), names),
      unread(Buffer.from('')),
      unread(Buffer.from('{"a":1}', 'utf16le'), { contentType: 'application/json; charset=utf-16' }),
      unread(Buffer.from('{"a":"\xe5"}', 'latin1'), {}, 'windows-1252'),
      unread(Buffer.from([0xff, 0x01, 0x02])),
      message({ a: 1 }, names),
      {
        ...message(null),
        text: null,
        unreadable: { code: 'BodyTooLarge', description: 'it is', guess: 'x' },
      },
    ] as const
    const arrived = overThreads(messages)
    for (const [place, one] of messages.entries()) {
      const {
        body: _body,
        subject = null,
        correlationId = null,
        replyTo = null,
        ...rest
      } = one as ArrivedMessage
      assert.deepEqual(arrived[place], {
        ...rest,
        subject,
        correlationId,
        replyTo,
        unreadable: one.unreadable ?? null,
      })
    }
    assert.equal(arrived[3]?.text, '{"a":"å"}')
    assert.equal(arrived[4]?.unreadable?.code, 'BodyNotText')
  })

  void it('stays whole here, so that it can be sent again', () => {
    const one = unread(bytesOf(cloudEvent))
    assert.deepEqual(overThreads([one, one]), overThreads([one, one]))
  })

  void it('is unpacked before: packed bytes are not sent', () => {
    assert.equal(arrivedBytes(gzipSync('{}'), { contentType: null, encodings: [] }), null)
    assert.equal(arrivedBytes(Buffer.from('{}'), { contentType: null, encodings: ['br'] }), null)
    assert.notEqual(arrivedBytes(Buffer.from('{}'), { contentType: null, encodings: ['identity'] }), null)
  })
})

const settings: CommitSettings = {
  quietMs: 0,
  maxWaitMs: 0,
  skewMs: 1_000,
  unmapped: { uses: (path) => path !== 'shoeSize', nameOf: (source) => source },
}

const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
const MESSAGES: readonly ArrivedMessage[] = [
  unread(bytesOf({ ...cloudEvent, traceparent })),
  unread(bytesOf({ ...cloudEvent, id: 'e-2', data: { worker: { shoeSize: 44 } } }), { sequence: '2' }),
  unread(bytesOf({ ...cloudEvent, id: 'e-3', subject: undefined }), { sequence: '3' }),
  unread(Buffer.from('{"cut": '), { sequence: '4' }),
  // The id of the first event, about another employee: only the ledger sees it.
  unread(bytesOf({ ...cloudEvent, subject: '10002' }), { sequence: '5' }),
  unread(bytesOf(cloudEvent), { sequence: '6' }),
]

/** Telemetry that remembers its counts and spans. */
function remembering(): {
  readonly telemetry: Telemetry
  readonly told: unknown[]
  readonly spans: SpanOptions[]
} {
  const told: unknown[] = []
  const spans: SpanOptions[] = []
  const telemetry: Telemetry = {
    ...silentTelemetry,
    traces: true,
    count: (name, value, attributes) => void told.push([name, value, attributes]),
    span: (name, options, work) => {
      spans.push(options)
      return silentTelemetry.span(name, options, work)
    },
  }
  return { telemetry, told, spans }
}

/** The committer over the methods of the thread, with everything copied on its way. */
function overMethods(ledger: Pick<Ledger, 'recordMessages'>, telemetry: Telemetry) {
  const methods = intakeMethods(ledger, () => DEFAULT_SOURCE, settings)
  return threadCommitter<ArrivedMessage>(
    async (method, given, transfer = []) => {
      const copied = structuredClone(given, { transfer: [...transfer] })
      const work = methods[method] as (...given: readonly unknown[]) => Promise<unknown>
      return structuredClone(await work(...copied))
    },
    { telemetry },
  )
}

void describe('reading and committing in the thread', () => {
  void it('settles, counts and traces as reading and committing here does', async () => {
    const here = remembering()
    const there = remembering()
    const { ledger } = await openMemoryLedger()
    const { ledger: other } = await openMemoryLedger()
    const runtime = { ...virtualRuntime(), telemetry: here.telemetry }
    const local = committer<ArrivedMessage>(ledger, () => DEFAULT_SOURCE, settings, runtime)
    const expected = await (await local.read(MESSAGES)).commit(false)
    const found = await (await overMethods(other, there.telemetry).read(MESSAGES)).commit(false)
    assert.deepEqual(found, expected)
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ['complete', 'complete', 'dead-letter', 'dead-letter', 'dead-letter', 'complete'],
    )
    assert.deepEqual(there.told, here.told)
    assert.deepEqual(there.spans, here.spans)
    assert.deepEqual(there.spans[0]?.origins, [traceparent])
    assert.deepEqual((await other.readCounts()).totals, (await ledger.readCounts()).totals)
  })

  void it('a commit that fails settles nothing, and the same messages can be read and committed again', async () => {
    const { ledger } = await openMemoryLedger()
    let fails = true
    const unsure: Pick<Ledger, 'recordMessages'> = {
      recordMessages: (batch) => (fails ? Promise.reject(new Error('away')) : ledger.recordMessages(batch)),
    }
    const { read } = overMethods(unsure, silentTelemetry)
    const first = await read(MESSAGES)
    await assert.rejects(first.commit(false), /away/)
    fails = false
    await assert.rejects(first.commit(false), /is not there/)
    assert.equal((await (await read(MESSAGES)).commit(false)).length, MESSAGES.length)
    assert.equal((await ledger.readTotals()).messages, MESSAGES.length)
  })

  void it('forgets a batch that was read and never committed, once several others have been read', async () => {
    const { ledger } = await openMemoryLedger()
    const { read } = overMethods(ledger, silentTelemetry)
    const first = await read(MESSAGES.slice(0, 1))
    const second = await read(MESSAGES.slice(1, 2))
    for (let more = 0; more < 3; more += 1) await read([])
    await assert.rejects(first.commit(false), /is not there/)
    assert.deepEqual(
      (await second.commit(false)).map(({ kind }) => kind),
      ['complete'],
    )
  })
})
