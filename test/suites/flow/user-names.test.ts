import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { FAST_ENVIRONMENT } from '../../../src/config/environment.ts'
import { command } from '../../fakes/cli.ts'
import { publishedContracts } from '../../fakes/contracts.ts'
import { receive } from '../../fakes/receiving.ts'
import { headers } from '../../local/entra/support.ts'
import { configOf } from '../../local/service-bus/support.ts'
import { startConnector } from './connector.ts'

const FILE = `
settings:
  LEDGER: \${FOLDER}/ledger.db
  OUTCOME_ACCOUNT: userName,mail
sources:
  - { name: /hr/acme, queue: hr-events }
`
interface Proposed {
  readonly directoryAsked: boolean
  readonly proposals: readonly {
    readonly employeeId: string
    readonly deadLetters: readonly string[]
    readonly holder: { readonly employeeId: string }
    readonly free: readonly string[]
  }[]
}
const BY = ['--actor', 'ann', '--justification', 'ticket 7'] as const

void test('a hire whose user name is taken gets a free one that a person accepts, and HR is told the name that Entra holds', async (context) => {
  await using connector = await startConnector(
    context,
    FILE,
    configOf({ 'hr-events': {}, 'hr-outcomes': {} }),
  )
  const { broker, connect, entra, folder } = connector
  const client = connect()
  const outcomes = client.createReceiver('hr-outcomes', { receiveMode: 'receiveAndDelete' })
  const { troubles } = publishedContracts()
  const hire = (subject: string): Promise<void> =>
    client.createSender('hr-events').sendMessages({
      body: {
        specversion: '1.0',
        id: `e-${subject}`,
        source: '/hr/acme',
        type: 'worker.hired',
        subject,
        time: '2026-01-05T09:00:00Z',
        data: {
          worker: { userName: 'ann@contoso.com', name: { givenName: 'Ann', familyName: 'Bell' } },
        },
      },
    })
  const outcome = async (): Promise<unknown> => {
    const [message] = await receive(outcomes, 1, 20_000)
    assert.deepEqual(troubles('outcome', message?.body), [])
    const { state, reason, account } = Object(Reflect.get(Object(message?.body), 'data'))
    return [state, reason, account]
  }
  const rollcall = (...args: readonly string[]) =>
    command([...args, ...BY], {
      ...FAST_ENVIRONMENT,
      ROLLCALL_CONFIG: join(folder, 'rollcall.yaml'),
      FOLDER: folder,
      SERVICEBUS_CONNECTION_STRING: broker.connectionString,
      CONTROL_QUEUE: 'none',
      PROVISIONING_ENDPOINT: entra.endpoint,
      PROVISIONING_ALLOW_HTTP: 'true',
      AUTH_MODE: 'local',
    })

  await hire('1')
  assert.deepEqual(await outcome(), ['confirmed', null, { userName: 'ann@contoso.com', mail: null }])
  await fetch(`http://127.0.0.1:${entra.port}/v1.0/users`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ userPrincipalName: 'Ann.Bell@contoso.com' }),
  })
  await hire('2')
  assert.deepEqual(await outcome(), ['dead-lettered', 'EntryConflict', null])

  const table = join(folder, 'names.csv')
  const proposed = await rollcall('dead-letters', 'names', '--out', table, '--output', 'json')
  assert.equal(proposed.code, 0, proposed.stderr)
  const { directoryAsked, proposals } = JSON.parse(proposed.stdout) as Proposed
  assert.equal(directoryAsked, true)
  assert.deepEqual(
    proposals.map(({ employeeId, holder, free }) => [employeeId, holder.employeeId, free]),
    [['2', '1', ['a.bell@contoso.com', 'ann.bell2@contoso.com', 'ann.bell3@contoso.com']]],
  )
  const deadLetters = proposals.flatMap((one) => one.deadLetters)
  const replayed = await rollcall('replay', ...deadLetters, '--patch', table, '--yes')
  assert.equal(replayed.code, 0, replayed.stderr)
  assert.deepEqual(await outcome(), ['confirmed', null, { userName: 'a.bell@contoso.com', mail: null }])
})
