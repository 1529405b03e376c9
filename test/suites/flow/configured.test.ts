import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configOf } from '../../local/service-bus/support.ts'
import { receive } from '../../fakes/receiving.ts'
import { until } from '../../adapters/support/until.ts'
import { startConnector } from './connector.ts'

const ACME = 'urn:ietf:params:scim:schemas:extension:acme:2.0:User'
const FILE = `
settings:
  LEDGER: \${FOLDER}/ledger.db
  OUTCOME_ACCOUNT: userName,mail
sources:
  - { name: /hr/acme, queue: hr-events, types: { hire: worker.hired } }
  - { name: /hr/bamboo, queue: bamboo, sessions: true, shape: bamboohr-fields }
  - { name: /hr/adp, topic: people, subscription: rollcall, shape: adp }
mapping:
  attributes:
    displayName: { jsonata: "name.givenName & ' ' & name.familyName" }
    userName: { jsonata: "userName ?: emails.work" }
    title: { jsonata: "$number(grade) > 0 ? 'Grade ' & grade : title" }
    ${ACME}:site: site
`

void test('a file brings events of several queues, shapes and sessions to the directory through its mapping, and one bad value stops no other event', async (context) => {
  await using connector = await startConnector(
    context,
    FILE,
    configOf({ 'hr-events': {}, bamboo: { RequiresSession: true }, 'hr-outcomes': {} }, [
      { Name: 'people', Subscriptions: [{ Name: 'rollcall' }] },
    ]),
  )
  const { connect, entra } = connector
  const client = connect()
  const canonical = (id: string, subject: string, worker: object): object => ({
    specversion: '1.0',
    id,
    source: '/hr/acme',
    type: 'hire',
    subject,
    time: '2026-01-05T09:00:00Z',
    data: { worker },
  })
  await client.createSender('hr-events').sendMessages([
    {
      body: canonical('good', '1', {
        userName: 'ann@contoso.com',
        name: { givenName: 'Ann', familyName: 'A' },
        grade: '3',
        site: 'Bonn',
      }),
    },
    { body: canonical('bad', '2', { userName: 'bob@contoso.com', grade: 'secret' }) },
  ])
  const fields = { 'First Name': 'Cy', 'Last Name': 'C', 'Work Email': 'cy@contoso.com', Status: 'Active' }
  await client.createSender('bamboo').sendMessages({
    sessionId: '3',
    body: { employees: [{ id: '3', action: 'Created', timestamp: '2026-01-05T09:00:00+0000', fields }] },
  })
  const hire = {
    associateOID: '4',
    person: { legalName: { givenName: 'Di', familyName1: 'D' } },
    businessCommunication: { emails: [{ emailUri: 'di@contoso.com' }] },
  }
  await client.createSender('people').sendMessages({
    body: {
      events: [
        {
          eventID: 'adp-1',
          eventNameCode: { codeValue: 'worker.hire' },
          creationDateTime: '2026-01-05T09:00:00Z',
          data: { output: { worker: hire } },
        },
      ],
    },
  })

  const outcomes = await receive(
    client.createReceiver('hr-outcomes', { receiveMode: 'receiveAndDelete' }),
    4,
    20_000,
  )
  const states = new Map(
    outcomes.map(({ body }) => [
      Reflect.get(Object(body), 'subject'),
      Reflect.get(Object(Reflect.get(Object(body), 'data')), 'state'),
    ]),
  )
  assert.deepEqual(
    ['1', '2', '3', '4'].map((employeeId) => states.get(employeeId)),
    ['confirmed', 'dead-lettered', 'confirmed', 'confirmed'],
  )
  const accounts = outcomes.map(({ body }) =>
    Reflect.get(Object(Reflect.get(Object(body), 'data')), 'account'),
  )
  assert.deepEqual(
    accounts
      .filter((one) => one !== null)
      .map((one) => JSON.stringify(one))
      .toSorted(),
    [
      { userName: 'ann@contoso.com', mail: null },
      { userName: 'cy@contoso.com', mail: 'cy@contoso.com' },
      { userName: 'di@contoso.com', mail: 'di@contoso.com' },
    ].map((one) => JSON.stringify(one)),
    'as the directory holds them; the one without an account is not known',
  )
  const told = JSON.stringify(outcomes.map(({ body }) => Object(body)))
  assert.ok(told.includes('MappingFailed') && !told.includes('secret'))
  const directory = await entra.directory()
  const record = (id: string): object => Object(Reflect.get(Object(Reflect.get(directory, id)), 'record'))
  assert.deepEqual(
    ['1', '3', '4'].map((id) => Reflect.get(record(id), 'displayName')),
    ['Ann A', 'Cy C', 'Di D'],
  )
  assert.equal(Reflect.get(record('1'), 'title'), 'Grade 3')
  assert.equal(Reflect.get(record('3'), 'userName'), 'cy@contoso.com')
  assert.deepEqual(Reflect.get(record('1'), ACME), { site: 'Bonn' })
  assert.equal(Reflect.has(directory, '2'), false)
})

/** The record of p1 takes effect, and that of p2 does not; the log mentions neither. */
const SILENT = `
settings:
  LEDGER: \${FOLDER}/ledger.db
  OBJECT_CONNECTIONS: "on"
  MAX_RESENDS: 1
sources:
  - { name: /hr/acme, queue: hr-events }
`
/** What is silent for so long is overdue. */
const SOON = { LOG_MAX_LAG_MS: '400', OUTCOME_DEADLINE_MS: '400', CLOCK_SKEW_MS: '100' }
const hired = (subject: string): object => ({
  specversion: '1.0',
  id: `hire-${subject}`,
  source: '/hr/acme',
  type: 'worker.hired',
  subject,
  time: '2026-01-05T09:00:00Z',
  data: { worker: { active: true, userName: `${subject}@contoso.com`, displayName: subject } },
})

void test('events whose records the log never mentions end with what the service itself says about each employee', async (context) => {
  const bus = configOf({ 'hr-events': {}, 'hr-outcomes': {} })
  await using connector = await startConnector(context, SILENT, bus, SOON)
  const { connect, entra, ledger } = connector
  await fetch(`http://127.0.0.1:${entra.port}/faults`, {
    method: 'POST',
    body: JSON.stringify([
      { kind: 'lose-record', externalId: 'p1' },
      { kind: 'lose', externalId: 'p2' },
    ]),
  })
  await connect()
    .createSender('hr-events')
    .sendMessages(['p1', 'p2'].map((subject) => ({ body: hired(subject) })))
  const endOf = async (employee: string): Promise<string> => {
    const [event] = (await ledger.readTrace(employee))?.events ?? []
    return `${event?.state} ${event?.reason}: ${event?.detail}`
  }
  await until('both are dead letters', async () =>
    (await Promise.all(['p1', 'p2'].map(endOf))).every((end) => end.startsWith('dead-lettered')),
  )
  assert.deepEqual(await Promise.all(['p1', 'p2'].map(endOf)), [
    'dead-lettered NoOutcome: the job has an account for the employee',
    'dead-lettered NoOutcome: the job has no account for the employee',
  ])
})
