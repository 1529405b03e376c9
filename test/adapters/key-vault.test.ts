import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { parseVaultSecret, secretVersions, vaultScope } from '../../src/adapters/key-vault.ts'
import { readLedgerKeys, wrongLedgerKeys } from '../../src/compose/ledger/keys.ts'
import { keyText } from './ledger-sql/sealing/story.ts'

interface Version {
  readonly created: number
  readonly value: string
  readonly enabled?: boolean
}

/** A vault with one secret, which lists a version a page, as `next` says. */
async function vaultWith(
  t: TestContext,
  versions: Readonly<Record<string, Version>>,
  next = (origin: string, page: number): string =>
    `${origin}/secrets/ledger/versions?api-version=7.4&page=${page}`,
): Promise<{ readonly origin: string; readonly asked: readonly string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', origin)
    asked.push(`${url.pathname}${url.search} ${request.headers.authorization ?? ''}`)
    const page = Number(url.searchParams.get('page') ?? 0)
    const names = Object.keys(versions)
    const name = names[page] ?? ''
    const { created = 0, enabled = true } = versions[name] ?? {}
    const listed = { id: `${origin}/secrets/ledger/${name}`, attributes: { enabled, created } }
    const more = page + 1 < names.length ? next(origin, page + 1) : null
    const one = versions[url.pathname.slice('/secrets/ledger/'.length)]
    if (url.pathname === '/secrets/ledger/versions')
      response.end(JSON.stringify({ value: [listed], nextLink: more }))
    else if (one) response.end(JSON.stringify({ value: one.value }))
    else response.writeHead(404).end('{"error": {}}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { origin, asked }
}

const settings = {
  LEDGER_KEYS: null,
  LEDGER_KEY_SECRET: null,
  PROVISIONING_ALLOW_HTTP: true,
  HTTPS_PROXY: null,
  NO_PROXY: null,
}
const identity = { getToken: async () => ({ token: 'tok', expiresOnTimestamp: 0 }) }

void describe('keys of the ledger in Key Vault', () => {
  void test('are the enabled versions of the secret, the newest first, over all pages', async (t) => {
    const { origin, asked } = await vaultWith(t, {
      v1: { created: 10, value: 'first' },
      v3: { created: 30, value: 'third' },
      v2: { created: 20, value: 'second', enabled: false },
    })
    assert.deepEqual(await secretVersions({ origin, name: 'ledger' }, 'tok'), ['third', 'first'])
    assert.equal(asked.length, 5)
    for (const line of asked) assert.match(line, /api-version=7\.4.* Bearer tok$/)
  })

  void test('are read with the identity of the connector', async (t) => {
    const { origin } = await vaultWith(t, { v1: { created: 1, value: `${keyText('a')}\n` } })
    const found = await readLedgerKeys(
      { ...settings, LEDGER_KEY_SECRET: `${origin}/secrets/ledger` },
      identity,
    )
    assert.equal(found?.[0].export().toString('base64'), keyText('a'))
  })

  void test('a link to another host does not get the token', async (t) => {
    const elsewhere = await vaultWith(t, {})
    const versions = { v1: { created: 1, value: 'a' }, v2: { created: 2, value: 'b' } }
    const { origin } = await vaultWith(t, versions, () => `${elsewhere.origin}/secrets/ledger/versions`)
    await assert.rejects(secretVersions({ origin, name: 'ledger' }, 'tok'), {
      code: 'VaultUnavailable',
      message: /named another host/,
    })
    assert.deepEqual(elsewhere.asked, [])
  })

  void test('an answer that refuses, and a vault that is away, are said without the token', async (t) => {
    const { origin } = await vaultWith(t, {})
    await assert.rejects(secretVersions({ origin, name: 'other' }, 'tok'), (error: Error) => {
      assert.match(error.message, /answered HTTP 404 when it was asked for the secret other/)
      assert.doesNotMatch(error.message, /tok/)
      return true
    })
    await assert.rejects(secretVersions({ origin: 'http://127.0.0.1:1', name: 'ledger' }, 'tok'), {
      code: 'VaultUnavailable',
      message: /did not answer/,
    })
  })

  void test('only vaults of Azure get a token, over https and each with the scope of its cloud', () => {
    const parse = (text: string) => parseVaultSecret('LEDGER_KEY_SECRET', text, false)
    for (const [host, scope] of [
      ['contoso.vault.azure.net', 'https://vault.azure.net/.default'],
      ['contoso.vault.usgovcloudapi.net', 'https://vault.usgovcloudapi.net/.default'],
      ['contoso.vault.azure.cn', 'https://vault.azure.cn/.default'],
    ] as const) {
      assert.deepEqual(parse(`https://${host}/secrets/ledger`), { origin: `https://${host}`, name: 'ledger' })
      assert.equal(vaultScope(parse(`https://${host}/secrets/ledger`)), scope)
    }
    for (const text of [
      'http://contoso.vault.azure.net/secrets/ledger',
      'https://contoso.vault.azure.net.example.com/secrets/ledger',
      'https://example.com/secrets/ledger',
      'https://contoso.vault.azure.net:8443/secrets/ledger',
      'https://contoso.vault.azure.net/keys/ledger',
      'https://contoso.vault.azure.net/secrets/ledger/0123',
      'http://127.0.0.1:80/secrets/ledger',
      'ledger',
    ])
      assert.throws(() => parse(text), { code: 'ConfigInvalid', message: /^LEDGER_KEY_SECRET takes/ }, text)
  })
})

void describe('keys of the ledger in the configuration', () => {
  const read = (listed: string | null, more = {}) =>
    readLedgerKeys({ ...settings, LEDGER_KEYS: listed, ...more }, identity)

  void test('are separated by spaces, commas or line breaks; without any nothing is encrypted', async () => {
    assert.equal(await read(null), null)
    assert.deepEqual(wrongLedgerKeys(settings), [])
    assert.deepEqual(wrongLedgerKeys({ ...settings, LEDGER_KEYS: keyText('a') }), [])
    const found = await read(`${keyText('b')},\n  ${keyText('a')}\n`)
    assert.deepEqual(
      found?.map((key) => key.export().toString('base64')),
      [keyText('b'), keyText('a')],
    )
  })

  void test('that are not keys, or come twice, are refused without being quoted', async () => {
    for (const text of [
      'secret',
      `${keyText('a')} secret`,
      `${keyText('a')} ${keyText('a')}`,
      ' ',
      'c2VjcmV0',
    ])
      await assert.rejects(read(text), (error: Error) => {
        assert.deepEqual(wrongLedgerKeys({ ...settings, LEDGER_KEYS: text }), [error.message])
        assert.match(error.message, /^LEDGER_KEYS takes keys of 32 bytes in base64/)
        assert.doesNotMatch(error.message, /secret|c2Vj/)
        return true
      })
    await assert.rejects(read(keyText('a'), { LEDGER_KEY_SECRET: 'https://x.vault.azure.net/secrets/y' }), {
      code: 'ConfigInvalid',
      message: /are both set/,
    })
  })
})
