import assert from 'node:assert/strict'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import type { TLSSocket } from 'node:tls'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import { generate } from 'selfsigned'
import { useProxy } from '../../../src/adapters/proxy.ts'
import { makeCertificate } from '../../../src/local/service-bus/tls/certificate.ts'
import { proxyFor } from '../../fakes/proxy.ts'
import { bodyOf, json, readerOf, readOnce, serve, told } from './server.ts'

/** A PFX file of a key and the certificate below, with the passphrase `p`; Node cannot make one. */
const PFX = [
  'MIIEPAIBAzCCA/IGCSqGSIb3DQEHAaCCA+MEggPfMIID2zCCApIGCSqGSIb3DQEHBqCCAoMwggJ/AgEAMIICeAYJKoZIhvcNAQcB',
  'MFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhl/VkThZwIeAICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEKkE',
  '0aqgGtR+jH7HyLWlsWWAggIQOhwbrOfj3jShB2pCwDixABTIDWXjsd2meM9htsuEArvt+kntgB9FW7OaQBmCYUn41R2DpxlACQJC',
  'peCtZ8llckdRdedlewbZcww76FRxQrDHXYSFX8CrecKBumh7e4kDTcTyuZMSrp4/gRF1CNPCbok0u4aaIWz6eJ1MR1byCgVvdTO6',
  'uM6PpOwzSJPWrG0pudXyNP9tuTI1q+OT9MUaLxesYOOWBtcFeyu0Sex830rbGC8K2kNElN0P+FlR2mj3PutqrXuH6ksHU+LrIZ71',
  'OOdPAL9dp+q/8xhRUPzCNoGHCHC8rMhHd8/DhZguZFj1G7n8Xnj2RW4h7NYXIARCaGN72j38CW0DxgsO2ZFub+1q+DxqozuDSCnP',
  'itXINyWuYHv8j2snseXrZb6seAgCQsKAeW96bvYr+BdqIKEHPVda5PnM/IgyWGWleqNyE8VAaRBIt3zVzO6qc0W6Mzt9vm0PHrRe',
  'Zw/wLqJ2PpKT+ktPonYj7NRwguqJbgIqxM3olDtiedWruwb1WYdZNey5ZHGOLfdy84DY8a4S6nzScANgJZwmXETU0kdyWwjI8Yjb',
  'mmpOE+nT8Azve8FBfL6I5lfdFchA37HQwCHysMJZLKVi8/TJwGJ68o+MfXFODGWKXrl9xPXDa3kYmCHOyuVkrsyzwU1J0b7PR4v/',
  'oW1poBPuRawPDzlv9G+6JexOk5a0MIIBQQYJKoZIhvcNAQcBoIIBMgSCAS4wggEqMIIBJgYLKoZIhvcNAQwKAQKgge8wgewwVwYJ',
  'KoZIhvcNAQUNMEowKQYJKoZIhvcNAQUMMBwECPsLBtguXpojAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQNM4SNd+H',
  'dVQzFGwj/pE69ASBkAtpk0F/l82gmZvhBJmbX9OgQeDj+fd1mDX3TYihEUWKvlGOSa+zTFacoiOTA7WoFqBEs4KidgZtyPCKhoe3',
  '+UakFsCYKfcl4gIj9d9FuMD/a2e7PJ1W+0LDJg8tEomPcVr6RTq5kI4rHSZIcgkkZSv/mCQzjfUZtlKcRS6g8776sPIMjJv3v+7k',
  'Az22GvtdnzElMCMGCSqGSIb3DQEJFTEWBBQfCL/EJqc+CC9j+TNR5UobEo5ezjBBMDEwDQYJYIZIAWUDBAIBBQAEIP7Flz2rWyph',
  'L0MTuUWVYDmBbn2+lM7NAoc7TlqeFasaBAgfeXuccnUSzQICCAA=',
].join('')
const PFX_CERTIFICATE = `-----BEGIN CERTIFICATE-----\n${[
  'MIIBrTCCAVSgAwIBAgIUI1Df2nslbRQ1K3arTF3zzY/KNeswCgYIKoZIzj0EAwIw',
  'ITEfMB0GA1UEAwwWcm9sbGNhbGwgb2YgYSBQRlggZmlsZTAgFw0yNjExMjkwMDEx',
  'MjRaGA8yMTI2MTEwNTAwMTEyNFowITEfMB0GA1UEAwwWcm9sbGNhbGwgb2YgYSBQ',
  'RlggZmlsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIsU5TOnEAE3BzuTyZaT',
  '9AuYhe2Y2sWrFf5H9/DLx5PAlWh5ccXiZ6bQ6fRNlpd1S7EKOsNJ+gm/2m8HHlmh',
  'jA6jaDBmMB0GA1UdDgQWBBT+foDOzHv7Obkk+pb5WblwaDiXBDAfBgNVHSMEGDAW',
  'gBT+foDOzHv7Obkk+pb5WblwaDiXBDAPBgNVHRMBAf8EBTADAQH/MBMGA1UdJQQM',
  'MAoGCCsGAQUFBwMCMAoGCCqGSM49BAMCA0cAMEQCIEqVeE2aFfhOQae6R/WPqG13',
  'NDPSPMoitqoe+PhbwXfbAiBUc11ZzcnrCnSiE83F0aoVbvmEl2EO2LDPawdPSYE2',
  'vQ==',
].join('\n')}\n-----END CERTIFICATE-----`

