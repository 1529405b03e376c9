import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EventEmitter } from 'node:events'
import { main } from '../../../src/main.ts'
import { printTo } from '../../../src/cli/support/output.ts'
import { withSources } from '../../../src/cli/doubles/source-entities.ts'
import { configOf } from '../../local/service-bus/support.ts'

void test('the bus gets the queues and subscriptions of the sources, and keeps its own', () => {
  const config = withSources(
    configOf({ 'hr-events': {}, 'hr-outcomes': { RequiresDuplicateDetection: true } }),
    [
      { queue: 'HR-Events', entity: 'HR-Events', sessions: true },
      { topic: 'vendors', subscription: 'bob', entity: 'vendors/Subscriptions/bob', sessions: false },
      { topic: 'vendors', subscription: 'ann', entity: 'vendors/Subscriptions/ann', sessions: true },
    ],
  )
  assert.deepEqual(
    config.queues.map(({ name, requiresSession }) => [name, requiresSession]),
    [
      ['hr-outcomes', false],
      ['HR-Events', true],
    ],
  )
  assert.ok(config.queues[0]?.duplicateWindowMs !== undefined)
  assert.deepEqual(
    config.topics.map(({ name, subscriptions }) => [
      name,
      subscriptions.map((one) => [one.name, one.requiresSession]),
    ]),
    [
      [
        'vendors',
        [
          ['bob', false],
          ['ann', true],
        ],
      ],
    ],
  )
})

void test('local makes the queues that rollcall.yaml names, beside those of the connector', async () => {
  const printed = new EventEmitter()
  using _printed = printTo({
    out: (text) => printed.emit('text', text),
    err: () => true,
  })
  const example = fileURLToPath(new URL('../../../examples/own-source/rollcall.yaml', import.meta.url))
  process.env['ROLLCALL_CONFIG'] = example
  const ended = main(['local', '--fast'])
  const [line] = (await once(printed, 'text')) as [string]
  const { busPort } = JSON.parse(line) as { busPort: number }
  const answer = await fetch(`http://127.0.0.1:${busPort}/$double/entities`)
  const entities = Object.keys((await answer.json()) as object)
  process.emit('SIGINT', 'SIGINT')
  assert.equal(await ended, 0)
  for (const name of ['hr-events', 'hr-outcomes', 'rollcall-control', 'pebble-hr'])
    assert.ok(entities.includes(name), `${name} is not among ${entities.join(', ')}`)
})
