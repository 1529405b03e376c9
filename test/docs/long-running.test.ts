import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { until } from '../adapters/support/until.ts'
import { files } from '../deploy/support.ts'
import { command } from '../fakes/cli.ts'
import { wordsOf } from '../fakes/command-line.ts'
import { portOf, start } from '../fakes/rollcall.ts'
import { stepsOf } from './support/page.ts'

/**
 * The commands of the guides that last until they are stopped. Try it and the README are typed by
 * `as-written.test.ts`, with the demo.
 */
const LASTING = /^(?:\w+=\S+ )*rollcall (?:run|health|demo --events|local(?! feed)\b)/

const LINES = [
  ...new Set(
    files('docs/{guides,reference}/*.md')
      .filter((page) => !/doubles/.test(page))
      .flatMap((page) => stepsOf(page))
      .flatMap(({ script }) => script.split('\n'))
      .filter((line) => LASTING.test(line))
      .map((line) => line.replace(/\s+#.*/, '')),
  ),
]
const stack = new AsyncDisposableStack()
after(() => stack.disposeAsync())

/** The words of a line that is on a page. */
function written(line: string): readonly string[] {
  assert.ok(LINES.includes(line), `no page says ${line}: ${LINES.join('; ')}`)
  return wordsOf(line.replace(/^.*?rollcall /, ''))
}

function startAs(line: string, environment: Readonly<Record<string, string>> = {}, port: string[] = []) {
  const child = start([...written(line), ...port], environment)
  stack.defer(() => void child.kill('SIGKILL'))
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [0, null])
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('no stdout')
  const [line] = (await once(createInterface(stdout), 'line')) as [string]
  return line
}

void test('the doubles and the connector start as the pages say, health finds them ready, and each ends in order', async () => {
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'rollcall-lasting-')))
  const doubles = startAs('rollcall local --fast')
  const { env } = JSON.parse(await firstLine(doubles)) as { readonly env: Readonly<Record<string, string>> }
  // The port of the page may be taken here.
  const environment = { ...env, LEDGER: join(folder.path, 'ledger.db'), HTTP_ADDRESS: '0' }
  const connector = startAs('HTTP_ADDRESS=9464 rollcall run', environment)
  const here = { HTTP_ADDRESS: String(await portOf(connector)) }
  const health = async (line: string): Promise<number> => (await command(written(line), here)).code
  assert.equal(await health('rollcall health --live'), 0)
  await until('it is ready', async () => (await command(['health'], here)).code === 0)
  await stop(connector)
  assert.equal(await health('rollcall health --live'), 1)
  const part = startAs('rollcall run --loops intake', environment)
  const there = { HTTP_ADDRESS: String(await portOf(part)) }
  await until('it is ready', async () => (await command(['health'], there)).code === 0)
  await stop(part)
  await stop(doubles)
})

void test('the Service Bus double starts alone as the page says', async () => {
  const bus = startAs('rollcall local bus --port 5672', {}, ['--port', '0'])
  assert.match(await firstLine(bus), /Endpoint=sb:\/\//)
  await stop(bus)
})

/** `demo --events` alone is typed by `test/suites/e2e/cli.test.ts`. */
void test('the demo takes payloads for a source of your own', async () => {
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'rollcall-own-')))
  const hire = {
    specversion: '1.0',
    id: 'hire',
    source: '/hr/vendors',
    type: 'worker.hired',
    subject: '1',
    data: { effectiveDate: '2026-01-05', worker: { userName: 'ann@contoso.com', displayName: 'Ann' } },
  }
  await Promise.all([
    writeFile(join(folder.path, 'webhooks.jsonl'), JSON.stringify(hire)),
    writeFile(
      join(folder.path, 'rollcall.yaml'),
      'sources:\n  - { name: /hr/own, queue: hr-events }\n  - { name: /hr/vendors, queue: vendors }\n',
    ),
  ])
  const line = 'rollcall demo --events webhooks.jsonl --queue vendors'
  const demo = start([...written(line), '--fast', '--exit'], {}, folder.path)
  assert.ok(demo.stdout)
  const [said, [code]] = await Promise.all([
    text(demo.stdout),
    once(demo, 'exit') as Promise<[number | null]>,
  ])
  assert.equal(code, 0, said)
  assert.match(said, /confirmed/)
})
