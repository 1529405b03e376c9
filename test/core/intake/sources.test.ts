import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { takeIn } from '../../../src/core/intake/message.ts'
import { joinSourceQueues } from '../../../src/core/intake/receive/source-queues.ts'
import { evaluateHere } from '../../../src/core/expression/evaluate.ts'
import { compileShape } from '../../../src/core/intake/shape.ts'
import {
  type ConfiguredSource,
  DEFAULT_SOURCE,
  type Source,
  sourceRules,
} from '../../../src/core/intake/sources.ts'
import type { HrEvent } from '../../../src/core/model.ts'
import type { Disposition, SourceQueue, SourceMessage } from '../../../src/core/ports.ts'
import { inboxMessage } from '../../fakes/messages.ts'

const cloudEvent = (more: object = {}): object => ({
  specversion: '1.0',
  id: 'e-1',
  source: '/hr/acme',
  type: 'worker.updated',
  subject: '10001',
  time: '2026-01-05T09:00:00Z',
  data: { worker: { title: 'Engineer' } },
  ...more,
})
const source = (name: string, more: Partial<ConfiguredSource> = {}): ConfiguredSource => ({
  name,
  entity: 'hr-events',
  match: null,
  source: DEFAULT_SOURCE,
  shape: null,
  owns: null,
  ...more,
})
const shape = compileShape(
  'vendor',
  { event: "{ 'type': 'worker.updated' }" },
  (text) => text,
  evaluateHere(),
)

function only(event: object, agreed: Partial<Source>): HrEvent {
  const { events, rejected } = takeIn(inboxMessage(event), () => ({ ...DEFAULT_SOURCE, ...agreed }))
  assert.equal(rejected, null)
  const [first] = events
  assert(first)
  return first
}
function refusal(event: object, agreed: Partial<Source> | null): string {
  const { rejected } = takeIn(inboxMessage(event), () => agreed && { ...DEFAULT_SOURCE, ...agreed })
  return `${rejected?.code}: ${rejected?.description}`
}

void describe('the rules of a source', () => {
  void test('its names of types need an alias, and are unknown without one', () => {
    const hire = cloudEvent({ type: 'com.acme.Hire' })
    const event = only(hire, { types: { 'com.acme.Hire': 'worker.hired' } })
    assert.deepEqual([event.type, event.worker['active']], ['worker.hired', true])
    assert.match(refusal(hire, {}), /^UnknownType/)
  })
  void test('its times without an offset are in its zone', () => {
    const { recordedAt } = only(cloudEvent({ time: '2026-01-05T09:00:00.915906' }), { zone: 'Europe/Berlin' })
    assert.equal(new Date(recordedAt).toISOString(), '2026-01-05T08:00:00.915Z')
  })
  void test('its notices are refused without an HR system to read, and accepted with one', () => {
    const notice = cloudEvent({
      data: { mode: 'notice', changedFields: ['title'], worker: { title: 'not to be believed' } },
    })
    assert.match(refusal(notice, {}), /^NoticeUnsupported/)
    const event = only(notice, { notices: true })
    assert.deepEqual([event.mode, event.worker, event.changedFields], ['notice', {}, ['title']])
    assert.equal(only(cloudEvent({ data: { mode: 'notice' } }), { notices: true }).changedFields, undefined)
  })
  void test('an event of an unconfigured source is refused, and the error does not quote its name', () => {
    const refused = refusal(cloudEvent(), null)
    assert.match(refused, /^SourceUnknown/)
    assert.ok(!refused.includes('acme'))
  })
})

