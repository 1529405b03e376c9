import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { ServiceBusMessage, ServiceBusReceivedMessage } from '@azure/service-bus'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import { openSqliteLedger } from '../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { type Broker, startBroker } from '../../../src/local/service-bus/broker.ts'
import { joiner, leaver, World } from '../conformance/ledger/world.ts'
import { failAll } from '../conformance/ledger/dead-letters.ts'
import { command } from '../../fakes/cli.ts'
import type { Ran } from '../../fakes/rollcall.ts'
import { configOf } from '../../local/service-bus/support.ts'

const BY = ['--actor', 'ada', '--justification', 'a test', '--yes'] as const
const DYING = { DeadLetteringOnMessageExpiration: true }
const TOPICS = ['hr-one', 'hr-two'] as const
const CONFIG = configOf(
  { 'hr-events': DYING },
  TOPICS.map((Name) => ({ Name, Properties: {}, Subscriptions: [{ Name: 'rollcall', Properties: DYING }] })),
)
const SOURCES = {
  sources: [
    { name: 'queue', queue: 'hr-events' },
    ...TOPICS.map((topic) => ({ name: topic, topic, subscription: 'rollcall' })),
  ],
}
const shelfOf = (entity: string): string =>
  entity === 'hr-events' ? entity : `${entity}/Subscriptions/rollcall`

interface Site {
  readonly broker: Broker
  readonly environment: Readonly<Record<string, string>>
  /** Messages that expire at once, each with its own event. */
  letDie(entity: string, ...events: readonly object[]): Promise<void>
  letMessagesDie(entity: string, ...messages: readonly ServiceBusMessage[]): Promise<void>
  /** The messages that wait in the queue. */
  waiting(): Promise<readonly ServiceBusReceivedMessage[]>
  ledger<T>(work: (ledger: Ledger) => Promise<T>): Promise<T>
  run(...args: readonly string[]): Promise<Ran>
}

