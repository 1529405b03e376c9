import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { configOf } from '../../local/service-bus/support.ts'
import { receive } from '../../fakes/receiving.ts'
import { startConnector } from './connector.ts'

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
  await using connector = await startConnector(
    context,
    FILE,
    configOf({ 'hr-events': {}, nsb: {}, 'hr-outcomes': {} }),
  )
  const { connect, entra } = connector
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
})
