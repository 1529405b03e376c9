import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { main } from '../../../src/main.ts'
import { printTo } from '../../../src/cli/support/output.ts'
import { withEntities } from '../../../src/cli/doubles/named-entities.ts'
import { configOf } from '../../local/service-bus/support.ts'

void test('the bus gets queues and subscriptions besides its own, and one of the same name is replaced', () => {
  const config = withEntities(
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
    err: (text) => printed.emit('text', text),
  })
  const example = fileURLToPath(new URL('../../../examples/notifications/rollcall.yaml', import.meta.url))
  const secrets = {
    TEAMS_WEBHOOK: 'https://a.example',
    SMTP_PASSWORD: 'p',
    ONCALL_SECRET: 'cm9sbGNhbGwtZXhhbXBsZS1zZWNyZXQh',
  }
  Object.assign(process.env, { ROLLCALL_CONFIG: example, ...secrets })
  const ended = main(['local', '--fast'])
  const [line] = (await once(printed, 'text')) as [string]
  const { busPort } = JSON.parse(line) as { busPort: number }
  const answer = await fetch(`http://127.0.0.1:${busPort}/$double/entities`)
  const entities = Object.keys((await answer.json()) as object)
  process.emit('SIGINT', 'SIGINT')
  assert.equal(await ended, 0)
  for (const name of ['hr-events', 'hr-outcomes', 'rollcall-control', 'vendor-hr', 'rollcall-alerts'])
    assert.ok(entities.includes(name), `${name} is not among ${entities.join(', ')}`)
})
