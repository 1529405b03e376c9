import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import type { TokenCredential } from '@azure/identity'
import { graphClient } from '../../../src/adapters/graph/client.ts'
import { parseEndpoint } from '../../../src/adapters/graph/endpoint.ts'
import { graphLog, logWindow, graphProvisioning } from '../../../src/adapters/graph/provisioning.ts'
import type { LogPage, Provisioning, ProvisioningLog, UploadAnswer } from '../../../src/core/ports.ts'
import { parseLogRecord } from '../../../src/core/report/correlate/log-record.ts'
import type { EntraSettings } from '../../../src/local/entra/settings.ts'
import { bulk, open, employee, upload } from '../../local/entra/support.ts'
import { briskRuntime } from '../support/runtime.ts'

const JOB = '/v1.0/servicePrincipals/s/synchronization/jobs/j/bulkUpload'
const body = (...employees: string[]): string => JSON.stringify(bulk(employees.map((id) => employee(id))))

/** Gives numbered tokens and remembers what it was asked for. */
class Identity implements TokenCredential {
  readonly scopes: string[] = []
  readonly lifetimeMs: number
  constructor(lifetimeMs = 3_600_000) {
    this.lifetimeMs = lifetimeMs
  }
  async getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number }> {
    this.scopes.push(String(scopes))
    return { token: `token-${this.scopes.length}`, expiresOnTimestamp: Date.now() + this.lifetimeMs }
  }
}

interface Adapters {
  readonly provisioning: Provisioning
  readonly log: ProvisioningLog
}

function adapters(
  endpointUrl: string,
  more: {
    timeoutMs?: number
    top?: number
    requests?: number
    windowMs?: number
    identity?: TokenCredential
  } = {},
): Adapters {
  const endpoint = parseEndpoint(endpointUrl, true)
  const graph = graphClient(endpoint, more.identity ?? new Identity(), more.timeoutMs ?? 5_000, Date.now)
  const window = logWindow(
    { requests: more.requests ?? Infinity, windowMs: more.windowMs ?? 10_000 },
    briskRuntime(60_000),
  )
  return {
    provisioning: graphProvisioning(graph, endpoint),
    log: graphLog(graph, endpoint, window, more.top ?? 500, briskRuntime(60_000)),
  }
}

/** A server that answers as told and keeps the requests it saw. */
async function serverFor(
  t: TestContext,
  answer: RequestListener,
): Promise<{ readonly origin: string; readonly seen: IncomingMessage[]; readonly server: Server }> {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => (server.closeAllConnections(), server.close()))
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, server }
}

async function uploadWith(t: TestContext, settings: Partial<EntraSettings>): Promise<UploadAnswer> {
  const entra = await open(t, settings)
  return adapters(entra.endpoint, { timeoutMs: 500 }).provisioning.upload(body('p1'), 'client-request')
}
function responseOf(answer: UploadAnswer): Extract<UploadAnswer, { kind: 'response' }> {
  assert.equal(answer.kind, 'response')
  return answer
}
const page = (log: ProvisioningLog, next: string | null = null): Promise<LogPage> =>
  log.page({
    since: Date.now() - 3_600_000,
    until: null,
    about: null,
    next,
    signal: new AbortController().signal,
  })

