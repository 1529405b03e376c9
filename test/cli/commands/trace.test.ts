import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import { openFileLedger } from '../../adapters/support/file-ledger.ts'
import { joiner, T0, World } from '../../suites/conformance/ledger/world.ts'
import type { EntraSettings } from '../../../src/local/entra/settings.ts'
import { command } from '../../fakes/cli.ts'
import { employee, open, provision } from '../../local/entra/support.ts'

const BY = ['--actor', 'ann', '--justification', 'ticket 7'] as const
let folder = ''
let LEDGER = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-trace-'))
  LEDGER = join(folder, 'ledger.db')
  const ledger = await openFileLedger(LEDGER)
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

void describe('trace --connection', () => {
  const asked = (
    t: TestContext,
    settings: Partial<EntraSettings>,
    ...more: readonly string[]
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> =>
    open(t, settings).then(async (entra) => {
      await provision(entra, employee('p1'))
      const { endpoint: PROVISIONING_ENDPOINT } = entra
      const environment = { LEDGER, AUTH_MODE: 'local', PROVISIONING_ALLOW_HTTP: 'true' }
      return command(['trace', ...more], { ...environment, PROVISIONING_ENDPOINT })
    })

  void test('shows the account that the job has for the employee, and its name only to someone who may see values', async (t) => {
    const { code, stdout } = await asked(t, {}, 'p1', '--connection')
    assert.equal(code, 0)
    assert.match(stdout, /\n {2}connection the job links the employee to Entra object [0-9a-f-]{36} \(User\)/)
    const json = ['--connection', '--output', 'json']
    const hidden = JSON.parse((await asked(t, {}, 'p1', ...json)).stdout)
    assert.deepEqual([hidden.connection.answer, hidden.connection.displayName], ['found', undefined])
    const shown = JSON.parse((await asked(t, {}, 'p1', ...json, '--show-values', ...BY)).stdout)
    assert.equal(shown.connection.displayName, 'Employee p1')
  })

  void test('shows the rest all the same when the service does not say, and why', async (t) => {
    type Case = readonly [settings: Partial<EntraSettings>, employeeId: string, why: RegExp]
    const cases: readonly Case[] = [
      [
        { faults: [{ kind: 'status', on: 'connection', status: 403 }] },
        'p1',
        /connection not allowed \(403\): grant Synchronization/,
      ],
      [{ objectConnections: 'unavailable' }, 'p1', /connection none \(404\)/],
      [{}, 'p2', /connection none \(404\): the job has carried out no record of the employee/],
    ]
    for (const [settings, employeeId, why] of cases) {
      const { code, stdout } = await asked(t, settings, employeeId, '--connection')
      assert.equal(code, 0)
      assert.match(stdout, why)
      assert.match(stdout, /operation op-/)
    }
  })

  void test('is not asked without the option', async () => {
    assert.doesNotMatch(await run('trace', 'p1'), /connection/)
  })
})
