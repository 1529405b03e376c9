import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startEntra } from '../../../src/local/entra/server.ts'
import { FAST_SETTINGS } from '../../../src/local/entra/settings.ts'
import {
  bulk,
  changes,
  ENTERPRISE,
  logRecords,
  open,
  employee,
  post,
  provision,
  recordsOf,
  stepNames,
  upload,
} from './support.ts'
import { until } from '../../adapters/support/until.ts'

const withManager = (externalId: string, manager: string): Readonly<Record<string, unknown>> =>
  employee(externalId, { [ENTERPRISE]: { manager: { value: manager } } })

void test('an unknown employee is created, with the steps of a create', async (t) => {
  const entra = await open(t)
  await provision(
    entra,
    employee('1', { name: { familyName: 'Jensen' }, [ENTERPRISE]: { department: 'Sales' } }),
  )
  const [record, ...more] = await recordsOf(entra, '1')
  assert.equal(more.length, 0)
  assert.equal(record?.provisioningAction, 'create')
  assert.equal(record.provisioningStatusInfo.status, 'success')
  assert.deepEqual(stepNames(record), [
    'EntryImportAdd',
    'EntrySynchronizationScoping',
    'EntrySynchronizationAdd',
    'EntryExportAdd',
  ])
  assert.deepEqual(record.provisioningSteps[0]?.details, {
    externalId: '1',
    userName: '1@example.com',
    displayName: 'Employee 1',
    namefamilyName: 'Jensen',
    urnietfparamsscimschemasextensionenterprise20Userdepartment: 'Sales',
  })
  assert.deepEqual(changes(record)['accountEnabled'], [null, 'True'])
})

void test('a change of a known employee is an update that names old and new values', async (t) => {
  const entra = await open(t)
  await provision(entra, employee('1', { title: 'Guide' }))
  await provision(entra, employee('1', { title: 'Lead' }))
  const [record] = await recordsOf(entra, '1')
  assert.equal(record?.provisioningAction, 'update')
  assert.deepEqual(stepNames(record), [
    'EntryImportAdd',
    'EntryImport',
    'EntrySynchronizationScoping',
    'EntryExportUpdate',
  ])
  assert.deepEqual(changes(record), { jobTitle: ['Guide', 'Lead'] })
  assert.equal(record.provisioningSteps[1]?.details['jobTitle'], 'Guide')
})

void test('active false disables and active true enables again', async (t) => {
  const entra = await open(t)
  await provision(entra, employee('1'))
  await provision(entra, employee('1', { active: false }))
  await provision(entra, employee('1', { active: true }))
  const [enabled, disabled] = await recordsOf(entra, '1')
  assert.equal(disabled?.provisioningAction, 'disable')
  assert.deepEqual(changes(disabled), { accountEnabled: ['True', 'False'] })
  assert.equal(enabled?.provisioningAction, 'update')
  assert.deepEqual(changes(enabled), { accountEnabled: ['False', 'True'] })
  assert.equal((await entra.directory())['1']?.operations, 3)
})

void test('the same record again is skipped as RedundantExport', async (t) => {
  const entra = await open(t)
  await provision(entra, employee('1'))
  await provision(entra, employee('1'))
  const [record] = await recordsOf(entra, '1')
  assert.equal(record?.provisioningAction, 'other')
  assert.equal(record.provisioningStatusInfo.status, 'skipped')
  assert.equal(record.provisioningSteps.at(-1)?.details['SkipReason'], 'RedundantExport')
  assert.deepEqual(record.modifiedProperties, [])
})

void test('no record echoes active, and the import step does when asked to', async (t) => {
  const entra = await open(t)
  await provision(entra, employee('1', { active: false }))
  const [record] = await recordsOf(entra, '1')
  assert.ok(!('active' in (record?.provisioningSteps[0]?.details ?? {})))
  assert.equal(record?.provisioningSteps[1]?.details['Active in the source system'], 'False')
  const echoing = await open(t, { echoActive: true })
  await provision(echoing, employee('1', { active: false }))
  assert.equal((await recordsOf(echoing, '1'))[0]?.provisioningSteps[0]?.details['active'], 'False')
})

