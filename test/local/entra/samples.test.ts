import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ENTERPRISE, type LogRecord, open, employee, post, provision, recordsOf } from './support.ts'

const folder = new URL('../../../../shared/data/entra/', import.meta.url)
const skip = existsSync(folder) ? false : 'the collected payloads are not beside this repository'
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8')
const readRecord = (name: string): LogRecord => JSON.parse(read(name))

/** Every path in a value, with the type of the value. */
function shape(value: unknown, at = ''): readonly string[] {
  if (Array.isArray(value)) return [`${at}[]`, ...value.slice(0, 1).flatMap((item) => shape(item, `${at}[]`))]
  if (typeof value !== 'object' || value === null) return [`${at}: ${value === null ? 'null' : typeof value}`]
  return Object.entries(value).flatMap(([key, part]) => shape(part, `${at}.${key}`))
}

/** The shape without what depends on the attributes that were sent. */
const fixedShape = (record: LogRecord | undefined): readonly string[] =>
  shape({
    ...record,
    provisioningSteps: record?.provisioningSteps.map((step) => ({ ...step, details: {} })).slice(0, 1),
  })
    .filter((path) => !path.startsWith('.modifiedProperties[].oldValue'))
    .sort()

void test('the samples of Microsoft are accepted, and what is not SCIM is refused', { skip }, async (t) => {
  const entra = await open(t)
  const samples = [
    'graphdocs-ex1-standard-schema',
    'graphdocs-ex2-custom-schema',
    'graphdocs-ex3-partial-update-disable',
    'csv2scim-sample',
  ].concat(['entradocs-custom-attributes', 'entradocs-clear-attributes-null-empty'])
  for (const sample of samples)
    assert.equal((await post(entra.endpoint, read(`bulkupload-request-${sample}.json`))).status, 202, sample)
  assert.equal(
    (await post(entra.endpoint, read('bulkupload-request-invalid-non-scim-postman.json'))).status,
    400,
  )
  await entra.runCycle()
  const directory = await entra.directory()
  assert.equal(directory['807609']?.record['userName'], 'DoeJane', 'attribute names are not case-sensitive')
})

void test(
  'the standard sample creates both users and resolves the manager among them',
  { skip },
  async (t) => {
    const entra = await open(t)
    await post(entra.endpoint, read('bulkupload-request-graphdocs-ex1-standard-schema.json'))
    await entra.runCycle()
    const [first] = await recordsOf(entra, '701984')
    assert.ok(first?.provisioningSteps.some(({ details }) => details['89607'] === 'manager Add'))
    const [second] = await recordsOf(entra, '701985')
    assert.ok(
      second?.modifiedProperties.some(
        ({ displayName, newValue }) => displayName === 'manager' && newValue === first?.targetIdentity.id,
      ),
    )
  },
)

void test('records have the shape of the real ones, field by field', { skip }, async (t) => {
  const entra = await open(t)
  const real = (name: string): LogRecord => readRecord(`provlog-api2aad-${name}.json`)
  const user = { name: { familyName: 'User', givenName: 'Test' }, title: 'Sales Executive' }
  const sent = (more: object): object =>
    employee('10018', {
      ...user,
      [ENTERPRISE]: { department: 'Sales', manager: { value: '10019' } },
      ...more,
    })
  await provision(entra, { ...sent({}) })
  await provision(entra, employee('10019'))
  await provision(entra, { ...sent({ title: 'Vice President' }) })
  const url = `http://127.0.0.1:${entra.port}/beta/auditLogs/provisioning?$filter=sourceIdentity/id eq '10018'`
  const answer = await fetch(url, { headers: { authorization: 'Bearer any' } })
  const { value }: { readonly value: readonly LogRecord[] } = JSON.parse(await answer.text())
  const [updated, followUp, created] = value
  assert.deepEqual(fixedShape(created), fixedShape(real('create-success-manager-deferred')))
  assert.deepEqual(fixedShape(followUp), fixedShape(real('manager-resolution-update-same-changeId')))
  assert.deepEqual(fixedShape(updated), fixedShape(real('update-success')))
  const steps = (record: LogRecord | undefined): unknown =>
    record?.provisioningSteps.map(({ name, provisioningStepType, status }) => ({
      name,
      provisioningStepType,
      status,
    }))
  assert.deepEqual(steps(created), steps(real('create-success-manager-deferred')))
  assert.deepEqual(steps(followUp), steps(real('manager-resolution-update-same-changeId')))
  assert.deepEqual(steps(updated), steps(real('update-success')))
  const echo = (record: LogRecord | undefined): readonly string[] =>
    Object.keys(record?.provisioningSteps[0]?.details ?? {}).sort()
  assert.deepEqual(echo(created), echo(real('create-success-manager-deferred')))
})
