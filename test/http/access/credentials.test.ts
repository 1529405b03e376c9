import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { generate } from 'selfsigned'
import { entraSignIn } from '../../../src/adapters/entra-sign-in/service.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { consoleSettingsOf, signInOf } from '../../../src/config/console/access.ts'
import { DEFAULT_ROLES } from '../../../src/config/console/permissions.ts'
import type { ClientCredential, SignedIn, SignInService } from '../../../src/core/sign-in.ts'
import { CLIENT, type OidcDouble, oidcDouble, TENANT } from './oidc-double.ts'

const stack = new AsyncDisposableStack()
let tenant: OidcDouble
let tokenFile = ''

before(async () => {
  tenant = stack.use(await oidcDouble())
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'rollcall-sign-in-')))
  tokenFile = join(folder.path, 'token')
})
after(() => stack.disposeAsync())
beforeEach(() => Object.assign(tenant.trusts, { certificate: null, federatedToken: null }))

const aCertificate = (keyType: 'rsa' | 'ec' = 'rsa') =>
  generate([{ name: 'commonName', value: 'rollcall console' }], { keyType, algorithm: 'sha256' })

const serviceWith = (credential: ClientCredential): SignInService =>
  entraSignIn({ ...tenant.settings, credential }, { fetch, clock: () => 0 })

async function signIn(service: SignInService): Promise<SignedIn> {
  const { address, pending } = await service.begin()
  const query = tenant.approve(address, { oid: 'an-object-id', name: 'Ann', roles: [] })
  return service.finish(query, pending)
}

void describe('the console proves to the tenant that it is the registration', () => {
  void test('by a certificate, whose key signs a short assertion for the token endpoint', async () => {
    const { cert, private: key } = await aCertificate()
    tenant.trusts.certificate = cert
    const service = serviceWith({ kind: 'certificate', pem: `${cert}\n${key}` })
    assert.equal((await signIn(service)).id, 'an-object-id')
    assert.equal((await signIn(service)).id, 'an-object-id', 'each sign-in signs its own')

    tenant.trusts.certificate = (await aCertificate()).cert
    await assert.rejects(signIn(service), { code: 'SignInRefused' })
  })

  void test('by the token of a federated identity, as its file holds it at that moment', async () => {
    writeFileSync(tokenFile, 'first\n')
    const service = serviceWith({ kind: 'federated', tokenFile })
    tenant.trusts.federatedToken = 'first'
    assert.equal((await signIn(service)).id, 'an-object-id')
    tenant.trusts.federatedToken = 'second'
    await assert.rejects(signIn(service), { code: 'SignInRefused' })
    writeFileSync(tokenFile, 'second')
    assert.equal((await signIn(service)).id, 'an-object-id')
  })

  void test('and a credential that cannot be used is refused before anyone signs in', async () => {
    const [{ cert, private: key }, other, ec] = await Promise.all([
      aCertificate(),
      aCertificate(),
      aCertificate('ec'),
    ])
    for (const pem of ['x', cert, key, `${cert}\n${other.private}`, `${ec.cert}\n${ec.private}`])
      assert.throws(() => serviceWith({ kind: 'certificate', pem }), {
        code: 'ConfigInvalid',
        message: /^CONSOLE_CLIENT_CERTIFICATE takes PEM text/,
      })
    assert.throws(() => serviceWith({ kind: 'federated', tokenFile: `${tokenFile}.missing` }), {
      code: 'FileUnreadable',
      message: /^CONSOLE_FEDERATED_TOKEN_FILE: /,
    })
    assert.doesNotThrow(() => serviceWith({ kind: 'certificate', pem: `${key}\n${cert}` }))
  })
})

const REGISTRATION = {
  CONSOLE_URL: 'https://rollcall.contoso.com/',
  CONSOLE_TENANT_ID: TENANT.toUpperCase(),
  CONSOLE_CLIENT_ID: CLIENT,
}
const WHOLE = { ...REGISTRATION, CONSOLE_CLIENT_SECRET: 'secret' }

void describe('the settings of the sign-in', () => {
  void test('half a sign-in is refused by the name of what is missing, and a whole one takes one tenant', () => {
    assert.deepEqual(signInOf(readConfig(WHOLE)), {
      settings: {
        url: 'https://rollcall.contoso.com',
        tenantId: TENANT,
        clientId: CLIENT,
        credential: { kind: 'secret', secret: 'secret' },
        authority: 'https://login.microsoftonline.com',
      },
      cookieSecret: 'secret',
    })
    assert.equal(signInOf(readConfig({})), null)
    for (const name of Object.keys(WHOLE))
      assert.throws(() => signInOf(readConfig({ ...WHOLE, [name]: undefined })), {
        code: 'ConfigInvalid',
        message: new RegExp(`: set ${name}.*, or none of them`),
      })
    for (const wrong of [
      { CONSOLE_TENANT_ID: 'common' },
      { CONSOLE_URL: 'http://rollcall.contoso.com' },
      { CONSOLE_URL: 'https://rollcall.contoso.com/console' },
      { CONSOLE_AUTHORITY: 'http://login.example' },
      { CONSOLE_COOKIE_SECRET: 'short' },
    ])
      assert.throws(() => readConfig({ ...WHOLE, ...wrong }), { code: 'ConfigInvalid' })
    assert.deepEqual(consoleSettingsOf(readConfig({})).roles, DEFAULT_ROLES)
  })

  void test('take one credential, and cookies are encrypted with a secret that every instance has', () => {
    const proof = (more: Readonly<Record<string, string>>) => {
      const found = signInOf(readConfig({ ...REGISTRATION, ...more }))
      return found && [found.settings.credential.kind, found.cookieSecret]
    }
    const own = 'x'.repeat(32)
    const federated = { CONSOLE_FEDERATED_TOKEN_FILE: '/var/run/token' }
    assert.deepEqual(proof({ CONSOLE_CLIENT_CERTIFICATE: 'pem' }), ['certificate', 'pem'])
    assert.deepEqual(proof({ CONSOLE_CLIENT_CERTIFICATE: 'pem', CONSOLE_COOKIE_SECRET: own }), [
      'certificate',
      own,
    ])
    assert.deepEqual(proof({ ...federated, CONSOLE_COOKIE_SECRET: own }), ['federated', own])
    assert.throws(() => proof(federated), { code: 'ConfigInvalid', message: /needs CONSOLE_COOKIE_SECRET/ })
    assert.throws(() => proof({ ...federated, CONSOLE_CLIENT_SECRET: 'secret' }), {
      code: 'ConfigInvalid',
      message: /^CONSOLE_CLIENT_SECRET and CONSOLE_FEDERATED_TOKEN_FILE are both set/,
    })
    assert.throws(() => signInOf(readConfig(federated)), { message: /set CONSOLE_URL and CONSOLE_TENANT_ID/ })
  })
})
