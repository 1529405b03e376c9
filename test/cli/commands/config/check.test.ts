import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { command } from '../../../fakes/cli.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-check-'))
})
after(() => rm(folder, { recursive: true, force: true }))

async function check(yaml: string, environment: Readonly<Record<string, string>> = {}) {
  const file = join(folder, 'rollcall.yaml')
  await writeFile(file, yaml)
  const { code, stdout, stderr } = await command(['config', 'check', file], environment)
  const [, needs = ''] = stdout.split('run still needs:\n')
  return {
    code,
    stdout,
    stderr,
    needs: needs.split('\n').flatMap((line) => /^ {2}(\w+)/.exec(line)?.[1] ?? []),
  }
}

const ENDPOINT =
  'https://graph.microsoft.com/v1.0/servicePrincipals/s/synchronization/jobs/j/bulkUpload' as const

void describe('config check', () => {
  void test('lists what run still needs, and ends with 0 when the file can be used', async () => {
    const { code, stdout, needs } = await check('sources: [{ name: a, queue: hr, sessions: true }]')
    assert.equal(code, 0)
    assert.match(stdout, /can be used: 1 source\(s\) on hr \(sessions\)/)
    assert.match(
      stdout,
      /run uses these queues and topics: hr, hr-outcomes, hr-dead-letters, rollcall-control/,
    )
    assert.deepEqual(needs, ['SERVICEBUS_FQDN', 'PROVISIONING_ENDPOINT'])
  })

  void test('names every part of an identity that is missing, and what cannot go together', async () => {
    const bus = { SERVICEBUS_FQDN: 'x.servicebus.windows.net' }
    const secret = await check('settings: { AUTH_MODE: client-secret, AZURE_TENANT_ID: t }', bus)
    assert.deepEqual(secret.needs, ['PROVISIONING_ENDPOINT', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET'])
    const local = await check('settings: { AUTH_MODE: local, DEAD_LETTER_COPIES: encrypted }', {
      ...bus,
      PROVISIONING_ENDPOINT: ENDPOINT,
    })
    assert.deepEqual(local.needs, ['AUTH_MODE', 'DEAD_LETTER_COPY_KEY'])
    const wrong = await check('settings: {}', { ...bus, PROVISIONING_ENDPOINT: 'https://example.com/' })
    assert.deepEqual(wrong.needs, ['PROVISIONING_ENDPOINT'])
  })

  void test('says that nothing is missing when run has all it needs', async () => {
    const { stdout, needs } = await check('{}', {
      SERVICEBUS_FQDN: 'x.servicebus.windows.net',
      PROVISIONING_ENDPOINT: ENDPOINT,
    })
    assert.deepEqual(needs, [])
    assert.match(stdout, /run has every setting that it needs/)
  })

  void test('names every error and what run needs, in one go', async () => {
    const { code, stderr, needs } = await check('sources: [{ name: a, colour: red, rank: x }]', {
      UPLOADS: '0',
    })
    assert.equal(code, 2)
    for (const pattern of [/sources\[0\]\.colour/, /sources\[0\]\.rank/, /UPLOADS/])
      assert.match(stderr, pattern)
    assert.deepEqual(needs, ['SERVICEBUS_FQDN', 'PROVISIONING_ENDPOINT'])
  })
})
