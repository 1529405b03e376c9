import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemRuntime } from '../../../src/adapters/system.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { compose } from '../../../src/compose/connector.ts'
import { FAST_ENVIRONMENT } from '../../../src/config/environment.ts'
import { type Runtime, silentLogger, silentTelemetry } from '../../../src/core/runtime.ts'
import { bodyOf, serve } from '../../adapters/hr-reader/server.ts'
import { until } from '../../adapters/support/until.ts'
import { brokerFor, configOf } from '../../local/service-bus/support.ts'

/** Minutes of the connector pass in a second. */
const FASTER = 60

const WITHIN_MS = 15_000
const EVENT = {
  specversion: '1.0',
  id: 'e-1',
  source: '/hr',
  type: 'worker.hired',
  subject: 'p1',
  time: '2026-11-02T08:00:00Z',
  data: { worker: { userName: 'p1@contoso.com' } },
}

/** The real clock, faster. */
function fastRuntime(): Runtime {
  const real = systemRuntime(silentLogger, silentTelemetry)
  const start = Date.now()
  return {
    ...real,
    now: () => start + (Date.now() - start) * FASTER,
    sleep: (ms, signal) => real.sleep(ms / FASTER, signal),
  }
}

interface CloudEvent {
  readonly type: string
  readonly data: { readonly alerts: readonly { readonly cause: string; readonly count: number }[] }
}

/** A connector that takes messages in and notifies four channels, of which one works. */
async function site(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-notified-'))
  t.after(() => rm(folder, { recursive: true }))
  const { broker, connect } = await brokerFor(t, configOf({ 'hr-events': {}, 'hr-outcomes': {} }))
  const arrived: CloudEvent[] = []
  const attempts = { hangs: 0, refuses: 0, busy: 0 }
  const works = await serve(t, async (request, response) => {
    arrived.push(JSON.parse(await bodyOf(request)) as CloudEvent)
    response.writeHead(202).end()
  })
  const failing = (name: keyof typeof attempts, answer: (response: ServerResponse) => void) =>
    serve(t, (_request, response) => {
      attempts[name] += 1
      answer(response)
    })
  const hangs = await failing('hangs', () => {})
  const refuses = await failing('refuses', (response) => void response.writeHead(400).end())
  const busy = await failing(
    'busy',
    (response) => void response.writeHead(429, { 'retry-after': '3600' }).end(),
  )
  const hook = (url: string) => ({ webhook: { url, allowHttp: true, timeoutMs: 60_000 } })
  const file = join(folder, 'rollcall.yaml')
  const notifications = {
    channels: { works: hook(works), hangs: hook(hangs), refuses: hook(refuses), busy: hook(busy) },
    rules: [{ to: ['hangs', 'refuses', 'busy', 'works'], alerts: ['deadletter.new'] }],
    heartbeats: [{ to: 'works', every: '30s' }],
  }
  // YAML 1.2 contains JSON.
  await writeFile(file, JSON.stringify({ notifications }))
  const config = readConfig({
    ...FAST_ENVIRONMENT,
    ROLLCALL_CONFIG: file,
    LEDGER: join(folder, 'ledger.db'),
    SERVICEBUS_CONNECTION_STRING: broker.connectionString,
    CONTROL_QUEUE: 'none',
    DEAD_LETTER_QUEUE: 'none',
    PROVISIONING_ENDPOINT: 'http://127.0.0.1:9/v1.0/servicePrincipals/p/synchronization/jobs/j/bulkUpload',
    PROVISIONING_ALLOW_HTTP: 'true',
    AUTH_MODE: 'local',
  })
  return {
    composed: await compose(config, fastRuntime(), new Set(['intake', 'publish'])),
    connect,
    arrived,
    attempts,
  }
}

void test('a channel receives opened and resolved alerts and heartbeats, while others hang, refuse or throttle; none of them delays intake or the stop', async (t) => {
  const { composed, connect, arrived, attempts } = await site(t)
  const { ledger, service } = composed
  const client = connect()
  const sender = client.createSender('hr-events')
  const running = service.run()
  const told = () => arrived.filter(({ type }) => type !== 'rollcall.heartbeat')
  try {
    await sender.sendMessages({ body: 'no event' })
    await until('the dead letter is notified', () => told().length > 0, WITHIN_MS)
    await until('the others were tried', () => Object.values(attempts).every((count) => count > 0), WITHIN_MS)
    await sender.sendMessages({ body: EVENT })
    const taken = async (): Promise<boolean> => (await ledger.readCounts()).totals.messages === 1
    await until('an event is taken in', taken, WITHIN_MS)
    const dead = client.createReceiver('hr-events', {
      subQueueType: 'deadLetter',
      receiveMode: 'receiveAndDelete',
    })
    assert.equal((await dead.receiveMessages(1)).length, 1)
    await until('its end is notified', () => told().length > 1, WITHIN_MS)
    await until('heartbeats arrive', () => arrived.length - told().length > 2, WITHIN_MS)
    assert.deepEqual(
      told().map(({ type }) => type),
      ['rollcall.alert.opened', 'rollcall.alert.resolved'],
    )
    for (const { data } of told())
      assert.match(data.alerts.map(({ cause, count }) => `${count} ${cause}`).join(), /^1 bus: \w+$/)
    // It asked for an hour, and gets no second attempt before.
    assert.equal(attempts.busy, 1)
    assert.equal(attempts.hangs, 1)
  } finally {
    const before = Date.now()
    await service.stop()
    await running
    const tookMs = Date.now() - before
    await composed.close()
    assert.ok(tookMs < 30_000, `the stop took ${tookMs} ms`)
  }
})
