import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../adapters/support/until.ts'
import { configOf } from '../../local/service-bus/support.ts'
import { startConnector } from './connector.ts'

const FILE = `
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
  await using connector = await startConnector(context, FILE, bus, SOON)
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
