import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { command, type OnTerminal } from '../../../fakes/cli.ts'
import { ledgerWithFrozenRuns } from '../../../fakes/frozen-runs.ts'

const BY = ['--actor', 'bob', '--justification', 'ticket 7'] as const

let folder = ''
const run = (argv: readonly string[], terminal: OnTerminal = {}) =>
  command(['replays', ...argv], { LEDGER: join(folder, 'ledger.db') }, terminal)

/**
 * Two dead letters of the ledger, and two runs that were frozen and never carried out: of one each.
 */
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-replays-'))
  await ledgerWithFrozenRuns(join(folder, 'ledger.db'))
})
after(() => rm(folder, { recursive: true, force: true }))

void describe('rollcall replays', () => {
  void test('lists runs, newest first, with what is left', async () => {
    const { code, stdout } = await run(['--output', 'ndjson'])
    assert.equal(code, 0)
    const runs = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: number; endedAt: string | null })
    assert.deepEqual(
      runs.map(({ id, endedAt }) => [id, endedAt]),
      [
        [2, null],
        [1, null],
      ],
    )
    assert.match((await run([])).stdout, /^2 .* open .* 1 +ada +domain was added$/m)
    assert.equal((await run(['--limit', '1', '--output', 'json'])).stdout.match(/"id"/g)?.length, 1)
    assert.equal((await run(['list', '--sort', 'run', '--since', '1h'])).stdout.split('\n')[1]?.[0], '1')
  })

  void test('show says how to go on with one that is open', async () => {
    assert.match((await run(['show', '1'])).stdout, /not yet: rollcall replays resume 1 goes on/)
    assert.equal((await run(['show', '9'])).code, 4)
    assert.equal((await run(['show', 'nine'])).code, 2)
  })

  void test('pause is shown until the run is resumed, and changes nothing twice', async () => {
    assert.match((await run(['pause', '1', ...BY])).stderr, /run 1 stops after the batch that is under way/)
    assert.match((await run(['pause', '1', ...BY])).stderr, /run 1 was paused before/)
    assert.match((await run(['show', '1'])).stdout, /paused .* by bob.*: ticket 7/)
    assert.equal((await run(['pause', '9', ...BY])).code, 4)
  })

  void test('resume carries out the run without its command, and show names each outcome', async () => {
    const { code, stderr } = await run(['resume', '1', ...BY])
    assert.equal(code, 0, stderr)
    assert.match(stderr, /1 replayed, 0 gone, 0 refused, 0 left; rollcall replays show 1/)
    const { stdout } = await run(['show', '1'])
    assert.match(stdout, /resumed .* by bob \(\S+\): ticket 7/)
    assert.match(stdout, /afterwards 1 received/)
    assert.match(stdout, /^dl-\d+ +done .* received$/m)
    const { entries } = JSON.parse((await run(['show', '1', '--output', 'json'])).stdout) as {
      entries: readonly { became: unknown }[]
    }
    assert.deepEqual(
      entries.map(({ became }) => became),
      [{ state: 'received', reason: null }],
    )
    assert.equal((await run(['resume', '1', ...BY])).code, 4, 'it has ended')
  })

  void test('cancel asks for the count, then leaves the dead letters as they are and ends the run', async () => {
    assert.equal((await run(['cancel', '2', ...BY])).code, 2, 'there is no terminal to ask on')
    assert.equal((await run(['cancel', '2', ...BY], { types: '2' })).code, 8)
    const { code, stderr } = await run(['cancel', '2', ...BY], { types: '1' })
    assert.equal(code, 0, stderr)
    assert.match(stderr, /This would give up the replay of 1 dead letter,.*1 dead letter stays as it was/s)
    assert.match((await run(['show', '2'])).stdout, /^dl-\d+ +refused +Cancelled/m)
    assert.equal((await run(['cancel', '2', ...BY, '--yes'])).code, 4, 'it has ended')
    assert.equal((await run(['resume', '2', ...BY])).code, 4, 'it has ended')
  })
})
