import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { graphClient } from '../../../src/adapters/graph/client.ts'
import { localCredential } from '../../../src/adapters/graph/credential.ts'
import { parseEndpoint } from '../../../src/adapters/graph/endpoint.ts'
import { graphLog, type LogWindow } from '../../../src/adapters/graph/provisioning.ts'
import { queryOrigin } from '../../../src/adapters/log-analytics/endpoint.ts'
import { logAnalyticsLog } from '../../../src/adapters/log-analytics/log.ts'
import { RollcallError } from '../../../src/core/errors.ts'
import type { LogRecord } from '../../../src/core/ledger/log-record.ts'
import type { LogQuery, ProvisioningLog } from '../../../src/core/ports.ts'
import { parseLogRecord } from '../../../src/core/report/correlate/log-record.ts'
import type { EntraDouble } from '../../../src/local/entra/server.ts'
import { type EntraSettings, readSettings } from '../../../src/local/entra/settings.ts'
import { briskRuntime } from '../support/runtime.ts'
import { createClock, employee, ENTERPRISE, open, provision } from '../../local/entra/support.ts'

const openWindow: LogWindow = (request) => request()
const { workspaceId } = readSettings({})
const runtime = briskRuntime(60_000)

function workspaceAt(origin: string, jobId: string, top = 500, id = workspaceId): ProvisioningLog {
  const client = graphClient({ origin, version: 'v1' }, localCredential, 2_000, Date.now)
  return logAnalyticsLog(client, { id, jobId, top }, openWindow, runtime)
}
function logsOf(entra: EntraDouble, top?: number): { workspace: ProvisioningLog; graph: ProvisioningLog } {
  const endpoint = parseEndpoint(entra.endpoint, true)
  const graph = graphClient(endpoint, localCredential, 2_000, Date.now)
  return {
    workspace: workspaceAt(endpoint.origin, endpoint.jobId, top),
    graph: graphLog(graph, endpoint, openWindow, 500, runtime),
  }
}
const ALL: Omit<LogQuery, 'signal'> = { since: 0, until: null, about: null, next: null }

/** Every record of a query, page by page, as it is understood. */
async function readAll(log: ProvisioningLog, query: Partial<LogQuery> = {}): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = []
  let next: string | null = null
  do {
    const page = await log.page({ ...ALL, signal: AbortSignal.timeout(5_000), ...query, next })
    records.push(...page.records.flatMap((record) => parseLogRecord(record) ?? []))
    next = page.next
  } while (next !== null)
  return records
}
const byId = (records: readonly LogRecord[]): readonly LogRecord[] =>
  records.toSorted((one, other) => (one.id < other.id ? -1 : 1))

/** A double in which there is a record of each kind. */
async function busy(t: TestContext, settings: Partial<EntraSettings> = {}): Promise<EntraDouble> {
  const entra = await open(t, { workspaceLagMs: 0, mandatory: ['title'], ...settings })
  const clerk = { title: 'Clerk' }
  await provision(
    entra,
    employee('1', { ...clerk, [ENTERPRISE]: { manager: { value: '3' } } }),
    employee('2'),
    employee('3', clerk),
    employee("o'neil\\7", clerk),
  )
  await provision(entra, employee('1', { ...clerk, active: false }), employee('3', clerk))
  return entra
}

void describe('the log in a Log Analytics workspace', () => {
  void it('says the same of every record as Graph does', async (t) => {
    const { workspace, graph } = logsOf(await busy(t))
    const records = byId(await readAll(workspace))
    assert(records.length >= 7)
    assert.deepEqual(records, byId(await readAll(graph)))
    assert.deepEqual(new Set(records.map(({ status }) => status)), new Set(['success', 'failure', 'skipped']))
  })

  void it('is read page by page without losing or repeating a record, though many share a second', async (t) => {
    const entra = await busy(t)
    const whole = await readAll(logsOf(entra).workspace)
    for (const top of [1, 2, 3]) assert.deepEqual(await readAll(logsOf(entra, top).workspace), whole)
  })

  void it('is narrowed to an employee, whatever characters the id has, and to a time', async (t) => {
    const clock = createClock()
    const entra = await open(t, { workspaceLagMs: 0 }, { now: clock.now })
    await provision(entra, employee('1'), employee("o'neil\\7"))
    const { workspace } = logsOf(entra)
    assert.deepEqual(
      (await readAll(workspace, { about: "o'neil\\7" })).map(({ employeeId }) => employeeId),
      ["o'neil\\7"],
    )
    assert.equal((await readAll(workspace, { since: clock.now() + 2_000 })).length, 0)
    assert.equal((await readAll(workspace, { since: clock.now() })).length, 2)
    assert.equal((await readAll(workspace, { until: clock.now() })).length, 2)
    assert.equal((await readAll(workspace, { until: clock.now() - 3_000 })).length, 0)
  })

  void it('gets a record later than Graph does', async (t) => {
    const clock = createClock()
    const entra = await open(t, { workspaceLagMs: 60_000 }, { now: clock.now })
    await provision(entra, employee('1'))
    const { workspace, graph } = logsOf(entra)
    assert.deepEqual([(await readAll(graph)).length, (await readAll(workspace)).length], [1, 0])
    clock.advance(60_000)
    assert.equal((await readAll(workspace)).length, 1)
  })
})