void test('an unknown employee who is not active is created disabled, or fails without a user name', async (t) => {
  const entra = await open(t)
  await provision(
    entra,
    employee('1', { active: false }),
    employee('2', { active: false, userName: undefined }),
  )
  assert.equal((await recordsOf(entra, '1'))[0]?.provisioningAction, 'create')
  const directory = await entra.directory()
  assert.equal(directory['1']?.active, false)
  assert.equal(directory['2'], undefined)
  const [failed] = await recordsOf(entra, '2')
  assert.equal(failed?.provisioningStatusInfo.status, 'failure')
  assert.equal(failed.provisioningStatusInfo.errorInformation?.errorCode, 'MandatoryFieldsMissing')
  assert.equal(failed.targetIdentity.id, '')
})

void test('a null, an empty and an omitted attribute are cleared when nulls flow, and left alone when they do not', async (t) => {
  const before = employee('1', {
    title: 'Guide',
    nickName: 'Bo',
    [ENTERPRISE]: { department: 'Sales', division: 'Parks' },
  })
  const after = employee('1', { nickName: '', [ENTERPRISE]: { department: null, division: 'Parks' } })
  const flowing = await open(t)
  await provision(flowing, before)
  await provision(flowing, after)
  assert.deepEqual((await flowing.directory())['1']?.record, {
    externalId: '1',
    userName: '1@example.com',
    displayName: 'Employee 1',
    active: true,
    [ENTERPRISE]: { division: 'Parks' },
  })
  assert.deepEqual(changes((await recordsOf(flowing, '1'))[0])['department'], ['Sales', null])
  const held = await open(t, { flowNulls: false })
  await provision(held, before)
  await provision(held, after)
  const record = (await held.directory())['1']?.record
  assert.deepEqual(record?.[ENTERPRISE], { department: 'Sales', division: 'Parks' })
  assert.equal(record['title'], 'Guide')
})

void test('an omitted active disables the account, or does nothing when so configured', async (t) => {
  for (const [omittedActive, active] of [['disable', false] as const, ['ignore', true] as const]) {
    const entra = await open(t, { omittedActive })
    await provision(entra, employee('1'))
    await provision(entra, employee('1', { active: undefined }))
    assert.equal((await entra.directory())['1']?.active, active)
  }
})

void test('the directory holds the merged user with work entries, custom schemas and the manager as sent', async (t) => {
  const entra = await open(t)
  const emails = [
    { type: 'home', value: 'home@example.com' },
    { type: 'work', value: 'work@example.com', primary: true },
  ]
  const custom = { 'urn:contoso:employee': { HireDate: '2021-05-01', Nested: { 'a.b': 'c' } } }
  const user = employee('1', {
    name: { givenName: 'Bo' },
    emails,
    ...custom,
    [ENTERPRISE]: { manager: { value: '9', displayName: 'Nine' } },
  })
  await provision(entra, user)
  const { schemas: _, ...sent } = user
  assert.deepEqual((await entra.directory())['1']?.record, { ...sent, emails: emails.slice(1) })
  const response = await fetch(`http://127.0.0.1:${entra.port}/directory`)
  assert.deepEqual(await response.json(), await entra.directory())
})

void test('a manager created later in the cycle is assigned by a follow-up record of the same change', async (t) => {
  const entra = await open(t)
  await provision(entra, withManager('1', '2'), employee('2'))
  const [followUp, created] = await recordsOf(entra, '1')
  assert.equal(created?.provisioningStatusInfo.status, 'success')
  const skip = created.provisioningSteps.find(({ name }) => name === 'EntrySynchronizationSkip')
  assert.equal(skip?.status, 'success')
  assert.deepEqual(skip.details, {
    '2': 'manager Add',
    PropertyName: 'manager',
    SkipReason: 'UnableToResolveReferenceAttributeValue',
  })
  assert.deepEqual(stepNames(followUp), ['EntryExportUpdate'])
  assert.equal(followUp?.changeId, created.changeId)
  assert.equal(followUp.cycleId, created.cycleId)
  const directory = await entra.directory()
  assert.deepEqual(changes(followUp), { manager: [null, directory['2']?.objectId ?? ''] })
})

void test('a manager created in a later cycle, and mutual managers, are resolved too', async (t) => {
  const entra = await open(t)
  await provision(
    entra,
    withManager('1', '9'),
    withManager('2', '3'),
    withManager('3', '2'),
    withManager('4', '4'),
  )
  assert.equal((await recordsOf(entra, '1')).length, 1)
  assert.equal((await recordsOf(entra, '2')).length, 2)
  assert.equal((await recordsOf(entra, '3')).length, 1, 'the manager of the second of two was known by then')
  assert.equal((await recordsOf(entra, '4')).length, 2)
  await provision(entra, employee('9'))
  const [followUp, created] = await recordsOf(entra, '1')
  assert.equal(followUp?.changeId, created?.changeId)
  assert.notEqual(followUp?.cycleId, created?.cycleId)
})

