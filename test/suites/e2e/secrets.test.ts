import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { type Doubles, startDoubles } from '../../../src/cli/doubles/doubles.ts'
import { command } from '../../fakes/cli.ts'
import { cloudEvent } from '../../fakes/messages.ts'
import { rollcall, start } from '../../fakes/rollcall.ts'

/** Part of every secret and of every value of a person below, and of nothing else. */
const CANARY = 'c4nary'
/** A key of the ledger, in base64. */
const KEY = `${CANARY}${'A'.repeat(37)}=`
/** What makes libraries and Node itself tell everything. */
const TALKATIVE = {
  AZURE_LOG_LEVEL: 'verbose',
  DEBUG: '*',
  NODE_DEBUG: 'http,https,net,tls,stream,undici,fetch,worker',
  OTEL_LOG_LEVEL: 'all',
  PGDEBUG: '1',
  LOG_LEVEL: 'debug',
} as const

let folder = ''
let doubles: Doubles
let environment: Readonly<Record<string, string>> = {}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-secrets-'))
  doubles = await startDoubles({ fast: true })
  const connection = doubles.environment['SERVICEBUS_CONNECTION_STRING'] ?? ''
  environment = {
    ...doubles.environment,
    ...TALKATIVE,
    // The double takes any key.
    SERVICEBUS_CONNECTION_STRING: connection.replace(/SharedAccessKey=[^;]*/, `SharedAccessKey=${CANARY}Key`),
    AZURE_CLIENT_SECRET: `${CANARY}Secret`,
    HTTP_TOKEN: `${CANARY}Token`,
    LEDGER_PASSWORD: `${CANARY}Password`,
    LEDGER: join(folder, 'ledger.db'),
    LEDGER_KEYS: KEY,
  }
  assert.match(environment['SERVICEBUS_CONNECTION_STRING'] ?? '', /c4naryKey/)
})
after(async () => {
  await doubles.stop()
  await rm(folder, { recursive: true })
})

void describe('no secret and no value of an employee reaches the terminal, whatever the environment', () => {
  void test('a run that takes events in and sends them, the feed before it and the commands beside it, nor the files of the ledger with a key', async () => {
    const file = join(folder, 'events.jsonl')
    const worker = {
      userName: `${CANARY}@example.com`,
      displayName: `Ann ${CANARY}`,
      name: { givenName: CANARY, familyName: CANARY },
      active: true,
    }
    const event = { ...cloudEvent, type: 'worker.hired', subject: '7', data: { worker } }
    await writeFile(file, `${JSON.stringify(event)}\n{"broken": "${CANARY}"\n`)
    const fed = await rollcall(['local', 'feed', file], environment)
    assert.equal(fed.code, 0, fed.stderr)
    const running = start(['run'], environment)
    const printed = Promise.all([
      running.stdout ? text(running.stdout) : '',
      running.stderr ? text(running.stderr) : '',
    ])
    const ended = once(running, 'exit')
    try {
      await untilTaken()
      const beside = await Promise.all(
        [['status'], ['trace', '7'], ['explain', '7'], ['dead-letters', 'list'], ['check']].map((argv) =>
          rollcall(argv, environment),
        ),
      )
      for (const { stdout, stderr } of beside) {
        assert.ok(stdout.length > 0, stderr)
        assert.doesNotMatch(stdout + stderr, /c4nary/)
      }
    } finally {
      running.kill('SIGTERM')
      await ended
    }
    const files = (await readdir(folder)).filter((name) => name.startsWith('ledger.db'))
    for (const name of files)
      assert.doesNotMatch(await readFile(join(folder, name), 'latin1'), /c4nary/, name)
    const [stdout, stderr] = await printed
    assert.match(stderr, /"event":"started"/)
    assert.doesNotMatch(stdout + stderr + fed.stdout + fed.stderr, /c4nary/)
  })

  void test('a bus that cannot be reached, and a connection string that cannot be used', async () => {
    const unreachable = `Endpoint=sb://localhost:1;SharedAccessKeyName=a;SharedAccessKey=${CANARY};UseDevelopmentEmulator=true`
    for (const SERVICEBUS_CONNECTION_STRING of [unreachable, `Endpoint=sb://${CANARY}`]) {
      const argv = ['dead-letters', 'list', '--store', 'bus']
      const { code, stdout, stderr } = await rollcall(argv, { ...TALKATIVE, SERVICEBUS_CONNECTION_STRING })
      assert.notEqual(code, 0)
      assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
      assert.doesNotMatch(stdout + stderr, /c4nary/)
    }
  })

  void test('config print', async () => {
    const file = join(folder, 'rollcall.yaml')
    await writeFile(
      file,
      `settings:
  LEDGER: postgres://me:${CANARY}@host/db
  OTEL_EXPORTER_OTLP_ENDPOINT: https://me:${CANARY}@otel.example/?api-key=${CANARY}
sources:
  - name: a
    read:
      url: https://me:${CANARY}@hr.example/{employee}?code=${CANARY}&token=\${HR_TOKEN:-${CANARY}}&page=1
      headers: { authorization: Basic ${CANARY}, x-api-key: ${CANARY}, x-tenant: "\${TENANT}", accept: text/json }
  - name: b
    queue: b
    read:
      url: https://hr.example/{employee}
      calls: [{ name: jobs, url: "https://hr.example/{employee}/jobs?token=${CANARY}" }]
      oauth:
        tokenUrl: https://as.example/token?code=${CANARY}
        clientId: client-1
        clientSecret: ${CANARY}
        parameters: { refresh_token: ${CANARY}, tenant: "\${TENANT}" }
      tls: { passphrase: ${CANARY} }
  - name: c
    queue: c
    read: { url: "https://hr.example/{employee}", basic: { user: hr-user, password: ${CANARY} } }
`,
    )
    const { code, stdout, stderr } = await command(['config', 'print'], {
      ROLLCALL_CONFIG: file,
      TENANT: `${CANARY}-tenant`,
      HTTPS_PROXY: `http://me:${CANARY}@proxy:3128`,
      SERVICEBUS_CONNECTION_STRING: `Endpoint=sb://h;SharedAccessKeyName=a;SharedAccessKey=${CANARY}`,
      PROVISIONING_ENDPOINT: `https://me:${CANARY}@graph.microsoft.com/v1.0/x?sig=${CANARY}`,
    })
    assert.equal(code, 0, stderr)
    assert.doesNotMatch(stdout + stderr, /c4nary/)
    for (const shown of [
      'hr.example/{employee}',
      'page=1',
      'x-tenant: ${TENANT}',
      'accept: text/json',
      'clientId: client-1',
      'tenant: ${TENANT}',
      'user: hr-user',
      '@host/db',
    ])
      assert.ok(stdout.includes(shown), `${shown}\n${stdout}`)
  })
})

async function untilTaken(): Promise<void> {
  for (let look = 0; look < 600; look += 1) {
    const held = await doubles.entra.directory()
    if (Object.keys(held).length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the directory never held the employee')
}
