import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createClock,
  ENTERPRISE,
  headers,
  logPage,
  logRecords,
  logUrl,
  open,
  employee,
  provision,
  recordsOf,
  upload,
} from './support.ts'

const many = (count: number): readonly Readonly<Record<string, unknown>>[] =>
  Array.from({ length: count }, (_, index) => employee(`p${index}`))

void test('a record appears only after the lag', async (t) => {
  const clock = createClock()
  const entra = await open(t, { logLagMs: { min: 300_000, max: 600_000 } }, { now: clock.now })
  await provision(entra, employee('1'))
  clock.advance(299_000)
  assert.equal((await recordsOf(entra, '1')).length, 0)
  clock.advance(301_001)
  const [record] = await recordsOf(entra, '1')
  assert.equal(record?.activityDateTime, '2026-11-02T08:00:00Z')
})

void test('pages are followed by their next link, newest first, without repeats', async (t) => {
  const clock = createClock()
  const entra = await open(t, { logPageSize: 7 }, { now: clock.now })
  for (const user of many(25)) {
    await provision(entra, user)
    clock.advance(1_000)
  }
  const all = await logRecords(entra)
  assert.deepEqual(
    all.map((record) => record.sourceIdentity.id),
    many(25)
      .map((user) => user['externalId'])
      .reverse(),
  )
  assert.equal(new Set(all.map(({ id }) => id)).size, 25)
  const oldest = await logRecords(entra, '', '$orderby=activityDateTime&$top=4')
  assert.deepEqual(
    oldest.map(({ id }) => id),
    all.map(({ id }) => id).reverse(),
  )
  assert.equal((await logPage(logUrl(entra, '$top=4'))).value.length, 4)
  assert.equal((await logPage(logUrl(entra, '$top=25')))['@odata.nextLink'], undefined)
})

void test('a next link keeps the filter and its position while new records arrive', async (t) => {
  const entra = await open(t, { logPageSize: 2 })
  await provision(entra, ...many(5))
  const filter = encodeURIComponent("contains(sourceIdentity/id, 'p')")
  const first = await logPage(logUrl(entra, `$filter=${filter}`))
  await provision(entra, employee('pNew'), employee('other'))
  const second = await logPage(first['@odata.nextLink'] ?? '')
  assert.deepEqual(
    [...first.value, ...second.value].map((record) => record.sourceIdentity.id),
    ['p4', 'p3', 'p2', 'p1'],
  )
})

void test('the documented filters select, with case-sensitive values', async (t) => {
  const clock = createClock()
  const entra = await open(t, {}, { now: clock.now })
  await provision(entra, employee("O'Neil"), employee('A'), employee('B', { userName: undefined }))
  clock.advance(60_000)
  await provision(entra, employee('A', { title: 'x' }), employee('A', { title: 'x', active: false }))
  const [disabled] = await logRecords(entra)
  assert.ok(disabled !== undefined)
  const later = '2026-11-02T08:00:30Z'
  const cases: readonly (readonly [string, number])[] = [
    [`jobId eq '${disabled.jobId}'`, 5],
    [`jobid eq '${disabled.jobId}'`, 5],
    [`jobId eq 'other'`, 0],
    [`sourceIdentity/id eq 'A'`, 3],
    [`sourceIdentity/id eq 'a'`, 0],
    [`sourceIdentity/id eq 'O''Neil'`, 1],
    [`targetIdentity/id eq '${disabled.targetIdentity.id}'`, 3],
    [`changeId eq '${disabled.changeId}'`, 1],
    [`cycleId eq '${disabled.cycleId}'`, 2],
    [`id eq '${disabled.id}'`, 1],
    [`activityDateTime gt ${later}`, 2],
    [`activityDateTime lt ${later}`, 3],
    [`activityDateTime ge 2026-11-02T08:01:00Z`, 2],
    [`activityDateTime gt 2026-11-02T08:01:00Z`, 0],
    [`activityDateTime le 2026-11-02T08:00:00.000Z`, 3],
    [`activityDateTime gt 2026-11-02T09:00:30+01:00`, 2],
    [`jobId eq '${disabled.jobId}' and activityDateTime gt ${later} and sourceIdentity/id eq 'A'`, 2],
    [`provisioningAction eq 'disable'`, 1],
    [`provisioningStatusInfo/status eq 'failure'`, 1],
    [`provisioningStatusInfo/errorInformation/errorCode eq 'MandatoryFieldsMissing'`, 1],
    [`contains(sourceIdentity/id, 'Neil')`, 1],
    [`sourceIdentity/id eq 'A' or sourceIdentity/id eq 'B'`, 4],
    [`(sourceIdentity/id eq 'A' or sourceIdentity/id eq 'B') and provisioningAction eq 'create'`, 2],
    [`sourceIdentity/id eq 'A' and sourceIdentity/id eq 'B'`, 0],
    [`not (sourceIdentity/id eq 'A')`, 2],
  ]
  for (const [filter, count] of cases) assert.equal((await logRecords(entra, filter)).length, count, filter)
})

