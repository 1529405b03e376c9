import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { systemRuntime } from '../../../src/adapters/system.ts'
import { compose } from '../../../src/compose/connector.ts'
import { FAST_ENVIRONMENT } from '../../../src/config/environment.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { silentLogger, silentTelemetry } from '../../../src/core/runtime.ts'
import { startEntra } from '../../../src/local/entra/server.ts'
import { FAST_SETTINGS } from '../../../src/local/entra/settings.ts'
import { brokerFor, configOf, receive } from '../../local/service-bus/support.ts'

const FILE = `
settings:
  LEDGER: \${FOLDER}/ledger.db
sources:
  - { name: /hr/test, queue: hr-events }
  - name: /hr/nsb
    queue: nsb
    shape:
      fields: { PersonnelNumber: id, $message.properties.NServiceBus.EnclosedMessageTypes: text }
      id: $message.messageId
      event: |
        { "type": $contains($message.properties."NServiceBus.EnclosedMessageTypes", "EmploymentEnded")
            ? "worker.terminated" : "worker.hired",
          "subject": PersonnelNumber,
          "data": {
                    "worker": Mail ? { "userName": Mail, "name": $parse(Name) } : { "active": false } } }
`

void test('packed and encoded bodies, and messages whose meaning is in their properties, reach the directory', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-surroundings-'))
  const entra = await startEntra({ settings: FAST_SETTINGS })
  const { broker, connect } = await brokerFor(
    context,
    configOf({ 'hr-events': {}, nsb: {}, 'hr-outcomes': {} }),
  )
  const file = join(folder, 'rollcall.yaml')
  await writeFile(file, FILE)
  const config = readConfig({
    ...FAST_ENVIRONMENT,
    ROLLCALL_CONFIG: file,
    FOLDER: folder,
    SERVICEBUS_CONNECTION_STRING: broker.connectionString,
    CONTROL_QUEUE: 'none',
    PROVISIONING_ENDPOINT: entra.endpoint,
    PROVISIONING_ALLOW_HTTP: 'true',
    AUTH_MODE: 'local',
  })
  const composed = await compose(config, systemRuntime(silentLogger, silentTelemetry))
  const running = composed.service.run()
  try {
    const client = connect()
    const event = (id: string, subject: string, more: object): Buffer =>
      Buffer.from(
        JSON.stringify({
          specversion: '1.0',
          id,
          source: '/hr/test',
          type: 'worker.hired',
          subject,
          time: '2026-01-05T09:00:00Z',
          ...more,
        }),
      )
    const worker = (userName: string): object => ({ data: { worker: { userName, displayName: 'Zoë' } } })
    const data_base64 = Buffer.from('{"worker":{"userName":"three@contoso.com"}}').toString('base64')
    const one = event('e1', '1', worker('one@contoso.com'))
    await client.createSender('hr-events').sendMessages([
      { body: gzipSync(one), applicationProperties: { 'Content-Encoding': 'gzip' } },
      {
        body: Buffer.from(`\uFEFF${event('e2', '2', worker('two@contoso.com')).toString()}`, 'utf16le'),
        contentType: 'application/json; charset=utf-16',
      },
      { body: event('e3', '3', { datacontenttype: 'application/json', data_base64 }) },
    ])
    const nsb = client.createSender('nsb')
    const about = (messageId: string, type: string): object => ({
      messageId,
      subject: type,
      contentType: 'application/json',
      applicationProperties: { 'NServiceBus.EnclosedMessageTypes': `HR.Contracts.${type}, HR.Contracts` },
    })
    await nsb.sendMessages({
      body: { PersonnelNumber: '90101', Mail: 'n1@contoso.com', Name: '{"givenName":"Ida"}' },
      ...about('nsb-1', 'EmployeeHired'),
    })
    const outcomes = client.createReceiver('hr-outcomes', { receiveMode: 'receiveAndDelete' })
    await receive(outcomes, 4, 20_000)
    await nsb.sendMessages({
      body: { PersonnelNumber: '90101' },
      ...about('nsb-2', 'EmploymentEnded'),
    })
    await receive(outcomes, 1, 20_000)
    const directory = await entra.directory()
    const values = (id: string, ...names: readonly string[]): readonly unknown[] => {
      const record = Object(Reflect.get(Object(Reflect.get(directory, id)), 'record'))
      return names.map((name) => Reflect.get(record, name))
    }
    assert.deepEqual(values('1', 'userName', 'displayName'), ['one@contoso.com', 'Zoë'])
    assert.deepEqual(values('2', 'userName', 'displayName'), ['two@contoso.com', 'Zoë'])
    assert.deepEqual(values('3', 'userName'), ['three@contoso.com'])
    assert.deepEqual(values('90101', 'userName', 'active'), ['n1@contoso.com', false])
  } finally {
    await composed.service.stop()
    await running
    await composed.close()
    await entra.stop()
    await rm(folder, { recursive: true })
  }
})
