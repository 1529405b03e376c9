import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ServiceBusClient } from '@azure/service-bus'
import { connect } from '../../../src/adapters/service-bus/client.ts'
import { systemRuntime } from '../../../src/adapters/system.ts'
import { destinationLines } from '../../../src/cli/doubles/destinations.ts'
import { type Doubles, startDoubles } from '../../../src/cli/doubles/doubles.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { compose } from '../../../src/compose/connector.ts'
import { destinationNames } from '../../../src/compose/destinations/list.ts'
import { DAY_MS, silentLogger, silentTelemetry } from '../../../src/core/runtime.ts'
import { until } from '../../adapters/support/until.ts'
import { command } from '../../fakes/cli.ts'
import { publishedContracts } from '../../fakes/contracts.ts'
import { receive } from '../../fakes/receiving.ts'

const NAMES = ['north', 'south'] as const

/** A connector between the bus and two provisioning jobs. */
async function start(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-destinations-'))
  t.after(() => rm(folder, { recursive: true }))
  const doubles = await startDoubles({ fast: true, destinations: NAMES })
  t.after(() => doubles.stop())
  const file = join(folder, 'rollcall.yaml')
  await writeFile(file, destinationLines(NAMES).join('\n'))
  const environment = {
    ...doubles.environment,
    ROLLCALL_CONFIG: file,
    LEDGER: join(folder, 'ledger.db'),
    JOB_POLL_MS: '100',
    COALESCE_QUIET_MS: '50',
  }
  const config = readConfig(environment)
  const composed = await compose(config, systemRuntime(silentLogger, silentTelemetry))
  const running = composed.service.run()
  t.after(async () => {
    await composed.service.stop()
    await running
    await composed.close()
  })
  const bus = connect({
    kind: 'connection-string',
    connectionString: doubles.environment['SERVICEBUS_CONNECTION_STRING'] ?? '',
  })
  t.after(() => bus.close())
  return { doubles, environment, bus, ledger: composed.ledger, destinations: destinationNames(config) }
}

/** Sends what HR says, and reads the outcomes as they come. */
function conversation(bus: ServiceBusClient) {
  const sender = bus.createSender('hr-events')
  const receiver = bus.createReceiver('hr-outcomes', { receiveMode: 'receiveAndDelete' })
  const { troubles } = publishedContracts()
  let sent = 0
  return {
    say: async (subject: string, worker: object): Promise<void> => {
      const time = new Date().toISOString()
      const event = { specversion: '1.0', id: `e-${(sent += 1)}`, source: '/hr/acme', subject, time }
      await sender.sendMessages({ body: { ...event, type: 'worker.updated', data: { worker } } })
    },
    /** `employee state destination`, in the order of the employees. */
    outcomes: async (count: number): Promise<readonly string[]> => {
      const bodies = (await receive(receiver, count, 20_000)).map(({ body }) => Object(body))
      for (const body of bodies) assert.deepEqual(troubles('outcome', body), [])
      return bodies.map(({ subject, data }) => `${subject} ${data.state} ${data.destination}`).toSorted()
    },
  }
}

const hired = (subject: string, organization: string): object => ({
  active: true,
  userName: `${subject}@contoso.com`,
  displayName: subject,
  organization,
})

async function job(doubles: Doubles, name: string, action: 'pause' | 'start'): Promise<void> {
  const endpoint = doubles.entraOf.get(name)?.endpoint ?? ''
  const answer = await fetch(endpoint.replace(/bulkUpload$/, action), {
    method: 'POST',
    headers: { authorization: 'Bearer any' },
  })
  assert.equal(answer.status, 204)
}

/** When the log of this job says that it did something to the employee, in its order. */
async function loggedAt(doubles: Doubles, name: string, employee: string): Promise<readonly number[]> {
  const { endpoint = '' } = doubles.entraOf.get(name) ?? {}
  const url = new URL('/v1.0/auditLogs/provisioning', endpoint)
  const answer = await fetch(url, { headers: { authorization: 'Bearer any' } })
  const { value } = (await answer.json()) as {
    readonly value: readonly {
      readonly activityDateTime: string
      readonly sourceIdentity: { readonly id: string }
    }[]
  }
  return value
    .filter(({ sourceIdentity }) => sourceIdentity.id === employee)
    .map(({ activityDateTime }) => Date.parse(activityDateTime))
    .toSorted((one, other) => one - other)
}

void test('an employee who moves is disabled at one job and then enabled at the other, and a job that is paused holds up its own employees only', async (t) => {
  const { doubles, environment, bus, ledger, destinations } = await start(t)
  const { say, outcomes } = conversation(bus)
  const enabled = async (employee: string): Promise<readonly unknown[]> =>
    Promise.all(
      NAMES.map(async (name) => (await doubles.entraOf.get(name)?.directory())?.[employee]?.active ?? null),
    )

  await say('1', hired('1', 'north'))
  await say('2', hired('2', 'north'))
  await say('3', hired('3', 'south'))
  assert.deepEqual(await outcomes(3), ['1 confirmed north', '2 confirmed north', '3 confirmed south'])

  await say('1', { organization: 'south' })
  assert.deepEqual(await outcomes(1), ['1 confirmed south'])
  assert.deepEqual(await enabled('1'), [false, true])
  const [north, south] = [await loggedAt(doubles, 'north', '1'), await loggedAt(doubles, 'south', '1')]
  assert.equal(north.length, 2, 'created and disabled')
  // The log has whole seconds.
  assert.ok(Number(north.at(-1)) <= Number(south[0]), `disabled at ${north.at(-1)}, created at ${south[0]}`)

  const calls = await Promise.all(
    NAMES.map(async (name) => (await doubles.entraOf.get(name)?.stats())?.accepted ?? 0),
  )
  const figures = await ledger.readFigures({ now: Date.now(), brakeWindowMs: DAY_MS, destinations })
  const used = [figures, ...figures.others].map(({ quota }) => quota.used)
  const sum = calls.reduce((one, other) => one + other)
  assert.deepEqual(used, [sum, sum], 'both jobs count the calls of both')

  await job(doubles, 'north', 'pause')
  await until('the pause is seen', async () => {
    const [seen] = (await ledger.readFigures({ now: Date.now(), brakeWindowMs: DAY_MS, destinations })).holds
    return seen?.detail === 'Paused'
  })
  await say('2', { organization: 'south' })
  await say('3', { title: 'Head' })
  assert.deepEqual(await outcomes(1), ['3 confirmed south'])
  assert.deepEqual(await enabled('2'), [true, null])
  const { stdout } = await command(['explain', '2', '--output', 'json'], environment)
  assert.match(stdout, /op-\d+, which disables the account at north because the employee moves/)
  assert.doesNotMatch(stdout, /leaver-/)
  await job(doubles, 'north', 'start')
  assert.deepEqual(await outcomes(1), ['2 confirmed south'])
  assert.deepEqual(await enabled('2'), [false, true])
})
