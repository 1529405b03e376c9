import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import { startDoubles } from '../../../src/cli/doubles/doubles.ts'
import { driverAt, startPostgres } from '../../adapters/support/postgres.ts'
import { until } from '../../adapters/support/until.ts'
import { command } from '../../fakes/cli.ts'
import { startCollector } from '../../fakes/collector.ts'
import { portOf, start } from '../../fakes/rollcall.ts'

/** A metric that only a ledger which answers has. */
const OF_THE_LEDGER = '"rollcall.stage.depth"'

void test('a running connector says that it is ready, health checks of a container believe it, a collector gets its metrics, and dead letters on the bus are counted', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-probes-'))
  const doubles = await startDoubles({ fast: true })
  await rejectOne(doubles.environment)
  const collector = await startCollector()
  const environment = { ...doubles.environment, LEDGER: join(folder, 'ledger.db') }
  const child = start(['run'], {
    ...environment,
    HTTP_ADDRESS: '127.0.0.1:0',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRIC_EXPORT_INTERVAL: '500',
  })
  t.after(async () => {
    const ended = child.exitCode === null ? once(child, 'exit') : null
    child.kill('SIGTERM')
    await ended
    collector.close()
    await doubles.stop()
    await rm(folder, { recursive: true })
  })
  const port = await portOf(child)
  const status = async (path: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).status
  await until('ready', async () => (await status('/readyz')) === 200)
  assert.equal(await status('/livez'), 200)
  const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  await until('a scrape says so', async () =>
    /^rollcall_check\{check="receivers"\} 1$/m.test(await metrics()),
  )
  await until('status shows the dead letter on the bus', async () =>
    /dead letters on the bus +1 BodyNotJson/.test((await command(['status'], environment)).stdout),
  )
  await until('the collector knows what the ledger says', () =>
    collector.sent.some(({ path, body }) => path === '/v1/metrics' && body.includes(OF_THE_LEDGER)),
  )
  const page = async (path: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).text()
  await until('the console shows it, too', async () => (await page('/failures')).includes('BodyNotJson'))
  assert.match(await page('/'), /<strong>Bus<\/strong> <span>receivers are open/)
  const asked = await command(['health'], { HTTP_ADDRESS: String(port) })
  assert.equal(asked.code, 0, asked.stderr)
  assert.equal((await command(['health'], { HTTP_ADDRESS: '1' })).code, 1)
})

void test('a connector is alive and not ready while its tables are created, and a stop right after that ends it at once', async (t) => {
  const [doubles, server] = [await startDoubles({ fast: true }), await startPostgres({ alone: true })]
  const location = await server.database()
  const driver = driverAt(location)
  const [holding, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const held = driver.transaction(async (sql) => {
    await sql.lock('schema')
    holding.resolve()
    await release.promise
  })
  await holding.promise
  const child = start(['run'], { ...doubles.environment, LEDGER: location, HTTP_ADDRESS: '127.0.0.1:0' })
  t.after(async () => {
    release.resolve()
    await held
    const ended = child.exitCode === null ? once(child, 'exit') : null
    child.kill('SIGTERM')
    await ended
    await driver.close()
    await server.close()
    await doubles.stop()
  })
  const port = await portOf(child)
  const status = async (path: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).status
  assert.deepEqual(
    [await status('/livez'), await status('/readyz'), await status('/metrics')],
    [200, 503, 200],
  )
  release.resolve()
  await until('ready', async () => (await status('/readyz')) === 200)
  const asked = Date.now()
  child.kill('SIGTERM')
  const [code] = (await once(child, 'exit')) as [number | null]
  assert.equal(code, 0)
  assert.ok(Date.now() - asked < 30_000, 'an orderly end right after the start takes no grace')
})

/** Leaves a message in the dead-letter queue, as intake rejects it. */
async function rejectOne({ SERVICEBUS_CONNECTION_STRING = '' }: NodeJS.ProcessEnv): Promise<void> {
  const client = connect({ kind: 'connection-string', connectionString: SERVICEBUS_CONNECTION_STRING })
  await client.createSender('hr-events').sendMessages({ body: Buffer.from('no JSON') })
  const [message] = await client.createReceiver('hr-events').receiveMessages(1)
  if (message)
    await client.createReceiver('hr-events').deadLetterMessage(message, {
      deadLetterReason: 'BodyNotJson',
      deadLetterErrorDescription: 'the body is not JSON',
    })
  await closeWithin(500, client.close())
}