/** A queue and two subscriptions, whose sequence numbers begin alike, and a ledger. */
async function site(context: TestContext): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-replay-'))
  const broker = await startBroker({ config: CONFIG })
  const client = connect({ kind: 'connection-string', connectionString: broker.connectionString })
  context.after(async () => {
    await closeWithin(500, client.close())
    await broker.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const rules = join(folder, 'rollcall.yaml')
  await writeFile(rules, JSON.stringify(SOURCES))
  const path = join(folder, 'ledger.db')
  const environment = {
    SERVICEBUS_CONNECTION_STRING: broker.connectionString,
    ROLLCALL_CONFIG: rules,
    LEDGER: path,
  }
  const ledger: Site['ledger'] = async (work) => {
    const open = await openSqliteLedger({ path, now: Date.now })
    try {
      return await work(open)
    } finally {
      await open.close()
    }
  }
  await ledger(async () => {})
  const letMessagesDie: Site['letMessagesDie'] = async (entity, ...messages) => {
    await client.createSender(entity).sendMessages(messages.map((one) => ({ ...one, timeToLive: 1 })))
    for (let look = 0; look < 200; look += 1) {
      const { deadLetter } = await broker.counts(shelfOf(entity))
      if (deadLetter >= messages.length) return
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    assert.fail(`nothing dies on ${entity}`)
  }
  return {
    broker,
    environment,
    ledger,
    letMessagesDie,
    letDie: (entity, ...events) =>
      letMessagesDie(
        entity,
        ...events.map((event) => ({
          body: Buffer.from(JSON.stringify(event)),
          contentType: 'application/cloudevents+json',
        })),
      ),
    waiting: () => client.createReceiver('hr-events', { skipParsingBodyAsJson: true }).peekMessages(10),
    run: (...args) => command(args, environment),
  }
}

const event = (id: string, more: object = {}): object => ({
  specversion: '1.0',
  id,
  source: '/hr',
  type: 'worker.updated',
  subject: `p-${id}`,
  data: { worker: { title: 'x' } },
  ...more,
})

void describe('rollcall replay', () => {
  void test('messages of different entities with the same number are different: each is replayed once', async (t) => {
    const { broker, letDie, ledger, run } = await site(t)
    const entities = ['hr-events', ...TOPICS]
    for (const entity of entities) await letDie(entity, event(`${entity}-1`), event(`${entity}-2`))
    const { code, stderr } = await run('replay', ...BY)
    assert.equal(code, 0, stderr)
    for (const entity of entities) assert.equal((await broker.counts(shelfOf(entity))).deadLetter, 0, entity)
    assert.equal((await broker.counts('hr-events')).active, 2)
    const names = TOPICS.flatMap((topic) => [1, 2].map((n) => ({ source: '/hr', id: `${topic}-${n}` })))
    assert.equal(
      (await ledger((open) => open.findKnownEvents(names))).length,
      4,
      'those of subscriptions are in the ledger',
    )
  })

  void test('an id given twice is replayed once, an unknown one is reported, and an invalid one stops everything', async (t) => {
    const { letDie, run } = await site(t)
    await letDie('hr-events', event('1'))
    const wrong = await run('replay', 'hr-events#1', 'e-1', ...BY)
    assert.equal(wrong.code, 2, wrong.stderr)
    const { code, stdout, stderr } = await run(
      'replay',
      'hr-events#1',
      'HR-EVENTS#1',
      'hr-events#99',
      '--output',
      'json',
      ...BY,
    )
    assert.equal(code, 7, stderr)
    assert.match(stderr, /hr-events#99 is no longer a dead letter/)
    const plan = JSON.parse(stdout) as { bus: number; missing: string[] }
    assert.deepEqual([plan.bus, plan.missing], [1, ['hr-events#99']])
  })

  void test('an edit on the bus keeps the event’s identity and cannot cancel a termination', async (t) => {
    const { broker, letDie, run } = await site(t)
    await letDie(
      'hr-events',
      event('1'),
      event('2', { type: 'worker.terminated', data: {} }),
      event('3', { subject: '' }),
    )
    const edited = async (id: string, patch: object): Promise<unknown> => {
      const { stdout } = await run(
        'replay',
        id,
        '--patch',
        JSON.stringify(patch),
        '--dry-run',
        '--output',
        'json',
      )
      return (JSON.parse(stdout) as { leftOut: readonly { why: string }[] }).leftOut.map(({ why }) => why)
    }
    assert.deepEqual(await edited('hr-events#1', { id: 'other' }), ['EditNamesAnotherEvent'])
    assert.deepEqual(await edited('hr-events#1', { data: { worker: { title: 'y' } } }), [])
    assert.deepEqual(
      await edited('hr-events#2', { type: 'worker.updated', data: { worker: { title: 'y' } } }),
      ['EditTakesTerminationBack'],
    )
    assert.deepEqual(await edited('hr-events#2', { data: { worker: { title: 'y' } } }), [])
    assert.deepEqual(await edited('hr-events#3', { subject: 'p3' }), [])
    assert.deepEqual(await edited('hr-events#3', { subject: 'p3', id: 'given' }), ['EditNamesAnotherEvent'])
    assert.equal((await broker.counts('hr-events')).deadLetter, 3)
  })

  void test("a rescind of another employee's event is left out of the plan: it would be refused again, in whichever store it is", async (t) => {
    const { letDie, ledger, run, broker } = await site(t)
    const rescind = (id: string, subject: string, target: string): object =>
      event(id, { type: 'worker.rescinded', subject, data: { rescinds: { source: '/hr/test', id: target } } })
    await ledger(async (open) => {
      const world = new World(open)
      await world.record(joiner('hire', 'p1'), {
        ...joiner('early', 'p2'),
        rescinds: { source: '/hr/test', id: 'later' },
      })
      await world.record(joiner('later', 'p3'))
    })
    await letDie('hr-one', rescind('r1', 'p9', 'hire'), rescind('r2', 'p1', 'hire'))
    const { code, stdout, stderr } = await run('replay', '--output', 'json', ...BY)
    assert.equal(code, 7, stderr)
    const plan = JSON.parse(stdout) as { bus: number; ledger: number; leftOut: unknown }
    assert.deepEqual(plan.leftOut, [
      { id: 'hr-one/Subscriptions/rollcall#1', why: 'RescindMismatch' },
      { id: 'dl-1', why: 'RescindMismatch' },
    ])
    assert.deepEqual([plan.bus, plan.ledger], [1, 0])
    assert.equal((await broker.counts(shelfOf('hr-one'))).deadLetter, 1)
  })
})

void describe('an edit of a body that was packed, encoded or written out twice', () => {
  void test('is sent as plain UTF-8, with nothing that says otherwise', async (t) => {
    const { letMessagesDie, run, waiting } = await site(t)
    const written = JSON.stringify(event('1', { subject: '' }))
    const contentType = 'application/json; charset=utf-16'
    const applicationProperties = { 'Content-Encoding': 'gzip', unit: 'x' }
    await letMessagesDie(
      'hr-events',
      { body: gzipSync(Buffer.from(written, 'utf16le')), contentType, applicationProperties },
      { body: Buffer.from(JSON.stringify(JSON.stringify(event('2', { subject: '' })))) },
    )
    const { code, stderr } = await run('replay', '--patch', '{"subject":"pé"}', ...BY)
    assert.equal(code, 0, stderr)
    const sent = await waiting()
    assert.deepEqual(
      sent.map(({ body }) => JSON.parse(String(body))),
      [event('1', { subject: 'pé' }), event('2', { subject: 'pé' })],
    )
    const [first] = sent
    assert.equal(first?.contentType, 'application/json; charset=utf-8')
    assert.deepEqual(
      Object.keys(first?.applicationProperties ?? {}).filter((name) => !name.startsWith('rollcall-')),
      ['unit'],
    )
  })
})

void describe('giving up', () => {
  void test('only dead letters of the ledger can be archived, and messages on the bus stay', async (t) => {
    const { broker, letDie, run } = await site(t)
    await letDie('hr-events', event('1'))
    for (const which of [['--store', 'bus'], ['hr-events#1']]) {
      const { code, stderr } = await run('dead-letters', 'archive', ...which, ...BY)
      assert.equal(code, 2, stderr)
      assert.match(stderr, /on the bus/)
    }
    assert.equal((await broker.counts('hr-events')).deadLetter, 1)
  })

  void test('discarding a termination needs its own option, in either store', async (t) => {
    const { broker, letDie, ledger, run } = await site(t)
    await ledger(async (open) => {
      const world = new World(open)
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(leaver('out', 'p1'))
      await failAll(world)
    })
    await letDie(
      'hr-events',
      event('1'),
      event('2', { type: 'worker.terminated', data: {} }),
      event('3', { type: 'worker.deleted', subject: '' }),
    )
    const { code, stdout, stderr } = await run('dead-letters', 'discard', '--output', 'json', ...BY)
    assert.equal(code, 7, stderr)
    assert.deepEqual(JSON.parse(stdout), { ended: 1, kept: 3, gone: 0, held: 0, becomeActive: [] })
    assert.equal((await broker.counts('hr-events')).deadLetter, 2)
    const all = await run('dead-letters', 'discard', '--terminations', '--output', 'json', ...BY)
    assert.equal(all.code, 0, all.stderr)
    assert.deepEqual(JSON.parse(all.stdout), { ended: 3, kept: 0, gone: 0, held: 0, becomeActive: ['p1'] })
    assert.equal((await broker.counts('hr-events')).deadLetter, 0)
  })
})
