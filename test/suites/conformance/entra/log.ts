import assert from 'node:assert/strict'
import { ENTERPRISE, type LogRecord, newKey, employee } from './client.ts'
import type { EntraCase } from '../entra.ts'

async function readPage(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<readonly LogRecord[]> {
  const response = await fetch(url, { headers })
  assert.equal(response.status, 200)
  const page: { readonly value: readonly LogRecord[] } = JSON.parse(await response.text())
  return page.value
}

/** How the provisioning log is read. */
export const logCases: readonly EntraCase[] = [
  {
    name: 'a record has the fields of an API-driven job and none of the ids of the request',
    source: '[R] provisioning log of an API-driven job',
    setup: 'standard',
    async run({ post, records, jobId, headers, logUrl }) {
      const key = newKey()
      const operation = { method: 'POST', path: '/Users', bulkId: 'bulk-id-of-mine', data: employee(key) }
      const answer = await post({
        schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
        Operations: [operation],
        failOnErrors: null,
      })
      const [record] = await records(key, 1)
      const fields = [
        'id',
        'activityDateTime',
        'tenantId',
        'jobId',
        'cycleId',
        'changeId',
        'provisioningAction',
        'durationInMilliseconds',
      ]
        .concat([
          'servicePrincipal',
          'sourceSystem',
          'targetSystem',
          'initiatedBy',
          'sourceIdentity',
          'targetIdentity',
        ])
        .concat(['provisioningStatusInfo', 'provisioningSteps', 'modifiedProperties'])
      assert.deepEqual(Object.keys(record ?? {}).sort(), fields.sort())
      assert.equal(record?.['jobId'], jobId)
      assert.deepEqual(record.sourceIdentity, {
        id: key,
        displayName: '',
        identityType: ENTERPRISE,
        details: {},
      })
      assert.equal(record.sourceSystem.displayName, 'API')
      assert.match(record.activityDateTime, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/)
      const text = JSON.stringify(record)
      for (const id of ['bulk-id-of-mine', answer.headers.get('request-id') ?? ''])
        assert.ok(!text.includes(id))
      const [beta] = await readPage(logUrl(`$filter=sourceIdentity/id eq '${key}'`, 'beta'), headers)
      assert.deepEqual(
        Object.keys(beta ?? {}).sort(),
        [...fields, 'action', 'statusInfo'].sort(),
        'the legacy fields are in beta only',
      )
    },
  },
  {
    name: 'the ids of the systems differ in every record',
    source: '[R] provisioning log of an API-driven job',
    setup: 'standard',
    async run({ provision }) {
      const records = [await provision(employee(newKey())), await provision(employee(newKey()))]
      assert.equal(
        new Set(records.flatMap(({ sourceSystem, targetSystem }) => [sourceSystem.id, targetSystem.id])).size,
        4,
      )
    },
  },
  {
    name: 'a record appears after the lag, and its time is that of the processing',
    source: '[D] the log lags behind',
    setup: 'slow-log',
    async run({ upload, records, log }) {
      const key = newKey()
      const began = Date.now()
      await upload(employee(key))
      // The lag of a real service, or of the double on the real clock.
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.deepEqual(await log(`sourceIdentity/id eq '${key}'`), [])
      const [record] = await records(key, 1)
      assert.ok(Date.now() - began >= 700)
      assert.ok(Math.abs(Date.parse(record?.activityDateTime ?? '') - began) < 60_000)
    },
  },
  {
    name: 'filters compare as documented, with case-sensitive values',
    source: '[D] list provisioningObjectSummary: eq, contains, gt, lt',
    setup: 'standard',
    async run({ provision, log, jobId }) {
      const key = `${newKey().slice(0, 12)}O'x`
      const user = { ...employee(key), userName: `${newKey()}@example.com` }
      const { changeId, cycleId, id, activityDateTime, targetIdentity } = await provision(user)
      const quoted = (text: string): string => text.replaceAll("'", "''")
      const at = Date.parse(activityDateTime)
      const iso = (ms: number): string => new Date(ms).toISOString()
      const own = `sourceIdentity/id eq '${quoted(key)}'`
      const matching = [
        own,
        `id eq '${id}'`,
        `changeId eq '${changeId}'`,
        `cycleId eq '${cycleId}' and ${own}`,
        `contains(sourceIdentity/id, '${quoted(key.slice(1))}')`,
      ]
        .concat([
          `targetIdentity/id eq '${targetIdentity.id}'`,
          `jobId eq '${jobId}' and ${own}`,
          `jobid eq '${jobId}' and ${own}`,
        ])
        .concat([
          `${own} and activityDateTime gt ${iso(at - 1)}`,
          `activityDateTime lt ${iso(at + 1)} and ${own}`,
        ])
        .concat([
          `${own} and provisioningAction eq 'create'`,
          `${own} and provisioningStatusInfo/status eq 'success'`,
        ])
      for (const filter of matching) assert.equal((await log(filter)).length, 1, filter)
      const none = [
        `sourceIdentity/id eq '${quoted(key.toUpperCase())}'`,
        `${own} and jobId eq 'another'`,
        `${own} and activityDateTime gt ${iso(at)}`,
      ].concat([
        `${own} and activityDateTime lt ${iso(at)}`,
        `${own} and provisioningAction eq 'update'`,
        `${own} and provisioningAction eq 'Create'`,
        `${own} and (activityDateTime gt ${iso(at)} or provisioningAction eq 'update')`,
      ])
      for (const filter of none) assert.equal((await log(filter)).length, 0, filter)
    },
  },
  {
    name: 'a filter that cannot be read is 400',
    source: '[D] Graph error responses',
    setup: 'standard',
    async run({ headers, logUrl }) {
      assert.equal((await fetch(logUrl("$filter=sourceIdentity/id near 'x'"), { headers })).status, 400)
    },
  },
  {
    name: 'pages link to the next, newest first, and give every record once',
    source: '[D] @odata.nextLink; [R] newest first',
    setup: 'standard',
    async run({ upload, records, log }) {
      const key = newKey()
      const keys = Array.from({ length: 7 }, (_, index) => `${key}-${index}`)
      await upload(...keys.map((each) => employee(each)))
      await records(`${key}-6`, 1)
      const found = await log(`contains(sourceIdentity/id, '${key}')`, 3)
      assert.deepEqual(found.map(({ sourceIdentity }) => sourceIdentity.id).sort(), keys)
      const moments = found.map(({ activityDateTime }) => activityDateTime)
      assert.deepEqual(moments, [...moments].sort().reverse())
      assert.equal(found[0]?.sourceIdentity.id, `${key}-6`)
    },
  },
  {
    name: 'the sixth request within 10 seconds is 429, without Retry-After',
    source: '[D] 5 requests in 10 seconds; [C] connectors find no Retry-After',
    setup: 'log-limits',
    async run({ headers, logUrl }) {
      const answers: Response[] = []
      for (let call = 0; call < 6; call += 1) answers.push(await fetch(logUrl(), { headers }))
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 200, 200, 429],
      )
      assert.equal(answers.at(-1)?.headers.get('retry-after'), null)
    },
  },
]
