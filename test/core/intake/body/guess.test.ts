import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sha256 } from '../../../../src/adapters/system.ts'
import { evaluateHere } from '../../../../src/core/expression/evaluate.ts'
import { decodeText } from '../../../../src/core/intake/body/charset.ts'
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
