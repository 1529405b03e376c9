import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openFileLedger } from '../../../adapters/support/file-ledger.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { joiner, leaver, World } from '../../../suites/conformance/ledger/world.ts'
import { command } from '../../../fakes/cli.ts'

const HOUR_MS = DAY_MS / 24
let folder = ''
let LEDGER = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-summary-'))
  LEDGER = join(folder, 'ledger.db')
  const ledger = await openFileLedger(LEDGER)
  const world = new World(ledger)
  await world.record(joiner('hire-1', 'p1'), joiner('hire-2', 'p2'), joiner('hire-3', 'p3'))
  await world.confirmAll()
  const recordedAt = Date.now() - 3 * HOUR_MS
  const left = { recordedAt, effectiveAt: recordedAt - HOUR_MS }
  world.now = recordedAt + HOUR_MS
  await world.record({ ...leaver('out-1', 'p1'), ...left })
  const sent = await world.send()
  world.now += HOUR_MS
  await world.answer(sent)
  await world.finalize()
  await world.tend()
  await world.record({ ...leaver('out-2', 'p2', 2_000), ...left })
  const after = Date.now() + 2 * DAY_MS
  await world.record({ ...leaver('ahead', 'p3', 2_000), recordedAt, effectiveAt: after })
  await world.tend()
  await ledger.close()
})
after(() => rm(folder, { recursive: true }))

const run = (...args: readonly string[]) => command(['leavers', ...args], { LEDGER })
const summary = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await run('--summary', ...args, '--output', 'json')
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout) as {
    readonly since: string | null
    readonly ended: Readonly<Record<string, number>>
    readonly toProven: Readonly<Record<string, { readonly p50Ms: number | null }>>
    readonly open: { readonly count: number; readonly held: number; readonly oldestAgeMs: number }
  }
}

void describe('rollcall leavers --summary', () => {
  void test('shows how long it took from each moment to the proof, how cases ended, and what is open', async () => {
    const { ended, toProven, open, since } = await summary()
    assert.deepEqual(ended, { proven: 1, superseded: 0, rescinded: 0, discarded: 0, acknowledged: 0 })
    const p50 = Object.entries(toProven).map(([from, { p50Ms }]) => [from, p50Ms])
    assert.deepEqual(p50, [
      ['recorded', 2 * HOUR_MS],
      ['effective', 3 * HOUR_MS],
      ['received', HOUR_MS],
    ])
    assert.deepEqual([since, open.count, open.held], [null, 2, 1])
    assert.ok(Math.abs(open.oldestAgeMs - HOUR_MS) < HOUR_MS / 4, String(open.oldestAgeMs))
  })

  void test('takes a duration, a day or an instant for --since, of the summary and of the list', async () => {
    assert.equal((await summary('--since', '2h')).ended['proven'], 1)
    assert.equal((await summary('--since', '30m')).ended['proven'], 0)
    assert.equal((await summary('--since', '2020-01-01')).since, '2020-01-01T00:00:00.000Z')
    assert.equal((await run('--since', '30m', '--output', 'json')).stdout, '[]\n')
    assert.notEqual((await run('--since', '7d', '--output', 'json')).stdout, '[]\n')
    for (const wrong of [
      ['--summary', '--since', '7 weeks'],
      ['--since', '7 weeks'],
      ['--summary', '--cause', 'held'],
    ])
      assert.equal((await run(...wrong)).code, 2, wrong.join(' '))
  })

  void test('prints a table with hours, and one line of JSON for ndjson', async () => {
    const { stdout } = await run('--summary')
    assert.match(stdout, /from recorded +2\.0 h +2\.0 h +2\.0 h/)
    assert.match(stdout, /from effective +3\.0 h/)
    assert.match(stdout, /acknowledged +0/)
    assert.match(stdout, /open now: 2 \(1 waits for its date\), the oldest for/)
    const lines = (await run('--summary', '--output', 'ndjson')).stdout.trim().split('\n')
    assert.equal(lines.length, 1)
  })
})
