import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { configOf } from '../../local/service-bus/support.ts'
import { receive } from '../../fakes/receiving.ts'
import { startConnector } from './connector.ts'

const FILE = `
settings:
  LEDGER: \${FOLDER}/ledger.db
activation: { policy: announce, attribute: hireDate }
notices: { waitMs: 0, pollMs: 50, attempts: 2, retryMs: 50 }
sources:
  - name: /hr/acme
    read:
      url: \${HR}/workers/{employee}
      allowHttp: true
      oauth: { tokenUrl: "\${HR}/token", clientId: rollcall, clientSecret: "\${HR_SECRET}" }
      access: { from: status, active: ["on"], inactive: ["off"] }
      worker: '{ "userName": mail, "title": job }'
      employee: id
      retryMs: 1
mapping:
  attributes:
    nickName: hireDate
`
const WORKERS = new Map([
  ['/workers/1', { id: 1, mail: 'ann@contoso.com', job: 'Head', status: 'on' }],
  ['/workers/2', { id: 2, mail: 'bob@contoso.com', job: 'Engineer', status: 'off' }],
  ['/workers/5', { id: 5, mail: 'S3cret@contoso.com', status: 'S3cret' }],
  ['/workers/6', { success: false, message: 'S3cret' }],
  ['/workers/7', { id: 8, mail: 'S3cret@contoso.com', status: 'on' }],
])

void test('notices are read from the HR system of their source and confirmed, and a hire to come is announced disabled', async (context) => {
  const hr = createServer((request, response) => {
    if (request.url === '/token') {
      const known = request.headers.authorization === `Basic ${btoa('rollcall:s3cret')}`
      const token = { access_token: 't0ken', token_type: 'Bearer', expires_in: 300 }
      return void response.writeHead(known ? 200 : 401).end(JSON.stringify(known ? token : {}))
    }
    const worker = WORKERS.get(request.url ?? '')
    const allowed = request.headers.authorization === 'Bearer t0ken'
    response.writeHead(allowed ? (worker ? 200 : 404) : 401).end(JSON.stringify(worker ?? {}))
  })
  await new Promise<void>((resolve) => hr.listen(0, '127.0.0.1', resolve))
  const address = hr.address()
  context.after(() => hr.close())
  await using connector = await startConnector(
    context,
    FILE,
    configOf({ 'hr-events': {}, 'hr-outcomes': {} }),
    {
      HR: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
      HR_SECRET: 's3cret',
    },
  )
  const { connect, entra, ledger } = connector
  const client = connect()
  const event = (id: string, subject: string, type: string, data: object): { readonly body: object } => ({
    body: { specversion: '1.0', id, source: '/hr/acme', type, subject, time: '2026-01-05T09:00:00Z', data },
  })
  const worker = { userName: 'cy@contoso.com' }
  await client
    .createSender('hr-events')
    .sendMessages([
      event('n1', '1', 'worker.updated', { mode: 'notice' }),
      event('n2', '2', 'worker.terminated', { mode: 'notice' }),
      event('n3', '3', 'worker.updated', { mode: 'notice' }),
      event('n5', '5', 'worker.updated', { mode: 'notice' }),
      event('n6', '6', 'worker.updated', { mode: 'notice' }),
      event('n7', '7', 'worker.updated', { mode: 'notice' }),
      event('h4', '4', 'worker.hired', { worker, effectiveDate: '2999-01-01' }),
    ])
  const outcomes = await receive(
    client.createReceiver('hr-outcomes', { receiveMode: 'receiveAndDelete' }),
    6,
    20_000,
  )
  const told = new Map(
    outcomes.map(({ body }) => [
      Reflect.get(Object(body), 'subject'),
      Object(Reflect.get(Object(body), 'data')),
    ]),
  )
  assert.deepEqual(
    ['1', '2', '3'].map((employeeId) => [
      Reflect.get(told.get(employeeId), 'state'),
      Reflect.get(told.get(employeeId), 'reason'),
    ]),
    [
      ['confirmed', null],
      ['confirmed', null],
      ['dead-lettered', 'HydrateFailed'],
    ],
  )
  assert.deepEqual(
    ['3', '5', '6', '7'].map(
      (employeeId) => String(Reflect.get(told.get(employeeId), 'detail')).split(';')[0],
    ),
    [
      'NotFound',
      'AccessUnknown: status is a status that the access rules do not know',
      'AnswerIsFailure: success says that the request failed',
      'OtherEmployee: employee yields the id of another employee',
    ],
  )
  assert.doesNotMatch(JSON.stringify(outcomes.map(({ body }) => body)), /S3cret|t0ken/)
  const record = async (id: string): Promise<object> =>
    Object(Reflect.get(Object(Reflect.get(await entra.directory(), id)), 'record'))
  assert.deepEqual(
    [Reflect.get(await record('1'), 'title'), Reflect.get(await record('2'), 'active')],
    ['Head', false],
  )
  while (Reflect.get(await record('4'), 'userName') === undefined)
    await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual(
    [Reflect.get(await record('4'), 'active'), Reflect.get(await record('4'), 'nickName')],
    [false, '2999-01-01'],
  )
  assert.equal((await ledger.readTrace('h4'))?.events[0]?.reason, 'Announced')
})
