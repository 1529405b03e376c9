import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openFileLedger } from '../../../adapters/support/file-ledger.ts'
import { LEAVER_CAUSES } from '../../../../src/core/leavers/causes.ts'
import { leaver, World } from '../../../suites/conformance/ledger/world.ts'
import { command } from '../../../fakes/cli.ts'

let folder = ''
let LEDGER = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-leavers-'))
  LEDGER = join(folder, 'ledger.db')
  const ledger = await openFileLedger(LEDGER)
  const world = new World(ledger)
  await world.record(leaver('out-1', 'p1'))
  world.now += 60_000
  await world.record(leaver('out-2', 'p2'), leaver('out-3', 'p3'))
  const sent = await world.send()
  await world.answer(sent, 'unchanged', { code: 'MandatoryFieldsMissing' })
  await world.finalize()
  await world.record({ ...leaver('ahead', 'p4'), effectiveAt: Date.now() + 86_400_000 })
  await world.tend()
  await ledger.close()
})
after(() => rm(folder, { recursive: true }))

const run = (...args: readonly string[]) => command(args, { LEDGER })
const listed = async (...args: readonly string[]): Promise<readonly string[]> => {
  const { code, stdout, stderr } = await run('leavers', ...args, '--output', 'json')
  assert.equal(code, 0, stderr)
  const cases = JSON.parse(stdout) as readonly { employee: string; cause: string; ageMs: number }[]
  assert.ok(cases.every(({ ageMs }) => ageMs > 0))
  return cases.map(({ employee: employeeId, cause }) => `${employeeId} ${cause}`)
}
const BY = ['--actor', 'ann', '--justification', 'looked at it'] as const

void describe('rollcall leavers', () => {
  void test('lists the open cases, oldest first, with cause and age', async () => {
    const all = ['p1 not-in-directory', 'p2 not-in-directory', 'p3 not-in-directory', 'p4 held']
    assert.deepEqual(await listed(), all)
    assert.deepEqual(await listed('list', '--cause', 'held'), ['p4 held'])
    const { stdout } = await run('leavers')
    assert.match(stdout, /^case +employee +cause +age +/)
    assert.match(stdout, /leaver-1 +p1 +not-in-directory \(MandatoryFieldsMissing\) +\d+ [hd] /)
  })

  void test('status counts them by cause', async () => {
    const { stdout } = await run('status', '--output', 'json')
    const { leavers } = JSON.parse(stdout) as { leavers: { open: number; byCause: object } }
    assert.deepEqual([leavers.open, leavers.byCause], [4, { held: 1, 'not-in-directory': 3 }])
    assert.match((await run('status')).stdout, /leavers not proven +4: /)
  })

  void test('acknowledge closes the cases of an employee, one case, or all of a cause, and keeps who did it and why', async () => {
    assert.equal((await run('leavers', 'acknowledge', 'p1')).code, 2, 'an actor and a justification it takes')
    assert.equal((await run('leavers', 'acknowledge', ...BY)).code, 2)
    assert.equal((await run('leavers', 'acknowledge', 'p9', ...BY)).code, 4)
    const many = await run('leavers', 'acknowledge', 'p1', 'leaver-2', ...BY)
    assert.equal(many.code, 2)
    assert.match(many.stderr, /this would acknowledge 2 leaver cases, .* add --yes/)
    assert.deepEqual((await listed()).length, 4)
    assert.equal((await run('leavers', 'acknowledge', 'p1', 'p9', ...BY)).code, 7)
    assert.deepEqual((await listed()).length, 3)
    assert.equal((await run('leavers', 'acknowledge', 'leaver-2', ...BY)).code, 0)
    assert.equal((await run('leavers', 'acknowledge', '--cause', 'not-in-directory', ...BY)).code, 0)
    assert.deepEqual(await listed(), ['p4 held'])
    const { stdout } = await run('audit', 'leaver-2')
    assert.match(stdout, /ann \(\S+\) +leavers\.acknowledge +1 +leaver-2 +looked at it/)
  })

  void test('resend takes an actor and a justification, and says when nothing is left over', async () => {
    assert.equal((await run('leavers', 'resend', 'p1')).code, 2)
    assert.equal((await run('leavers', 'resend', 'p1', '--actor', ' ', '--justification', 'x')).code, 2)
    assert.equal((await run('leavers', 'resend', 'p1', ...BY)).code, 4)
  })

  void test('the page names every cause, what it means and what to do', async () => {
    const page = await readFile(new URL('../../../../docs/guides/leavers.md', import.meta.url), 'utf8')
    for (const [cause, { meaning, fix }] of Object.entries(LEAVER_CAUSES))
      assert.ok(page.includes(`| \`${cause}\` | ${meaning} | ${fix} |`), cause)
  })
})
