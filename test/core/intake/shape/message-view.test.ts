import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sha256 } from '../../../../src/adapters/system.ts'
import { evaluateHere } from '../../../../src/core/expression/evaluate.ts'
import { originalOf, takeInShaped } from '../../../../src/core/intake/message.ts'
import { compileShape, type ShapeRules } from '../../../../src/core/intake/shape.ts'
import { messageView, ORIGINAL, writeOriginal } from '../../../../src/core/intake/shape/message-view.ts'
import { DEFAULT_SOURCE } from '../../../../src/core/intake/sources.ts'
import type { SourceMessage } from '../../../../src/core/ports.ts'
import { messageOf } from '../../../../src/core/report/dead-letters/find.ts'
import { day } from '../../../fakes/events.ts'
import { inboxMessage } from '../../../fakes/messages.ts'

const SENT: Partial<SourceMessage> = {
  messageId: 'm-1',
  sequence: '12',
  enqueuedAt: day(2),
  subject: 'Hired',
  correlationId: 'c-1',
  contentType: 'application/json; charset=utf-16',
  properties: {
    'Acme.Type': 'Hired',
    at: new Date(day(1)),
    n: 3,
    urgent: false,
    none: null,
    'Content-Encoding': 'gzip',
    DeadLetterReason: 'FieldMissing',
    'rollcall-field': 'subject',
  },
}

async function takeIn(rules: ShapeRules, message: SourceMessage) {
  const shape = compileShape('own', rules, sha256, evaluateHere())
  const source = { ...DEFAULT_SOURCE, notices: true }
  return await takeInShaped(message, { name: '/hr/own', shape, source })
}
async function refusal(rules: ShapeRules, message: SourceMessage): Promise<string> {
  const { rejected } = await takeIn(rules, message)
  return rejected ? `${rejected.code} ${rejected.field}: ${rejected.description}` : 'accepted'
}

void describe('$message', () => {
  void it('shows the message around the body, and nothing that is about its bytes or its copies', () => {
    const message = inboxMessage({}, SENT)
    assert.deepEqual(structuredClone(messageView(message)), {
      messageId: 'm-1',
      subject: 'Hired',
      correlationId: 'c-1',
      contentType: 'application/json; charset=utf-8',
      enqueuedTime: '2026-01-02T12:00:00.000Z',
      sequenceNumber: '12',
      properties: { 'Acme.Type': 'Hired', at: '2026-01-01T12:00:00.000Z', n: 3, urgent: false },
    })
  })

  void it('is the same for a copy of the message, and for a copy of the copy', () => {
    const message = inboxMessage({}, SENT)
    const copyOf = (original: SourceMessage, messageId: string): SourceMessage => ({
      ...original,
      messageId,
      sequence: '99',
      enqueuedAt: day(9),
      properties: { ...original.properties, 'rollcall-replay': 'r', [ORIGINAL]: writeOriginal(original) },
    })
    const copy = copyOf(message, 'copy')
    assert.deepEqual(messageView(copy), messageView(message))
    assert.deepEqual(messageView(copyOf(copy, 'copy of a copy')), messageView(message))
  })

  void it('is the same for a message that the ledger kept', () => {
    const message = inboxMessage({}, SENT)
    const { entity, sequence, enqueuedAt } = message
    const kept = messageOf({ ...originalOf(message), entity, sequence, enqueuedAt })
    assert.deepEqual(messageView(kept), messageView(message))
  })

  void it('an original that cannot be read is passed over', () => {
    for (const mark of ['{', '[]', '{"enqueuedAt":1e99}', '{"enqueuedAt":"2026-01-01"}', 7]) {
      const message = inboxMessage({}, { ...SENT, properties: { [ORIGINAL]: mark } })
      assert.equal(messageView(message)['enqueuedTime'], '2026-01-02T12:00:00.000Z')
    }
  })
})

void describe('a shape that names $message', () => {
  const event = `{ "type": $contains($message.properties."Acme.Type", "Hired") ? "worker.hired" : "worker.terminated",
    "subject": Number, "data": { "worker": { "title": $message.subject } } }`
  const rules: ShapeRules = {
    fields: { Number: 'id', '$message.properties.Acme.Type': 'text' },
    id: '$message.messageId',
    event,
  }
  const item = { Number: '90101' }

  void it('takes type, values and id from the message', async () => {
    const { events } = await takeIn(rules, inboxMessage(item, SENT))
    assert.deepEqual(
      events.map(({ id, type, worker, recordedAt }) => [id, type, worker['title'], recordedAt]),
      [['m-1', 'worker.hired', 'Hired', day(2)]],
    )
  })

  void it('finds it for each item of a list, and in the expression for the items', async () => {
    const list: ShapeRules = { ...rules, items: '$message.subject = "Hired" ? people : []', id: 'Number' }
    const body = { people: [item, { Number: '90102' }] }
    const { events } = await takeIn(list, inboxMessage(body, SENT))
    assert.deepEqual(
      events.map(({ employeeId, type }) => [employeeId, type]),
      [
        ['90101', 'worker.hired'],
        ['90102', 'worker.hired'],
      ],
    )
  })

  void it('refuses a message without a property that it needs, by the name of the property', async () => {
    assert.equal(
      await refusal(
        { ...rules, items: 'people' },
        inboxMessage({ people: [item] }, { ...SENT, properties: {} }),
      ),
      'FieldMissing $message.properties.Acme.Type: $message.properties.Acme.Type is missing (shape own)',
    )
    const { messageId: _, ...anonymous } = SENT
    assert.match(await refusal(rules, inboxMessage(item, anonymous)), /^FieldInvalid id: /)
  })

  void it('cannot be misled by a field of the payload of that name', async () => {
    const fake = { ...item, $message: { messageId: 'forged', properties: { 'Acme.Type': 'Left' } } }
    const { events } = await takeIn(rules, inboxMessage(fake, SENT))
    assert.deepEqual(
      events.map(({ id, type }) => [id, type]),
      [['m-1', 'worker.hired']],
    )
  })

  void it('makes two of equal notices that were sent days apart, and one of one that comes again', async () => {
    const notice: ShapeRules = {
      fields: { companyId: 'id', employeeId: 'id' },
      id: ['companyId', 'employeeId', '$message.enqueuedTime'],
      event: '{ "type": "worker.updated", "subject": employeeId, "data": { "mode": "notice" } }',
    }
    const body = { companyId: 'B6001', employeeId: '000042' }
    const idAt = async (enqueuedAt: number): Promise<string | undefined> =>
      (await takeIn(notice, inboxMessage(body, { enqueuedAt }))).events[0]?.id
    assert.equal(await idAt(day(1)), await idAt(day(1)))
    assert.notEqual(await idAt(day(1)), await idAt(day(4)))
  })

  void it('keeps the place of an event without a time when a copy of its message is replayed', async () => {
    const original = inboxMessage(item, SENT)
    const copy = {
      ...original,
      enqueuedAt: day(30),
      messageId: 'copy',
      properties: { ...original.properties, [ORIGINAL]: writeOriginal(original) },
    }
    const [before, after] = await Promise.all([takeIn(rules, original), takeIn(rules, copy)])
    assert.deepEqual(after, before)
  })
})
