/**
 * What a careful engineer writes in an afternoon: events are kept in SQLite before they are
 * completed, repeats are dropped, each employee's events are put in order and merged into a whole
 * record, and when the queue is quiet the records that changed are sent, leavers first, fifty a
 * call. A call that fails is repeated. The script takes 202 for done: it does not read the
 * provisioning log.
 */
import { ServiceBusClient } from '@azure/service-bus'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { type Event, scimOf, upload, type Worker } from './support/upload.ts'

const QUIET_MS = 1_000
const CALL = 50
const LONGEST_WAIT_MS = 60_000

const database = new DatabaseSync(process.env['SCRIPT_DATABASE'] ?? 'careful.db')
database.exec(`
  pragma journal_mode = wal;
  pragma synchronous = full;
  create table if not exists events (
    id text primary key, employee text not null, effective text not null, version integer not null, body text not null
  ) strict;
  create index if not exists by_employee on events (employee, effective, version);
  create table if not exists employees (
    id text primary key, changed integer not null, left integer not null, sent text
  ) strict;
  create index if not exists changed on employees (left desc, id) where changed = 1;
`)
const insertEvent = database.prepare('insert or ignore into events values (?, ?, ?, ?, ?)')
const markChanged = database.prepare(
  'insert into employees values (?, 1, ?, null) on conflict do update set changed = 1, left = max(left, excluded.left)',
)
const selectChanged = database.prepare(
  'select id, sent from employees where changed = 1 order by left desc, id limit ?',
)
const selectEvents = database.prepare(
  'select body from events where employee = ? order by effective, version',
)
const markSent = database.prepare('update employees set changed = 0, left = 0, sent = ? where id = ?')

const client = new ServiceBusClient(process.env['SERVICEBUS_CONNECTION_STRING'] ?? '')
const receiver = client.createReceiver('hr-events')

for (;;) {
  const messages = await receiver.receiveMessages(500, { maxWaitTimeInMs: QUIET_MS })
  if (messages.length === 0) {
    await sendChanged()
    continue
  }
  inTransaction(() => messages.forEach(({ body }) => keep(body)))
  await Promise.all(messages.map((message) => receiver.completeMessage(message)))
}

function keep(event: Event): void {
  const { id, subject, type, data } = event
  const { changes } = insertEvent.run(
    id,
    subject,
    data.effectiveDate,
    data.version,
    JSON.stringify({ type, worker: data.worker }),
  )
  if (changes > 0) markChanged.run(subject, type === 'worker.terminated' ? 1 : 0)
}

/** Sends every employee whose record is another one than the one sent last. */
async function sendChanged(): Promise<void> {
  for (;;) {
    const changed = selectChanged.all(CALL) as { readonly id: string; readonly sent: string | null }[]
    if (changed.length === 0) return
    const records = changed.map(({ id, sent }) => ({ id, sent, record: JSON.stringify(wholeRecord(id)) }))
    const different = records.filter(({ sent, record }) => sent !== record)
    if (different.length > 0) await uploadUntilAccepted(different.map(({ record }) => JSON.parse(record)))
    inTransaction(() => records.forEach(({ id, record }) => markSent.run(record, id)))
  }
}

/**
 * Everything that the events of an employee say, in their order; what none of them says is null.
 */
function wholeRecord(id: string): object {
  let active = true
  let worker: Worker = { title: null, department: null, managerId: null }
  for (const { body } of selectEvents.all(id) as { readonly body: string }[]) {
    const event = JSON.parse(body) as { readonly type: string; readonly worker: Worker }
    if (event.type === 'worker.terminated') active = false
    if (event.type === 'worker.rehired' || event.type === 'worker.hired') active = true
    worker = { ...worker, ...event.worker }
  }
  return scimOf(id, active, worker)
}

async function uploadUntilAccepted(records: readonly object[]): Promise<void> {
  for (let waitMs = 500; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    const response = await upload(records).catch(() => null)
    if (response?.ok) return
    if (response && response.status < 500 && response.status !== 429)
      throw new Error(`bulkUpload answered ${response.status}: ${await response.text()}`)
    const retryAfter = Number(response?.headers.get('retry-after'))
    await setTimeout(retryAfter > 0 ? retryAfter * 1_000 : waitMs)
  }
}

function inTransaction(work: () => void): void {
  database.exec('begin immediate')
  try {
    work()
    database.exec('commit')
  } catch (error) {
    database.exec('rollback')
    throw error
  }
}
