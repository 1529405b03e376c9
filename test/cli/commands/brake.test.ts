import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openFileLedger } from '../../adapters/support/file-ledger.ts'
import { RELEASED_BRAKE } from '../../../src/core/plan/decide/brake.ts'
import { command, type OnTerminal } from '../../fakes/cli.ts'
import { joiner, leaver, World } from '../../suites/conformance/ledger/world.ts'

const BY = ['--actor', 'ann', '--justification', 'ticket 7'] as const
const LIMIT = { ...RELEASED_BRAKE, absolute: 1 }
let folder = ''
const runOn = (terminal: OnTerminal, ...args: readonly string[]) =>
  command(args, { LEDGER: join(folder, 'ledger.db'), BRAKE_ABSOLUTE: '1' }, terminal)
const run = (...args: readonly string[]) => runOn({}, ...args)

/**
 * Of five who leave, p1 goes and the others are held; of p6 nothing is planned yet. The tests go on
 * from each other, because a ledger of their own would take most of their time.
 */
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-brake-'))
  const ledger = await openFileLedger(join(folder, 'ledger.db'))
  const world = new World(ledger)
  world.now = Date.now()
  const employees = ['p1', 'p2', 'p3', 'p4', 'p5']
  await world.record(...[...employees, 'p6'].map((id) => joiner(`hire of ${id}`, id)))
  await world.confirmAll()
  await world.record(...employees.map((id) => leaver(`${id} leaves`, id)))
  await world.ledger.commitPlan(world.decide(await world.due()), LIMIT, world.now)
  await world.record(leaver('p6 leaves', 'p6'))
  await ledger.close()
})
after(() => rm(folder, { recursive: true }))

void describe('rollcall brake', () => {
  void it('changes nothing with --dry-run', async () => {
    const release = await run('brake', 'release', '--dry-run', '--more', '5', '--until', '2h', ...BY)
    assert.match(release.stdout, /^4 employees would be released\n5 more could go until /)
    assert.match(
      (await run('brake', 'refuse', '--all', '--dry-run', ...BY)).stdout,
      /^4 employees would be refused\n$/,
    )
    assert.equal((await run('brake', 'status')).code, 5)
    assert.equal((await run('audit')).code, 4)
  })

  void it('asks for the count before all who are held are released or refused', async () => {
    for (const [verb, ...all] of [['release'], ['refuse', '--all']] as const) {
      const unasked = await run('brake', verb, ...all, ...BY)
      assert.equal(unasked.code, 2)
      assert.match(
        unasked.stderr,
        new RegExp(`this would ${verb} all 4 employees who are held, .* add --yes`),
      )
      const { code, stderr } = await runOn({ types: '5' }, 'brake', verb, ...all, ...BY)
      assert.equal(code, 8)
      assert.match(stderr, /Type 4 to go on: nothing was changed/)
    }
    assert.equal((await run('audit')).code, 4)
  })

  void it('names who is held and who is refused, in a table as many as asked for and in JSON all', async () => {
    await run('brake', 'refuse', 'p4', ...BY)
    const { code, stdout } = await run('brake', 'status', '--limit', '2')
    assert.equal(code, 5)
    assert.match(stdout, /\nheld +3 *\n.*\nrefused +1 *\n/)
    assert.match(stdout, /\np2 .*\np3 .*\n… and 1 more.*\n\nemployee +refused since .*\np4 /)
    const json = JSON.parse((await run('brake', 'status', '--output', 'json')).stdout)
    assert.deepEqual(
      [json.heldEmployees, json.refusedEmployees].map((list: readonly { employee: string }[]) =>
        list.map(({ employee }) => employee),
      ),
      [['p2', 'p3', 'p5'], ['p4']],
    )
    assert.match((await run('status')).stdout, /brake +holds 3 employees; 1 refused: rollcall brake status/)
    assert.match(
      (await run('explain', 'p2')).stdout,
      /^p2 can sign in: HR says left .* the brake holds .*; next: rollcall brake status\n[^]*^employee p2 .*\nHELD by the brake since /m,
    )
    assert.match((await run('explain', 'p4')).stdout, /^employee p4 .*\nREFUSED since /m)
    const { stdout: plan } = await run('plan')
    assert.match(plan, /the brake would hold 4 of 6 deactivations, and 1 are refused: /)
  })

  void it('releases employees by id and from a file, and ends with 7 when some are not held, 4 when none is', async () => {
    const list = join(folder, 'list.txt')
    await writeFile(list, '\ufeffp2\n\n  p3 \n')
    const some = await run('brake', 'release', 'p1', '--file', list, ...BY)
    assert.equal(some.code, 7)
    assert.match(some.stdout, /^2 employees released by ann \(\S+\): ticket 7\n1 employees are still held/)
    assert.match(some.stderr, /^the brake does not hold p1: /)
    assert.equal((await run('brake', 'release', 'nobody', ...BY)).code, 4)
    const last = await run('brake', 'release', ...BY)
    assert.equal(last.code, 0)
    assert.match(last.stdout, /^1 employees released .*\nnone is held any more; what went before no longer/)
    assert.match((await run('audit', 'p3')).stdout, /ann \(\S+\) +brake\.release +1 +p3 +ticket 7\n$/)
  })

  void it('shows an allowance until it ends', async () => {
    await run('brake', 'release', '--more', '5', '--until', '2999-01-01', ...BY)
    assert.match(
      (await run('brake', 'status')).stdout,
      /more may go +5 of 5 until 2999-01-01T.*, by ann \(\S+\) *\n/,
    )
    assert.match((await run('brake', 'release', '--more', '0', ...BY)).stdout, /the allowance has ended\n$/)
    assert.match((await run('brake', 'status')).stdout, /more may go +no allowance *\n/)
  })

  void it('refuses an allowance without an end, an end without an allowance, and a refusal of an unnamed mass', async () => {
    for (const [args, says] of [
      [['release', '--more', '5'], /--more needs --until/],
      [['release', '--until', '2h'], /--until needs --more/],
      [['release', '--more', '5', '--until', '2020-01-01'], /--until is in the past/],
      [['refuse'], /name the employees, or give --file or --all/],
      [['refuse', 'p2', '--all'], /name the employees, or give --file or --all/],
    ] as const) {
      const { code, stderr } = await run('brake', ...args, ...BY)
      assert.deepEqual([code, says.test(stderr)], [2, true], stderr)
    }
  })
})
