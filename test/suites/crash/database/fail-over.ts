import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgresPair } from '../../../adapters/support/standby.ts'
import { until } from '../../../adapters/support/until.ts'
import { command } from '../../../fakes/cli.ts'
import { differences } from '../../../fakes/directory.ts'
import { type Ending, feedAll } from '../site.ts'
import { expectAllDone, startUnderLoad, type UnderLoad } from '../under-load.ts'
import type { Scenario } from './scenario.ts'

const WITHIN_MS = 600_000

/**
 * The primary is killed, and its standby takes over, which has every commit: commits waited for it.
 */
export const failOver: Scenario = async (t, { employees, seed, say }) => {
  const pair = await startPostgresPair({ synchronous: true })
  t.after(() => pair.close())
  const loops = [null, null]
  const load = await startUnderLoad(t, await pair.database(), {
    employees,
    seed,
    loops,
    withinMs: WITHIN_MS,
  })
  await load.reach(0.3)
  const at = performance.now()
  await pair.failOver()
  const promotedMs = performance.now() - at
  await load.goesOn(WITHIN_MS)
  const resumedMs = performance.now() - at
  await load.rest()
  await load.fleet.stop()
  assert.equal((await load.reader.readAge()).olderSince, null, 'nothing was lost')
  const totals = await expectAllDone(load)
  say(
    `the standby took over after ${Math.round(promotedMs)} ms, and work went on ${Math.round(resumedMs - promotedMs)} ms later; ${totals.messages} messages, ${totals.redelivered} redelivered`,
  )
}

/** How long the standby has received nothing when it takes over. */
const LAG_MS = 2_000

/**
 * The standby that takes over lacks the last two seconds. The connector finds that out, sends
 * nothing, and is whole again by the documented way.
 */
export const failOverToLagging: Scenario = async (t, { employees, seed, say }) => {
  const pair = await startPostgresPair({ synchronous: false })
  t.after(() => pair.close())
  const load = await startUnderLoad(t, await pair.database(), {
    employees,
    seed,
    loops: [null],
    withinMs: WITHIN_MS,
  })
  const { reader, watch, fleet } = load
  await load.reach(0.3)
  const since = new Date().toISOString()
  await pair.cutOff()
  await sleep(LAG_MS)
  const before = (await reader.readAge()).progress
  await pair.failOver()
  const [lost, calls] = [before - (await reader.readAge()).progress, watch.calls.length]
  assert.ok(lost > 0, 'the standby lacks something')
  await until(
    `it is found out; they said ${fleet.said()}`,
    async () => (await reader.readAge()).olderSince !== null,
    60_000,
    10,
  )
  await until('the queue is empty', () => queueIsEmpty(load), WITHIN_MS, 50)
  assert.equal(watch.calls.length, calls, 'nothing was sent since')
  await makeWhole(t, load, since)
  await load.fleet.stop()
  assert.deepEqual(differences(await load.doubles.entra.directory(), load.history.oracle), [])
  say(`${lost} steps were lost, and found missing before another call was made; whole again as documented`)
}

async function queueIsEmpty({ doubles }: UnderLoad): Promise<boolean> {
  const { active, locked } = await doubles.bus.counts('hr-events')
  return active + locked === 0
}

/** As docs/guides/restore.md says: everything is fed again, and a person declares the ledger complete. */
async function makeWhole(t: Ending, load: UnderLoad, since: string): Promise<void> {
  const { doubles, environment, fleet, history, reader } = load
  const by = ['--actor', 'ann', '--justification', 'fed again', '--yes']
  const run = async (...words: readonly string[]): Promise<boolean> =>
    (await command([...words, ...by], environment)).code === 0
  await feedAll(t, doubles, history.lines)
  await until('the queue is empty again', () => queueIsEmpty(load), WITHIN_MS, 50)
  await until('the log is read', () => run('ledger', 'restored', '--since', since), 60_000, 500)
  const settled = async (): Promise<boolean> => (await reader.readIdle(Date.now())).idle
  await until(`it is settled; they said ${fleet.said()}`, settled, WITHIN_MS, 100)
  const query = { open: true, code: 'DisabledElsewhere', employeeId: null, next: null, limit: 100 } as const
  for (;;) {
    const { findings } = await reader.listFindings(query)
    if (findings.length === 0) return
    // What HR says now was recorded before the deactivation, so a person has to decide.
    assert.ok(await run('findings', 'acknowledge', ...findings.map(({ seq }) => `finding-${seq}`)))
    await until('what was held is settled', settled, WITHIN_MS, 100)
  }
}