void describe('an upload', () => {
  void it('accepted brings the request id and the server’s clock', async (t) => {
    const entra = await open(t)
    const answer = responseOf(
      await adapters(entra.endpoint).provisioning.upload(body('p1', 'p2'), 'client-request'),
    )
    assert.equal(answer.status, 202)
    assert.match(answer.requestId ?? '', /^[0-9a-f-]{36}$/)
    assert.ok(Math.abs((answer.serverAt ?? 0) - Date.now()) < 60_000)
    assert.deepEqual([answer.code, answer.message, answer.retryAfter], [null, null, null])
    assert.equal((await entra.stats()).operations, 2)
  })

  void it('always carries a bearer, the content type of SCIM and the client’s request id', async (t) => {
    const { origin, seen } = await serverFor(t, (_request, response) => response.writeHead(202).end())
    await adapters(origin + JOB).provisioning.upload('{}', 'mine')
    const { authorization, 'content-type': type, 'client-request-id': id } = seen[0]?.headers ?? {}
    assert.deepEqual(
      { authorization, type, id },
      { authorization: 'Bearer token-1', type: 'application/scim+json', id: 'mine' },
    )
    assert.equal(seen[0]?.url, JOB)
  })

  void it('refused brings the status and the service’s own code', async (t) => {
    const entra = await open(t)
    const answer = responseOf(await adapters(entra.endpoint).provisioning.upload('{"schemas":[]}', 'x'))
    assert.equal(answer.status, 400)
    assert.ok(answer.code && answer.message)
  })

  void it('throttled brings Retry-After as it was said', async (t) => {
    const answer = responseOf(
      await uploadWith(t, {
        faults: [{ kind: 'status', status: 429, retryAfter: '7.25', code: 'TooManyRequests' }],
      }),
    )
    assert.deepEqual([answer.status, answer.retryAfter, answer.code], [429, '7.25', 'TooManyRequests'])
  })

  void it('answered by a proxy’s page has a status and no code', async (t) => {
    const answer = responseOf(await uploadWith(t, { faults: [{ kind: 'html', status: 502 }] }))
    assert.deepEqual([answer.status, answer.code, answer.message], [502, null, null])
  })

  void it('without an answer is a network failure: reset before, reset after, and too late', async (t) => {
    for (const fault of [
      { kind: 'reset-before' },
      { kind: 'reset-after' },
      { kind: 'delay', ms: 5_000 },
    ] as const) {
      const answer = await uploadWith(t, { faults: [fault] })
      assert.deepEqual(answer, {
        kind: 'network',
        code: fault.kind === 'delay' ? 'TimeoutError' : 'ECONNRESET',
      })
    }
  })

  void it('to a closed port is a network failure that names its cause', async (t) => {
    const { origin, server } = await serverFor(t, () => {})
    server.close()
    await once(server, 'close')
    assert.deepEqual(await adapters(origin + JOB).provisioning.upload('{}', 'x'), {
      kind: 'network',
      code: 'ECONNREFUSED',
    })
  })

  void it('is not repeated by the client itself', async (t) => {
    const { origin, seen } = await serverFor(t, (_request, response) =>
      response.writeHead(503, { 'retry-after': '0' }).end(),
    )
    assert.equal(responseOf(await adapters(origin + JOB).provisioning.upload('{}', 'x')).status, 503)
    assert.equal(seen.length, 1)
  })

  void it('is not sent on to where a redirect points, neither its body nor its token', async (t) => {
    const elsewhere = await serverFor(t, (_request, response) => response.writeHead(202).end())
    for (const status of [302, 307, 308]) {
      const { origin } = await serverFor(t, (_request, response) =>
        response.writeHead(status, { location: elsewhere.origin + JOB }).end(),
      )
      const answer = responseOf(await adapters(origin + JOB).provisioning.upload('{}', 'x'))
      assert.equal(answer.status, status)
    }
    assert.equal(elsewhere.seen.length, 0)
  })
})

void describe('a token', () => {
  void it('is used until shortly before its end, and asked for anew after a 401', async (t) => {
    const statuses = [202, 202, 401, 202]
    const { origin, seen } = await serverFor(t, (_request, response) =>
      response.writeHead(statuses.shift() ?? 500).end(),
    )
    const identity = new Identity()
    const { provisioning } = adapters(origin + JOB, { identity })
    for (let call = 0; call < 4; call++) await provisioning.upload('{}', 'x')
    assert.deepEqual(
      seen.map(({ headers }) => headers.authorization),
      ['Bearer token-1', 'Bearer token-1', 'Bearer token-1', 'Bearer token-2'],
    )
    assert.deepEqual(new Set(identity.scopes), new Set(['https://graph.microsoft.com/.default']))
  })

  void it('that is about to end is replaced before it is used', async (t) => {
    const { origin, seen } = await serverFor(t, (_request, response) => response.writeHead(202).end())
    const { provisioning } = adapters(origin + JOB, { identity: new Identity(60_000) })
    await provisioning.upload('{}', 'x')
    await provisioning.upload('{}', 'x')
    assert.deepEqual(
      seen.map(({ headers }) => headers.authorization),
      ['Bearer token-1', 'Bearer token-2'],
    )
  })
})