void test('a filter, page size or token that cannot be read is answered 400', async (t) => {
  const entra = await open(t)
  const bad = [
    '$filter=x',
    "$filter=nothing eq 'x'",
    "$filter=jobId eq 'x",
    '$filter=(jobId eq 1',
    "$filter=activityDateTime gt 'x'",
  ]
    .concat([
      '$filter=activityDateTime gt 2026',
      '$top=0',
      '$top=x',
      '$skiptoken=x',
      `$filter=${'('.repeat(60)}`,
      "$filter=jobId eq 'a' 'b'",
    ])
    .concat(["$filter=jobId near 'a'", '$filter=jobId eq soon'])
  for (const query of bad) assert.equal((await fetch(logUrl(entra, query), { headers })).status, 400, query)
})

void test('the sixth log request within 10 seconds is answered 429 without Retry-After', async (t) => {
  const clock = createClock()
  const entra = await open(t, { limits: {} }, { now: clock.now })
  for (let call = 0; call < 5; call += 1) await logPage(logUrl(entra))
  const refused = await fetch(logUrl(entra), { headers })
  assert.equal(refused.status, 429)
  assert.equal(refused.headers.get('retry-after'), null)
  clock.advance(10_000)
  await logPage(logUrl(entra))
})

void test('only beta records have the legacy fields', async (t) => {
  const entra = await open(t)
  await provision(entra, employee('1'))
  const [current] = (await logPage(logUrl(entra))).value
  const [beta] = (await logPage(logUrl(entra, '', 'beta'))).value
  assert.deepEqual(beta, { ...current, action: 'Create', statusInfo: { status: 'success' } })
  assert.ok(current !== undefined && !('action' in current) && !('statusInfo' in current))
})

void test('a record is the same whenever it is read, and its systems have ids of their own', async (t) => {
  const entra = await open(t)
  await provision(entra, employee('1', { [ENTERPRISE]: { department: 'A' } }))
  const [before] = await recordsOf(entra, '1')
  await provision(entra, employee('1', { [ENTERPRISE]: { department: 'B' } }))
  const records = await recordsOf(entra, '1')
  assert.deepEqual(records[1], before)
  const systems = JSON.stringify(records)
    .match(/"(?:source|target)System":\{"id":"[^"]+"/g)
    ?.map((text) => text.slice(-37))
  assert.equal(new Set(systems).size, 4)
})

void test('records older than the retention are forgotten', async (t) => {
  const clock = createClock()
  const entra = await open(t, { logRetentionMs: 1_000_000 }, { now: clock.now })
  await provision(entra, employee('1'))
  clock.advance(2_000_000)
  await provision(entra, employee('2'))
  assert.deepEqual(
    (await logRecords(entra)).map((record) => record.sourceIdentity.id),
    ['2'],
  )
  assert.equal((await recordsOf(entra, '1')).length, 0)
})

void test('answers are dated by the injected clock', async (t) => {
  const now = Date.UTC(2026, 10, 2, 8, 0, 7)
  const entra = await open(t, {}, { now: () => now })
  const response = await upload(entra, employee('1'))
  assert.equal(response.headers.get('date'), new Date(now).toUTCString())
})
