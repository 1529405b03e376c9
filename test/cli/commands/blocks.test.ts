import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openFileLedger } from '../../adapters/support/file-ledger.ts'
import { command } from '../../fakes/cli.ts'
import { joiner, World } from '../../suites/conformance/ledger/world.ts'

const BY = ['--actor', 'ann', '--justification', 'ticket 7'] as const
let folder = ''
let LEDGER = ''
const run = (...args: readonly string[]) => command(args, { LEDGER })
const fileOf = async (name: string, text: string): Promise<string> => {
  const file = join(folder, name)
  await writeFile(file, text)
  return file
}
const blocked = async (): Promise<readonly string[]> => {
  const { stdout } = await run('blocks', '--output', 'json')
  const rows = JSON.parse(stdout) as readonly { employee: string; until: string | null }[]
  return rows.map(({ employee, until }) => `${employee} ${until ?? 'unblocked'}`).sort()
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-blocks-'))
  LEDGER = join(folder, 'ledger.db')
  const ledger = await openFileLedger(LEDGER)
  const world = new World(ledger)
  await world.record(joiner('hire-1', 'p1'), joiner('hire-2', '02'))
  await ledger.close()
})
after(() => rm(folder, { recursive: true }))

void describe('rollcall block, unblock and blocks', () => {
  void it('holds until an unblock, and explain and trace begin with it', async () => {
    assert.equal((await run('blocks')).code, 4)
    assert.equal((await run('block', 'p1')).code, 2, 'without an actor and a justification')
    const { code, stderr } = await run('block', ' p1\u200b', ...BY)
    assert.equal(code, 0)
    assert.equal(stderr, 'p1 is blocked until rollcall unblock\n')
    assert.deepEqual(await blocked(), ['p1 unblocked'])
    assert.match((await run('blocks')).stdout, /^employee .*\np1 .* unblocked .* ann .* ticket 7\n$/)
    for (const shown of ['explain', 'trace'])
      assert.match(
        (await run(shown, 'p1')).stdout,
        /^employee p1 .*\nBLOCKED since .* until rollcall unblock: sent disabled, .*\nevent hire-1 /m,
      )
    const explained = JSON.parse((await run('explain', 'p1', '--output', 'json')).stdout)
    assert.equal(explained.blocked.until, null)
    assert.match((await run('status')).stdout, /blocked +1 employees: rollcall blocks/)

    assert.equal((await run('unblock', 'p1', ...BY)).code, 0)
    assert.equal((await run('unblock', 'p1', ...BY)).code, 4)
    assert.deepEqual(await blocked(), [])
    assert.doesNotMatch((await run('explain', 'p1')).stdout, /BLOCKED/)
    assert.doesNotMatch((await run('trace', 'p1')).stdout, /BLOCKED/)
    assert.match(
      (await run('audit', 'p1')).stdout,
      /ann \(\S+\) +block +1 +p1 +ticket 7\n.*ann \(\S+\) +unblock +1 +p1 +ticket 7/,
    )
  })

  void it('takes an end in the future only, and says when it is', async () => {
    const { code, stderr } = await run('block', 'p1', '--until', '2999-01-01', ...BY)
    assert.equal(code, 0)
    assert.match(stderr, /p1 is blocked until 2999-01-01T00:00:00Z/)
    for (const until of ['2020-01-01', 'soon'])
      assert.match(
        (await run('block', 'p1', '--until', until, ...BY)).stderr,
        /--until .* \[ArgumentInvalid\]/,
      )
    await run('unblock', 'p1', ...BY)
  })

  void it('blocks an employee who is not known, and names known ids that nearly match', async () => {
    const { code, stderr } = await run('block', '2', ...BY)
    assert.equal(code, 0)
    assert.match(stderr, /no event of this employee yet/)
    assert.match(stderr, /nearly match: 02;/)
    assert.equal((await run('block', '\u200b ', ...BY)).code, 2)
    await run('unblock', '2', ...BY)
  })

  void it('imports a file as a whole', async () => {
    const file = await fileOf('good.csv', 'employee;until\r\np1;\r\np9;2999-01-01\r\n')
    const { code, stdout, stderr } = await run('blocks', 'import', file, ...BY)
    assert.equal(code, 0, stderr)
    assert.equal(stdout, '2 employees are blocked\n')
    assert.match(stderr, /^p9: the ledger has no event/)
    assert.deepEqual(await blocked(), ['p1 unblocked', 'p9 2999-01-01T00:00:00.000Z'])
    const lines = await fileOf('good.jsonl', '{"employee":7}\n')
    assert.equal((await run('blocks', 'import', lines, ...BY)).code, 0)
    assert.equal((await blocked()).length, 3)
    for (const employee of ['p1', 'p9', '7']) await run('unblock', employee, ...BY)
  })

  void it('imports nothing of a file with a wrong line, and names each', async () => {
    const file = await fileOf(
      'bad.csv',
      'employee,until\np1,\np9,yesterday\n,2999-01-01\np1,\np8,2020-01-01\n',
    )
    const { code, stderr } = await run('blocks', 'import', file, ...BY)
    assert.equal(code, 1)
    assert.match(stderr, /line 3: until must be a day, an instant or a duration/)
    assert.match(stderr, /line 4: no column names the employee/)
    assert.match(stderr, /line 5: an earlier line names the same employee/)
    assert.match(stderr, /line 6: until is in the past/)
    assert.match(stderr, /4 rows are wrong, so no employee was blocked/)
    assert.deepEqual(await blocked(), [])
    const noHeader = await fileOf('header.csv', 'p1\n')
    assert.match(
      (await run('blocks', 'import', noHeader, ...BY)).stderr,
      /no column names the employee.*FileInvalid/s,
    )
    assert.equal((await run('blocks', 'import', join(folder, 'none.csv'), ...BY)).code, 2)
  })
})
