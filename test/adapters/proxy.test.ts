import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createCredential } from '../../src/adapters/graph/credential.ts'
import { proxyFor as proxyOf, useProxy } from '../../src/adapters/proxy.ts'
import { readConfig } from '../../src/compose/config.ts'
import { proxyFor } from '../fakes/proxy.ts'
import { until } from './support/until.ts'

void describe('https through a proxy', () => {
  void test('Graph and the identity go through it, and afterwards nothing does', async (t) => {
    const proxy = await proxyFor(t)
    {
      using _proxied = useProxy(readConfig({ HTTPS_PROXY: proxy.url, NO_PROXY: '.nowhere.invalid' }))
      await assert.rejects(fetch('https://graph.microsoft.invalid/v1.0/'))
      assert.deepEqual(proxy.asked, ['graph.microsoft.invalid:443'])
      // Not through the proxy, and there is no such host.
      await assert.rejects(fetch('https://hr.nowhere.invalid/'))
      assert.equal(proxy.asked.length, 1)
      const settings = {
        tenantId: '00000000-0000-0000-0000-000000000001',
        clientId: '00000000-0000-0000-0000-000000000002',
      }
      const credential = await createCredential({
        mode: 'client-secret',
        ...settings,
        clientSecret: 'made up',
        certificatePath: null,
      })
      const enough = new AbortController()
      const refused = assert.rejects(
        credential.getToken('https://graph.microsoft.com/.default', { abortSignal: enough.signal }),
      )
      await until('it asks for a token', () => proxy.asked.includes('login.microsoftonline.com:443'))
      enough.abort()
      await refused
      assert.deepEqual(
        new Set(proxy.asked),
        new Set(['graph.microsoft.invalid:443', 'login.microsoftonline.com:443']),
      )
    }
    const before = proxy.asked.length
    await assert.rejects(fetch('https://graph.microsoft.invalid/v1.0/'))
    assert.equal(proxy.asked.length, before)
    assert.equal(process.env['HTTPS_PROXY'], undefined)
  })

  void test('NO_PROXY takes hosts, suffixes, ports and everything', () => {
    const through = (host: string, except: string): boolean =>
      proxyOf(host, 443, { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: except }) !== null
    assert.equal(through('graph.microsoft.com', ''), true)
    assert.equal(through('graph.microsoft.com', 'microsoft.com'), true, 'a name is that host and no other')
    for (const except of [
      '*',
      'GRAPH.microsoft.com',
      '.microsoft.com',
      '*.microsoft.com',
      'a, graph.microsoft.com:443',
      'a graph.microsoft.com',
    ])
      assert.equal(through('graph.microsoft.com', except), false, except)
    assert.equal(through('graph.microsoft.com', 'graph.microsoft.com:8443'), true)
    assert.equal(proxyOf('graph.microsoft.com', 443, { HTTPS_PROXY: null, NO_PROXY: null }), null)
  })

  void test('a proxy is a URL, with http if it names no scheme, and its value is never shown', () => {
    assert.equal(
      readConfig({ HTTPS_PROXY: 'proxy.contoso.com:3128' }).HTTPS_PROXY,
      'http://proxy.contoso.com:3128',
    )
    assert.throws(
      () => readConfig({ HTTPS_PROXY: 'socks5://somebody:hidden@proxy' }),
      (error: Error) => {
        assert.match(error.message, /HTTPS_PROXY must be the URL of an HTTP proxy/)
        assert.doesNotMatch(error.message, /hidden/)
        return true
      },
    )
  })
})
