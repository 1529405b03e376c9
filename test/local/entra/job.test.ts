import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EntraDouble } from '../../../src/local/entra/server.ts'
import {
  bulk,
  createClock,
  employee,
  ENTERPRISE,
  headers,
  open,
  post,
  provision,
  recordsOf,
  upload,
} from './support.ts'
import { until } from '../../adapters/support/until.ts'

const jobUrl = (entra: EntraDouble, action = ''): string =>
  entra.endpoint.replace(/\/bulkUpload$/, action === '' ? '' : `/${action}`)

interface JobView {
  readonly id: string
  readonly schedule: { readonly state: string }
  readonly status: {
    readonly code: string
    readonly quarantine: null | {
      readonly reason: string
      readonly nextAttempt: string
      readonly error: { readonly code: string }
    }
    readonly lastExecution: null | Readonly<Record<string, unknown>>
  }
}

async function jobOf(entra: EntraDouble): Promise<JobView> {
  const response = await fetch(jobUrl(entra), { headers })
  assert.equal(response.status, 200)
  const job: JobView = JSON.parse(await response.text())
  return job
}

async function act(entra: EntraDouble, action: string, resetScope?: string): Promise<void> {
  const body = resetScope === undefined ? {} : { body: JSON.stringify({ criteria: { resetScope } }) }
  const response = await fetch(jobUrl(entra, action), {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    ...body,
  })
  assert.equal(response.status, 204)
}

const many = (count: number, more: object = {}): readonly Readonly<Record<string, unknown>>[] =>
  Array.from({ length: count }, (_, index) => employee(`p${index}`, { ...more }))

void test('the job describes its state and its last cycle', async (t) => {
  const entra = await open(t)
  assert.equal((await jobOf(entra)).status.lastExecution, null)
  await provision(entra, employee('1'), employee('2', { userName: undefined }))
  const { status, schedule } = await jobOf(entra)
  assert.equal(status.code, 'Active')
  assert.equal(schedule.state, 'Active')
  const { countImported, countExported, countEscrowed, state } = status.lastExecution ?? {}
  assert.deepEqual(
    { countImported, countExported, countEscrowed, state },
    { countImported: 2, countExported: 1, countEscrowed: 1, state: 'EntryLevelErrors' },
  )
  const list = await fetch(jobUrl(entra).replace(/\/[^/]+$/, ''), { headers })
  const { value }: { readonly value: readonly JobView[] } = JSON.parse(await list.text())
  assert.deepEqual(value[0], await jobOf(entra))
  assert.equal((await fetch(`${jobUrl(entra)}x`, { headers })).status, 404)
  assert.equal((await fetch(jobUrl(entra))).status, 401)
  assert.equal((await fetch(jobUrl(entra, 'start'), { headers })).status, 405)
  assert.equal((await fetch(jobUrl(entra, 'explode'), { headers })).status, 404)
})

void test('a paused job accepts and does nothing until it is started', async (t) => {
  const entra = await open(t)
  await act(entra, 'pause')
  await provision(entra, employee('1'))
  assert.equal((await jobOf(entra)).status.code, 'Paused')
  assert.equal((await entra.stats()).stagedNow, 1)
  await act(entra, 'start')
  await entra.runCycle()
  assert.equal((await recordsOf(entra, '1')).length, 1)
})

void test('a full bucket is answered 500 and takes nothing of the request', async (t) => {
  const entra = await open(t, { bucketOperations: 3, jobState: 'Paused' })
  await upload(entra, ...many(2))
  const refused = await post(entra.endpoint, bulk(many(2)))
  assert.equal(refused.status, 500)
  assert.match(await refused.text(), /The bucket that stores the ingested data is full/)
  await upload(entra, employee('1'))
  assert.equal((await entra.stats()).stagedNow, 3)
})

void test('operations that failed stay in the bucket, and a restart that forgets them empties it', async (t) => {
  const entra = await open(t, { bucketOperations: 2, mandatory: ['title'] })
  await provision(entra, ...many(2))
  assert.equal((await post(entra.endpoint, bulk([employee('new')]))).status, 500)
  await act(entra, 'restart', 'Watermark')
  assert.equal((await post(entra.endpoint, bulk([employee('new')]))).status, 500)
  await act(entra, 'restart', 'Watermark, Escrows')
  await upload(entra, employee('new'))
})

void test('managers that were not found count for the third limit of quarantine, and not for the second', async (t) => {
  const reports = many(3).map((user) => ({ ...user, [ENTERPRISE]: { manager: { value: 'unknown' } } }))
  const entra = await open(t, { quarantine: { escrowed: 1, withReferences: 2 } })
  await provision(entra, ...reports.slice(0, 2))
  assert.equal((await jobOf(entra)).status.code, 'Active')
  await provision(entra, ...reports)
  assert.equal((await jobOf(entra)).status.quarantine?.reason, 'EncounteredTotalEscrowThreshold')
})

void test('a restart discards staged operations, or keeps them when so configured', async (t) => {
  for (const restartPurges of [true, false]) {
    const entra = await open(t, { restartPurges })
    await upload(entra, employee('1'))
    await act(entra, 'restart', 'Watermark, Escrows, QuarantineState')
    await entra.runCycle()
    assert.equal((await recordsOf(entra, '1')).length, restartPurges ? 0 : 1)
  }
})

void test('a restart with a scope that does not exist is answered 400', async (t) => {
  const entra = await open(t)
  for (const body of ['{"criteria":{"resetScope":"Everything"}}', '{', '{"criteria":{"resetScope":1}}']) {
    const response = await fetch(jobUrl(entra, 'restart'), { method: 'POST', headers, body })
    assert.equal(response.status, 400, body)
  }
  await act(entra, 'restart')
})

