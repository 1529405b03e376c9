import assert from 'node:assert/strict'
import { startEntra } from '../../src/local/entra/server.ts'
import { replayWorld } from '../suites/crash/replay-world.ts'

/**
 * Measures `rollcall replay` from either store, with both doubles running:
 * `node test/bench/replay.ts [in each]` (default 10,000). The command is killed once on its way and
 * called again; then every event must be there exactly once. Last, a rate is held.
 */
const total = Number(process.argv[2] ?? 10_000)
const entra = await startEntra({})
const ASKED = ['--actor', 'operator', '--justification', 'a measurement', '--yes'] as const

for (const store of ['ledger', 'bus'] as const) {
  const world = await replayWorld(total)
  const killed = await world.runApart(['replay', '--store', store, ...ASKED], store === 'ledger' ? 60 : 1_000)
  assert.equal(killed.code, null, `it was through before it could be killed: ${killed.said}`)
  const again = await world.runApart(['replay', '--store', store, ...ASKED])
  assert.equal(again.code, 0, again.said)
  const rate = /(\d+) a second/.exec(
    again.said.split('\n').findLast((line) => / a second/.test(line)) ?? '',
  )?.[1]
  const ledger = await world.inLedger()
  const { ids, shelved } = await world.onBus()
  const lost = store === 'ledger' ? ledger.dead : total - new Set(ids).size
  const doubled = store === 'ledger' ? ledger.done - total : ids.length - new Set(ids).size
  process.stdout.write(
    `${store}, killed and called again: ${lost} lost, ${doubled} doubled, ${shelved} left on the shelf, last seen at ${rate} a second\n`,
  )
  await world.close()

  const whole = await replayWorld(total)
  const { code, said, ms } = await whole.runApart(['replay', '--store', store, ...ASKED])
  assert.equal(code, 0, said)
  process.stdout.write(
    `${store}, whole command with its start and its plan: ${total} in ${(ms / 1_000).toFixed(1)} s, ${/(\d+) a second, all/.exec(said)?.[1] ?? '?'} a second\n`,
  )
  await whole.close()
}
const slow = await replayWorld(1_000)
const { said } = await slow.run(['replay', '--store', 'bus', '--rate', '100', ...ASKED])
process.stdout.write(`100 asked for: ${/(\d+) a second, all/.exec(said)?.[1] ?? '?'} a second\n`)
await slow.close()
await entra.stop()