void describe('several sources', () => {
  const berlin = { ...DEFAULT_SOURCE, zone: 'Europe/Berlin' }
  void test('the first whose pattern matches is used, on its own queue only', () => {
    const { sources } = sourceRules([
      source('berlin', { match: ['/hr/berlin*', '/hr/b.n'], source: berlin }),
      source('rest', { source: { ...DEFAULT_SOURCE, rank: 5 } }),
      source('elsewhere', { entity: 'other', match: ['/hr/other'] }),
    ])
    assert.equal(sources('/hr/berlin/mitte', 'hr-events')?.zone, 'Europe/Berlin')
    assert.equal(sources('/hr/bxn', 'hr-events')?.rank, 5)
    assert.equal(sources('/hr/b.n', 'hr-events')?.zone, 'Europe/Berlin')
    assert.equal(sources('/hr/acme', 'other'), null)
    assert.equal(sources('/hr/acme', 'nowhere'), null)
  })
  void test('a name that fits no pattern belongs to the first source without one', () => {
    const { nameOf } = sourceRules([
      source('berlin', { match: ['/hr/berlin*'] }),
      source('capital', { match: ['/hr/berlin*', '/hr/bonn*'] }),
      source('first'),
      source('second'),
    ])
    assert.deepEqual(['/hr/berlin/mitte', '/hr/bonn', '/hr/acme', 'second'].map(nameOf), [
      'berlin',
      'capital',
      'first',
      'second',
    ])
    assert.equal(sourceRules([source('berlin', { match: ['/hr/berlin*'] })]).nameOf('/hr/acme'), null)
  })
  void test('a queue with a shape applies it to every message, unless a CloudEvent has its own source there', () => {
    const event = inboxMessage(cloudEvent(), { contentType: 'application/cloudevents+json' })
    const payload = inboxMessage({ any: 'thing' })
    const alone = sourceRules([source('vendor', { shape })])
    assert.equal(alone.shapes(payload)?.name, 'vendor')
    assert.equal(alone.shapes(event)?.name, 'vendor')
    const both = sourceRules([source('vendor', { shape }), source('own')])
    assert.equal(both.shapes(payload)?.name, 'vendor')
    assert.equal(both.shapes(event), null)
    assert.equal(both.shapes(inboxMessage({}, { properties: { 'cloudEvents:id': 'e' } })), null)
    assert.equal(sourceRules([source('own')]).shapes(payload), null)
  })
  void test('prefixes of whole names say what a source owns; without them the fold decides', () => {
    const { fold } = sourceRules([
      source('/hr/acme', { owns: ['name', 'emails.work'] }),
      source('phones', { match: ['/phones*'], owns: ['phones'] }),
    ])
    assert.deepEqual(
      ['name.givenName', 'name', 'nameless', 'emails.work'].map((path) => fold.owns('/hr/acme', path)),
      [true, true, false, true],
    )
    assert.equal(fold.owns('/phones/2', 'phones.work'), true)
    assert.equal(sourceRules([source('any')]).fold.owns('/hr/acme', 'title'), null)
  })
})

void describe('several source queues as one', () => {
  interface Fake extends SourceQueue {
    deliver(message: SourceMessage): void
    readonly settled: Disposition<SourceMessage>[]
    readonly ends: string[]
    closed: boolean
  }
  const fake = (opens: 'ok' | 'early' | 'fails'): Fake => {
    let receive: (message: SourceMessage) => void = () => {}
    const inbox: Fake = {
      settled: [],
      ends: [],
      closed: false,
      deliver: (message) => receive(message),
      open: async (onMessage) => {
        if (opens === 'fails') throw new Error('no such queue')
        receive = onMessage
        if (opens === 'early') onMessage(inboxMessage({}, { entity: 'early' }))
        return {
          settle: async (dispositions) => void inbox.settled.push(...dispositions),
          stopReceiving: async () => void inbox.ends.push('stopReceiving'),
          handBack: async () => void inbox.ends.push('handBack'),
          close: async () => void (inbox.closed = true),
        }
      },
    }
    return inbox
  }

  void test('each message is settled where it came from', async () => {
    const [a, b] = [fake('ok'), fake('early')]
    const taken: SourceMessage[] = []
    const receiver = await joinSourceQueues([a, b]).open((message) => taken.push(message))
    a.deliver(inboxMessage({}, { entity: 'a' }))
    b.deliver(inboxMessage({}, { entity: 'b' }))
    assert.deepEqual(
      taken.map(({ entity }) => entity),
      ['early', 'a', 'b'],
    )
    await receiver.settle(taken.map((message) => ({ kind: 'complete', message })))
    assert.deepEqual(
      [a, b].map(({ settled }) => settled.map(({ message }) => message.entity)),
      [['a'], ['early', 'b']],
    )
    await receiver.stopReceiving()
    await receiver.handBack()
    assert.deepEqual(
      [a.ends, b.ends],
      [
        ['stopReceiving', 'handBack'],
        ['stopReceiving', 'handBack'],
      ],
    )
    await receiver.close()
    assert.ok(a.closed && b.closed)
  })
  void test('the others are closed again when one cannot be opened', async () => {
    const a = fake('ok')
    await assert.rejects(
      joinSourceQueues([a, fake('fails')]).open(() => {}),
      /no such queue/,
    )
    assert.ok(a.closed)
  })
})
