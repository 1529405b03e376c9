import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../adapters/support/until.ts'
import { configOf } from '../../local/service-bus/support.ts'
import { startConnector } from './connector.ts'

/** Both destinations are in one tenant, so that an employee who moves keeps the account. */
const FILE = `
settings:
  LEDGER: \${FOLDER}/ledger.db
  CALLS_PER_DAY: 1000
sources:
  - { name: /hr/acme, queue: hr-events }
destinations:
  - { name: branch, kind: scim, endpoint: "\${SCIM}", where: { organization: Branch }, usdPerDay: 1, usdPerMonth: 5 }
  - { name: office, endpoint: "\${JOB}" }
`

void test('joiners, movers and leavers of a direct destination, a refusal, and moves from and to a job', async (context) => {
  await using connector = await startConnector(
    context,
    FILE,
    configOf({ 'hr-events': {}, 'hr-outcomes': {} }),
  )
  const { connect, entra, ledger } = connector
  const sender = connect().createSender('hr-events')
  let sent = 0
  const say = (subject: string, worker: object): Promise<void> =>
    sender.sendMessages({
      body: {
        specversion: '1.0',
        id: `e${++sent}`,
        source: '/hr/acme',
        type: 'worker.updated',
        subject,
        time: new Date(Date.UTC(2026, 0, 5, 9, 0, sent)).toISOString(),
        data: { worker },
      },
    })
  const hire = (id: string, organization: string, more: object = {}): Promise<void> =>
    say(id, {
      userName: `${id}@contoso.com`,
      displayName: `Employee ${id}`,
      name: { givenName: 'E', familyName: id },
      active: true,
      organization,
      ...more,
    })
  const statesOf = async (id: string): Promise<string> =>
    ((await ledger.readTrace(id))?.events ?? []).map(({ state }) => state).join()
  const reached = (id: string, states: string): Promise<void> =>
    until(`${id} is ${states}`, async () => (await statesOf(id)) === states)
  /** Accounts are known to the job by employee id, and otherwise by object id. */
  const accounts = async (): Promise<readonly string[]> =>
    Object.values(await entra.directory()).map(({ active }) => (active ? 'enabled' : 'disabled'))

  await hire('1', 'Branch', { title: 'x'.repeat(200) })
  await reached('1', 'dead-lettered')
  assert.deepEqual(await accounts(), [])
  const [refused] = (await ledger.readTrace('1'))?.events ?? []
  assert.equal(refused?.reason, 'Http400')
  await say('1', { title: 'Clerk' })
  await hire('1', 'Branch', { title: 'Clerk' })
  await until('the account is there', async () => (await accounts()).join() === 'enabled')

  await hire('2', 'Office')
  await reached('2', 'confirmed')
  const { objectId } = (await entra.directory())['2'] ?? {}
  await say('2', { organization: 'Branch' })
  await reached('2', 'confirmed,confirmed')
  assert.deepEqual(await accounts(), ['enabled', 'enabled'])
  const access = await ledger.readAccess('2', Date.now())
  assert.deepEqual([access?.employee?.account?.destination, access?.objectId], ['branch', objectId])

  await say('2', { active: false })
  await reached('2', 'confirmed,confirmed,confirmed')
  assert.equal((await entra.directory())['2']?.active, false)
  await say('1', { organization: 'Office' })
  await until('the job has the employee', async () => (await entra.directory())['1']?.active === true)
  assert.equal((await accounts()).length, 2)
  const { day } = await ledger.readDirectSpending(Date.now(), 'branch')
  assert.equal(day, (await entra.stats()).scimBilled * 2_000)
})
