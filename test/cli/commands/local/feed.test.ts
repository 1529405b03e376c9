import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBroker } from '../../../../src/local/service-bus/broker.ts'
import { command } from '../../../fakes/cli.ts'
import { configOf } from '../../../local/service-bus/support.ts'

void test('local feed sends to the named queue and session', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-feed-'))
  const broker = await startBroker({
    config: configOf({ 'hr-events': {}, vendors: { RequiresSession: true } }),
  })
  t.after(async () => {
    await broker.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const file = join(folder, 'events.jsonl')
  await writeFile(file, '{"id":"1"}\n\n{"id":"2"}\n')
  const environment = { SERVICEBUS_CONNECTION_STRING: broker.connectionString }
  const told = await command(['local', 'feed', file, '--queue', 'vendors', '--session', 'p1'], environment)
  assert.deepEqual([told.code, JSON.parse(told.stdout)], [0, { sent: 2, queue: 'vendors' }], told.stderr)
  const configured = await command(['local', 'feed', file], environment)
  assert.deepEqual(JSON.parse(configured.stdout), { sent: 2, queue: 'hr-events' })
  assert.equal((await broker.counts('vendors')).active, 2)
  assert.equal((await broker.counts('hr-events')).active, 2)
})