void describe('the log', () => {
  void it('is read page by page until it ends, each record once', async (t) => {
    const entra = await open(t)
    await upload(entra, ...Array.from({ length: 25 }, (_, index) => employee(`p${index}`)))
    await entra.runCycle()
    const { log } = adapters(entra.endpoint, { top: 10 })
    const employees: string[] = []
    let next: string | null = null
    let pages = 0
    do {
      const read: LogPage = await page(log, next)
      employees.push(...read.records.flatMap((record) => parseLogRecord(record)?.employeeId ?? []))
      assert.ok(Math.abs((read.serverAt ?? 0) - Date.now()) < 60_000)
      next = read.next
    } while (next !== null && ++pages < 10)
    assert.equal(employees.length, 25)
    assert.equal(new Set(employees).size, 25)
  })

  void it('is asked for one job, from a second before, in one order of words the service knows', async (t) => {
    const { origin, seen } = await serverFor(t, (_request, response) => response.end('{"value":[]}'))
    const { log } = adapters(origin + JOB)
    await log.page({
      since: Date.UTC(2026, 10, 2, 8, 0, 0, 700),
      until: null,
      about: null,
      next: null,
      signal: new AbortController().signal,
    })
    const url = new URL(seen[0]?.url ?? '', origin)
    assert.equal(url.pathname, '/v1.0/auditLogs/provisioning')
    assert.equal(url.searchParams.get('$filter'), "jobId eq 'j' and activityDateTime gt 2026-11-02T07:59:59Z")
    assert.equal(url.searchParams.get('$top'), '500')
  })

  void it('goes on only on our own origin, wherever the link points, and no other host sees a token', async (t) => {
    const elsewhere = await serverFor(t, (_request, response) => response.end('{"value":[]}'))
    const link = `${elsewhere.origin}/beta/auditLogs/provisioning?$skiptoken=abc%20d&$top=5`
    const { origin, seen } = await serverFor(t, (request, response) =>
      response.end(
        JSON.stringify({
          value: [],
          ...(request.url?.includes('skiptoken') ? {} : { '@odata.nextLink': link }),
        }),
      ),
    )
    const { log } = adapters(origin + JOB)
    const first = await page(log)
    assert.equal((await page(log, first.next)).next, null)
    assert.equal(elsewhere.seen.length, 0)
    const url = new URL(seen[1]?.url ?? '', origin)
    assert.deepEqual(
      [url.pathname, url.searchParams.get('$skiptoken'), url.searchParams.get('$top')],
      ['/v1.0/auditLogs/provisioning', 'abc d', '5'],
    )
  })

  void it('leaves out records of other jobs, should there be any, and keeps what does not say its job', async (t) => {
    const value = [{ id: 1, jobId: 'J' }, { id: 2, jobId: 'k' }, { id: 3 }, { id: 4, jobId: null }, 5]
    const { origin } = await serverFor(t, (_request, response) => response.end(JSON.stringify({ value })))
    const { records } = await page(adapters(origin + JOB).log)
    assert.deepEqual(records, [value[0], value[2], value[3], 5])
  })

  void it('follows a link without a host, and takes one it cannot follow for no end of the log', async (t) => {
    const links: unknown[] = [
      'auditLogs/provisioning?$skiptoken=a',
      '/v1.0/auditLogs/provisioning?$skiptoken=a',
      7,
      'http://',
      '',
      null,
    ]
    const { origin } = await serverFor(t, (_request, response) =>
      response.end(JSON.stringify({ value: [], '@odata.nextLink': links.shift() })),
    )
    const { log } = adapters(origin + JOB)
    for (const _relative of [1, 2])
      assert.equal((await page(log)).next, '/auditLogs/provisioning?$skiptoken=a')
    for (const _odd of [1, 2]) await assert.rejects(page(log), { code: 'LogUnavailable' })
    for (const _last of [1, 2]) assert.equal((await page(log)).next, null)
  })

  void it('refuses a link that smuggles in another host', async (t) => {
    const elsewhere = await serverFor(t, (_request, response) => response.end('{"value":[]}'))
    const host = elsewhere.origin.slice('http://'.length)
    for (const path of [`/v1.0https://${host}/x`, `/https://${host}/x`, `//${host}/x`, `/v1.0@${host}/x`]) {
      const { origin, seen } = await serverFor(t, (_request, response) =>
        response.end(
          JSON.stringify({
            value: [],
            ...(seen.length > 1 ? {} : { '@odata.nextLink': `${origin}${path}` }),
          }),
        ),
      )
      const { log } = adapters(origin + JOB)
      const { next } = await page(log)
      await page(log, next).catch((error: unknown) =>
        assert.ok(error instanceof Error && 'code' in error, path),
      )
    }
    assert.equal(elsewhere.seen.length, 0)
  })

  void it('throttled says until when, when the service says it', async (t) => {
    const answers = [{ 'retry-after': '3' }, {}]
    const { origin } = await serverFor(t, (_request, response) =>
      response.writeHead(429, answers.shift()).end('{}'),
    )
    const { log } = adapters(origin + JOB)
    await assert.rejects(page(log), { code: 'LogThrottled', retryAfterMs: 3_000 })
    await assert.rejects(page(log), { code: 'LogThrottled', retryAfterMs: null })
  })

  void it('that cannot be read is unavailable, whatever the reason', async (t) => {
    const answers: RequestListener[] = [
      (_request, response) => response.writeHead(403).end('{}'),
      (_request, response) => response.writeHead(502).end('<html>'),
      (_request, response) => response.end('<html>a captive portal</html>'),
      (_request, response) => response.end('{"value":"none"}'),
      (_request, response) => response.end('null'),
      (_request, response) => (
        response.writeHead(200, { 'content-length': '100' }),
        response.write('{"value":['),
        response.destroy()
      ),
      (request) => request.socket.resetAndDestroy(),
      () => {},
    ]
    let at = 0
    const { origin } = await serverFor(t, (request, response) => answers[at]?.(request, response))
    const { log } = adapters(origin + JOB, { timeoutMs: 300 })
    for (; at < answers.length; at++)
      await assert.rejects(page(log), { name: 'RollcallError', code: 'LogUnavailable' }, `answer ${at}`)
  })

  void it('is asked no more often than its limit allows', async (t) => {
    const at: number[] = []
    const { origin } = await serverFor(
      t,
      (_request, response) => (at.push(Date.now()), response.end('{"value":[]}')),
    )
    const { log } = adapters(origin + JOB, { requests: 2, windowMs: 300 })
    for (let call = 0; call < 6; call++) await page(log)
    for (const [index, time] of at.entries()) {
      const before = at[index - 2]
      if (before !== undefined) assert.ok(time - before >= 290, `${time - before} ms between three requests`)
    }
  })

  void it('stops waiting for its turn when it is aborted', async (t) => {
    const { origin } = await serverFor(t, (_request, response) => response.end('{"value":[]}'))
    const { log } = adapters(origin + JOB, { requests: 1, windowMs: 60_000 })
    await page(log)
    const stopping = new AbortController()
    const waiting = log.page({ since: 0, until: null, about: null, next: null, signal: stopping.signal })
    stopping.abort()
    await assert.rejects(waiting)
  })
})

