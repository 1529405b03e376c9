import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { COMPILE_CACHE } from '../fakes/compile-cache.ts'

const ROOT = join(import.meta.dirname, '../..')
const run = promisify(execFile)

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly optional?: boolean }>>
}

/** A project with nothing but the package and its production dependencies in it. */
void describe('the npm package', () => {
  let project = ''
  let files: readonly string[] = []
  const inProject = (...args: readonly string[]) =>
    run(process.execPath, args, {
      cwd: project,
      env: { PATH: dirname(process.execPath), HOME: project, NODE_COMPILE_CACHE: COMPILE_CACHE },
    })

  before(async () => {
    project = mkdtempSync(join(tmpdir(), 'rollcall-package-'))
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', project], { cwd: ROOT })
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as readonly {
      readonly filename: string
      readonly files: readonly { readonly path: string }[]
    }[]
    assert.ok(packed)
    files = packed.files.map(({ path }) => path)
    await run('tar', ['-xzf', packed.filename], { cwd: project })
    const modules = join(project, 'node_modules')
    mkdirSync(modules)
    cpSync(join(project, 'package'), join(modules, 'rollcall'), { recursive: true })
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock
    for (const [path, { dev = false }] of Object.entries(packages)) {
      const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1]
      if (name === undefined || (dev && name !== '@types/node' && name !== 'undici-types')) continue
      if (!existsSync(join(ROOT, path))) continue
      mkdirSync(dirname(join(modules, name)), { recursive: true })
      symlinkSync(join(ROOT, path), join(modules, name))
    }
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }\n')
  })
  after(() => rmSync(project, { recursive: true }))

  void test('it holds compiled code and its licence, and neither sources nor tests', () => {
    const assets = ['console.css', 'live.js', 'icon.svg'].map((name) => `dist/http/console/assets/${name}`)
    for (const needed of [
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
      'dist/rollcall.mjs',
      'dist/main.js.map',
      'contracts/asyncapi.json',
      'contracts/outcome.schema.json',
      ...assets,
    ])
      assert.ok(files.includes(needed), needed)
    assert.deepEqual(
      files.filter((file) => /^(src|test|docs|scripts)\/|\.test\.|(?<!\.d)\.ts$/.test(file)),
      [],
    )
  })

  void test('its command runs the demo to its end with production dependencies only', async () => {
    const command = join('node_modules', 'rollcall', 'dist', 'rollcall.mjs')
    const { stdout, stderr } = await inProject(command, 'demo', '--fast', '--exit', '--fresh')
    assert.match(stdout + stderr, /books balanced/)
  })

  void test('its doubles and its reader of events are imported by name, with types', async () => {
    writeFileSync(join(project, 'try.ts'), EXAMPLE)
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          module: 'nodenext',
          target: 'es2024',
          lib: ['es2024', 'esnext.disposable'],
          skipDefaultLibCheck: true,
          types: ['node'],
        },
        files: ['try.ts'],
      }),
    )
    await inProject(join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project)
    const { stdout } = await inProject('try.ts')
    assert.equal(stdout, 'one order, worker.hired 1001 true, FieldMissing subject, 0 calls\n')
  })

  void test('nothing else of it can be imported', async () => {
    await assert.rejects(inProject('--eval', "await import('rollcall/dist/main.js')"), /ERR_PACKAGE_PATH/)
  })
})

const EXAMPLE = `
import { ServiceBusClient } from '@azure/service-bus'
import { startEntra } from 'rollcall/entra-double'
import { readEvents } from 'rollcall/events'
import { brokerConfig, startBrokerThread } from 'rollcall/service-bus-double'

const broker = await startBrokerThread({ config: brokerConfig({ queues: { orders: { MaxDeliveryCount: 3 } } }) })
const client = new ServiceBusClient(broker.connectionString)
await client.createSender('orders').sendMessages({ body: 'one order' })
const [message] = await client.createReceiver('orders').receiveMessages(1)
await client.close()
await broker.stop()

const hired = { specversion: '1.0', id: 'e-1', source: '/hr', type: 'worker.hired', subject: '1001', time: '2026-11-02T08:00:00Z' }
const { events: [event] } = await readEvents({ body: { ...hired, data: { worker: { userName: 'ada@example.com' } } } })
const { rejected } = await readEvents({ body: { ...hired, subject: undefined } })

const entra = await startEntra({ settings: {} })
const { calls } = await entra.stats()
await entra.stop()
const field: string | null | undefined = rejected?.field
console.log(\`\${message?.body}, \${event?.type} \${event?.employeeId} \${event?.worker['active']}, \${rejected?.code} \${field}, \${calls} calls\`)
`
