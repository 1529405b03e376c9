import assert from 'node:assert/strict'
import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { createServer } from 'node:http'
import { isBuiltin } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { validate } from 'dockerfile-utils'
import { postgresConnection } from '../../src/adapters/ledger-sql/driver/postgres/address.ts'
import { FAST_ENVIRONMENT } from '../../src/config/environment.ts'
import { readConfig } from '../../src/compose/config.ts'
import { startEntra } from '../../src/local/entra/server.ts'
import { FAST_SETTINGS } from '../../src/local/entra/settings.ts'
import {
  at,
  documents,
  ENTITIES,
  entries,
  files,
  list,
  OF_NODE,
  ran,
  read,
  root,
  VARIABLES,
  version,
} from './support.ts'

const [compose = {}] = documents(read('docker-compose.yml'))
const services = entries(compose['services'])
const dockerfile = read('deploy/Dockerfile')

/** Types of a package vanish when the code is run. */
const onlyTypes = (text: string, name: string): boolean =>
  text.split('\n').every((line) => !line.includes(`'${name}`) || line.startsWith('import type '))

void describe('the image', () => {
  void test('the Dockerfile is one', () => {
    assert.deepEqual(validate(dockerfile), [])
  })

  void test('it builds where there is no BuildKit, as in a registry of Azure (az acr build)', () => {
    assert.doesNotMatch(dockerfile, /--mount|--link|<<|^# syntax=/m)
  })

  void test('its Node is the one the tests run with', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { node: string } }
    assert.match(dockerfile, new RegExp(`^ARG NODE_IMAGE=node:${devDependencies.node}-bookworm-slim$`, 'm'))
    for (const [, from] of dockerfile.matchAll(/^FROM (\S+)/gm))
      assert.equal(from, '${NODE_IMAGE}', 'every stage is on the same base')
  })

  void test('compose builds it on the same base, which may be given by digest', () => {
    const args = services.flatMap(([, service]) => at(service, 'build', 'args', 'NODE_IMAGE') ?? [])
    const [, base] = /^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfile) ?? []
    assert.deepEqual(args, [`\${NODE_IMAGE:-${base}}`])
  })

  void test('it runs as an ordinary user, checks its health without a shell, and has its version', () => {
    assert.match(dockerfile, /^USER 1000:1000$/m)
    assert.match(dockerfile, /^HEALTHCHECK [^\n]*CMD \["node", "src\/rollcall\.mjs", "health"\]$/m)
    assert.match(dockerfile, new RegExp(`opencontainers\\.image\\.version="${version}"`))
  })

  void test('it needs nothing of what only tests need', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> }
    for (const path of files('src/**/*.ts'))
      for (const [, name = ''] of read(path).matchAll(
        /(?:from|import\() ?'((?:@[\w.-]+\/)?[a-z][\w.-]*)(?:\/[^']*)?'/g,
      ))
        if (!isBuiltin(name))
          assert.ok(Object.hasOwn(dependencies, name) || onlyTypes(read(path), name), `${path} needs ${name}`)
  })

  void test('what it copies is enough to run, and nothing is written beside the ledger', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-image-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const [, last = ''] = /FROM [^\n]*\n(?![\s\S]*\nFROM )([\s\S]*)$/.exec(dockerfile) ?? []
    for (const [, from = '', to = ''] of last.matchAll(/^COPY (?!--from)(.+) (\S+)$/gm))
      for (const one of from.split(' '))
        await cp(join(root, one), join(folder, to, to === './' ? one : ''), { recursive: true })
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    const [, entry = '[]'] = /^ENTRYPOINT (.*)$/m.exec(last) ?? []
    const [node, ...args] = JSON.parse(entry) as string[]
    assert.equal(node, 'node')
    const ledger = join(await mkdtemp(join(tmpdir(), 'rollcall-data-')), 'ledger.db')
    t.after(() => rm(dirname(ledger), { recursive: true }))
    const environment = { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'silent' }
    const before = await readdir(join(folder, 'src'), { recursive: true })
    const beside = await readdir(folder)
    const { code, stderr } = await ran(
      process.execPath,
      [...args, 'demo', '--fast', '--exit', '--ledger', ledger],
      environment,
      folder,
    )
    assert.equal(code, 0, stderr)
    assert.deepEqual(await readdir(join(folder, 'src'), { recursive: true }), before)
    assert.deepEqual(await readdir(folder), beside)
  })

  void test('its bill of materials is made of what was installed, and is in it', () => {
    assert.match(
      dockerfile,
      /^RUN npm pkg delete devDependencies && npm sbom --sbom-format=cyclonedx > sbom\.cdx\.json$/m,
    )
    assert.ok(dockerfile.indexOf('npm ci --omit=dev') < dockerfile.indexOf('npm sbom'))
    assert.match(dockerfile, /^COPY --from=build \/app\/sbom\.cdx\.json \.\/$/m)
  })

  void test('every variable it sets is one', () => {
    const set = [...(/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? '').matchAll(/(\w+)=(\S+)/g)].map(
      ([, name = '', value = '']) => [name, value],
    )
    assert.ok(set.length > 1)
    for (const [name = ''] of set) assert.ok(VARIABLES.has(name) || OF_NODE.has(name), name)
    readConfig(Object.fromEntries(set))
  })
})

/** With `${NAME:?…}` filled in. */
const environmentOf = (service: unknown): Record<string, string> =>
  Object.fromEntries(
    entries(at(service, 'environment')).map(([name, value]) => [
      name,
      String(value).replace(/\$\{[^}]*\}/g, 'given'),
    ]),
  )

