import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import { REJECTED_FIELD } from '../../../src/core/ports.ts'
import { startBroker } from '../../../src/local/service-bus/broker.ts'
import { openSqliteLedger } from '../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { failAll } from '../conformance/ledger/dead-letters.ts'
import { hrEvent, joiner, messageOf, World } from '../conformance/ledger/world.ts'
import { command } from '../../fakes/cli.ts'
import { start } from '../../fakes/rollcall.ts'
import { configOf } from '../../local/service-bus/support.ts'
import { manual, receive } from '../../fakes/receiving.ts'

const folder = await mkdtemp(join(tmpdir(), 'rollcall-dead-'))
const broker = await startBroker({ config: configOf({ 'hr-events': {} }) })
const client = connect({ kind: 'connection-string', connectionString: broker.connectionString })
after(async () => {
  await closeWithin(500, client.close())
  await broker.stop()
  await rm(folder, { recursive: true, force: true })
})

const SECRET = 'Ljungström'
const event = (n: number): object => ({
  specversion: '1.0',
  id: `e-${n}`,
  source: '/hr',
  type: 'worker.updated',
  subject: `p${n}`,
  data: { worker: { name: { familyName: SECRET } } },
})
interface Refused {
  readonly body: string
  readonly reason: string
  readonly description: string
  readonly field?: string
}
const missing = {
  reason: 'FieldMissing',
  description: 'data.worker.active is missing',
  field: 'data.worker.active',
}
const letters: readonly Refused[] = [
  { body: JSON.stringify(event(1)), ...missing },
  { body: JSON.stringify(event(2)), ...missing },
  {
    body: `no JSON of ${SECRET}`,
    reason: 'BodyNotJson',
    description: 'the body is not JSON; send a CloudEvent as JSON',
  },
  {
    body: JSON.stringify(event(4)),
    reason: 'SomebodyElse',
    description: `could not parse ${SECRET}\u001b[2J`,
  },
]
const sender = client.createSender('hr-events')
await sender.sendMessages(
  letters.map(({ body }) => ({ body: Buffer.from(body), applicationProperties: { unit: SECRET } })),
)
const receiver = client.createReceiver('hr-events', manual)
for (const [index, message] of (await receive(receiver, letters.length)).entries())
  await receiver.deadLetterMessage(message, {
    deadLetterReason: letters[index]?.reason ?? '',
    deadLetterErrorDescription: letters[index]?.description ?? '',
    ...(letters[index]?.field === undefined ? {} : { [REJECTED_FIELD]: letters[index].field }),
  })

const environment = { SERVICEBUS_CONNECTION_STRING: broker.connectionString, LEDGER: join(folder, 'none.db') }
const run = (...args: string[]) => command(['dead-letters', ...args], environment)
interface Row {
  readonly id: string
  readonly code: string
  readonly employee: string | null
  readonly detail: string | null
  readonly deliveryCount: number
}
const rows = (stdout: string): Row[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row)

