import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openFileLedger } from '../../adapters/support/file-ledger.ts'
import { sayStrict } from '../../../src/cli/status/strict.ts'
import { printTo } from '../../../src/cli/support/output.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { joiner, leaver, World } from '../../suites/conformance/ledger/world.ts'
import { command } from '../../fakes/cli.ts'

const HOUR_MS = DAY_MS / 24
let folder = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-strict-'))
})
after(() => rm(folder, { recursive: true }))

/** A ledger of its own, with `work` done three hours ago. */
async function ledgerWith(name: string, work: (world: World) => Promise<unknown>): Promise<string> {
  const path = join(folder, name)
  const ledger = await openFileLedger(path)
  const world = new World(ledger)
  world.now = Date.now() - 3 * HOUR_MS
  await work(world)
  await ledger.close()
  return path
}
const status = (LEDGER: string, ...args: readonly string[]) =>
  command(['status', '--allow-stopped', ...args], { LEDGER })
const leftAt = (id: string, effectiveAt: number) => ({ ...leaver(`out-${id}`, id), effectiveAt })

void describe('status --strict', () => {
  void test('exits 9 when a leaver case is open past the limit, and says which', async () => {
    const ledger = await ledgerWith('late', (world) => world.record(leaver('out', 'p1')))
    assert.equal((await status(ledger)).code, 0, 'without --strict')
    assert.equal((await status(ledger, '--strict')).code, 0, '24 hours are the default')
    const { code, stdout, stderr } = await status(ledger, '--strict', '--leaver-limit', '2h')
    assert.equal(code, 9)
    assert.match(stderr, /1 leaver case is open for more than 2\.0 h: p1 \(under-way\); see rollcall leavers/)
    assert.match(stdout, /leavers not proven/)
    const { strict } = JSON.parse(
      (await status(ledger, '--strict', '--leaver-limit', '30m', '--output', 'json')).stdout,
    )
    assert.deepEqual(
      [strict.leaversPastLimit, strict.findings, strict.oldest[0].case, strict.oldest[0].employee],
      [1, 0, 'leaver-1', 'p1'],
    )
  })

  void test('does not count cases that only wait for their date, and counts the others from their date on', async () => {
    const ledger = await ledgerWith('ahead', (world) =>
      world.record(leftAt('p1', Date.now() + DAY_MS), leftAt('p2', Date.now() - HOUR_MS)),
    )
    assert.equal((await status(ledger, '--strict', '--leaver-limit', '2h')).code, 0)
    const { code, stderr } = await status(ledger, '--strict', '--leaver-limit', '30m')
    assert.equal(code, 9)
    assert.match(stderr, /1 leaver case is open .*: p2 /)
  })

  void test('exits 9 when a finding is open', async () => {
    const ledger = await ledgerWith('finding', async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.ledger.recordMessages({
        messages: [
          {
            entity: 'hr-events',
            enqueuedAt: world.now,
            sequence: '900',
            events: [],
            rejected: null,
            findings: [
              { code: 'AttributeUnmapped', about: '/hr', employeeId: null, event: null, detail: 'shoeSize' },
            ],
          },
        ],
        now: world.now,
        quietMs: 0,
        maxWaitMs: 1,
        backlog: false,
      })
    })
    const { code, stderr } = await status(ledger, '--strict')
    assert.equal(code, 9)
    assert.match(stderr, /1 finding is open; see rollcall findings/)
  })

  void test('keeps exit code 3 for books that do not balance, and still says the rest', () => {
    let said = ''
    using _printed = printTo({ out: () => true, err: (text) => ((said += text), true) })
    const strict = { leaverLimitMs: HOUR_MS, leaversPastLimit: 0, oldest: [], findings: 2 }
    assert.equal(sayStrict(strict, ['messages (1) is not decoded + rejected (2)']), 3)
    assert.match(said, /books do not balance: messages.*\n.*2 findings are open/)
    assert.equal(sayStrict(strict, []), 9)
    assert.equal(sayStrict({ ...strict, findings: 0 }, []), 0)
  })

  void test('refuses a limit that is not a duration', async () => {
    const ledger = await ledgerWith('limit', async () => {})
    const { code, stderr } = await status(ledger, '--strict', '--leaver-limit', 'soon')
    assert.equal(code, 2)
    assert.match(stderr, /--leaver-limit must be minutes, hours or days/)
  })
})
