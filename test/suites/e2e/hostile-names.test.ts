import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ServiceBusClient } from '@azure/service-bus'
import { openSqliteLedger } from '../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { type Doubles, startDoubles } from '../../../src/cli/doubles/doubles.ts'
import { joiner, T0, World } from '../conformance/ledger/world.ts'
import { command } from '../../fakes/cli.ts'
import { shortened } from '../../../src/core/display/visible.ts'
import { cloudEvent } from '../../fakes/messages.ts'

/**
 * Sets the title of a terminal, clears it (in seven and in eight bits), turns a line round, hides
 * letters, forges a line.
 */
const EVIL =
  'e\u001b]0;owned\u0007\u001b[2J\u009b2J\u202egpj.exe\u2066\u200b\ufeff\u00ad\u2028\r\nrollcall: all is well\u{e0041}'
/** Apart from the code: what no output may hold but the line break. */
const ACTIVE = /(?!\n)[\p{Control}\p{Format}\u2028\u2029]/u
const name = (part: string): string => `${part}${EVIL}`

let folder = ''
let doubles: Doubles
let environment: Readonly<Record<string, string>> = {}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-hostile-'))
  const LEDGER = join(folder, 'ledger.db')
  const ledger = await openSqliteLedger({ path: LEDGER, now: Date.now })
  const world = new World(ledger)
  await world.record(
    {
      ...joiner(name('id'), name('p1'), { [name('col')]: name('v'), title: name('t') }),
      source: name('/hr/'),
    },
    joiner('e-2', name('p2')),
  )
  world.now += 700
  const sent = await world.send()
  await world.answer(sent, 'failed', {
    status: 'failure',
    code: name('Code'),
    reason: name('words'),
    activityAt: world.now - 1_000,
  })
  world.now += 3 * 3_600_000
  await world.finalize()
  await world.plan()
  await world.correlate({ finalAt: world.now, watermark: T0 })
  await ledger.releaseBrake(
    {
      employees: [],
      refusedToo: false,
      actor: name('actor'),
      justification: name('reason'),
      allowance: null,
    },
    world.now,
  )
  await ledger.close()

  doubles = await startDoubles({ fast: true })
  environment = { ...doubles.environment, LEDGER }
  const client = new ServiceBusClient(doubles.environment['SERVICEBUS_CONNECTION_STRING'] ?? '')
  try {
    await client.createSender('hr-events').sendMessages({
      messageId: name('m'),
      contentType: 'application/json',
      body: { ...cloudEvent, id: name('on the bus'), subject: name('p3'), type: name('type') },
      applicationProperties: { [name('key')]: name('value') },
    })
    const receiver = client.createReceiver('hr-events')
    const [message] = await receiver.receiveMessages(1)
    assert(message)
    await receiver.deadLetterMessage(message, {
      deadLetterReason: name('Why'),
      deadLetterErrorDescription: name('because'),
    })
  } finally {
    await client.close()
  }
})
after(async () => {
  await doubles.stop()
  await rm(folder, { recursive: true })
})

const BY = ['--actor', 'ann', '--justification', 'x'] as const

const TABLES: readonly (readonly string[])[] = [
  ['trace', name('p1')],
  ['trace', name('id'), '--show-values', ...BY],
  ['explain', name('p1'), '--show-values', ...BY],
  ['plan', '--employee', name('p1'), '--show-values', ...BY],
  ['status'],
  ['events'],
  ['audit'],
  ['dead-letters', 'list'],
  ['dead-letters', 'groups'],
  ['dead-letters', 'show', 'hr-events#1', '--show-values'],
  ['replay', '--dry-run'],
  ['replays'],
  ['dead-letters', 'discard', '--dry-run', '--actor', name('me'), '--justification', name('why')],
]
/** Names that are nowhere, and what the command says. */
const SENTENCES: readonly (readonly string[])[] = [
  ['trace', name('none')],
  ['explain', name('none')],
  ['unblock', name('none'), '--actor', name('me'), '--justification', name('why')],
  ['blocks', '--employee', name('none')],
  ['blocks', 'import', name('none'), '--actor', name('me'), '--justification', name('why')],
  ['erase', name('none'), '--actor', name('me'), '--justification', name('why'), '--yes'],
  ['dead-letters', 'show', name('none')],
  ['dead-letters', 'list', '--reason', name('none')],
  ['events', '--state', name('none')],
  ['plan', '--events', name('none')],
  ['import', name('none'), '--as-of', '2026-01-01'],
  ['local', 'feed', name('none')],
  [name('none')],
  ['status', name('--none')],
]

const KEYS = [
  '__proto__',
  'toString',
  '%',
  'p_',
  "' OR 1=1 --",
  '\u0000',
  '\ud83d',
  'op-999999999999999',
  'x'.repeat(200_000),
]

