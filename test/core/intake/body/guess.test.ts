import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sha256 } from '../../../../src/adapters/system.ts'
import { evaluateHere } from '../../../../src/core/expression/evaluate.ts'
import { decodeText } from '../../../../src/core/intake/body/charset.ts'
import { guessBody } from '../../../../src/core/intake/body/guess.ts'
import { isObject } from '../../../../src/core/json.ts'
import { takeIn, takeInShaped } from '../../../../src/core/intake/message.ts'
import { compileShape } from '../../../../src/core/intake/shape.ts'
import { DEFAULT_SOURCE } from '../../../../src/core/intake/sources.ts'
import type { SourceMessage } from '../../../../src/core/ports.ts'
import { cloudEvent, inboxMessage } from '../../../fakes/messages.ts'

const leaving = {
  ...cloudEvent,
  type: 'worker.terminated',
  data: { effectiveDate: '2026-03-01', worker: { title: 'Größe' } },
}
const written = JSON.stringify(leaving)

/** A message with these bytes, as the bus hands it over. */
function received(bytes: Uint8Array): SourceMessage {
  const read = decodeText(bytes, null)
  return read.kind === 'text'
    ? inboxMessage(read.text)
    : { ...inboxMessage(''), text: null, unreadable: read }
}
function leaversIn(message: SourceMessage): readonly string[] {
  const { events, rejected, leavers } = takeIn(message, () => DEFAULT_SOURCE)
  assert(rejected, 'it was taken')
  assert.deepEqual(events, [])
  return leavers.map(({ employeeId, id }) => `${employeeId} ${id}`)
}

const guessed = (text: string): unknown => JSON.parse(JSON.stringify(guessBody(inboxMessage(text))))

void describe('what a refused body seems to hold', () => {
  void it('is each reading of a body in which an object has a key twice', () => {
    const twice = '{"x":{"id":"1"},"id":"2","id":"3","y":{"id":"4"}}'
    const [first, last, ...more] = guessBody(inboxMessage(twice)).map((body) => isObject(body) && body['id'])
    assert.deepEqual([first, last, more], ['2', '3', []])
    const list = guessBody(inboxMessage('[{"id":"1"},{"l":["id"],"id":"2","\\u0069d":"3"}]'))
    assert.deepEqual(
      list.map((body) => isObject(body) && body['id']),
      ['1', '2', '1', '3'],
    )
  })

  void it('is a body once in which each object has its keys once', () => {
    for (const body of [
      { x: { id: '1' }, id: '2', y: { id: '3' } },
      { list: [{ id: '1' }, { id: '2' }] },
      'id',
    ])
      for (const indent of [0, 2]) assert.deepEqual(guessed(JSON.stringify(body, null, indent)), [body])
  })

  void it('is each line that holds an object', () => {
    assert.deepEqual(guessed('not JSON\n{"a":1}\n17'), [{ a: 1 }])
  })

  void it('is the names in what was cut off, if they say what happens', () => {
    const named = '"subject":"7","type":"worker.updated","subject":"8","data":{"worker":{'
    assert.deepEqual(guessed(`{${named}"title":"x`), [
      { subject: '7', type: 'worker.updated', data: { worker: {} } },
    ])
    for (const inactive of ['false', '0', '"False"'])
      assert.deepEqual(guessed(`{"subject":"7","active": ${inactive},"title":"x`), [
        { subject: '7', data: { worker: { active: false } } },
      ])
    assert.deepEqual(guessed('{"subject":"7","active":true,"title":"x'), [])
  })

  void it('is nothing where there is no text', () => {
    assert.deepEqual(guessBody({ ...inboxMessage(''), text: null }), [])
    assert.deepEqual(guessed(''), [])
  })
})

void describe('a leaver in a body that is refused is seen', () => {
  for (const [what, message] of [
    ['in Latin-1 without a charset', received(Buffer.from(written, 'latin1'))],
    ['in JSON that was cut off', inboxMessage(written.slice(0, -30))],
    ['in one of several JSON texts', inboxMessage(`${written}\n${JSON.stringify({ n: 1 })}`)],
    [
      'in data that is a text and lacks its id',
      inboxMessage({ ...leaving, id: undefined, data: JSON.stringify(leaving.data) }),
    ],
  ] as const)
    void it(what, () => {
      const [first, ...others] = leaversIn(message)
      assert.deepEqual(others, [])
      assert.match(first ?? 'none', what.includes('lacks') ? /^10001 hr-events#1$/ : /^10001 e-1$/)
    })

  void it('in XML, by what its elements say', () => {
    const soap = (type: string): string =>
      `<?xml version="1.0"?><soap:Envelope><soap:Body><ns3:externalEventMeta><ns3:type>com.successfactors.${type}</ns3:type>
       </ns3:externalEventMeta><ns3:entityKey><userId> 82002 </userId></ns3:entityKey></soap:Body></soap:Envelope>`
    assert.deepEqual(leaversIn(inboxMessage(soap('Employment.Termination'))), ['82002 hr-events#1'])
    assert.deepEqual(leaversIn(inboxMessage('<e><action>Offboarded</action></e>')), [
      'unknown:hr-events#1 hr-events#1',
    ])
    assert.deepEqual(leaversIn(inboxMessage(soap('Employment.Hire'))), [])
    assert.deepEqual(leaversIn(inboxMessage('<e><terminationDate/><action>Hired</action></e>')), [])
  })

  void it('through the shape of its source', async () => {
    const shape = compileShape(
      'vendor',
      {
        items: 'people',
        id: 'key',
        event: '{ "type": left ? "worker.terminated" : "worker.updated", "subject": person, "data": {} }',
      },
      sha256,
      evaluateHere(),
    )
    const body = {
      people: [
        { person: 'P-1', key: 'k-1', left: true, name: 'Jörg' },
        { person: 'P-2', key: 'k-2' },
      ],
    }
    const message = received(Buffer.from(JSON.stringify(body), 'latin1'))
    const taken = await takeInShaped(message, { name: '/hr/vendor', shape, source: DEFAULT_SOURCE })
    assert.equal(taken.rejected?.code, 'BodyNotText')
    assert.deepEqual(
      taken.leavers.map(({ employeeId, id }) => `${employeeId} ${id}`),
      ['P-1 k-1'],
    )
  })

  void it('and a body about no leaver opens no case', () => {
    const hired = JSON.stringify({ ...leaving, type: 'worker.hired' })
    for (const message of [
      received(Buffer.from(hired, 'latin1')),
      inboxMessage(hired.slice(0, -30)),
      inboxMessage('<a>left</a>'),
      inboxMessage(''),
    ])
      assert.deepEqual(leaversIn(message), [])
  })
})
