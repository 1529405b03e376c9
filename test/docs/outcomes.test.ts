import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { connect } from '../../src/adapters/service-bus/client.ts'
import { busSender } from '../../src/adapters/service-bus/sender.ts'
import { accountMessage } from '../../src/core/report/outcomes/name-later.ts'
import { outcomeMessage } from '../../src/core/report/outcomes/outcome.ts'
import { startDoubles } from '../../src/cli/doubles/doubles.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The outcome of an event of employee 10001. */
const outcomeOf = (eventId: string, revision: number): ReturnType<typeof outcomeMessage> =>
  outcomeMessage(
    {
      id: 1,
      employeeId: '10001',
      source: '/hr',
      eventId,
      type: 'worker.updated',
      revision,
      state: 'confirmed',
      reason: null,
      detail: null,
      by: null,
      operation: 'op-1',
      objectId: null,
      destination: 'default',
      attributes: [['title', 'Head']],
      findings: [],
      at: 0,
      receivedAt: 0,
      effectiveAt: 0,
      traceparent: null,
    },
    { values: [], account: [], sessions: false },
    (text) => text,
  )

const NAMED = {
  employeeId: '10001',
  objectId: 'object-1',
  tries: 1,
  names: { objectId: 'object-1', userName: 'ada@contoso.com', mail: 'ada@contoso.com' },
}

void test(
  'the consumer of the example acts on each outcome once, settles it, and ends on SIGTERM',
  { timeout: 60_000 },
  async () => {
    await using stack = new AsyncDisposableStack()
    const doubles = stack.adopt(await startDoubles({ fast: true }), (it) => it.stop())
    const connectionString = doubles.environment['SERVICEBUS_CONNECTION_STRING'] ?? ''
    const client = stack.adopt(connect({ kind: 'connection-string', connectionString }), (it) => it.close())
    const outlet = stack.adopt(busSender(client, 'hr-outcomes'), (it) => it.close())
    const first = outcomeOf('e-1', 1)
    const strange = { ...first, id: 'strange', body: { hello: 'world' } }
    // A queue that detects duplicates would drop a repeat with the same message id.
    await outlet.send([
      strange,
      first,
      { ...first, id: 'repeat' },
      outcomeOf('e-1', 2),
      accountMessage(NAMED, { account: ['userName', 'mail'], sessions: false }, (text) => text, 0),
      outcomeOf('e-2', 1),
    ])

    const consumer = spawn(process.execPath, ['examples/outcomes/consumer.mjs'], {
      cwd: root,
      env: { ...process.env, SERVICEBUS_CONNECTION_STRING: connectionString },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(consumer, 'exit')
    stack.defer(async () => {
      consumer.kill('SIGKILL')
      await ended
    })
    const lines: string[] = []
    for await (const line of createInterface({ input: consumer.stdout }))
      if (lines.push(line) === 4) consumer.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null])
    assert.deepEqual(lines, [
      '10001 worker.updated e-1: confirmed',
      '10001 worker.updated e-1: confirmed, revision 2',
      '10001 account object-1: userName and mail known',
      '10001 worker.updated e-2: confirmed',
    ])
    assert.deepEqual(await client.createReceiver('hr-outcomes').peekMessages(10), [])
    const refused = client.createReceiver('hr-outcomes', { subQueueType: 'deadLetter' })
    assert.deepEqual(
      (await refused.peekMessages(10)).map(({ deadLetterReason }) => deadLetterReason),
      ['NotAnOutcome'],
    )
  },
)
