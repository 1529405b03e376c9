import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readConfig } from '../../../src/compose/config.ts'
import { identityOf } from '../../../src/compose/instance/identity.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { openFileLedger } from '../../adapters/support/file-ledger.ts'
import { command } from '../../fakes/cli.ts'
import { call, DISABLED, REFUSED } from '../../suites/conformance/ledger/emergency.ts'
import { joiner, leaver, World } from '../../suites/conformance/ledger/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollcall-emergency-'))
const LEDGER = join(folder, 'ledger.db')
after(() => rmSync(folder, { recursive: true }))

/** The file of a configuration with a budget in USD. */
function budget(day: number, month: number): string {
  const file = join(folder, `${day}-${month}.yaml`)
  writeFileSync(file, `leavers: { emergency: { usdPerDay: ${day}, usdPerMonth: ${month} } }\n`)
  return file
}
const ON = { LEDGER, ROLLCALL_CONFIG: budget(1, 10) }

before(async () => {
  const ledger = await openFileLedger(LEDGER)
  const world = new World(ledger)
  // One leaver two days ago, one today, and a third who waits.
  world.now = Date.now() - 3 * DAY_MS
  const all = ['p1', 'p2', 'p3']
  await world.record(...all.map((id) => joiner(`hire of ${id}`, id)))
  await world.answerEach(await world.send())
  await world.finalize()
  world.now += DAY_MS
  await world.record(leaver('end of p1', 'p1'))
  await world.plan()
  await call(world, 'p1', DISABLED)
  await world.answer(await world.send())
  await world.finalize()
  world.now = Date.now() - 60_000
  await world.record(leaver('end of p2', 'p2'), leaver('end of p3', 'p3'))
  await world.plan()
  await call(world, 'p2', REFUSED)
  await call(world, 'p2', DISABLED)
  await ledger.markEmergencyWaits([{ employeeId: 'p3', why: 'budget' }])
  await ledger.close()
})

interface Lane {
  readonly spentUsd: unknown
  readonly budgetUsd: unknown
  readonly waits: unknown
  readonly callsLeft: unknown
}
async function lane(environment: Readonly<Record<string, string>>, ...more: string[]): Promise<Lane> {
  const { code, stdout, stderr } = await command(['emergency', '--output', 'json', ...more], environment)
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

void describe('rollcall emergency', () => {
  void test('shows what was spent in a day and in a month beside the budget, what the rest pays for, and who waits', async () => {
    assert.deepEqual(await lane(ON), {
      spentUsd: { day: 0.002, month: 0.004 },
      budgetUsd: { day: 1, month: 10 },
      waits: { budget: 1 },
      callsLeft: 499,
      destinations: [{ destination: 'default', because: [], closed: false }],
      direct: [],
    })
    const { stdout } = await command(['emergency'], ON)
    assert.match(stdout, /USD in the last 24 h +0\.002 of 1 *\n/)
    assert.match(stdout, /the budget of the lane is spent +1 +raise usdPerDay/)
  })

  void test('shows what was spent while it is off', async () => {
    const off = await lane({ LEDGER })
    assert.deepEqual([off.spentUsd, off.budgetUsd, off.callsLeft], [{ day: 0.002, month: 0.004 }, null, null])
  })

  void test('counts by the budget of the running connector, also where the shell has none or another', async () => {
    const ledger = await openFileLedger(LEDGER)
    const config = readConfig({ ROLLCALL_CONFIG: budget(0.004, 10) })
    const identity = { ...identityOf(config, 'i-1'), startedAt: Date.now(), endedAt: null }
    await ledger.announceInstance({ ...identity, seenAt: Date.now() })
    await ledger.close()
    const inForce = await lane(ON)
    assert.deepEqual([inForce.budgetUsd, inForce.callsLeft], [{ day: 0.004, month: 10 }, 1])
    assert.deepEqual((await lane({ LEDGER })).budgetUsd, { day: 0.004, month: 10 })
    assert.deepEqual((await lane(ON, '--own-config')).budgetUsd, { day: 1, month: 10 })
    const { stderr } = await command(['emergency'], ON)
    assert.match(stderr, /leavers\.emergency\.usdPerDay 0\.004, here 1/)
  })

  void test('calls are listed with their answer, cost and what the job did, by default those of 31 days', async () => {
    const listed = async (...more: string[]): Promise<readonly unknown[]> => {
      const { stdout } = await command(['emergency', 'calls', '--output', 'json', ...more], ON)
      const rows: readonly Readonly<Record<string, unknown>>[] = JSON.parse(stdout)
      return rows.map(({ employeeId, result, status, usd, job }) => [employeeId, result, status, usd, job])
    }
    const ofToday = [
      ['p2', 'refused', 403, 0, 'open'],
      ['p2', 'disabled', 204, 0.002, 'open'],
    ]
    assert.deepEqual(await listed(), [['p1', 'disabled', 204, 0.002, 'confirmed'], ...ofToday])
    assert.deepEqual(await listed('--since', '1d'), ofToday)
  })

  void test('status has the money and the waits in one row', async () => {
    const { stdout } = await command(['status', '--allow-stopped', '--own-config'], ON)
    assert.match(
      stdout,
      /emergency lane +USD 0\.002 of 1 in the last 24 h, 0\.004 of 10 in the last 31 days; leavers wait: 1 budget: rollcall emergency *\n/,
    )
  })
})
