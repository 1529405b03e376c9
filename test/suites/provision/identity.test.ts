import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  AzureCliCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  DefaultAzureCredential,
  ManagedIdentityCredential,
} from '@azure/identity'
import { graphClient } from '../../../src/adapters/graph/client.ts'
import { type AuthSettings, createCredential } from '../../../src/adapters/graph/credential.ts'
import { parseEndpoint } from '../../../src/adapters/graph/endpoint.ts'
import { compose } from '../../../src/compose/connector.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const noIdentity: AuthSettings = {
  mode: 'default',
  tenantId: null,
  clientId: null,
  clientSecret: null,
  certificatePath: null,
}
const application = { tenantId: 'tenant', clientId: 'client' }
const PATH = '/servicePrincipals/sp/synchronization/jobs/job/bulkUpload'

void describe('the identity', () => {
  void test('is what AUTH_MODE says, and is only made, not asked', async () => {
    const made = (settings: Partial<AuthSettings>): Promise<unknown> =>
      createCredential({ ...noIdentity, ...settings })
    assert((await made({ mode: 'managed-identity' })) instanceof ManagedIdentityCredential)
    const assigned = await made({ mode: 'managed-identity', clientId: 'user-assigned' })
    assert(assigned instanceof ManagedIdentityCredential)
    const secret = await made({ mode: 'client-secret', ...application, clientSecret: 's' })
    assert(secret instanceof ClientSecretCredential)
    const certificatePath = import.meta.filename
    const certificate = await made({ mode: 'client-certificate', ...application, certificatePath })
    assert(certificate instanceof ClientCertificateCredential)
    assert((await made({ mode: 'azure-cli' })) instanceof AzureCliCredential)
    assert((await made({ mode: 'default' })) instanceof DefaultAzureCredential)
  })

  void test('that lacks a part names the variable', async () => {
    for (const [settings, variable] of [
      [{ mode: 'client-secret' }, 'AZURE_TENANT_ID'],
      [{ mode: 'client-secret', tenantId: 't' }, 'AZURE_CLIENT_ID'],
      [{ mode: 'client-secret', ...application }, 'AZURE_CLIENT_SECRET'],
      [{ mode: 'client-certificate', ...application }, 'AZURE_CLIENT_CERTIFICATE_PATH'],
    ] as const)
      await assert.rejects(createCredential({ ...noIdentity, ...settings }), {
        code: 'AuthIncomplete',
        message: new RegExp(variable),
      })
  })

  void test('of a double does not go to a real tenant', async () => {
    const PROVISIONING_ENDPOINT = `https://graph.microsoft.com/v1.0${PATH}`
    const config = readConfig({ AUTH_MODE: 'local', PROVISIONING_ENDPOINT, LEDGER: ':memory:' })
    await assert.rejects(compose(config, virtualRuntime()), { code: 'AuthIncomplete' })
  })
})

void describe('a token', () => {
  const NATIONAL = [
    'graph.microsoft.com',
    'graph.microsoft.us',
    'dod-graph.microsoft.us',
    'microsoftgraph.chinacloudapi.cn',
  ]

  for (const host of NATIONAL)
    void test(`is for ${host} over https, asked for with its own audience`, async () => {
      for (const version of ['v1.0', 'beta'] as const) {
        const endpoint = parseEndpoint(`https://${host}/${version}${PATH}`, false)
        assert.deepEqual(
          [endpoint.origin, endpoint.version, endpoint.jobId],
          [`https://${host}`, version, 'job'],
        )
        const asked: unknown[] = []
        const credential = {
          getToken: (scope: string | string[]) => {
            asked.push(scope)
            return Promise.reject(new RangeError('that is all that was wanted'))
          },
        }
        await assert.rejects(
          graphClient(endpoint, credential, 1_000, Date.now).post(endpoint.uploadPath, '{}', {}),
          RangeError,
        )
        assert.deepEqual(asked, [`https://${host}/.default`])
      }
    })

  void test('is for no other host, however alike', () => {
    for (const origin of [
      'https://graph.example.com',
      'https://graph.microsoft.com.example.com',
      'https://graph.microsoft.com@example.com',
      'https://example.com#graph.microsoft.com',
      'http://graph.microsoft.com',
      'http://192.0.2.7',
      'http://127.0.0.1.example.com',
      'ftp://127.0.0.1',
    ])
      assert.throws(() => parseEndpoint(`${origin}/v1.0${PATH}`, true), { name: 'RollcallError' }, origin)
  })

  void test('goes over plain http to loopback only, and only when asked for', () => {
    for (const host of ['127.0.0.1:8080', 'localhost', '[::1]:80']) {
      assert.throws(() => parseEndpoint(`http://${host}/v1.0${PATH}`, false), { code: 'EndpointNotAllowed' })
      assert.equal(parseEndpoint(`http://${host}/v1.0${PATH}`, true).jobId, 'job')
    }
  })

  void test('is never fetched for another origin than the configured one', async () => {
    let asked = 0
    const credential = {
      getToken: async () => ((asked += 1), { token: 'secret', expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
    }
    const graph = graphClient(
      parseEndpoint(`https://graph.microsoft.com/v1.0${PATH}`, false),
      credential,
      1_000,
      Date.now,
    )
    await assert.rejects(
      graph.get('https://example.com/v1.0/auditLogs/provisioning', AbortSignal.timeout(60_000)),
    )
    await assert.rejects(
      graph.get('https://graph.microsoft.us/v1.0/auditLogs/provisioning', AbortSignal.timeout(60_000)),
    )
    assert.equal(asked, 0)
  })
})
