import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, describe, test } from 'node:test'
import { postgresConnection } from '../../src/adapters/ledger-sql/driver/postgres/address.ts'
import { readConfig } from '../../src/compose/config.ts'
import { at, documents, ENTITIES, entries, list, ran, read, root, VARIABLES, version } from './support.ts'

const FOLDER = 'deploy/compose'
const text = read(`${FOLDER}/compose.yaml`)
// Anchors of YAML are resolved.
const [compose = {}] = documents(text)
const services = entries(compose['services'])
const connector = at(compose, 'services', 'connector')
const example = new Map(
  [...read(`${FOLDER}/settings.env.example`).matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
    name,
    value,
  ]),
)

/** `${NAME:?…}` and `${NAME:-…}` as Compose fills them in. */
const filled = (value: string): string =>
  value.replace(/\$\{(\w+):(?:\?|-)[^}]*\}/g, (_, name: string) => example.get(name) ?? '')

const secrets = await mkdtemp(join(tmpdir(), 'rollcall-secrets-'))
after(() => rm(secrets, { recursive: true }))
for (const [name] of entries(compose['secrets'])) await writeFile(join(secrets, name), `the ${name}\n`)

/** The settings of the connector, with the files of secrets and sources at their places here. */
const environment = (): Record<string, string> =>
  Object.fromEntries(
    entries(at(connector, 'environment')).map(([name, value]) => [
      name,
      filled(String(value)).replace('/run/secrets', secrets).replace('/config', join(root, 'deploy')),
    ]),
  )

void describe('the production profile of compose', () => {
  void test('the linter has nothing to say', async () => {
    const dclint = join(root, 'node_modules/dclint/bin/dclint.cjs')
    const { code, stdout, stderr } = await ran(process.execPath, [
      dclint,
      '--max-warnings',
      '0',
      `${FOLDER}/compose.yaml`,
    ])
    assert.equal(code, 0, stdout + stderr)
  })

  void test('the settings of the connector are a valid configuration, with secrets from files', () => {
    const given = environment()
    for (const name of Object.keys(given)) assert.ok(VARIABLES.has(name), name)
    const config = readConfig(given)
    const password = { kind: 'password', password: config.LEDGER_PASSWORD } as const
    assert.equal(postgresConnection(config.LEDGER, password).host, 'postgres')
    assert.equal(config.LEDGER_PASSWORD, 'the postgres-password')
    for (const name of ['SERVICEBUS_QUEUE', 'OUTCOMES_QUEUE', 'DEAD_LETTER_QUEUE', 'CONTROL_QUEUE'] as const)
      assert.ok(ENTITIES.has(config[name]), config[name])
  })

  void test('every setting that the user decides is in the example, with the default of the file', () => {
    const decided = [...text.matchAll(/\$\{(\w+):([?-])([^}]*)\}/g)].filter(
      ([, name = '']) => !name.endsWith('_IMAGE'),
    )
    assert.deepEqual(new Set(decided.map(([, name]) => name)), new Set(example.keys()))
    for (const [, name = '', sign, value] of decided)
      if (sign === '-') assert.equal(example.get(name), value, name)
  })

  void test('no secret is a value: each is a file that is neither committed nor sent to a builder', () => {
    for (const [name, value] of services.flatMap(([, service]) => entries(at(service, 'environment'))))
      assert.ok(!/PASSWORD$|SECRET$|TOKEN$|KEY$/.test(name), `${name}: ${String(value)}`)
    for (const [name, secret] of entries(compose['secrets'])) {
      assert.match(String(at(secret, 'file')), /^\.\/secrets\//, name)
      const users = services.filter(([, service]) => list(at(service, 'secrets')).includes(name))
      assert.ok(users.length > 0, name)
      for (const [user, service] of users)
        assert.ok(JSON.stringify(at(service, 'environment')).includes(`/run/secrets/${name}`), user)
    }
    for (const ignore of ['.gitignore', '.dockerignore'])
      assert.match(read(ignore), new RegExp(`^${FOLDER}/secrets/?$`, 'm'), ignore)
  })

  void test('each container starts again, has limits and a log that does not grow, and writes only where it is given to', () => {
    assert.deepEqual(
      services.map(([name]) => name),
      ['connector', 'postgres'],
    )
    for (const [name, service] of services) {
      assert.equal(at(service, 'restart'), 'unless-stopped', name)
      assert.equal(at(service, 'read_only'), true, name)
      assert.deepEqual(at(service, 'cap_drop'), ['ALL'], name)
      assert.deepEqual(at(service, 'security_opt'), ['no-new-privileges:true'], name)
      for (const limit of ['cpus', 'mem_limit', 'pids_limit'])
        assert.ok(at(service, limit), `${name}: ${limit}`)
      assert.deepEqual(at(service, 'logging', 'options'), { 'max-size': '10m', 'max-file': '5' }, name)
    }
    assert.equal(at(connector, 'cap_add'), undefined)
    assert.ok(Number.parseInt(String(at(connector, 'stop_grace_period')), 10) > 30)
  })

  void test('the database is reached by the connector alone, and figures from this machine alone', () => {
    const postgres = at(compose, 'services', 'postgres')
    assert.equal(at(postgres, 'ports'), undefined)
    for (const network of list(at(postgres, 'networks')))
      assert.equal(at(compose, 'networks', String(network), 'internal'), true, String(network))
    for (const port of list(at(connector, 'ports'))) assert.match(String(port), /^127\.0\.0\.1:/)
    const [volume = ''] = list(at(postgres, 'volumes')).map(String)
    assert.ok(
      entries(compose['volumes']).some(([name]) => volume.startsWith(`${name}:`)),
      'a named volume',
    )
  })

  void test('images have an exact version, the same as those of the try-out', () => {
    const [tryOut = {}] = documents(read('docker-compose.yml'))
    for (const [name, service] of services)
      assert.equal(at(service, 'image'), at(tryOut, 'services', name, 'image'), name)
    assert.equal(at(connector, 'image'), `rollcall:${version}`)
    assert.equal(basename(String(at(connector, 'build', 'dockerfile'))), 'Dockerfile')
  })
})
