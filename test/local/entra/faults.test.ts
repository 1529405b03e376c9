import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { EntraDouble } from '../../../src/local/entra/server.ts'
import {
  bulk,
  headers,
  logRecords,
  logUrl,
  open,
  employee,
  post,
  provision,
  recordsOf,
  upload,
} from './support.ts'

const faultsUrl = (entra: EntraDouble): string => `http://127.0.0.1:${entra.port}/faults`

async function ask(entra: EntraDouble, rule: object): Promise<void> {
  const response = await fetch(faultsUrl(entra), { method: 'POST', body: JSON.stringify(rule) })
  assert.equal(response.status, 204, await response.text())
}

const send = (entra: EntraDouble): Promise<Response> => post(entra.endpoint, bulk([employee('1')]))

void test('a status fault answers the next calls with its status, and then ends', async (t) => {
  const entra = await open(t)
  await ask(entra, {
    kind: 'status',
    status: 503,
    times: 2,
    retryAfter: '2.128',
    code: 'serviceNotAvailable',
  })
  for (let call = 0; call < 2; call += 1) {
    const response = await send(entra)
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('retry-after'), '2.128')
    assert.match(await response.text(), /"code":"serviceNotAvailable"/)
  }
  assert.equal((await send(entra)).status, 202)
  assert.equal((await entra.stats()).stagedNow, 1)
})

void test('a fault can let requests through first, and act on the log, the job or everything', async (t) => {
  const entra = await open(t)
  await ask(entra, [
    { kind: 'status', status: 500, after: 1 },
    { kind: 'status', status: 502, on: 'log' },
  ])
  assert.equal((await send(entra)).status, 202)
  assert.equal((await send(entra)).status, 500)
  assert.equal((await fetch(logUrl(entra), { headers })).status, 502)
  await ask(entra, { kind: 'status', status: 429, on: 'any' })
  assert.equal((await fetch(entra.endpoint.replace('/bulkUpload', ''), { headers })).status, 429)
})

void test('a connection can be reset before or after the request is processed', async (t) => {
  const entra = await open(t)
  await ask(entra, { kind: 'reset-before' })
  await assert.rejects(send(entra))
  assert.equal((await entra.stats()).stagedNow, 0)
  await ask(entra, { kind: 'reset-after' })
  await assert.rejects(send(entra))
  assert.equal((await entra.stats()).stagedNow, 1)
})