void test('too many failures in a cycle quarantine the job, and a good cycle ends it', async (t) => {
  const entra = await open(t, { quarantine: { failures: 4, percent: 40 }, escrow: { enabled: false } })
  await provision(entra, ...many(3, { userName: undefined }))
  assert.equal((await jobOf(entra)).status.code, 'Active', 'three are too few')
  await provision(
    entra,
    ...many(4, { userName: undefined }),
    ...many(7).map((user) => ({ ...user, externalId: `x${String(user['externalId'])}` })),
  )
  assert.equal((await jobOf(entra)).status.code, 'Active', '4 of 11 are less than 40 %')
  await provision(entra, ...many(5, { userName: undefined }))
  assert.equal((await jobOf(entra)).status.code, 'Quarantine')
  await provision(entra, employee('good'))
  assert.equal((await jobOf(entra)).status.code, 'Active')
})

void test('in quarantine data is accepted and the timer runs daily', async (t) => {
  const clock = createClock()
  const entra = await open(
    t,
    { quarantine: { failures: 2 }, cycleMs: 5, escrow: { enabled: false }, jobState: 'Paused' },
    { now: clock.now },
  )
  await upload(entra, ...many(2, { userName: undefined }))
  await act(entra, 'start')
  const untilJobIs = (code: string): Promise<void> =>
    until(`the job is ${code}`, async () => (await jobOf(entra)).status.code === code)
  await untilJobIs('Quarantine')
  const { status } = await jobOf(entra)
  assert.equal(status.quarantine?.reason, 'EncounteredEscrowProportionThreshold')
  assert.equal(status.quarantine.nextAttempt, new Date(clock.now() + 86_400_000).toISOString())
  await upload(entra, employee('1'))
  // A job with the same timer, which was started later, has run: the timer of this one was due too.
  const other = await open(t, { cycleMs: 5 })
  await upload(other, employee('1'))
  await until('the other job runs', async () => (await other.stats()).stagedNow === 0)
  assert.equal((await entra.stats()).stagedNow, 1)
  clock.advance(86_400_000)
  await untilJobIs('Active')
  assert.equal((await recordsOf(entra, '1')).length, 1)
})

void test('too many waiting retries quarantine the job, and four weeks of quarantine disable it', async (t) => {
  const clock = createClock()
  const entra = await open(
    t,
    { quarantine: { escrowed: 2 }, escrow: { delaysMs: [40 * 86_400_000], giveUpAfterMs: 50 * 86_400_000 } },
    { now: clock.now },
  )
  await provision(entra, ...many(3, { userName: undefined }))
  assert.equal((await jobOf(entra)).status.quarantine?.reason, 'EncounteredTotalEscrowThreshold')
  clock.advance(28 * 86_400_000)
  await entra.runCycle()
  const { status, schedule } = await jobOf(entra)
  assert.deepEqual([status.code, schedule.state], ['Paused', 'Disabled'])
  assert.notEqual(status.quarantine, null)
  await act(entra, 'restart', 'Escrows, QuarantineState')
  assert.deepEqual(
    [(await jobOf(entra)).status.code, (await jobOf(entra)).status.quarantine],
    ['Active', null],
  )
})

void test('a cycle that would disable more users than the threshold disables none, until it is forced', async (t) => {
  const entra = await open(t, { deletionThreshold: 2 })
  await provision(entra, ...many(5))
  await provision(entra, ...many(2, { active: false }))
  assert.equal((await jobOf(entra)).status.code, 'Active', 'slow drips pass')
  const leavers = many(5, { active: false }).slice(2)
  await provision(entra, ...leavers, employee('other'))
  assert.equal((await jobOf(entra)).status.quarantine?.reason, 'TooManyDeletes')
  const directory = await entra.directory()
  assert.deepEqual(
    leavers.map((user) => directory[String(user['externalId'])]?.active),
    [true, true, true],
  )
  assert.ok('other' in directory)
  assert.equal((await entra.stats()).stagedNow, 3)
  const refused = await open(t, { deletionThreshold: 2, restartPurges: false })
  await provision(refused, ...many(5))
  await provision(refused, ...leavers)
  await act(refused, 'restart', 'QuarantineState, ForceDeletes')
  await refused.runCycle()
  assert.equal((await refused.directory())['p4']?.active, false)
  assert.equal((await jobOf(refused)).status.code, 'Active')
})

void test('a restart while a cycle runs discards nothing', async (t) => {
  const entra = await open(t)
  for (let call = 0; call < 100; call += 1)
    await upload(entra, ...Array.from({ length: 50 }, (_, index) => employee(`${call}-${index}`)))
  const running = entra.runCycle()
  await upload(entra, employee('late'))
  await act(entra, 'restart')
  assert.equal((await entra.stats()).cycles, 0, 'the cycle is long enough to be caught running')
  await running
  assert.equal((await entra.stats()).stagedNow, 1)
  await entra.runCycle()
  assert.equal((await entra.stats()).users, 5_001)
})

void test('a double that is stopped in the middle of a cycle stops at once', async (t) => {
  const entra = await open(t)
  for (let call = 0; call < 40; call += 1)
    await upload(entra, ...Array.from({ length: 50 }, (_, index) => employee(`${call}-${index}`)))
  const running = entra.runCycle()
  await new Promise((resolve) => setImmediate(resolve))
  await entra.stop()
  await running
  assert.ok((await entra.stats()).users < 2_000)
})