void describe('dead-letters list', () => {
  void it('shows a row for each without values, and says when there is no ledger', async () => {
    const { code, stdout, stderr } = await run('list', '--output', 'ndjson')
    assert.equal(code, 0)
    assert.deepEqual(
      rows(stdout).map(({ code, employee: employeeId }) => [code, employeeId]),
      [
        ['FieldMissing', 'p1'],
        ['FieldMissing', 'p2'],
        ['BodyNotJson', null],
        ['SomebodyElse', 'p4'],
      ],
    )
    assert.ok(!stdout.includes(SECRET))
    assert.match(stderr, /no ledger at/)
  })

  void it('changes nothing: looking again and again shows the same', async () => {
    const seen = await Promise.all(
      ['table', 'json', 'ndjson'].map((output) => run('list', '--output', output)),
    )
    assert.ok(seen.every(({ code }) => code === 0))
    assert.ok(seen.every(({ stdout }) => !stdout.includes('\u001b') && !stdout.includes(SECRET)))
    assert.equal((JSON.parse(seen[1]?.stdout ?? '') as Row[]).length, 4)
    const { active, locked } = await broker.counts('hr-events/$DeadLetterQueue')
    assert.deepEqual({ active, locked }, { active: 4, locked: 0 })
    assert.ok(rows(seen[2]?.stdout ?? '').every(({ deliveryCount }) => deliveryCount === 0))
  })

  void it('keeps to the filters and to the limit; an empty list is fine', async () => {
    assert.deepEqual(rows((await run('list', '--employee', 'p2', '--output', 'ndjson')).stdout).length, 1)
    assert.deepEqual(rows((await run('list', '--limit', '2', '--output', 'ndjson')).stdout).length, 2)
    const { code, stdout } = await run('list', '--reason', 'poison', '--store', 'bus', '--output', 'json')
    assert.deepEqual([code, JSON.parse(stdout)], [0, []])
  })

  void it('exits with 2 for an impossible filter, and with 1 when a store cannot be reached', async () => {
    for (const wrong of [
      ['--reason', 'bad luck'],
      ['--since', 'yesterday'],
      ['--limit', '0'],
      ['--store', 'street'],
    ])
      assert.equal((await run('list', ...wrong)).code, 2, wrong.join(' '))
    const missing = await run('list', '--store', 'ledger')
    assert.equal(missing.code, 1)
    assert.match(missing.stderr, /LedgerMissing/)
    const away = await command(['dead-letters', 'list', '--store', 'bus'], {
      ...environment,
      SERVICEBUS_QUEUE: 'no-such-queue',
    })
    assert.equal(away.code, 1)
    assert.match(away.stderr, /BusUnavailable/)
  })
})

void describe('dead-letters show', () => {
  const idOf = async (index: number): Promise<string> =>
    rows((await run('list', '--output', 'ndjson')).stdout)[index]?.id ?? ''

  void it('explains the code and what to do, and hides values unless asked', async () => {
    const id = await idOf(0)
    const hidden = await run('show', id)
    assert.equal(hidden.code, 0)
    assert.match(hidden.stdout, /data\.worker\.active is missing/)
    assert.match(hidden.stdout, /Correct the sender/)
    assert.match(hidden.stdout, /unit/)
    assert.ok(!hidden.stdout.includes(SECRET))
    const shown = JSON.parse((await run('show', id, '--show-values', '--output', 'json')).stdout) as {
      body: string
      properties: object
    }
    assert.equal(shown.body, letters[0]?.body)
    assert.equal(Reflect.get(shown.properties, 'unit'), SECRET)
  })

  void it('shows foreign descriptions only when asked, and never control characters', async () => {
    const id = await idOf(3)
    assert.ok(!(await run('show', id)).stdout.includes(SECRET))
    const { stdout } = await run('show', id, '--show-values')
    assert.ok(stdout.includes(SECRET) && !stdout.includes('\u001b'))
  })

  void it('exits with 4 for an unknown id, and with 2 for an invalid one', async () => {
    assert.equal((await run('show', 'hr-events#999')).code, 4)
    assert.equal((await run('show', 'other#1')).code, 4)
    assert.equal((await run('show', 'e-1')).code, 2)
  })
})

void describe('dead-letters groups', () => {
  void it('counts what failed in the same way', async () => {
    const { code, stdout } = await run('groups', '--output', 'json')
    assert.equal(code, 0)
    assert.deepEqual(
      (JSON.parse(stdout) as { count: number; fingerprint: string }[]).map(({ count, fingerprint }) => [
        count,
        fingerprint,
      ]),
      [
        [2, 'unreadable/FieldMissing/data.worker.active'],
        [1, 'unreadable/BodyNotJson'],
        [1, 'unreadable/SomebodyElse'],
      ],
    )
    assert.match((await run('groups')).stdout, /FieldMissing/)
  })
})

void describe('dead-letters export', () => {
  void it('writes a new file for its owner only, with bodies only when asked', async () => {
    const [without, withValues] = ['without.ndjson', 'with.ndjson'].map((name) => join(folder, name)) as [
      string,
      string,
    ]
    assert.equal((await run('export', without)).code, 0)
    assert.equal(
      (await run('export', withValues, '--show-values', '--store', 'bus', '--code', 'FieldMissing')).code,
      0,
    )
    assert.equal((await stat(without)).mode & 0o777, 0o600)
    assert.equal(rows(await readFile(without, 'utf8')).length, 4)
    assert.ok(!(await readFile(without, 'utf8')).includes(SECRET))
    const written = (await readFile(withValues, 'utf8')).split('\n').filter(Boolean)
    assert.deepEqual(
      written.map((line) => (JSON.parse(line) as { body: string }).body),
      [letters[0]?.body, letters[1]?.body],
    )
    const again = await run('export', without)
    assert.equal(again.code, 1)
    assert.match(again.stderr, /FileExists/)
  })
})

