import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../../adapters/support/until.ts'
import { command } from '../../fakes/cli.ts'
import { publishedContracts } from '../../fakes/contracts.ts'
import { configOf } from '../../local/service-bus/support.ts'
import { receive } from '../../fakes/receiving.ts'
import { startConnector } from './connector.ts'

const FILE = `
settings:
  LEDGER: \${FOLDER}/ledger.db
sources:
  - { name: /hr/acme, match: /hr/acme, queue: hr-events }
  - { name: /security, match: /security, queue: security-events, may: [block] }
`
const BY = ['--actor', 'ann', '--justification', 'ticket 7'] as const

void test('a blocked employee stays disabled through a rehire until an unblock, by a command and by events', async (context) => {
  await using connector = await startConnector(
    context,
    FILE,
    configOf({ 'hr-events': {}, 'security-events': {}, 'hr-outcomes': {} }),
  )
  const { broker, connect, entra, folder } = connector
  const client = connect()
  const outcomes = client.createReceiver('hr-outcomes', { receiveMode: 'receiveAndDelete' })
  const { troubles } = publishedContracts()
  let sent = 0
  const tell = async (queue: string, type: string, data?: object): Promise<void> => {
    sent += 1
    const time = new Date().toISOString()
    const source = queue === 'hr-events' ? '/hr/acme' : '/security'
    const event = { specversion: '1.0', id: `e-${sent}`, source, type, subject: '1', time }
    await client.createSender(queue).sendMessages({ body: data ? { ...event, data } : event })
  }
  const outcome = async (): Promise<string> => {
    const [message] = await receive(outcomes, 1, 20_000)
    assert.deepEqual(troubles('outcome', message?.body), [])
    const { state, reason } = Object(Reflect.get(Object(message?.body), 'data'))
    return `${state} ${reason}`
  }
  const isActive = async (): Promise<boolean | undefined> => (await entra.directory())['1']?.active
  const rollcall = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await command(args, { LEDGER: join(folder, 'ledger.db') })
    assert.equal(code, 0, stderr)
  }

  await tell('hr-events', 'worker.hired', { worker: { userName: 'ann@contoso.com' } })
  assert.equal(await outcome(), 'confirmed null')
  assert.equal(await isActive(), true)

  await rollcall('block', '1', ...BY)
  await until('the account is disabled', async () => (await isActive()) === false)
  await tell('hr-events', 'worker.rehired', { worker: { title: 'Head' } })
  assert.equal(await outcome(), 'confirmed Blocked')
  const held = (await entra.directory())['1']
  assert.deepEqual([held?.active, held?.record['title']], [false, 'Head'])
  await rollcall('unblock', '1', ...BY)
  await until('the account is enabled', async () => (await isActive()) === true)

  await tell('hr-events', 'worker.blocked')
  await until('the event is refused', async () => (await broker.counts('hr-events')).deadLetter === 1)
  await tell('security-events', 'worker.blocked')
  assert.equal(await outcome(), 'confirmed null')
  assert.equal(await isActive(), false)
  await tell('security-events', 'worker.unblocked')
  assert.equal(await outcome(), 'confirmed null')
  assert.equal(await isActive(), true)
})