let folder = ''
const file = (name: string): string => join(folder, name)
let server = { key: '', cert: '', ca: '' }
let client = { cert: '', key: '' }

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-tls-'))
  server = await makeCertificate()
  const own = await generate([{ name: 'commonName', value: 'rollcall' }], {
    keyType: 'ec',
    algorithm: 'sha256',
  })
  client = { cert: own.cert, key: own.private }
  await Promise.all([
    writeFile(file('ca.pem'), server.ca),
    writeFile(file('client.pem'), client.cert),
    writeFile(file('client.key'), client.key),
    writeFile(file('client.pfx'), Buffer.from(PFX, 'base64')),
  ])
})
after(() => rm(folder, { recursive: true }))

/**
 * An HR system that refuses every client without a known certificate, with a token server at
 * /token.
 */
function mutual(t: TestContext, seen: string[] = [], more: readonly string[] = []): Promise<string> {
  return serve(
    t,
    async (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate()
      seen.push(`${request.url} ${String(subject?.CN)} ${request.headers.authorization ?? '-'}`)
      if (request.url !== '/token') return json(response, { title: 'A' })
      seen.push(await bodyOf(request))
      json(response, { access_token: 'T', token_type: 'bearer', expires_in: '300' })
    },
    {
      key: server.key,
      cert: server.cert,
      ca: [client.cert, PFX_CERTIFICATE, ...more],
      requestCert: true,
      rejectUnauthorized: true,
    },
  )
}
const pem = (): object => ({
  certificateFile: file('client.pem'),
  keyFile: file('client.key'),
  caFile: file('ca.pem'),
})
const pfx = (): object => ({ pfxFile: file('client.pfx'), passphrase: 'p', caFile: file('ca.pem') })

void describe('mutual TLS', () => {
  void test('the certificate of PEM or PFX files is shown', async (t) => {
    const seen: string[] = []
    const hr = await mutual(t, seen)
    for (const tls of [pem(), pfx()])
      assert.equal(told(await readOnce(readerOf({ url: `${hr}/{employee}`, tls }))), 'record')
    assert.deepEqual(seen, ['/601 rollcall -', '/601 rollcall of a PFX file -'])
  })

  void test('without a certificate the server takes nothing, and an unknown server is sent nothing', async (t) => {
    const seen: string[] = []
    const hr = await mutual(t, seen)
    const untrusting = { certificateFile: file('client.pem'), keyFile: file('client.key') }
    for (const tls of [{ caFile: file('ca.pem') }, untrusting])
      assert.match(
        told(await readOnce(readerOf({ url: `${hr}/{employee}`, tls }))),
        /^(?:ERR|UND|UNABLE|SELF|EPROTO|ECONN)/,
      )
    assert.deepEqual(seen, [])
  })

  void test('the token is requested with it too, and it can be all that the client proves itself by', async (t) => {
    const seen: string[] = []
    const hr = await mutual(t, seen)
    const oauth = { tokenUrl: `${hr}/token`, clientId: 'c' }
    assert.equal(told(await readOnce(readerOf({ url: `${hr}/{employee}`, tls: pem(), oauth }))), 'record')
    assert.deepEqual(seen, [
      '/token rollcall -',
      'grant_type=client_credentials&client_id=c',
      '/601 rollcall Bearer T',
    ])
  })

  void test('it goes through the proxy of the process', async (t) => {
    const hr = await mutual(t)
    const proxy = await proxyFor(t)
    using _proxied = useProxy({ HTTPS_PROXY: proxy.url, NO_PROXY: null })
    assert.equal(told(await readOnce(readerOf({ url: `${hr}/{employee}`, tls: pfx() }))), 'record')
    assert.deepEqual(proxy.asked, [new URL(hr).host])
  })

  void test('files that were replaced are used within a minute, and not while only one of them was', async (t) => {
    const seen: string[] = []
    const next = await generate([{ name: 'commonName', value: 'renewed' }], {
      keyType: 'ec',
      algorithm: 'sha256',
    })
    const hr = await mutual(t, seen, [next.cert])
    const tls = { certificateFile: file('turn.pem'), keyFile: file('turn.key'), caFile: file('ca.pem') }
    const write = async (name: string, content: string, changed: number): Promise<void> => {
      await writeFile(file(name), content)
      await utimes(file(name), changed, changed)
    }
    await write('turn.pem', client.cert, 1_000)
    await write('turn.key', client.key, 1_000)
    let at = 0
    const reader = readerOf({ url: `${hr}/{employee}`, tls }, () => at)
    const read = async (): Promise<string> => told(await readOnce(reader))
    assert.equal(await read(), 'record')
    await write('turn.pem', next.cert, 2_000)
    at = 60_000
    assert.equal(await read(), 'record')
    await write('turn.key', next.private, 2_000)
    at = 119_999
    assert.equal(await read(), 'record')
    at = 120_000
    assert.equal(await read(), 'record')
    assert.deepEqual(
      seen.map((line) => line.split(' ')[1]),
      ['rollcall', 'rollcall', 'rollcall', 'renewed'],
    )
  })

  void test('key and certificate that do not belong together, or a wrong passphrase, are refused at once', async () => {
    await writeFile(file('other.key'), server.key)
    for (const tls of [
      { ...pem(), keyFile: file('other.key') },
      { ...pfx(), passphrase: 'S3cret' },
    ])
      assert.throws(() => readerOf({ url: 'https://hr.example/{employee}', tls }), {
        code: 'ConfigInvalid',
        message: /^the files under tls cannot be used/,
      })
  })
})
