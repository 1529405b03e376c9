import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Client,
  HTTPMessageHandler,
  type Context,
  type Middleware,
  ResponseType,
} from '@microsoft/microsoft-graph-client'
import { bulk, type LogPage, open, employee } from './support.ts'

/** The client sends no token over plain http, so the chain brings its own. */
function connect(port: number, version: string): Client {
  const sender = new HTTPMessageHandler()
  const middleware: Middleware = {
    async execute(context: Context) {
      const headers = new Headers(context.options?.headers)
      headers.set('authorization', 'Bearer any')
      context.options = { ...context.options, headers }
      await sender.execute(context)
    },
  }
  return Client.initWithMiddleware({
    middleware,
    baseUrl: `http://127.0.0.1:${port}/`,
    defaultVersion: version,
  })
}

for (const version of ['v1.0', 'beta']) {
  void test(`the Graph client uploads and reads the log of ${version}`, async (t) => {
    const entra = await open(t, { logPageSize: 2 })
    const client = connect(entra.port, version)
    const path = new URL(entra.endpoint).pathname.replace('/v1.0', '')
    const body = JSON.stringify(bulk([employee('1'), employee('2'), employee('3')]))
    const answer: Response = await client
      .api(path)
      .header('Content-Type', 'application/scim+json')
      .responseType(ResponseType.RAW)
      .post(body)
    assert.equal(answer.status, 202)
    await entra.runCycle()
    const first: LogPage = await client
      .api('/auditLogs/provisioning')
      .filter("contains(sourceIdentity/id, '')")
      .top(2)
      .get()
    assert.equal(first.value.length, 2)
    const next = new URL(first['@odata.nextLink'] ?? '')
    const second: LogPage = await client.api(next.pathname.replace(`/${version}`, '') + next.search).get()
    assert.equal(second.value.length, 1)
    assert.equal(second['@odata.nextLink'], undefined)
  })
}
