import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sha256 } from '../../../src/adapters/system.ts'
import { evaluateHere } from '../../../src/core/expression/evaluate.ts'
import {
  originalOf,
  takeIn,
  takeInShaped,
  type TakenIn,
  toIntakeMessage,
} from '../../../src/core/intake/message.ts'
import { compileShape, type ShapeRules } from '../../../src/core/intake/shape.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import type { SourceMessage } from '../../../src/core/ports.ts'
import { REPLAY_RUN } from '../../../src/core/report/replay/log.ts'
import { day } from '../../fakes/events.ts'
import { cloudEvent, inboxMessage, message } from '../../fakes/messages.ts'

void describe('a message as the ledger records it', () => {
  const recorded = (one: SourceMessage) =>
    toIntakeMessage({ message: one, ...takeIn(one, () => DEFAULT_SOURCE) })

  void test('has its events and itself, and nothing else where nothing else is to say', () => {
    const { events, original, ...rest } = recorded(message(cloudEvent, { messageId: 'm-1' }))
    assert.deepEqual(
      events.map(({ id }) => id),
      ['e-1'],
    )
    assert.equal(original?.messageId, 'm-1')
    assert.deepEqual(rest, { entity: 'hr-events', enqueuedAt: day(1), sequence: '1', rejected: null })
  })

  void test('has the findings about its events, and the leavers in it when it is refused', () => {
    const dated = { ...cloudEvent, data: { ...cloudEvent.data, effectiveDate: '9999-12-31' } }
    assert.deepEqual(
      recorded(message(dated)).findings?.map(({ code }) => code),
      ['PlaceholderDate'],
    )
    const { rejected, original, leavers } = recorded(message({ ...cloudEvent, type: 'worker.exit' }))
    assert.deepEqual([rejected, original], ['UnknownType', undefined])
    assert.deepEqual(
      leavers?.map(({ employeeId }) => employeeId),
      ['10001'],
    )
  })

  void test('is known as the copy that a replay sent, by its message id', () => {
    const properties = { [REPLAY_RUN]: 'r-1' }
    assert.equal(recorded(message(cloudEvent, { messageId: 'm-1', properties })).copyId, 'm-1')
    assert.equal('copyId' in recorded(message(cloudEvent, { properties })), false)
    assert.equal('copyId' in recorded(message(cloudEvent, { messageId: 'm-1' })), false)
  })

  void test('is kept as it arrived, without what is not true of its text', () => {
    const names = {
      messageId: 'm-1',
      sessionId: 's-1',
      subject: 'Hired',
      correlationId: 'c-1',
      replyTo: 'r-1',
    }
    const { body, properties, ...rest } = originalOf(
      message(cloudEvent, {
        ...names,
        contentType: 'application/json; charset=utf-16',
        properties: {
          tenant: 'acme',
          n: 3,
          flag: false,
          none: null,
          at: new Date(day(1)),
          'Content-Encoding': 'gzip',
        },
      }),
    )
    assert.deepEqual(rest, { ...names, contentType: 'application/json; charset=utf-8' })
    assert.equal(body, JSON.stringify(cloudEvent))
    assert.deepEqual(
      { ...properties },
      { tenant: 'acme', n: 3, flag: false, none: null, at: '2026-01-01T12:00:00.000Z' },
    )
    const bare = originalOf(message(cloudEvent))
    assert.deepEqual(Object.keys(bare), ['messageId', 'sessionId', 'contentType', 'body', 'properties'])
  })
})

void describe('a leaver in a refused message of a source with a shape is seen', () => {
  const take = (rules: ShapeRules, one: SourceMessage): Promise<TakenIn> =>
    takeInShaped(one, {
      name: '/hr/own',
      shape: compileShape('own', rules, sha256, evaluateHere()),
      source: DEFAULT_SOURCE,
    })
  const employees = ({ rejected, leavers }: TakenIn): readonly string[] => {
    assert(rejected, 'it was taken')
    return leavers.map(({ employeeId }) => employeeId)
  }
  const rules: ShapeRules = {
    form: true,
    access: { from: 'status', active: ['Active'], inactive: ['Left'] },
    event: `{ "type": "worker.updated", "subject": who, "data": { "worker": { "active": $active } } }`,
  }

  void test('in the fields of a form', async () => {
    const form = inboxMessage('who=10001&status=Unwell', { contentType: 'application/x-www-form-urlencoded' })
    assert.deepEqual(employees(await take(rules, form)), ['10001'])
  })

  void test('in one or several JSON texts that cannot be read as one', async () => {
    const [left, active] = ['{"who":"10001","status":"Left"}', '{"who":"10002","status":"Active"}']
    assert.deepEqual(employees(await take(rules, inboxMessage(`${left}\n${active}`))), ['10001'])
    assert.deepEqual(employees(await take(rules, inboxMessage(`${left}\nnot JSON`))), ['10001'])
    assert.deepEqual(employees(await take(rules, inboxMessage(`${left}\n${left.replace('1"', '3"')}`))), [
      '10001',
      '10003',
    ])
  })
})
