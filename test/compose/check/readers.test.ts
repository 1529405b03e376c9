import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { proveReaders } from '../../../src/compose/check/readers.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { json, serve } from '../../adapters/hr-reader/server.ts'

void test('check asks each token server for a token, and names the source that gets none', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-readers-'))
  t.after(() => rm(folder, { recursive: true }))
  const server = await serve(t, (request, response) =>
    request.url === '/good'
      ? json(response, { access_token: 'S3cret', token_type: 'bearer' })
      : json(response, { error: 'invalid_client' }, 401),
  )
  const source = (name: string): string => `
  - name: ${name}
    queue: ${name}
    read:
      url: https://hr.example/{employee}
      allowHttp: true
      oauth: { tokenUrl: "${server}/${name}", clientId: c, clientSecret: s }`
  const file = join(folder, 'rollcall.yaml')
  const plain = '\n  - { name: plain, queue: plain, read: { url: "https://hr.example/{employee}" } }'
  await writeFile(file, `sources:${source('good')}${source('bad')}${plain}\n`)
  assert.deepEqual(await proveReaders(readConfig({ ROLLCALL_CONFIG: file })), [
    { what: 'read good', outcome: 'ok', say: 'the token server gives a token' },
    {
      what: 'read bad',
      outcome: 'failed',
      say: 'the token server answered invalid_client (HTTP 401); check client, secret and scope under oauth',
    },
  ])
})
