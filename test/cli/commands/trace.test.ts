import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openSqliteLedger } from '../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { joiner, T0, World } from '../../suites/conformance/ledger/world.ts'
import { command } from '../../fakes/cli.ts'

const BY = ['--actor', 'ann', '--justification', 'ticket 7'] as const
let folder = ''
let LEDGER = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-trace-'))
  LEDGER = join(folder, 'ledger.db')
  const ledger = await openSqliteLedger({ path: LEDGER, now: Date.now })
  const world = new World(ledger)
  await world.record(
    joiner('7', 'p1', { title: 'Head' }),
    { ...joiner('7', 'p2'), source: '/hr/other' },
    joiner('e\u001b[2J3', '7', { title: 'Clerk' }),
  )
  world.now += 700
  const sent = await world.send()
  await world.answer(sent, 'failed', {
    status: 'failure',
    code: 'AzureActiveDirectoryDuplicateUserPrincipalName',
    reason: 'Another object has ann.lee@contoso.com',
    activityAt: world.now - 1_000,
  })
  world.now += 3 * 3_600_000
  await world.finalize()
  await ledger.recordLogRecords({
    joins: [],
    now: world.now,
    finalAt: world.now,
    watermark: T0,
    changedElsewhere: [],
    foreign: 3,
    echoes: [],
  })
  await ledger.close()
})
after(() => rm(folder, { recursive: true }))

const run = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await command(args, { LEDGER })
  assert.equal(code, 0, stderr)
  return stdout
}

void describe('trace', () => {
  void test('hides messages of the service, which quote values, unless asked', async () => {
    for (const output of ['json', 'table']) {
      const hidden = await run('trace', 'p1', '--output', output)
      assert.doesNotMatch(hidden, /ann\.lee/, output)
      assert.match(hidden, /must be unique/, output)
      assert.match(
        await run('trace', 'p1', '--output', output, '--show-values', ...BY),
        /Another object has ann\.lee@contoso\.com/,
        output,
      )
    }
  })

  void test('shows which fields were sent, and their values only to someone who is named in the audit trail', async () => {
    const hidden = await run('trace', 'p1')
    assert.match(
      hidden,
      /record +the first one\n.* added +userName\n[^]* added +active {2}true\n[^]*log record /,
    )
    assert.doesNotMatch(hidden, /p1@example/)
    const { code, stdout, stderr } = await command(['trace', 'p1', '--show-values'], { LEDGER })
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /--actor and --justification/)
    assert.match(await run('trace', 'p1', '--show-values', ...BY), /added +userName {2}p1@example\.com\n/)
    assert.match(await run('audit', 'p1'), /ann \(\S+\) +show-values +3 +p1 +ticket 7/)
  })

  void test('pages what is long, and says how to go on', async () => {
    const first = await command(['trace', 'batch-1', '--limit', '2', '--output', 'json'], { LEDGER })
    assert.match(first.stderr, /there is more: the same command with --next m2/)
    const shown = JSON.parse(first.stdout)
    assert.deepEqual([shown.others.length, shown.next], [1, 'm2'])
    const last = JSON.parse(await run('trace', 'batch-1', '--limit', '2', '--next', 'm2', '--output', 'json'))
    assert.deepEqual([last.others.length, last.next], [0, null])
    assert.equal((await command(['trace', 'p1', '--next', 'x'], { LEDGER })).code, 2)
  })

  void test('shows the age of each step, before and after, in a suitable unit', async () => {
    const text = await run('trace', 'p1')
    assert.match(text, /received {3}2026-11-02T08:00:00Z \(.* ago\)\n/)
    assert.match(text, /planned {4}\S+ \(.* ago\) {2}\+0\.7 s\n/)
    assert.match(text, /log record .* {2}0\.3 s before,/)
    const { operations } = JSON.parse(await run('trace', 'p1', '--output', 'json'))
    assert.deepEqual(operations[0].ages, {
      created: 700,
      submitted: 700,
      accepted: 700,
      answered: 700,
      finished: 10_801_700,
    })
    assert.doesNotMatch(text, /\+-/)
    assert.equal(
      (await run('trace', '7')).includes('\u001b'),
      false,
      'what an event calls itself moves no cursor',
    )
  })

  void test('of an ambiguous reference shows all matches, and so does explain', async () => {
    const { employee, others } = JSON.parse(await run('trace', '7', '--output', 'json'))
    assert.deepEqual(
      [employee.id, ...others.map((one: { employee: { id: string } }) => one.employee.id)],
      ['p2', 'p1', '7'],
    )
    const explained = JSON.parse(await run('explain', '7', '--output', 'json'))
    assert.deepEqual(
      [explained.employee, ...explained.others.map((one: { employee: string }) => one.employee)],
      ['p2', 'p1', '7'],
    )
    assert.equal((await run('explain', '7')).match(/^employee /gm)?.length, 3)
  })
})

void test('an unknown reference exits 4, and says where refused messages are listed', async () => {
  const { code, stdout, stderr } = await command(['trace', 'nobody'], { LEDGER })
  assert.deepEqual([code, stdout], [4, ''])
  assert.match(stderr, /dead-letters list --store bus/)
})

void test('plan prefers the employee when an event has the same id', async () => {
  const { code, stdout } = await command(['plan', '--employee', '7', '--output', 'json'], { LEDGER })
  const { employees, plan, cannotPlan } = JSON.parse(stdout)
  assert.deepEqual([employees, plan[0].employeeId], [1, '7'])
  // The directory refused what the employee's event says.
  assert.deepEqual([code, cannotPlan[0].employeeId], [7, '7'])
  assert.doesNotMatch(stdout, /ann\.lee/)
})

void test('status shows how far the log was read, and how many records are not ours', async () => {
  assert.deepEqual(JSON.parse(await run('status', '--allow-stopped', '--output', 'json')).log, {
    readUntil: new Date(T0).toISOString(),
    foreign: 3,
  })
  assert.match(await run('status', '--allow-stopped'), /log records of others +3/)
})

void test('an unknown state is a wrong argument, not a wrong configuration', async () => {
  const { code, stderr } = await command(['events', '--state', 'done'], { LEDGER })
  assert.equal(code, 2)
  assert.match(stderr, /ArgumentInvalid/)
})
