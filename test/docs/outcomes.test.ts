import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { connect } from '../../src/adapters/service-bus/client.ts'
import { busSender } from '../../src/adapters/service-bus/sender.ts'
import { outcomeMessage } from '../../src/core/report/outcomes/outcome.ts'
import { startDoubles } from '../../src/cli/doubles/doubles.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

void test(
  'the consumer on the page works as written: it reads outcomes from the broker of the demo and drops repeats',
  { timeout: 60_000 },
  async () => {
    const page = readFileSync(new URL('../../docs/reference/outcomes.md', import.meta.url), 'utf8')
    const example = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
    await using stack = new AsyncDisposableStack()
    const doubles = stack.adopt(await startDoubles({ fast: true }), (it) => it.stop())
    const connectionString = doubles.environment['SERVICEBUS_CONNECTION_STRING'] ?? ''
    const client = stack.adopt(connect({ kind: 'connection-string', connectionString }), (it) => it.close())
    const outlet = stack.adopt(busSender(client, 'hr-outcomes'), (it) => it.close())
    const told = (eventId: string, revision: number): ReturnType<typeof outcomeMessage> =>
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
          attributes: [['title', 'Head']],
          findings: [],
          at: 0,
          receivedAt: 0,
          effectiveAt: 0,
          traceparent: null,
        },
        { values: [], sessions: false },
        (text) => `${text} ${Math.random()}`,
      )
    await outlet.send([told('e-1', 1), told('e-1', 1), told('e-1', 2), told('e-2', 1)])

    const consumer = spawn(process.execPath, ['--input-type=module', '-e', example], {
      cwd: root,
      env: { ...process.env, SERVICEBUS_CONNECTION_STRING: connectionString },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    stack.defer(async () => {
      const ended = once(consumer, 'exit')
      consumer.kill('SIGKILL')
      await ended
    })
    const lines: string[] = []
    for await (const line of createInterface({ input: consumer.stdout })) {
      lines.push(line)
      if (lines.length === 3) break
    }
    assert.deepEqual(lines.toSorted(), [
      '10001 e-1: confirmed title',
      '10001 e-1: confirmed title',
      '10001 e-2: confirmed title',
    ])
  },
)
