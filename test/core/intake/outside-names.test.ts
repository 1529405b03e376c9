import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { baselineEvent } from '../../../src/core/intake/baseline.ts'
import { decode } from '../../../src/core/intake/decode.ts'
import { impliedActive } from '../../../src/core/intake/event/event-types.ts'
import { normalise } from '../../../src/core/intake/event/normalise.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import { toIntakeMessage } from '../../../src/core/intake/message.ts'
import type { HrEvent, Json, JsonObject } from '../../../src/core/model.ts'
import { fold } from '../../../src/core/plan/fold/fold.ts'
import { compileMapping } from '../../../src/core/plan/mapping/mapping.ts'
import { parseScimPath } from '../../../src/core/plan/mapping/scim.ts'
import { missingIn } from '../../../src/core/report/correlate/evidence.ts'
import { mergePatch } from '../../../src/core/report/replay/patch/merge-patch.ts'
import { messageReader } from '../../../src/core/report/dead-letters/read-message.ts'
import { day, ledgerEvent } from '../../fakes/events.ts'
import { logRecord } from '../../fakes/log.ts'
import { cloudEvent, message } from '../../fakes/messages.ts'

/** Names that a plain object has already, or that change what it is. */
const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
] as const

const origin = { asOf: day(10), name: '/hr/acme', source: DEFAULT_SOURCE }
const objectHad = Object.getOwnPropertyNames(Object.prototype)

afterEach(() => {
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), objectHad)
  const plain: JsonObject = {}
  assert.equal(plain['active'], undefined)
})

function imported(row: JsonObject): HrEvent {
  const event = baselineEvent(row, origin)
  if (!('id' in event)) throw new TypeError(event.description)
  return event
}
const json = (text: string): JsonObject => JSON.parse(text) as JsonObject

void describe('a name from outside cannot reach a property that every object has', () => {
  void test('a column of an import neither reaches other objects nor collides with inherited properties', () => {
    for (const name of NAMES) {
      const row = { employee: '7', [`${name}.active`]: 'true', [`name.${name}`]: 'Ann', active: false }
      const event = imported(row)
      const { attributes } = fold([ledgerEvent(1, event)], day(11))
      assert.deepEqual(
        [...attributes].map(([path, { value }]) => [path, value]),
        [
          [`${name}.active`, 'true'],
          [`name.${name}`, 'Ann'],
          ['active', false],
        ],
      )
      assert.equal(event.worker['active'], false)
    }
  })

  void test('a JSON row whose keys replace the prototype does not set active', () => {
    const event = imported(json('{"employee":"7","__proto__":{"active":true,"employee":"8"}}'))
    assert.deepEqual([event.employeeId, event.worker['active']], ['7', undefined])
  })

  void test('a deeply nested row is refused, and does not exhaust the stack', () => {
    let deep: Json = 'x'
    for (let level = 0; level < 20_000; level += 1) deep = { a: deep }
    const event = baselineEvent({ employee: '7', deep }, origin)
    assert('code' in event)
    assert.equal(event.code, 'TooDeep')
  })

  void test('application properties stay properties, in the event and in the stored original', () => {
    for (const name of NAMES) {
      const properties = { 'cloudEvents:id': 'e-1', [`cloudEvents:${name}`]: 'x', [name]: 'y' }
      const decoded = decode(message({}, { contentType: 'application/json', properties }))
      assert(decoded.kind === 'envelopes')
      assert.deepEqual(
        Object.keys(decoded.envelopes[0]?.attributes ?? {}).toSorted(),
        ['id', name].toSorted(),
      )
      const taken = toIntakeMessage({
        message: message({}, { properties }),
        events: [],
        rejected: null,
        findings: [],
        leavers: [],
      })
      assert('original' in taken)
      assert.equal(Object.getOwnPropertyDescriptor(taken.original.properties, name)?.value, 'y')
    }
  })

  void test('the name of an inherited property is not a type', () => {
    for (const type of NAMES) {
      const event = normalise({ attributes: { ...cloudEvent, type }, data: cloudEvent.data }, day(1), () => ({
        ...DEFAULT_SOURCE,
        types: { Hire: 'worker.hired' },
      }))
      assert('code' in event)
      assert.equal(event.code, 'UnknownType')
      assert.equal(impliedActive(type), undefined)
    }
  })

  void test('the data of an event cannot set attributes through a prototype', () => {
    const data = json(
      '{"__proto__":{"rescinds":"e-0","mode":"snapshot","worker":{"active":true}},"worker":{}}',
    )
    const taken = normalise({ attributes: cloudEvent, data }, day(1), () => DEFAULT_SOURCE)
    assert(taken.kind === 'event')
    const { event } = taken
    assert.deepEqual([event.mode, event.rescinds, event.worker], ['delta', null, {}])
  })

  void test('a dead letter whose type is the name of an inherited property is listed under that type', async () => {
    const read = messageReader(
      () => ({ ...DEFAULT_SOURCE, types: { Hire: 'worker.hired' } }),
      () => null,
    )
    const shelved = { ...message({ ...cloudEvent, type: 'constructor' }), reason: null, description: null }
    const { letter } = await read({ ...shelved, deliveryCount: 1 })
    assert.equal(letter.type, 'constructor')
  })

  void test('a target may have the name of an inherited property; one that replaces a prototype is refused', () => {
    const urn = 'urn:acme:User'
    const rules = ['constructor', 'toString.valueOf', `${urn}:hasOwnProperty`, 'active'].map((to) => ({
      to,
      from: to === 'active' ? 'active' : 'title',
    }))
    const attributes = new Map(
      Object.entries({ title: { value: 'x', by: 1 }, active: { value: true, by: 1 } }),
    )
    const { record } = compileMapping(rules, ['active']).map('7', attributes) as { record: JsonObject }
    const [title, part, extension] = ['constructor', 'toString', urn].map((name) => record[name])
    assert.equal(JSON.stringify([title, part, extension]), '["x",{"valueOf":"x"},{"hasOwnProperty":"x"}]')
    for (const to of ['name.__proto__', '__proto__', `${urn}:__proto__`, 'urn:__proto__:User:title'])
      assert.equal(parseScimPath(to), null, to)
  })

  void test('a patch changes only the members it names, and no prototype', () => {
    for (const name of NAMES) {
      const patched = mergePatch({ a: 1 }, json(`{"${name}":{"active":true},"data":{"${name}":null}}`))
      assert.equal(JSON.stringify(patched), `{"a":1,"${name}":{"active":true},"data":{}}`)
    }
    const removed = mergePatch(json('{"__proto__":{"x":1},"a":1}'), json('{"__proto__":null}'))
    assert.equal(JSON.stringify(removed), '{"a":1}')
  })

  void test('a log record shows only attributes of its own', () => {
    for (const name of NAMES) {
      const record = logRecord('r-1', { echo: { title: 'x' } })
      const sent = { values: new Map([[name, 'v']]) }
      const known = { job: record.jobId, key: name, from: 0, to: day(9), cycle: 'cycle' }
      assert.deepEqual(missingIn(record, sent, new Map([[record.jobId, new Map([[name, known]])]])), [name])
    }
  })
})