void test('an answer can be late, slow, cut in half, of the wrong type, or the page of a proxy', async (t) => {
  const entra = await open(t)
  await provision(entra, employee('1'))
  const read = (): Promise<Response> => fetch(logUrl(entra), { headers })
  for (const kind of ['delay', 'slow']) {
    await ask(entra, { kind, on: 'log', ms: 100 })
    const began = performance.now()
    assert.match(await (await read()).text(), /"value":\[\{/)
    assert.ok(performance.now() - began > 80, kind)
  }
  await ask(entra, { kind: 'half', on: 'log' })
  await assert.rejects(read().then((response) => response.text()))
  await ask(entra, { kind: 'half' })
  await assert.rejects(send(entra).then((response) => response.text()))
  await ask(entra, { kind: 'content-type', on: 'log' })
  assert.equal((await read()).headers.get('content-type'), 'text/plain')
  await ask(entra, { kind: 'html', on: 'log', status: 200 })
  const page = await read()
  assert.equal(page.headers.get('content-type'), 'text/html')
  assert.match(await page.text(), /<h1>Bad Gateway<\/h1>/)
})

void test('a fault loses accepted operations, by employee or by value, or only their record', async (t) => {
  const entra = await open(t)
  await ask(entra, { kind: 'lose-request' })
  await provision(entra, employee('1'))
  await ask(entra, [
    { kind: 'lose', externalId: '2' },
    { kind: 'lose', attribute: 'title', value: 'x' },
    { kind: 'lose-record', externalId: '4' },
  ])
  await provision(
    entra,
    employee('2'),
    employee('3', { title: 'x' }),
    employee('4'),
    employee('5', { title: 'y' }),
  )
  assert.deepEqual(Object.keys(await entra.directory()), ['4', '5'])
  assert.deepEqual(
    (await logRecords(entra)).map((record) => record.sourceIdentity.id),
    ['5'],
  )
})

void test('an operation can be held back for some cycles while others go on', async (t) => {
  const entra = await open(t)
  await ask(entra, { kind: 'hold', externalId: '1', cycles: 2, times: 1 })
  await provision(entra, employee('1'), employee('2'))
  assert.deepEqual(Object.keys(await entra.directory()), ['2'])
  await entra.runCycle()
  assert.equal((await recordsOf(entra, '1')).length, 0)
  await entra.runCycle()
  assert.equal((await recordsOf(entra, '1')).length, 1)
})

void test('a fault fails the operations of an employee or with a value, with its code', async (t) => {
  const entra = await open(t)
  await ask(entra, [
    { kind: 'fail', externalId: '1', code: 'LicenseLimitExceeded', times: 1 },
    { kind: 'fail', attribute: 'title', code: 'Odd', reason: 'Because.' },
  ])
  await provision(entra, employee('1'), employee('2', { title: 'any' }), employee('3'))
  const error = async (externalId: string): Promise<unknown> => {
    const { errorCode, reason } =
      (await recordsOf(entra, externalId))[0]?.provisioningStatusInfo.errorInformation ?? {}
    return [errorCode, reason]
  }
  assert.deepEqual(await error('1'), ['LicenseLimitExceeded', 'The target system has no licenses left.'])
  assert.deepEqual(await error('2'), ['Odd', 'Because.'])
  assert.deepEqual(await error('3'), [undefined, undefined])
})

void test('every documented code of a failure has a reason and a category', async (t) => {
  const codes = [
    'Conflict',
    'EntryConflict',
    'TooManyRequests',
    'InternalServerError',
    'InsufficientRights',
    'MethodNotAllowed',
    'NotPermitted',
  ]
    .concat([
      'Unauthorized',
      'UnprocessableEntity',
      'WebExceptionProtocolError',
      'InvalidAnchor',
      'NotImplemented',
      'MandatoryFieldsMissing',
    ])
    .concat([
      'MissingValues',
      'SchemaAttributeNotFound',
      'InternalError',
      'InvalidDomain',
      'Timeout',
      'LicenseLimitExceeded',
      'DuplicateTargetEntries',
    ])
    .concat([
      'DuplicateSourceEntries',
      'ImportSkipped',
      'EntrySynchronizationSkipped',
      'SchemaPropertyCanOnlyAcceptValue',
    ])
    .concat([
      'AzureActiveDirectoryInvalidUserPrincipalName',
      'AzureActiveDirectoryCannotUpdateObjectsMasteredOnPremises',
    ])
    .concat([
      'AzureActiveDirectoryCannotUpdateObjectsOriginatedInExternalService',
      'HybridSynchronizationActiveDirectoryCannotFindAttribute',
    ])
    .concat(['InvalidAttributeSyntax-LdapErr'])
  const entra = await open(t, { faults: codes.map((code) => ({ kind: 'fail', externalId: code, code })) })
  await provision(entra, ...codes.map((code) => employee(code)))
  for (const code of codes) {
    const [record] = await recordsOf(entra, code)
    assert.equal(record?.provisioningStatusInfo.errorInformation?.errorCode, code)
    assert.doesNotMatch(
      record.provisioningStatusInfo.errorInformation.reason,
      /failed with/,
      'a text of its own',
    )
  }
})

void test('a quarantine can be asked for', async (t) => {
  const entra = await open(t)
  await ask(entra, { kind: 'quarantine', code: 'InvalidCredentials' })
  const job = await (await fetch(entra.endpoint.replace('/bulkUpload', ''), { headers })).text()
  assert.match(job, /"code":"Quarantine"/)
  assert.match(job, /EncounteredQuarantineException/)
  assert.equal((await send(entra)).status, 202)
})

void test('faults can be listed and removed, and anything else is refused', async (t) => {
  const entra = await open(t)
  await ask(entra, { kind: 'status', status: 500, times: 3 })
  await send(entra)
  const list: readonly { readonly left: number }[] = JSON.parse(await (await fetch(faultsUrl(entra))).text())
  assert.deepEqual(
    list.map(({ left }) => left),
    [2],
  )
  await fetch(faultsUrl(entra), { method: 'DELETE' })
  assert.equal((await send(entra)).status, 202)
  for (const body of ['{', '{"kind":"nope"}', '{"kind":"status","status":200}', '{"kind":"fail"}']) {
    assert.equal((await fetch(faultsUrl(entra), { method: 'POST', body })).status, 400, body)
  }
  assert.equal((await fetch(faultsUrl(entra), { method: 'PUT' })).status, 405)
})

void test('the faults of a file are in force from the start', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'entra-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const faultFile = join(folder, 'faults.json')
  writeFileSync(faultFile, JSON.stringify([{ kind: 'status', status: 500 }]))
  const entra = await open(t, { faultFile })
  assert.equal((await send(entra)).status, 500)
  assert.equal((await send(entra)).status, 202)
})

void test('a record of another source has no operation in the truth', async (t) => {
  const entra = await open(t, { foreignPerCycle: 2 })
  await upload(entra, employee('1'))
  await fetch(`http://127.0.0.1:${entra.port}/foreign`, {
    method: 'POST',
    body: JSON.stringify(employee('1', { title: 'Other' })),
  })
  assert.equal((await fetch(`http://127.0.0.1:${entra.port}/cycle`, { method: 'POST' })).status, 204)
  const truth = await entra.truth()
  assert.deepEqual(
    truth.map(({ externalId, requestId }) => [externalId, requestId !== '']),
    [
      ['1', true],
      ['1', false],
      ['foreign-1', false],
      ['foreign-2', false],
    ],
  )
})

void test('a log with disorder and repeats loses no record', async (t) => {
  const entra = await open(t, { logDisorder: 0.5, logRepeats: 0.5, logPageSize: 5 })
  await provision(entra, ...Array.from({ length: 40 }, (_, index) => employee(String(index))))
  const ids = (await logRecords(entra)).map((record) => record.sourceIdentity.id)
  assert.equal(new Set(ids).size, 40)
  assert.ok(ids.length > 40)
  const firsts = [...new Set(ids)].map(Number)
  assert.notDeepEqual(
    firsts,
    [...firsts].sort((a, b) => b - a),
  )
})
