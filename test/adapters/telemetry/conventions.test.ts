import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conventionsOf, describeSpan } from '../../../src/adapters/telemetry/conventions.ts'

void test('conventions are followed where OTEL_SEMCONV_STABILITY_OPT_IN names them, and others are ignored', () => {
  assert.deepEqual(conventionsOf(undefined), { messaging: 'none', http: false })
  assert.deepEqual(conventionsOf('database, messaging'), { messaging: 'only', http: false })
  assert.deepEqual(conventionsOf('http/dup,messaging/dup'), { messaging: 'both', http: true })
})

void test('a span of messages has Rollcall’s names, those of the convention, or both sets of attributes', () => {
  const options = { messages: { count: 3, queue: 'hr-events' } }
  const described = (optIn: string) => {
    const { name, attributes } = describeSpan('rollcall.intake', options, conventionsOf(optIn))
    return [name, attributes]
  }
  const convention = {
    'messaging.system': 'servicebus',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': 'hr-events',
    'messaging.batch.message_count': 3,
  }
  assert.deepEqual(described(''), ['rollcall.intake', { 'rollcall.messages': 3 }])
  assert.deepEqual(described('messaging'), ['process hr-events', convention])
  assert.deepEqual(described('messaging/dup'), [
    'process hr-events',
    { 'rollcall.messages': 3, ...convention },
  ])
})

void test('messages of several queues have no destination, and a span without messages keeps its name', () => {
  const conventions = conventionsOf('messaging')
  const several = describeSpan('rollcall.intake', { messages: { count: 3, queue: null } }, conventions)
  assert.deepEqual([several.name, 'messaging.destination.name' in several.attributes], ['process', false])
  const plan = describeSpan('rollcall.plan', { attributes: { 'rollcall.employees': 2 } }, conventions)
  assert.deepEqual(plan, { name: 'rollcall.plan', attributes: { 'rollcall.employees': 2 }, ofEvents: {} })
})