/** A workspace that answers each query with this. */
async function answering(t: TestContext, body: unknown, status = 200): Promise<ProvisioningLog> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'retry-after': '7' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => (server.closeAllConnections(), server.close()))
  return workspaceAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'job')
}
const table = (columns: readonly string[], ...rows: readonly (readonly unknown[])[]): object => ({
  tables: [{ name: 'PrimaryResult', columns: columns.map((name) => ({ name, type: 'string' })), rows }],
})

void describe('a row', () => {
  void it('is read in either spelling that Microsoft uses for the fields inside it', async (t) => {
    const columns = ['TimeGenerated', 'Id', 'JobId', 'SourceIdentity', 'ProvisioningSteps', 'ResultType']
    const log = await answering(
      t,
      table(columns, [
        '2026-11-02T08:00:00.1234567Z',
        'r-1',
        'job',
        '{"Id":"p1","identityType":"User"}',
        '[{"Name":"EntryImportAdd","ProvisioningStepType":"Import","Status":"Success","Details":{"displayName":"x","Title":"y"}}]',
        'Success',
      ]),
    )
    const [record] = await readAll(log)
    assert.deepEqual(
      [record?.employeeId, record?.status, record?.activityAt],
      ['p1', 'success', Date.UTC(2026, 10, 2, 8, 0, 0, 123)],
    )
    assert.deepEqual({ ...record?.echo }, { displayName: 'x', Title: 'y' }, 'details keep their spelling')
  })

  void it('whose status is missing has that of its result columns', async (t) => {
    const columns = [
      'TimeGenerated',
      'Id',
      'SourceIdentity',
      'ResultType',
      'ResultSignature',
      'ResultDescription',
    ]
    const row = ['2026-11-02T08:00:00Z', 'r-1', '{"Id":"p1"}', 'Failure', 'InvalidDomain', 'no such domain']
    const [record] = await readAll(await answering(t, table(columns, row)))
    assert.deepEqual(
      [record?.status, record?.code, record?.reason],
      ['failure', 'InvalidDomain', 'no such domain'],
    )
  })
})

void describe('a workspace that cannot be read', () => {
  const failure = async (log: ProvisioningLog): Promise<RollcallError> =>
    readAll(log).then(
      () => assert.fail('it was read'),
      (error: unknown) => (error instanceof RollcallError ? error : assert.fail(String(error))),
    )

  void it('names the role when it refuses, and the wait when it throttles', async (t) => {
    const refused = await failure(await answering(t, '', 403))
    assert.match(refused.message, /403; grant Log Analytics Data Reader/)
    const throttled = await failure(await answering(t, '', 429))
    assert.equal(throttled.code, 'LogThrottled')
    assert.equal('retryAfterMs' in throttled && throttled.retryAfterMs, 7_000)
  })

  void it('is not read in part: an incomplete answer would hide the rest', async (t) => {
    const partial = { ...table(['Id']), error: { code: 'PartialError', message: 'There were some errors.' } }
    for (const body of [partial, { tables: 1 }, '<html>'])
      assert.equal((await failure(await answering(t, body))).code, 'LogUnavailable')
  })

  void it('is another one, or is asked for something that the query language does not have', async (t) => {
    const entra = await open(t)
    const { origin, jobId } = parseEndpoint(entra.endpoint, true)
    assert.match((await failure(workspaceAt(origin, jobId, 5, 'another'))).message, /404/)
    const answer = await fetch(`${origin}/v1/workspaces/${workspaceId}/query`, {
      method: 'POST',
      headers: { authorization: 'Bearer any' },
      body: JSON.stringify({ query: 'AADProvisioningLogs | nonsense' }),
    })
    assert.equal(answer.status, 400)
  })
})

void it('a token goes to the hosts of Log Analytics only', () => {
  assert.equal(queryOrigin('https://api.loganalytics.us/', false), 'https://api.loganalytics.us')
  assert.equal(queryOrigin('http://127.0.0.1:1', true), 'http://127.0.0.1:1')
  for (const [text, http] of [
    ['http://127.0.0.1:1', false],
    ['http://api.loganalytics.io', true],
    ['https://api.loganalytics.io.example.com', false],
    ['nonsense', false],
  ] as const)
    assert.throws(() => queryOrigin(text, http), { code: 'EndpointNotAllowed' })
})
