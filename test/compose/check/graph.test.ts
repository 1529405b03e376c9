import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { proveGraph } from '../../../src/compose/check/graph.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { type EntraSettings, readSettings } from '../../../src/local/entra/settings.ts'
import { employee, open, provision } from '../../local/entra/support.ts'

/** `what outcome: say` of everything that is checked of Graph, with the double set up like this. */
async function checked(
  t: TestContext,
  settings: Partial<EntraSettings> = {},
  {
    environment = {},
    employees = [],
  }: { environment?: Readonly<Record<string, string>>; employees?: readonly string[] } = {},
): Promise<readonly string[]> {
  const entra = await open(t, settings)
  if (employees.length > 0) await provision(entra, ...employees.map((id) => employee(id)))
  const { endpoint } = entra
  const config = readConfig({
    AUTH_MODE: 'local',
    LEDGER: ':memory:',
    PROVISIONING_ENDPOINT: endpoint,
    PROVISIONING_ALLOW_HTTP: 'true',
    ...environment,
  })
  return (await proveGraph(config)).map(({ what, outcome, say }) => `${what} ${outcome}: ${say}`)
}
const aboutSchema = (proofs: readonly string[]): readonly string[] =>
  proofs.filter((one) => one.startsWith('job schema'))

void it('the job of the default mapping matches by externalId; attributes that it does not map are named', async (t) => {
  const proofs = await checked(t, { deletionThreshold: 500 })
  assert.deepEqual(aboutSchema(proofs), [
    'job schema ok: matches accounts by externalId, and maps active',
    'job schema not known: name.middleName, name.formatted, nickName, locale, timezone, urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber are sent and not mapped, so they do not reach the directory',
    'job schema not known: "Flow null values" has to be on in the mapping of an attribute as well, which Graph does not show: look in the portal',
    'job schema not known: more than 500 deactivations in one cycle put the job into quarantine',
  ])
  assert.ok(proofs.includes('users ok: can be read: accounts are compared every 24.0 h'))
})

void it('a job that cannot disable, update or find employees fails the check', async (t) => {
  const proofs = await checked(t, {
    mapping: [
      { type: 'direct', target: 'mail', source: 'emails[type eq "work"].value', matching: 1 },
      { type: 'direct', target: 'employeeId', source: 'externalId', matching: 2 },
      { type: 'direct', target: 'accountEnabled', source: 'active', apply: 'onCreate' },
      { type: 'expression', target: 'country', expression: 'ToUpper([addresses[type eq "work"].country])' },
    ],
    targetActions: { create: true, update: false },
    scope: [[{ source: 'userType', operator: 'EQUALS', value: 'Employee' }]],
    flowNulls: false,
  })
  const [matching, actions, active, unmapped, nulls, scope, threshold, ...none] = aboutSchema(proofs)
  assert.match(matching ?? '', /not known: accounts are matched by mail first/)
  assert.match(actions ?? '', /failed: the target object actions lack Update/)
  assert.match(active ?? '', /failed: active is mapped to accountEnabled for new accounts only/)
  assert.match(unmapped ?? '', /not known: userName, .* and \d+ more are sent and not mapped/)
  assert.doesNotMatch(unmapped ?? '', /country/)
  assert.match(
    nulls ?? '',
    /emails\[type eq "work"\]\.value, addresses\[type eq "work"\]\.country are not cleared/,
  )
  assert.match(scope ?? '', /a scoping filter on userType leaves employees out/)
  assert.match(threshold ?? '', /no accidental-deletion threshold is set/)
  assert.deepEqual(none, [])
})

void it('failed operations that the job retries are counted beside the limits of quarantine', async (t) => {
  const proofs = await checked(t, { mandatory: ['title'] }, { employees: ['1', '2'] })
  const last = aboutSchema(proofs).at(-1) ?? ''
  assert.match(
    last,
    /^job schema not known: the job retries failed operations itself: 2 of 5,000 for the share/,
  )
  assert.match(last, /2 of 40,001 .*, 2 of 60,001 /)
})

void it('without the rights to read job and users the check goes on, and says what goes without', async (t) => {
  const faults = (['job', 'users'] as const).map(
    (on) => ({ kind: 'status', on, status: 403, times: 9 }) as const,
  )
  const proofs = await checked(
    t,
    { faults: [...faults] },
    { environment: { DIRECTORY_DIFF_MS: 'unlimited' } },
  )
  assert.deepEqual(aboutSchema(proofs), [])
  assert.ok(proofs.some((one) => /^users not known: .*User\.Read\.All/.test(one)))
  assert.ok(proofs.every((one) => !/ failed: /.test(one)))
})

void it('the right to read users is needed when outcomes are to name accounts', async (t) => {
  const faults = [{ kind: 'status', on: 'users', status: 403, times: 9 } as const]
  const proofs = await checked(t, { faults }, { environment: { OUTCOME_ACCOUNT: 'userName' } })
  assert.ok(proofs.some((one) => /^users failed: .*User\.Read\.All.*OUTCOME_ACCOUNT/.test(one)))
})

void it('object connections are asked for when they are wanted, and without the right the permission is named', async (t) => {
  const about = async (settings: Partial<EntraSettings>, on: 'on' | 'off'): Promise<readonly string[]> => {
    const proofs = await checked(t, settings, { environment: { OBJECT_CONNECTIONS: on } })
    return proofs.filter((one) => one.startsWith('object connections'))
  }
  assert.deepEqual(await about({}, 'off'), [])
  assert.deepEqual(await about({}, 'on'), [
    'object connections ok: can be asked for before an operation is given up',
  ])
  const [refused = ''] = await about({ faults: [{ kind: 'status', on: 'connection', status: 403 }] }, 'on')
  assert.match(
    refused,
    /^object connections not known: not allowed \(403\): grant SynchronizationMetadata\.Read\.OwnedBy/,
  )
})

void it('the log is read where the configuration says, and a workspace that refuses names the role', async (t) => {
  const { workspaceId } = readSettings({})
  const about = async (settings: Partial<EntraSettings>): Promise<string> => {
    const entra = await open(t, settings)
    const config = readConfig({
      AUTH_MODE: 'local',
      LEDGER: ':memory:',
      PROVISIONING_ENDPOINT: entra.endpoint,
      PROVISIONING_ALLOW_HTTP: 'true',
      LOG_ANALYTICS_WORKSPACE: workspaceId,
      LOG_ANALYTICS_ENDPOINT: new URL(entra.endpoint).origin,
    })
    const [log] = await proveGraph(config)
    return `${log?.outcome}: ${log?.say}`
  }
  const noGraph = { kind: 'status', on: 'log', status: 403, times: 9 } as const
  assert.equal(await about({ faults: [noGraph] }), 'ok: can be read in the Log Analytics workspace')
  assert.match(
    await about({ faults: [{ kind: 'status', on: 'workspace', status: 403 }] }),
    /^failed: .*answered 403; grant Log Analytics Data Reader/,
  )
  assert.match(await about({ workspaceId: 'another' }), /^failed: .*404.*LOG_ANALYTICS_WORKSPACE/)
})