void describe('an endpoint', () => {
  const refused = (text: string, allowHttp: boolean, code: string): void =>
    assert.throws(() => parseEndpoint(text, allowHttp), { name: 'RollcallError', code }, text)

  void it('is a bulkUpload URL of a Graph cloud, over https', () => {
    const { origin, version, servicePrincipalId, jobId } = parseEndpoint(
      `https://graph.microsoft.us${JOB}`,
      false,
    )
    assert.deepEqual(
      [origin, version, servicePrincipalId, jobId],
      ['https://graph.microsoft.us', 'v1.0', 's', 'j'],
    )
    for (const host of [
      'graph.microsoft.com.evil.example',
      'evil.example',
      'graph.microsoft.com@evil.example',
    ])
      refused(`https://${host}${JOB}`, true, 'EndpointNotAllowed')
    refused('https://graph.microsoft.com/v1.0/me', false, 'EndpointInvalid')
    refused('not a url', false, 'EndpointInvalid')
  })

  void it('may be plain http on loopback only, and only when that was asked for', () => {
    for (const host of ['127.0.0.1:1', 'localhost:1', '[::1]:1']) {
      assert.equal(parseEndpoint(`http://${host}${JOB}`, true).origin, `http://${host}`)
      refused(`http://${host}${JOB}`, false, 'EndpointNotAllowed')
    }
    for (const host of [
      'graph.microsoft.com',
      '192.168.0.1',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
    ])
      refused(`http://${host}${JOB}`, true, 'EndpointNotAllowed')
  })
})