void describe('names that act on a terminal', () => {
  for (const argv of TABLES) {
    void test(`${argv.slice(0, 2).join(' ').replace(EVIL, '')}: a table shows them written out`, async () => {
      const { stdout, stderr } = await command(argv, environment)
      assert.doesNotMatch(stdout + stderr, ACTIVE)
      assert.doesNotMatch(stdout + stderr, /^rollcall: all is well/m)
      assert.ok(stdout.length > 0, stderr)
    })
    void test(`${argv.slice(0, 2).join(' ').replace(EVIL, '')}: JSON holds them as escapes`, async () => {
      const { stdout, stderr } = await command([...argv, '--output', 'json'], environment)
      assert.doesNotMatch(stdout + stderr, ACTIVE)
      assert.ok(JSON.parse(stdout) !== undefined, stderr)
    })
  }

  void test('dead-letters show: one of the ledger, in both forms', async () => {
    const list = await command(['dead-letters', 'list', '--store', 'ledger', '--output', 'json'], environment)
    const [dead] = JSON.parse(list.stdout) as readonly { readonly id: string }[]
    assert(dead, list.stdout)
    for (const output of ['table', 'json']) {
      const argv = ['dead-letters', 'show', dead.id, '--show-values', ...BY, '--output', output]
      const { code, stdout, stderr } = await command(argv, environment)
      assert.equal(code, 0, stderr)
      assert.doesNotMatch(stdout + stderr, ACTIVE)
    }
  })

  void test('JSON means the name that came in, to the letter', async () => {
    const { stdout } = await command(['explain', name('id'), '--output', 'json'], environment)
    assert.equal((JSON.parse(stdout) as { employee: string }).employee, name('p1'))
    const lines = (await command(['events', '--output', 'ndjson'], environment)).stdout.trimEnd().split('\n')
    assert.ok(lines.some((line) => (JSON.parse(line) as { id: string }).id === name('id')))
  })

  for (const argv of SENTENCES)
    void test(`${argv.slice(0, 2).join(' ').replaceAll(EVIL, '')}: an error shows them written out`, async () => {
      const { code, stdout, stderr } = await command(argv, environment)
      assert.notEqual(code, 0)
      assert.doesNotMatch(stdout + stderr, ACTIVE)
      assert.doesNotMatch(stderr, /^rollcall: all is well/m)
    })

  for (const key of KEYS)
    void test(`${shortened(JSON.stringify(key), 30)}: a sentence names an unknown name, and no other employee is found`, async () => {
      const rest = [
        ['plan', '--employee', key],
        ['audit', key],
        ['erase', key, '--actor', 'me', '--justification', 'test', '--yes'],
      ]
      for (const argv of [['explain', key], ['trace', key], ...(key === '__proto__' ? rest : [])]) {
        const { code, stdout, stderr } = await command(argv, environment)
        assert.equal(code, 4, `${argv[0]}: ${stderr}`)
        const sentences = stderr.trimEnd().split('\n')
        const aboutName = sentences.filter((line) => !line.startsWith('no connector runs on this ledger: '))
        assert.equal(aboutName.length, 1, stderr)
        assert.ok(stderr.length < 600, `${stderr.length} characters`)
        assert.doesNotMatch(stdout + stderr, ACTIVE)
        assert.doesNotMatch(stdout, /p1|p2/)
      }
    })

  void test('written files hold them as escapes', async () => {
    const file = join(folder, 'dead.jsonl')
    const argv = ['dead-letters', 'export', file, '--show-values', ...BY]
    const { code, stderr } = await command(argv, environment)
    assert.equal(code, 0, stderr)
    const text = await readFile(file, 'utf8')
    assert.doesNotMatch(text, ACTIVE)
    assert.ok(text.includes('owned'))
    const rows = join(folder, 'rows.csv')
    await writeFile(rows, `employee,"${name('a')}","${name('a')}.b"\n7,x,y\n`)
    const imported = await command(['import', rows, '--as-of', '2026-01-01'], {
      LEDGER: join(folder, 'i.db'),
    })
    assert.doesNotMatch(imported.stdout + imported.stderr, ACTIVE)
  })

  void test('a configuration is printed with them as escapes, and can be read again', async () => {
    const file = join(folder, 'hostile.yaml')
    await writeFile(file, `sources: [{ name: ${JSON.stringify(name('s'))} }]\n`)
    const printed = await command(['config', 'print'], { ROLLCALL_CONFIG: file })
    assert.equal(printed.code, 0, printed.stderr)
    assert.doesNotMatch(printed.stdout, ACTIVE)
    const again = join(folder, 'again.yaml')
    await writeFile(again, printed.stdout)
    const second = await command(['config', 'print'], { ROLLCALL_CONFIG: again })
    assert.equal(
      second.stdout.split('\n').slice(1).join('\n'),
      printed.stdout.split('\n').slice(1).join('\n'),
    )
  })
})
