import assert from 'node:assert/strict'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, it, type TestContext } from 'node:test'
import type { AmqpAnnotatedMessage } from '@azure/core-amqp'
import type { ServiceBusClient, ServiceBusMessage } from '@azure/service-bus'
import { busDeadLetterQueue } from '../../../src/adapters/service-bus/dead-letter-queue.ts'
import type { BusMessage } from '../../../src/adapters/service-bus/message.ts'
import { ACCEPT_RETRY, sessionSourceQueue } from '../../../src/adapters/service-bus/receive/sessions.ts'
import { connect } from '../../../src/adapters/service-bus/client.ts'
import { originalOf, takeIn } from '../../../src/core/intake/message.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import { busFor, openInbox, QUEUE } from '../support/bus.ts'
import { closeAfter } from '../support/close-after.ts'
import { briskRuntime } from '../support/runtime.ts'
import { until } from '../support/until.ts'

type Sent = ServiceBusMessage | AmqpAnnotatedMessage

const event = (id: string): Record<string, unknown> => ({
  specversion: '1.0',
  id,
  source: '/hr/test',
  type: 'worker.hired',
  subject: '90001',
  time: '2026-11-02T08:15:00Z',
  data: { worker: { userName: 'a@contoso.com', name: { givenName: 'Zoë' } } },
})
const written = (id: string): string => JSON.stringify(event(id))
const bytes = (id: string): Buffer => Buffer.from(written(id))

/** What intake makes of a message: the ids of its events, or the code and the description. */
function outcome(message: BusMessage): string {
  const { events, rejected } = takeIn(message, () => DEFAULT_SOURCE)
  return rejected ? `${rejected.code}: ${rejected.description}` : events.map(({ id }) => id).join(' ')
}

async function sendAll(client: ServiceBusClient, messages: readonly Sent[]): Promise<void> {
  const sender = client.createSender(QUEUE)
  for (const message of messages) await sender.sendMessages(message)
  await sender.close()
}

/** Sends through the real client and receives as intake does. */
async function received(t: TestContext, messages: readonly Sent[]): Promise<readonly BusMessage[]> {
  const { client } = await busFor(t)
  await sendAll(client, messages)
  const { arrived } = await openInbox(t, client)
  await until('all have arrived', () => arrived.length === messages.length)
  return arrived
}

const encoded = (value: string): Pick<ServiceBusMessage, 'applicationProperties'> => ({
  applicationProperties: { 'Content-Encoding': value },
})
/** The client has a place for the AMQP content encoding in its annotated form only. */
const inAmqp = (body: Buffer, contentEncoding: string): AmqpAnnotatedMessage => ({
  body,
  bodyType: 'data',
  properties: { contentType: 'application/json', contentEncoding },
})

