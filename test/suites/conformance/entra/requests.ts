import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { bulk, CORE, newKey, employee } from './client.ts'
import type { EntraCase } from '../entra.ts'

interface GraphError {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly innerError: Readonly<Record<string, string>>
  }
}

async function errorOf(response: Response): Promise<GraphError['error']> {
  const body: GraphError = JSON.parse(await response.text())
  assert.ok('request-id' in body.error.innerError && 'date' in body.error.innerError)
  return body.error
}

const one = (more: object = {}, change: object = {}): Readonly<Record<string, unknown>> => ({
  ...bulk([]),
  Operations: [
    {
      method: 'POST',
      path: '/Users',
      bulkId: randomUUID(),
      data: employee(newKey(), { ...more }),
      ...change,
    },
  ],
})

/** What bulkUpload, the token endpoint and the job answer. */
export const requestCases: readonly EntraCase[] = [
  {
    name: 'an accepted request is 202 with an empty body, the log query of the job and the ids of the request',
    source: '[D] bulkUpload reference; [R] response headers',
    setup: 'standard',
    async run({ upload, jobId }) {
      const response = await upload(employee(newKey()))
      assert.equal(await response.text(), '')
      const location = response.headers.get('location') ?? ''
      assert.ok(location.endsWith(`/v1.0/auditLogs/provisioning/?$filter=jobid%20eq%20'${jobId}'`), location)
      for (const name of ['request-id', 'client-request-id', 'date'])
        assert.ok(response.headers.has(name), name)
    },
  },
  {
    name: 'the beta path answers the same with a beta location and gives back the client-request-id',
    source: '[D] bulkUpload reference, beta',
    setup: 'standard',
    async run({ post, jobUrl }) {
      const url = `${jobUrl.replace('/v1.0/', '/beta/')}/bulkUpload`
      const id = randomUUID()
      const response = await post(one(), { 'client-request-id': id }, url)
      assert.equal(response.status, 202)
      assert.match(response.headers.get('location') ?? '', /\/beta\/auditLogs\//u)
      assert.equal(response.headers.get('client-request-id'), id)
    },
  },
  {
    name: 'the location of an answer is a working query',
    source: '[D] the Location of the 202',
    setup: 'standard',
    async run({ upload, headers, records }) {
      const key = newKey()
      const response = await upload(employee(key))
      await records(key, 1)
      const log = await fetch(response.headers.get('location') ?? '', { headers })
      assert.equal(log.status, 200)
      assert.ok((await log.text()).includes(`"${key}"`))
    },
  },
  {
    name: 'a request without a token is 401 InvalidAuthenticationToken in the error shape of Graph',
    source: '[D] Graph error responses',
    setup: 'standard',
    async run({ jobUrl, logUrl }) {
      for (const [url, method] of [
        [`${jobUrl}/bulkUpload`, 'POST'] as const,
        [logUrl(), 'GET'] as const,
        [jobUrl, 'GET'] as const,
      ]) {
        const response = await fetch(url, { method })
        assert.equal(response.status, 401)
        assert.equal((await errorOf(response)).code, 'InvalidAuthenticationToken')
      }
    },
  },
  {
    name: 'a wrong content type is 400',
    source: '[D] bulkUpload: Content-Type application/scim+json is required',
    setup: 'standard',
    async run({ post }) {
      assert.equal((await post(one(), { 'content-type': 'application/json' })).status, 400)
    },
  },
  {
    name: 'a body that is not JSON or violates the schema is 400 Invalid Data Format',
    source: '[D] bulkUpload error responses',
    setup: 'standard',
    async run({ post }) {
      const bodies = [
        '{',
        { name: 'John Doe' },
        one({}, { method: 'DELETE' }),
        one({}, { path: '/Groups' }),
        one({ externalId: undefined }),
      ]
      for (const body of bodies) {
        const response = await post(body)
        assert.equal(response.status, 400, JSON.stringify(body))
        assert.match((await errorOf(response)).message, /Invalid Data Format/)
      }
    },
  },
  {
    name: 'a request takes 50 operations and not 51',
    source: '[D] at most 50 operations in a request',
    setup: 'standard',
    async run({ post }) {
      const users = Array.from({ length: 51 }, () => employee(newKey()))
      assert.equal((await post(bulk(users.slice(1)))).status, 202)
      assert.ok([400, 413].includes((await post(bulk(users))).status))
    },
  },
  {
    name: 'repeated bulkIds, a lower-case path, one schema and no failOnErrors pass',
    source: '[R] the samples of Microsoft',
    setup: 'standard',
    async run({ post, records }) {
      const keys = [newKey(), newKey()]
      const operation = (key: string): object => ({
        method: 'POST',
        bulkId: 'same',
        path: '/users',
        data: employee(key, { schemas: [CORE] }),
      })
      const response = await post({ schemas: bulk([])['schemas'], Operations: keys.map(operation) })
      assert.equal(response.status, 202)
      for (const key of keys) await records(key, 1)
    },
  },
  {
    name: 'strict mode refuses repeated bulkIds, a lower-case path, one schema and no failOnErrors',
    source: '[D] bulkUpload reference',
    setup: 'strict',
    async run({ post }) {
      const loose = [
        { ...one(), failOnErrors: undefined },
        one({}, { path: '/users' }),
        one({ schemas: [CORE] }),
        one({ 'urn:x:User': { a: 'b' } }),
      ]
      for (const body of loose) assert.equal((await post(body)).status, 400, JSON.stringify(body))
      assert.equal((await post(one())).status, 202)
    },
  },
  {
    name: 'a job that does not exist is 404',
    source: '[D] Graph error responses, for this call not described',
    setup: 'standard',
    async run({ post, jobUrl }) {
      assert.equal((await post(one(), {}, `${jobUrl}0/bulkUpload`)).status, 404)
    },
  },
  {
    name: 'the 41st call within 5 seconds is 429 TooManyRequests',
    source: '[D] 40 calls in any 5 seconds',
    setup: 'call-limits',
    async run({ post }) {
      const answers = await Promise.all(Array.from({ length: 42 }, () => post(one())))
      const refused = answers.filter(({ status }) => status === 429)
      assert.equal(answers.filter(({ status }) => status === 202).length, 40)
      assert.equal(refused.length, 2)
      const [first] = refused
      assert.ok(first !== undefined)
      assert.equal((await errorOf(first)).code, 'TooManyRequests')
    },
  },
  {
    name: 'calls beyond the daily quota are 429',
    source: '[D] 2,000 or 6,000 calls in 24 hours per tenant',
    setup: 'three-calls-a-day',
    async run({ post }) {
      const statuses: number[] = []
      for (let call = 0; call < 4; call += 1) statuses.push((await post(one())).status)
      assert.deepEqual(statuses, [202, 202, 202, 429])
    },
  },
  {
    name: 'a paused job still answers 202, and processes when it is started',
    source: '[D] 202 while paused; pause and start of the job',
    setup: 'standard',
    async run({ upload, control, headers, jobUrl, log, records }) {
      const key = newKey()
      const codeOf = async (): Promise<string> => {
        const job: { readonly status: { readonly code: string } } = JSON.parse(
          await (await fetch(jobUrl, { headers })).text(),
        )
        return job.status.code
      }
      assert.equal(await codeOf(), 'Active')
      await control('pause')
      assert.equal(await codeOf(), 'Paused')
      await upload(employee(key))
      // Shows that a paused job does nothing, on the real clock.
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.deepEqual(await log(`sourceIdentity/id eq '${key}'`), [])
      await control('start')
      await records(key, 1)
    },
  },
  {
    name: 'a restart discards staged operations that no cycle has taken',
    source: '[D] restart purges staged data when no cycle is running',
    setup: 'standard',
    async run({ upload, control, log, records }) {
      const [lost, kept] = [newKey(), newKey()]
      await control('pause')
      await upload(employee(lost))
      await control('restart', { criteria: { resetScope: 'Watermark, Escrows, QuarantineState' } })
      await upload(employee(kept))
      await records(kept, 1)
      assert.deepEqual(await log(`sourceIdentity/id eq '${lost}'`), [])
    },
  },
  {
    name: 'a full bucket is 500 with the documented message',
    source: '[D] "The bucket that stores the ingested data is full"',
    setup: 'bucket-of-three',
    async run({ post, control }) {
      await control('pause')
      assert.equal(
        (await post(bulk([employee(newKey()), employee(newKey()), employee(newKey())]))).status,
        202,
      )
      const response = await post(one())
      assert.equal(response.status, 500)
      assert.match((await errorOf(response)).message, /The bucket that stores the ingested data is full/)
    },
  },
  {
    name: 'the client-credentials grant gives a token that is accepted',
    source: '[D] client credentials, scope https://graph.microsoft.com/.default',
    setup: 'standard',
    async run({ post, jobUrl }) {
      const form = {
        grant_type: 'client_credentials',
        client_id: 'app',
        client_secret: 'secret',
        scope: 'https://graph.microsoft.com/.default',
      }
      const response = await fetch(`${new URL(jobUrl).origin}/tenant/oauth2/v2.0/token`, {
        method: 'POST',
        body: new URLSearchParams(form),
      })
      assert.equal(response.status, 200)
      const { access_token: token, token_type: type }: Readonly<Record<string, string>> = JSON.parse(
        await response.text(),
      )
      assert.equal(type, 'Bearer')
      assert.equal((await post(one(), { authorization: `Bearer ${token ?? ''}` })).status, 202)
    },
  },
]
