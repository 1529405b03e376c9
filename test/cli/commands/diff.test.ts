import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openFileLedger } from '../../adapters/support/file-ledger.ts'
import { type EntraDouble, startEntra } from '../../../src/local/entra/server.ts'
import { command, type OnTerminal } from '../../fakes/cli.ts'
import { ENTERPRISE, headers, provision, still, employee as user } from '../../local/entra/support.ts'
import { hrEvent, joiner, World } from '../../suites/conformance/ledger/world.ts'

const BY = ['--actor', 'ann', '--justification', 'ticket 7'] as const
const HOUR = 3_600_000
let folder = ''
let entra: EntraDouble
const runOn = (terminal: OnTerminal, ...args: readonly string[]) => runWith({}, terminal, ...args)
const runWith = (
  environment: Readonly<Record<string, string>>,
  terminal: OnTerminal,
  ...args: readonly string[]
) =>
  command(
    args,
    {
      ...environment,
      LEDGER: join(folder, 'ledger.db'),
      AUTH_MODE: 'local',
      PROVISIONING_ENDPOINT: entra.endpoint,
      PROVISIONING_ALLOW_HTTP: 'true',
    },
    terminal,
  )
const run = (...args: readonly string[]) => runOn({}, ...args)

/** Sets the account of an employee to this, as an administrator would. */
async function change(employeeId: string, to: object): Promise<void> {
  const { objectId } = (await entra.directory())[employeeId] ?? assert.fail(employeeId)
  const url = `http://127.0.0.1:${entra.port}/v1.0/users/${objectId}`
  const response = await fetch(url, { method: 'PATCH', headers, body: JSON.stringify(to) })
  assert.equal(response.status, 204)
}

/** What happens in the ledger an hour ago. */
async function anHourAgo(work: (world: World) => Promise<void>): Promise<void> {
  const ledger = await openFileLedger(join(folder, 'ledger.db'))
  const world = new World(ledger)
  world.now = Date.now() - HOUR
  await work(world)
  await ledger.close()
}
/** Sends what is due, and has it confirmed for the accounts that the directory has. */
async function confirm(world: World): Promise<void> {
  const accounts = await entra.directory()
  await world.answerEach(await world.send(), (id) => accounts[id]?.objectId ?? null)
  await world.finalize()
}

/** Three employees in the directory; others changed the title of p1 and disabled p2. */
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-diff-'))
  entra = await startEntra({ settings: still })
  const employees = ['p1', 'p2', 'p3']
  await provision(entra, ...employees.map((id) => user(id, { title: 'Clerk' })))
  await anHourAgo(async (world) => {
    await world.record(...employees.map((id) => joiner(`hire of ${id}`, id, { title: 'Clerk' })))
    await confirm(world)
  })
  await change('p1', { jobTitle: 'Boss' })
  await change('p2', { accountEnabled: false })
})
after(async () => {
  await entra.stop()
  await rm(folder, { recursive: true })
})

// The tests go on from each other.
void describe('rollcall diff', () => {
  void it('with --dry-run only looks, and names attributes without their values', async () => {
    const { code, stdout, stderr } = await run('diff', '--dry-run', '--repair')
    assert.equal(code, 9)
    assert.match(stdout, /^AccountDiffers +p1 +account \S+: title$/m)
    assert.match(stdout, /^DisabledElsewhere +p2 /m)
    assert.doesNotMatch(stdout, /Boss|Clerk/)
    assert.match(stderr, /^3 accounts compared, 3 of employees: 2 differences; 1 requests$/m)
    assert.match(stderr, /--repair would send the records of 1 employees again/)
    assert.equal((await run('findings')).code, 4)
    assert.match((await run('status', '--allow-stopped')).stdout, /^directory +not compared yet *$/m)
  })

  void it('raises findings, and status says when', async () => {
    const { code, stdout } = await run('diff', '--output', 'json')
    assert.equal(code, 9)
    const rows: readonly { readonly code: string; readonly employeeId: string }[] = JSON.parse(stdout)
    assert.deepEqual(
      rows.map((row) => [row.code, row.employeeId]),
      [
        ['AccountDiffers', 'p1'],
        ['DisabledElsewhere', 'p2'],
      ],
    )
    const findings = await run('findings')
    assert.match(findings.stdout, /AccountDiffers[^]*DisabledElsewhere/)
    const { stdout: status } = await run('status', '--allow-stopped')
    assert.match(status, /^directory +3 accounts compared .* ago.*, 2 differences *$/m)
  })

  void it('repairs what an operator confirms, and nothing that another administrator decided', async () => {
    assert.equal((await run('diff', '--repair')).code, 2)
    assert.equal((await runOn({ types: 'no' }, 'diff', '--repair', ...BY)).code, 8)
    const { code, stderr } = await runOn({ types: 'what is asked' }, 'diff', '--repair', ...BY)
    assert.equal(code, 9)
    assert.match(stderr, /1 employees are planned again/)
    const { stdout } = await run('plan', '--own-config', '--output', 'json')
    assert.match(stdout, /p1/)
    assert.match((await run('audit', '--ungrouped')).stdout, /directory\.repair +.*p1/)
  })

  void it('ends with 7 when the directory cannot be read to its end, and with 1 without the right', async () => {
    for (const [status, expected] of [
      [404, 7],
      [403, 1],
    ] as const) {
      const fault = { kind: 'status', on: 'users', status, times: 4 }
      await fetch(`http://127.0.0.1:${entra.port}/faults`, { method: 'POST', body: JSON.stringify(fault) })
      const { code, stdout } = await run('diff', '--output', 'ndjson')
      assert.deepEqual([code, stdout], [expected, ''])
      await fetch(`http://127.0.0.1:${entra.port}/faults`, { method: 'DELETE' })
    }
    assert.match((await run('status', '--allow-stopped')).stdout, /^directory +not compared: the right/m)
  })

  void it('compares the manager and what HR cleared where the configuration says so, and repairs that too', async () => {
    await provision(entra, user('p4', { title: 'Clerk', [ENTERPRISE]: { manager: { value: 'p1' } } }))
    await anHourAgo(async (world) => {
      await world.record(joiner('hire of p4', 'p4', { title: 'Clerk', managerId: 'p3' }))
      await confirm(world)
      await world.record(hrEvent('no title', 'p4', { title: null }, { order: 2_000 }))
      await confirm(world)
    })
    const ofP4 = async (more: Readonly<Record<string, string>> = {}): Promise<readonly string[]> => {
      const { stdout } = await runWith(more, {}, 'diff', '--dry-run')
      return stdout.split('\n').filter((line) => line.includes(' p4 '))
    }
    assert.deepEqual(await ofP4(), [])
    const file = join(folder, 'rollcall.yaml')
    await writeFile(file, 'directory: { manager: true, cleared: sent }\n')
    const found = await ofP4({ ROLLCALL_CONFIG: file })
    assert.match(found.join(), /^AccountDiffers .*: title \(not cleared\), urn:\S+:manager\.value$/)
    const repaired = await runWith({ ROLLCALL_CONFIG: file }, {}, 'diff', '--repair', ...BY, '--yes')
    assert.match(repaired.stderr, /1 employees are planned again/)
    assert.match((await run('audit', '--ungrouped')).stdout, /directory\.repair +.*p4/)
  })
})
