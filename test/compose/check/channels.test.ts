import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { proveChannels } from '../../../src/compose/check/channels.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { bodyOf, serve } from '../../adapters/hr-reader/server.ts'
import { busFor, QUEUE } from '../../adapters/support/bus.ts'
import { command } from '../../fakes/cli.ts'

/** A file with a webhook that is there, one that is not, and two queues. */
async function configured(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-channels-'))
  t.after(() => rm(folder, { recursive: true }))
  const seen: string[] = []
  const url = await serve(t, async (request, response) => {
    seen.push(`${request.method} ${request.url} ${await bodyOf(request)}`)
    response.writeHead(request.url === '/refuses' ? 500 : 204).end()
  })
  const { broker } = await busFor(t)
  const hook = (at: string): string => `{ webhook: { url: "${at}", allowHttp: true } }`
  const file = join(folder, 'rollcall.yaml')
  await writeFile(
    file,
    `notifications:
  channels:
    good: ${hook(`${url}/hook`)}
    refuses: ${hook(`${url}/refuses`)}
    gone: ${hook('http://127.0.0.1:9/hook')}
    bus: { queue: ${QUEUE} }
    nowhere: { queue: none }
`,
  )
  const environment = {
    ROLLCALL_CONFIG: file,
    SERVICEBUS_CONNECTION_STRING: broker.connectionString,
  }
  return { environment, seen }
}

void test('check tries every channel and sends no notification, and names those that cannot be reached', async (t) => {
  const { environment, seen } = await configured(t)
  const proofs = await proveChannels(readConfig(environment))
  assert.deepEqual(
    proofs.map(({ what, outcome }) => `${what} ${outcome}`),
    [
      'channel good ok',
      'channel refuses ok',
      'channel gone failed',
      'channel bus ok',
      'channel nowhere failed',
    ],
  )
  assert.match(proofs[4]?.say ?? '', /MessagingEntityNotFound; correct notifications\.channels\.nowhere/)
  assert.deepEqual(seen, ['HEAD / ', 'HEAD / '])
})

void test('notifications test sends one message to a channel, and says with what it was refused', async (t) => {
  const { environment, seen } = await configured(t)
  const good = await command(['notifications', 'test', 'good'], environment)
  assert.deepEqual([good.code, good.stdout.trim()], [0, 'good accepted a test message'])
  assert.match(seen[0] ?? '', /^POST \/hook .*"type":"rollcall\.test"/)
  const refused = await command(['notifications', 'test', 'refuses'], environment)
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /did not accept a test message \(500\)/)
  const unknown = await command(['notifications', 'test', 'other'], environment)
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /the channels are good, refuses, gone, bus, nowhere/)
})
