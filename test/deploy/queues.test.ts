import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ENVIRONMENT } from '../../src/config/environment.ts'
import { at, ENTITIES, list, read } from './support.ts'

/** Queues as the configuration names them by default. */
const byDefault = Object.entries(ENVIRONMENT.parse({})).flatMap(([name, value]) =>
  name.endsWith('_QUEUE') && typeof value === 'string' ? [[name, value] as const] : [],
)

void test('every queue that the configuration names by default is in Config.json, and no other is', () => {
  assert.ok(byDefault.length >= 2)
  for (const [name, queue] of byDefault) assert.ok(ENTITIES.has(queue), `${name}=${queue}`)
  assert.deepEqual(new Set(byDefault.map(([, queue]) => queue)), new Set(ENTITIES))
})

void test('the emulator takes Config.json: its bounds are kept, and no key that only the local broker knows', () => {
  const queues = list(
    at(JSON.parse(read('deploy/service-bus/Config.json')), 'UserConfig', 'Namespaces', 0, 'Queues'),
  )
  const known = new Set(
    'DeadLetteringOnMessageExpiration DefaultMessageTimeToLive DuplicateDetectionHistoryTimeWindow ForwardDeadLetteredMessagesTo ForwardTo LockDuration MaxDeliveryCount RequiresDuplicateDetection RequiresSession'.split(
      ' ',
    ),
  )
  for (const queue of queues) {
    for (const key of Object.keys(Object(at(queue, 'Properties')))) assert.ok(known.has(key), key)
    const deliveries = Number(at(queue, 'Properties', 'MaxDeliveryCount'))
    assert.ok(deliveries >= 1 && deliveries <= 10)
    assert.match(
      String(at(queue, 'Properties', 'DefaultMessageTimeToLive')),
      /^PT(?:1H|\d+M|\d+S)$/,
      'an hour at the most',
    )
  }
})