void describe('a body over the wire is taken where nothing can be misread', () => {
  void it('packed, by the AMQP content encoding, by an application property in any case, or by its first bytes', async (t) => {
    const all = await received(t, [
      { body: gzipSync(bytes('e0')), contentType: 'application/json', ...encoded('gzip') },
      { body: deflateSync(bytes('e1')), applicationProperties: { 'content-encoding': 'deflate' } },
      { body: brotliCompressSync(bytes('e2')), applicationProperties: { CONTENT_ENCODING: 'BR' } },
      inAmqp(gzipSync(bytes('e3')), 'gzip'),
      inAmqp(brotliCompressSync(bytes('e4')), 'br'),
      { body: gzipSync(bytes('e5')) },
      { body: bytes('e6'), ...encoded('gzip') },
    ])
    assert.deepEqual(all.map(outcome), ['e0', 'e1', 'e2', 'e3', 'e4', 'e5', 'e6'])
  })

  void it('in UTF-8 with a mark, UTF-16, Latin-1 and Windows-1252', async (t) => {
    const utf16 = Buffer.from(`\uFEFF${written('e1')}`, 'utf16le')
    const all = await received(t, [
      { body: Buffer.from(`\uFEFF${written('e0')}`) },
      { body: utf16, contentType: 'application/json; charset=utf-16' },
      { body: Buffer.from(utf16).swap16() },
      { body: Buffer.from(written('e3'), 'latin1'), contentType: 'application/json;charset=ISO-8859-1' },
      { body: Buffer.from(written('e4'), 'latin1'), contentType: 'application/json; charset=windows-1252' },
    ])
    assert.deepEqual(all.map(outcome), ['e0', 'e1', 'e1', 'e3', 'e4'])
    for (const message of all) assert.match(message.text ?? '', /"givenName":"Zoë"/)
  })

  void it('in the charset that is agreed for its queue, where it names none and is not UTF-8', async (t) => {
    const { client } = await busFor(t)
    await sendAll(client, [
      { body: Buffer.from(written('e0'), 'latin1') },
      { body: bytes('e1') },
      { body: gzipSync(Buffer.from(written('e2'), 'latin1')) },
    ])
    const opened = await openInbox(t, client, { charset: 'windows-1252' })
    await until('all have arrived', () => opened.arrived.length === 3)
    assert.deepEqual(opened.arrived.map(outcome), ['e0', 'e1', 'e2'])
    for (const message of opened.arrived) assert.match(message.text ?? '', /"givenName":"Zoë"/)
    const refusal = { kind: 'dead-letter', reason: 'r', field: null, description: 'd' } as const
    await opened.settle(opened.arrived.map((message) => ({ ...refusal, message })))
    const place = { queue: QUEUE, shelf: 'dead-letters', charset: 'iso-8859-1' } as const
    const queue = busDeadLetterQueue(client, place, briskRuntime(50))
    t.after(() => queue.close())
    assert.deepEqual(
      (await queue.peek('0', 10)).map(({ text }) => text),
      ['e0', 'e1', 'e2'].map(written),
    )
  })

  void it('JSON in a JSON text, in a form, in data_base64 and in the XML of a .NET text', async (t) => {
    const { data, ...rest } = event('e3')
    const data_base64 = Buffer.from(JSON.stringify(data)).toString('base64')
    const namespace = 'http://schemas.microsoft.com/2003/10/Serialization/'
    const text = bytes('e4')
    const dotNet = Buffer.concat([
      Buffer.from(`@\u0006string\u0008${String.fromCharCode(namespace.length)}${namespace}`),
      Buffer.from([0x9b, text.length & 0xff, text.length >> 8]),
      text,
    ])
    const all = await received(t, [
      { body: written('e0') },
      { body: JSON.stringify(written('e1')) },
      {
        body: Buffer.from(new URLSearchParams({ payload: written('e2') }).toString()),
        contentType: 'application/x-www-form-urlencoded',
      },
      { body: { ...rest, datacontenttype: 'application/json', data_base64 } },
      { body: dotNet },
    ])
    assert.deepEqual(all.map(outcome), ['e0', 'e1', 'e2', 'e3', 'e4'])
  })

  void it('as an AMQP value and as an AMQP sequence', async (t) => {
    const value = (body: unknown): AmqpAnnotatedMessage => ({ body, bodyType: 'value' })
    const sequence = (body: unknown): AmqpAnnotatedMessage => ({ body, bodyType: 'sequence' })
    const all = await received(t, [
      value(written('e0')),
      value(event('e1')),
      value([event('e2'), event('e2b')]),
      sequence([event('e3'), event('e3b')]),
      sequence([written('e4'), written('e4b')]),
      value({ ...event('e5'), time: new Date('2026-11-02T08:15:00Z') }),
    ])
    assert.deepEqual(all.map(outcome), ['e0', 'e1', 'e2 e2b', 'e3 e3b', 'e4 e4b', 'e5'])
  })

  void it('in the order in which it was sent, packed or not, also in a session', async (t) => {
    const { client, broker } = await busFor(t, { RequiresSession: true })
    const bodies = Array.from({ length: 40 }, (_, n) =>
      n % 3 === 0 ? bytes(`e${n}`) : gzipSync(bytes(`e${n}`)),
    )
    await sendAll(
      client,
      bodies.map((body) => ({ body, sessionId: 's' })),
    )
    const inbox = sessionSourceQueue(
      () => connect({ kind: 'connection-string', connectionString: broker.connectionString }, ACCEPT_RETRY),
      { queue: QUEUE, inFlight: 256, sessions: 1, idleMs: 200, turnMs: 10_000, watchdogMs: 60_000 },
      briskRuntime(50),
    )
    const arrived: BusMessage[] = []
    const receiver = await inbox.open((message) => arrived.push(message))
    closeAfter(t, () => receiver.close())
    await until('all have arrived', () => arrived.length === bodies.length)
    assert.deepEqual(
      arrived.map(outcome),
      bodies.map((_, n) => `e${n}`),
    )
    await receiver.settle(arrived.map((message) => ({ kind: 'complete', message })))
    await until('the queue is empty', async () => (await broker.counts(QUEUE)).active === 0)
  })
})