void describe('docker compose', () => {
  void test('the linter has nothing to say', async () => {
    const { code, stdout, stderr } = await ran(process.execPath, [
      join(root, 'node_modules/dclint/bin/dclint.cjs'),
      '--max-warnings',
      '0',
      'docker-compose.yml',
    ])
    assert.equal(code, 0, stdout + stderr)
  })

  void test('the commands of the page say what compose asks for, and each of them asks for it', () => {
    const asked = new Set([...read('docker-compose.yml').matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name))
    const page = read('docs/guides/deploy.md')
    const [, exported = ''] = /^export (.*)\ndocker compose up --build --detach$/m.exec(page) ?? []
    assert.deepEqual(new Set([...exported.matchAll(/(\w+)=/g)].map(([, name]) => name)), asked)
  })

  void test('no port is reachable from other machines', () => {
    const ports = services.flatMap(([, service]) => list(at(service, 'ports')).map(String))
    assert.ok(ports.length > 3)
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/)
  })

  void test('every image has an exact version; ours has that of the package', () => {
    for (const [name, service] of services) {
      const written = String(at(service, 'image'))
      // One that is not ours can be pinned to a digest without an edit; a variable that is not set
      // leaves the exact tag.
      const [, variable, fallback] = /^\$\{(\w+_IMAGE):-(.+)\}$/.exec(written) ?? []
      const image = fallback ?? written
      assert.match(image, /:\d[\w.-]*$/, name)
      assert.equal(variable === undefined, image.startsWith('rollcall:'), `${name} takes a digest`)
      if (at(service, 'build') !== undefined) assert.equal(image, `rollcall:${version}`, name)
    }
  })

  void test('the connector gets only known settings, and they are a valid configuration', () => {
    const given = environmentOf(at(compose, 'services', 'connector'))
    for (const name of Object.keys(given)) assert.ok(VARIABLES.has(name), name)
    const config = readConfig(given)
    assert.equal(
      postgresConnection(config.LEDGER, { kind: 'password', password: config.LEDGER_PASSWORD }).host,
      'postgres',
    )
    for (const name of ['SERVICEBUS_QUEUE', 'OUTCOMES_QUEUE'])
      assert.ok(ENTITIES.has(given[name] ?? ''), name)
    const fast = Object.fromEntries(Object.keys(FAST_ENVIRONMENT).map((name) => [name, given[name]]))
    assert.deepEqual(fast, FAST_ENVIRONMENT, 'the durations that go with --fast')
  })

  void test('the emulator reads the file of the local broker', () => {
    assert.deepEqual(at(compose, 'services', 'emulator', 'volumes'), [
      './deploy/service-bus/Config.json:/ServiceBus_Emulator/ConfigFiles/Config.json:ro',
    ])
  })

  void test('our containers write nothing but what they are given to', () => {
    for (const [name, service] of services) {
      if (at(service, 'build') === undefined) continue
      assert.equal(at(service, 'read_only'), true, name)
      assert.deepEqual(at(service, 'cap_drop'), ['ALL'], name)
      assert.deepEqual(at(service, 'security_opt'), ['no-new-privileges:true'], name)
    }
  })

  void test('the endpoint is that of the double, and the double is asked for its health where it answers', async (t) => {
    const entra = await startEntra({ settings: FAST_SETTINGS })
    t.after(() => entra.stop())
    const given = new URL(environmentOf(at(compose, 'services', 'connector'))['PROVISIONING_ENDPOINT'] ?? '')
    assert.equal(given.pathname, new URL(entra.endpoint).pathname)
    assert.ok(list(at(compose, 'services', 'entra', 'command')).includes(given.port))
    const [, node, ...args] = list(at(compose, 'services', 'entra', 'healthcheck', 'test')).map(String)
    assert.equal(node, 'node')
    assert.equal(
      (await ran(process.execPath, moved(args, `127.0.0.1:${given.port}`, new URL(entra.endpoint).host)))
        .code,
      0,
    )
    assert.equal((await ran(process.execPath, moved(args, `127.0.0.1:${given.port}`, '127.0.0.1:1'))).code, 1)
  })

  void test('the connector starts when the emulator says that it is healthy, and not before', async (t) => {
    assert.equal(
      at(compose, 'services', 'connector', 'depends_on', 'emulator-ready', 'condition'),
      'service_completed_successfully',
    )
    let asked = 0
    const port = await serving(t, () => (asked += 1) > 1)
    const [node, ...args] = list(at(compose, 'services', 'emulator-ready', 'entrypoint')).map(String)
    assert.equal(node, 'node')
    const brisk = args.map((one) => one.replace('resolve, 2000', 'resolve, 10'))
    assert.equal((await ran(process.execPath, moved(brisk, 'emulator:5300', `127.0.0.1:${port}`))).code, 0)
    assert.equal(asked, 2)
    assert.equal((await ran(process.execPath, moved(brisk, 'emulator:5300', '127.0.0.1:1'))).code, 1)
  })
})

const moved = (args: readonly string[], from: string, to: string): string[] =>
  args.map((one) => {
    return one.replaceAll(from, to)
  })

async function serving(t: TestContext, healthy: () => boolean): Promise<number> {
  const server = createServer((request, response) =>
    response.writeHead(request.url === '/health' && healthy() ? 200 : 503).end(),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}
