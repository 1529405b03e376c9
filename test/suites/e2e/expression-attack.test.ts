import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ServiceBusClient } from '@azure/service-bus'
import { startDoubles } from '../../../src/cli/doubles/doubles.ts'
import { until } from '../../adapters/support/until.ts'
import { portOf, start } from '../../fakes/rollcall.ts'

const MAPPING = `
mapping:
  attributes:
    displayName: { jsonata: "$contains(displayName, /^(\\\\w+\\\\s?)+$/) ? displayName : 'odd ' & displayName" }
    title: { jsonata: "title = 'loop' ? ($f := function($n) { $f($n + 1) }; $f(1)) : title" }
    nickName: { jsonata: "title = 'double' ? ($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $uppercase($f('€b', 27))) : nickName" }
`
/** The native engine works on it for hours. */
const NAME = 'a'.repeat(41) + '!'

void test('a name that stops a regular expression, and titles that loop or fill the memory, hold up neither other employees nor a probe nor the end', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-attack-'))
  const doubles = await startDoubles({ fast: true })
  const file = join(folder, 'rollcall.yaml')
  await writeFile(file, MAPPING)
  const child = start(['run'], {
    ...doubles.environment,
    ROLLCALL_CONFIG: file,
    LEDGER: join(folder, 'ledger.db'),
    HTTP_ADDRESS: '127.0.0.1:0',
  })
  const client = new ServiceBusClient(doubles.environment['SERVICEBUS_CONNECTION_STRING'] ?? '')
  t.after(async () => {
    child.kill('SIGKILL')
    await client.close()
    await doubles.stop()
    await rm(folder, { recursive: true })
  })
  const port = await portOf(child)
  const probe = async (path: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).status
  await until('ready', async () => (await probe('/readyz')) === 200)

  const sentAt = new Map<string, number>()
  const outcomes = new Map<
    string,
    { readonly at: number; readonly state: string; readonly reason: string | null }
  >()
  client.createReceiver('hr-outcomes', { receiveMode: 'receiveAndDelete' }).subscribe({
    processMessage: async ({ body }) => {
      const { subject, data } = body as { subject: string; data: { state: string; reason?: string } }
      outcomes.set(subject, { at: performance.now(), state: data.state, reason: data.reason ?? null })
    },
    processError: async () => {},
  })
  const sender = client.createSender('hr-events')
  const hire = async (subject: string, worker: object): Promise<void> => {
    sentAt.set(subject, performance.now())
    await sender.sendMessages({
      body: {
        specversion: '1.0',
        id: `hire-${subject}`,
        source: '/hr/acme',
        type: 'worker.hired',
        subject,
        time: '2026-01-05T09:00:00Z',
        data: {
          worker: { userName: `${subject}@contoso.com`, displayName: `Name of ${subject}`, ...worker },
        },
      },
    })
  }
  const crowd = async (prefix: string): Promise<readonly number[]> => {
    const names = Array.from({ length: 20 }, (_, index) => `${prefix}-${index}`)
    for (const name of names) {
      await hire(name, {})
      await delay(50)
    }
    await until(`outcomes of ${prefix}`, () => names.every((name) => outcomes.has(name)))
    for (const name of names) assert.equal(outcomes.get(name)?.state, 'confirmed', name)
    return names.map((name) => (outcomes.get(name)?.at ?? 0) - (sentAt.get(name) ?? 0))
  }

  const probes: number[] = []
  const probing = new AbortController()
  const prober = (async () => {
    while (!probing.signal.aborted) {
      const askedAt = performance.now()
      assert.equal(await probe('/livez'), 200)
      probes.push(performance.now() - askedAt)
      await delay(100)
    }
  })()
  const calm = await crowd('calm')
  const [attacked] = await Promise.all([
    crowd('attacked'),
    (async () => {
      await delay(300)
      await hire('regex', { displayName: NAME })
      await hire('loop', { title: 'loop' })
      await hire('double', { title: 'double' })
    })(),
  ])
  await until('outcomes of the attackers', () =>
    ['regex', 'loop', 'double'].every((name) => outcomes.has(name)),
  )
  assert.equal(outcomes.get('regex')?.state, 'confirmed')
  for (const name of ['loop', 'double'])
    assert.deepEqual(
      [outcomes.get(name)?.state, outcomes.get(name)?.reason],
      ['dead-lettered', 'MappingFailed'],
    )

  // While another one is being worked on.
  await hire('last', { title: 'loop' })
  await delay(250)
  probing.abort()
  await prober
  const exited = once(child, 'exit') as Promise<[number | null]>
  const toldAt = performance.now()
  child.kill('SIGTERM')
  const [code] = await exited
  const endMs = performance.now() - toldAt
  t.diagnostic(`outcomes of others, calm: ${displayValue(calm)}; attacked: ${displayValue(attacked)}`)
  t.diagnostic(`/livez while attacked: ${displayValue(probes)}; SIGTERM to end: ${Math.round(endMs)} ms`)
  assert.equal(code, 0)
  assert.ok(endMs < 60_000, `it ends in time: ${endMs}`)
  // The loop would hold one up for ever.
  assert.ok(Math.max(...probes) < 10_000, 'a probe is answered')
  assert.ok(
    Math.max(...attacked) < Math.max(...calm) + 45_000,
    'others wait for the limits and the starts, no longer',
  )
})

function displayValue(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  return `median ${Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0)} ms, longest ${Math.round(sorted.at(-1) ?? 0)} ms`
}