void describe('a body over the wire that is not taken says why', () => {
  void it('one cause each, and what to do', async (t) => {
    const name = Buffer.from(written('e'), 'latin1')
    const causes: readonly (readonly [Sent, RegExp])[] = [
      [{ body: name }, /^BodyNotText: .*looks like Latin-1; send UTF-8, or set charset=iso-8859-1/],
      [{ body: gzipSync(bytes('e')).subarray(0, -9) }, /^BodyNotUnpacked: .*\(gzip\) and damaged or cut off/],
      [{ body: gzipSync(Buffer.alloc(2_000_000, ' ')) }, /^BodyTooLarge: .*larger than 1,048,576 bytes/],
      [
        { body: bytes('e'), ...encoded('aes128gcm') },
        /^BodyNotUnpacked: .*content encoding that is not known/,
      ],
      [
        { body: Buffer.from('<a/>'), contentType: 'text/xml' },
        /^BodyNotJson: the body is XML; convert it to JSON/,
      ],
      [{ body: { a: Buffer.from('x') }, bodyType: 'value' }, /^BodyNotText: .*AMQP value with bytes in it/],
      [{ body: null, bodyType: 'value' }, /^BodyNotText: the body has nothing in it/],
      [{ body: [event('e'), { ...event('e'), subject: '' }] }, /^Field\w+: \[1\]\.subject/],
    ]
    const all = await received(
      t,
      causes.map(([message]) => message),
    )
    for (const [index, [, cause]] of causes.entries()) {
      const message = all[index]
      assert.match(message ? outcome(message) : '', cause)
    }
  })
})

void describe('the original of a packed message can be used again', () => {
  void it('the ledger keeps it as the text it is, and nothing says that it is packed', async (t) => {
    const [message] = await received(t, [
      {
        body: gzipSync(Buffer.from(written('e0'), 'utf16le')),
        contentType: 'application/json; charset=utf-16',
        ...encoded('gzip'),
        subject: 'hired',
        correlationId: 'c-1',
      },
    ])
    assert(message)
    const { body, contentType, subject, correlationId, properties } = originalOf(message)
    assert.equal(body, written('e0'))
    assert.equal(contentType, 'application/json; charset=utf-8')
    assert.deepEqual([subject, correlationId, Object.keys(properties)], ['hired', 'c-1', []])
    const again = { ...message, text: body, contentType, properties }
    assert.equal(outcome(again), 'e0')
  })

  void it('a dead letter is sent again in its own bytes with its encoding, and an edited one as plain UTF-8', async (t) => {
    const { client } = await busFor(t)
    await sendAll(client, [
      inAmqp(gzipSync(bytes('e0')), 'gzip'),
      {
        body: gzipSync(Buffer.from(written('e1'), 'utf16le')),
        contentType: 'application/json; charset=utf-16',
        ...encoded('gzip'),
      },
      inAmqp(brotliCompressSync(bytes('e2')), 'br'),
    ])
    const opened = await openInbox(t, client)
    await until('all have arrived', () => opened.arrived.length === 3)
    const refusal = { kind: 'dead-letter', reason: 'r', field: null, description: 'd' } as const
    await opened.settle(opened.arrived.map((message) => ({ ...refusal, message })))
    const queue = busDeadLetterQueue(client, { queue: QUEUE, shelf: 'dead-letters' }, briskRuntime(50))
    closeAfter(t, () => queue.close())
    const peeked = await queue.peek('0', 10)
    assert.deepEqual(
      peeked.map(({ text }) => text),
      ['e0', 'e1', 'e2'].map(written),
    )
    const texts = [written('e0'), written('edited'), written('edited too')]
    await queue.resend(
      peeked.map((original, n) => ({
        original,
        messageId: `copy-${n}`,
        text: texts[n] ?? null,
        properties: {},
      })),
    )
    await until('all have arrived', () => opened.arrived.length === 6)
    const copies = opened.arrived.slice(3)
    assert.deepEqual(copies.map(outcome), ['e0', 'edited', 'edited too'])
    assert.deepEqual(
      copies.map(({ native: { body, contentType, _rawAmqpMessage: raw }, properties }) => [
        Buffer.isBuffer(body) && body[0] === 0x1f,
        contentType,
        raw.properties?.contentEncoding,
        Object.keys(properties),
      ]),
      [
        [true, 'application/json', 'gzip', []],
        [false, 'application/json; charset=utf-8', undefined, []],
        [false, 'application/json', undefined, []],
      ],
    )
  })
})
