import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { startDoubles } from '../../src/cli/doubles/doubles.ts'
import { startPostgres } from '../adapters/support/postgres.ts'
import { until } from '../adapters/support/until.ts'
import { command } from '../fakes/cli.ts'
import { start } from '../fakes/rollcall.ts'
import { at, documents, entries, read } from './support.ts'

const SAMPLES = 'src/cli/doubles/sample-events.jsonl'

void test('what compose tells the connector brings the sample events to the directory: PostgreSQL, probes and all, without containers', async (t) => {
  const [compose] = documents(read('docker-compose.yml'))
  const given = Object.fromEntries(
    entries(at(compose, 'services', 'connector', 'environment')).map(([name, value]) => [
      name,
      String(value).replace(/\$\{[^}]*\}/g, 'given'),
    ]),
  )
  const doubles = await startDoubles({ fast: true })
  const postgres = await startPostgres()
  const ledger = await postgres.database()
  // The same, elsewhere: names of containers, and what was chosen for the password.
  const environment: Record<string, string> = {
    ...given,
    LEDGER: ledger,
    LEDGER_PASSWORD: postgres.own ? (given['LEDGER_PASSWORD'] ?? '') : '',
    SERVICEBUS_CONNECTION_STRING: doubles.bus.connectionString,
    PROVISIONING_ENDPOINT: doubles.entra.endpoint,
    HTTP_ADDRESS: '127.0.0.1:0',
  }
  const child = start(['run'], { ...environment, LOG_LEVEL: 'info' })
  t.after(async () => {
    const ended = child.exitCode === null ? once(child, 'exit') : null
    child.kill('SIGTERM')
    await ended
    await postgres.drop(ledger)
    await postgres.close()
    await doubles.stop()
  })
  let log = ''
  child.stderr?.on('data', (text: Buffer) => (log += text.toString()))
  await until('it listens', () => /"probes\.listening"/.test(log))
  const [, port = ''] = /"port":(\d+)/.exec(log) ?? []
  const asked = { ...environment, HTTP_ADDRESS: port }
  await until('it is ready', async () => (await command(['health'], asked)).code === 0, 60_000, 100)

  const fed = await command(['local', 'feed', SAMPLES], environment)
  assert.equal(fed.code, 0, fed.stderr)
  await until(
    'everything is answered',
    async () => {
      const { code, stdout, stderr } = await command(['status', '--output', 'json'], environment)
      assert.equal(code, 0, stderr)
      const { messages, nextAt, events } = JSON.parse(stdout) as {
        messages: number
        nextAt: string | null
        events: Record<string, number>
      }
      const open = ['received', 'incomplete', 'planned'].reduce((sum, state) => sum + (events[state] ?? 0), 0)
      return messages > 0 && open === 0 && (nextAt === null || Date.parse(nextAt) > Date.now())
    },
    60_000,
    1_000,
  )
  assert.ok(Object.keys(await doubles.entra.directory()).length > 5)
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  assert.match(metrics, /^rollcall_ledger_operations_total [1-9]/m)
})
