import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import { systemRuntime } from '../../../src/adapters/system.ts'
import { busAddress } from '../../../src/compose/addresses.ts'
import { compose } from '../../../src/compose/connector.ts'
import { FAST_ENVIRONMENT } from '../../../src/config/environment.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { silentLogger, silentTelemetry } from '../../../src/core/runtime.ts'
import { startEntra } from '../../../src/local/entra/server.ts'
import { FAST_SETTINGS } from '../../../src/local/entra/settings.ts'
import { feed } from '../../../src/compose/feed.ts'
import { startBroker } from '../../../src/local/service-bus/broker.ts'
import { until } from '../../adapters/support/until.ts'
import { differences } from '../../fakes/directory.ts'
import { makeHistory } from '../../fakes/history.ts'
import { proxyFor } from '../../fakes/proxy.ts'
import { configOf } from '../../local/service-bus/support.ts'

void test('a history over a partitioned queue, over WebSockets, through a proxy, with several receivers, ends as the oracle has it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-far-'))
  const history = makeHistory({ employees: 60, seed: 8 })
  const file = join(folder, 'events.jsonl')
  await writeFile(file, history.lines.join('\n'))
  const broker = await startBroker({
    config: configOf({ 'hr-events': { EnablePartitioning: true }, 'hr-outcomes': {} }),
  })
  const entra = await startEntra({ settings: FAST_SETTINGS })
  const proxy = await proxyFor(t)
  const config = readConfig({
    ...FAST_ENVIRONMENT,
    LEDGER: join(folder, 'ledger.db'),
    SERVICEBUS_CONNECTION_STRING: broker.connectionString,
    CONTROL_QUEUE: 'none',
    SERVICEBUS_WEBSOCKETS: 'true',
    HTTPS_PROXY: proxy.url,
    RECEIVERS: '3',
    PROVISIONING_ENDPOINT: entra.endpoint,
    PROVISIONING_ALLOW_HTTP: 'true',
    AUTH_MODE: 'local',
  })
  const composed = await compose(config, systemRuntime(silentLogger, silentTelemetry))
  const running = composed.service.run()
  try {
    const client = connect(busAddress(config))
    assert.equal(await feed(client, { queue: 'hr-events' }, file), history.lines.length)
    await closeWithin(500, client.close())
    await until(
      'everything is answered and told',
      async () => {
        const { messages } = await composed.ledger.readTotals()
        return messages === history.lines.length && (await composed.ledger.readIdle(Date.now())).idle
      },
      60_000,
      100,
    )
    assert.equal(composed.receiving?.(), true)
    assert.deepEqual(differences(await entra.directory(), history.oracle), [])
    assert.deepEqual(new Set(proxy.asked), new Set([`127.0.0.1:${broker.port}`]))
    const { totals } = await composed.ledger.readCounts()
    assert.equal(totals.events, history.events)
    assert.equal(totals.redelivered, 0, 'no two messages were taken for one')
  } finally {
    await composed.service.stop()
    await running
    await composed.close()
    await entra.stop()
    await broker.stop()
    await rm(folder, { recursive: true })
  }
  assert.equal(process.env['HTTPS_PROXY'], undefined)
})