void describe('dead letters in the ledger', () => {
  const path = join(folder, 'ledger.db')
  const both = { ...environment, LEDGER: path }
  const here = (...args: string[]) => command(['dead-letters', ...args], both)

  void it('are in the same list, found by the same filters, and shown by their id', async () => {
    const ledger = await openSqliteLedger({ path, now: Date.now })
    const world = new World(ledger)
    await world.record(joiner('hire', 'p1'))
    await world.confirmAll()
    const original = {
      messageId: 'm',
      sessionId: null,
      contentType: 'application/json',
      body: `the body of ${SECRET}`,
      properties: { unit: 'x' },
    }
    await world.intake([
      { ...messageOf('77', hrEvent('bad', 'p1', { title: SECRET }, { order: 2 })), original },
    ])
    await failAll(world, 'InvalidDomain')
    // The event of the second message on the bus has come in with another one.
    await world.record(hrEvent('e-2', 'p1', { title: 'x' }, { source: '/hr', order: 3 }))
    await ledger.close()

    const listed = await here('list', '--output', 'ndjson')
    assert.equal(listed.code, 0)
    const found = rows(listed.stdout) as (Row & { store: string; stale?: boolean })[]
    assert.deepEqual(
      found.map(({ store, code, stale }) => [store, code, stale ?? null]),
      [
        ['bus', 'FieldMissing', false],
        ['bus', 'FieldMissing', true],
        ['bus', 'BodyNotJson', false],
        ['bus', 'SomebodyElse', false],
        ['ledger', 'InvalidDomain', null],
      ],
    )
    const id = found.at(-1)?.id ?? ''
    assert.match(id, /^dl-\d+$/)
    assert.equal(
      rows((await here('list', '--reason', 'failed', '--employee', 'p1', '--output', 'ndjson')).stdout)[0]
        ?.id,
      id,
    )
    const ofEmployee = async (employee: string) =>
      (await here('list', '--employee', employee, '--output', 'ndjson')).stdout
    assert.match(await ofEmployee('p1'), /InvalidDomain/)
    assert.equal(await ofEmployee('P1@example.com'), await ofEmployee('p1'), 'that is the user name of p1')
    assert.equal(rows((await here('list', '--store', 'ledger', '--output', 'ndjson')).stdout).length, 1)
    const shown = await here('show', id)
    assert.equal(shown.code, 0)
    assert.match(shown.stdout, /InvalidDomain/)
    assert.ok(!shown.stdout.includes(SECRET))
    assert.equal((await here('show', id, '--show-values')).code, 2, 'its values are in the ledger')
    const by = ['--actor', 'ann', '--justification', 'ticket 7'] as const
    const values = await here('show', id, '--show-values', ...by)
    assert.match(values.stdout, new RegExp(`the body of ${SECRET}`, 'u'))
    assert.equal((await here('export', join(folder, 'no'), '--show-values')).code, 2)
    assert.equal((await here('export', join(folder, 'both.ndjson'), '--show-values', ...by)).code, 0)
    const audit = await command(['audit', '--employee', 'p1', '--output', 'ndjson'], both)
    assert.deepEqual(
      (rows(audit.stdout) as unknown as { action: string; about: string; justification: string }[]).map(
        ({ action, about, justification }) => [action, about, justification],
      ),
      Array.from({ length: 2 }, () => ['show-values', 'p1', 'ticket 7']),
    )
    assert.equal((await here('show', 'dl-9999')).code, 4)
    assert.match((await here('groups')).stdout, /InvalidDomain/)
  })
})

void describe('a reader that closes the pipe', () => {
  void it('ends the command silently', async () => {
    const child = start(['dead-letters', 'list', '--store', 'bus'], environment)
    child.stdout?.destroy()
    const [said, [code]] = await Promise.all([
      child.stderr ? text(child.stderr) : null,
      once(child, 'exit') as Promise<[number | null]>,
    ])
    assert.deepEqual([said, code], ['', 141])
  })
})
