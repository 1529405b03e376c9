import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changes, createClock, open, employee, provision, recordsOf, stepNames } from './support.ts'

const hour = 3_600_000

void test('a failed operation is tried again after 6, 12 and 24 hours and then daily, up to 28 days', async (t) => {
  const clock = createClock()
  const entra = await open(
    t,
    { faults: [{ kind: 'fail', externalId: '1', code: 'Timeout' }] },
    { now: clock.now },
  )
  const began = clock.now()
  await provision(entra, employee('1'))
  const tries: number[] = []
  for (let passed = 0; passed < 40 * 24; passed += 2) {
    clock.advance(2 * hour)
    const before = (await recordsOf(entra, '1')).length
    await entra.runCycle()
    if ((await recordsOf(entra, '1')).length > before) tries.push((clock.now() - began) / hour)
  }
  assert.deepEqual(tries.slice(0, 5), [6, 18, 42, 66, 90])
  assert.equal(tries.at(-1), 666)
  assert.equal((await entra.stats()).escrowedNow, 0)
})

void test('the record of a retry has the retry step and the time of the next retry', async (t) => {
  const clock = createClock(Date.UTC(2026, 2, 24, 7, 17, 42))
  const entra = await open(
    t,
    { faults: [{ kind: 'fail', externalId: '1', code: 'EntryConflict', times: 2 }] },
    { now: clock.now },
  )
  await provision(entra, employee('1'))
  assert.equal((await entra.stats()).escrowedNow, 1)
  clock.advance(6 * hour)
  await entra.runCycle()
  const [retried, first] = await recordsOf(entra, '1')
  assert.deepEqual(stepNames(retried), ['EntryEscrowRetry', 'EntryExportAdd'])
  assert.equal(retried?.provisioningAction, 'create')
  const reason = retried.provisioningStatusInfo.errorInformation?.reason ?? ''
  assert.match(
    reason,
    /This operation was retried 1 times\. It will be retried again after this date: 2026-03-25T01:17:42\.0000000Z UTC$/,
  )
  assert.doesNotMatch(first?.provisioningStatusInfo.errorInformation?.reason ?? '', /retried/)
  assert.notEqual(first?.changeId, retried.changeId)
  assert.equal(retried.provisioningSteps[0]?.details['CreationTime'], '2026-03-24T07:17:42.0000000Z')
  assert.equal(retried.provisioningSteps[0]?.details['NextAttempt'], '3/24/2026 1:17:42 PM')

  clock.advance(12 * hour)
  await entra.runCycle()
  const [success] = await recordsOf(entra, '1')
  assert.deepEqual(stepNames(success), ['EntryEscrowRetry', 'EntryExportAdd'])
  assert.equal(success?.provisioningStatusInfo.status, 'success')
  assert.equal((await entra.directory())['1']?.operations, 1)
})

void test('a newer operation of the employee ends the retries of the older one', async (t) => {
  const clock = createClock()
  const entra = await open(
    t,
    { faults: [{ kind: 'fail', attribute: 'title', value: 'Bad', code: 'UnprocessableEntity' }] },
    { now: clock.now },
  )
  await provision(entra, employee('1', { title: 'Bad' }))
  await provision(entra, employee('1', { title: 'Good' }))
  clock.advance(48 * hour)
  await entra.runCycle()
  const [record, ...others] = await recordsOf(entra, '1')
  assert.equal(others.length, 1)
  assert.deepEqual(changes(record)['jobTitle'], [null, 'Good'])
})

void test('the truth still names the first operation for its retries, which may keep its changeId', async (t) => {
  const clock = createClock()
  const entra = await open(
    t,
    { faults: [{ kind: 'fail', code: 'Timeout', times: 1 }], escrow: { changeId: 'same', delaysMs: [0] } },
    { now: clock.now },
  )
  await provision(entra, employee('1'))
  await entra.runCycle()
  const truth = await entra.truth()
  assert.equal(truth.length, 2)
  assert.deepEqual({ ...truth[0], recordId: '' }, { ...truth[1], recordId: '' })
})