void test('the same employee twice in one cycle gives two changes', async (t) => {
  const entra = await open(t)
  await upload(entra, employee('1', { title: 'A' }))
  await upload(entra, employee('1', { title: 'B' }))
  await entra.runCycle()
  const [second, first] = await recordsOf(entra, '1')
  assert.notEqual(first?.changeId, second?.changeId)
  assert.equal(first?.cycleId, second?.cycleId)
  assert.equal((await entra.directory())['1']?.record['title'], 'B')
})

void test('a shuffled cycle takes operations in an order that depends on the seed only', async (t) => {
  const orders: string[] = []
  for (const seed of [7, 7, 8]) {
    const entra = await open(t, { orderInCycle: 'shuffled', seed })
    await provision(entra, ...Array.from({ length: 20 }, (_, index) => employee(String(index))))
    orders.push((await logRecords(entra)).map((record) => record.sourceIdentity.id).join())
  }
  assert.equal(orders[0], orders[1])
  assert.notEqual(orders[0], orders[2])
})

void test('two users cannot have the same user name', async (t) => {
  const entra = await open(t)
  await provision(
    entra,
    employee('1', { userName: 'bo@example.com' }),
    employee('2', { userName: 'BO@example.com' }),
  )
  assert.equal(
    (await recordsOf(entra, '2'))[0]?.provisioningStatusInfo.errorInformation?.errorCode,
    'EntryConflict',
  )
  await provision(
    entra,
    employee('1', { userName: 'bob@example.com' }),
    employee('2', { userName: 'BO@example.com' }),
  )
  assert.equal((await recordsOf(entra, '2'))[0]?.provisioningAction, 'create')
})

void test('the truth names the operation that each record answers', async (t) => {
  const entra = await open(t)
  const body = bulk([withManager('1', '2'), employee('2')])
  const response = await post(entra.endpoint, body, { 'client-request-id': 'call-1' })
  await entra.runCycle()
  const truth = await entra.truth()
  assert.deepEqual(
    new Set(truth.map(({ recordId }) => recordId)),
    new Set((await logRecords(entra)).map(({ id }) => id)),
  )
  assert.equal(truth.length, 3)
  assert.ok(
    truth.every(
      ({ clientRequestId, requestId }) =>
        clientRequestId === 'call-1' && requestId === response.headers.get('request-id'),
    ),
  )
  assert.deepEqual(await (await fetch(`http://127.0.0.1:${entra.port}/truth`)).json(), truth)
})

void test('the fast settings need no help: cycles run and records appear', async () => {
  const entra = await startEntra({ settings: FAST_SETTINGS })
  await upload(entra, employee('1'))
  assert.equal((await recordsOf(entra, '1')).length, 0)
  await until('a record appears', async () => (await recordsOf(entra, '1')).length > 0)
  assert.equal((await recordsOf(entra, '1')).length, 1)
  await Promise.all([entra.stop(), entra.stop()])
  await assert.rejects(fetch(entra.endpoint))
})

void test('a cycle of 5,000 operations leaves the event loop free', async (t) => {
  const entra = await open(t)
  for (let call = 0; call < 100; call += 1) {
    await upload(
      entra,
      ...Array.from({ length: 50 }, (_, index) => withManager(`${call}-${index}`, `${(call + 1) % 100}-0`)),
    )
  }
  const turns: number[] = []
  // Processor time of this thread: what other programs take of the machine is not the cycle's
  // doing.
  const busyMs = (): number => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  }
  let last = busyMs()
  let isRunning = true
  const turn = (): void => {
    const at = busyMs()
    turns.push(at - last)
    last = at
    if (isRunning) setImmediate(turn)
  }
  setImmediate(turn)
  await entra.runCycle()
  isRunning = false
  assert.equal((await entra.stats()).stagedNow, 0)
  assert.equal(Object.keys(await entra.directory()).length, 5_000)
  // The third longest: nor is a pause of the garbage collector.
  const [, , third = 0] = turns.sort((a, b) => b - a)
  assert.ok(third < 20, `a turn of the event loop took ${third} ms`)
})
