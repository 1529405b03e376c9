import assert from 'node:assert/strict'
import { it } from 'node:test'
import { clockOffset, clockWatch, warnOfSkew } from '../../../src/core/ledger/clock.ts'
import type { JsonObject } from '../../../src/core/model.ts'
import type { MomentCut } from '../../../src/core/ledger/port/upkeep.ts'
import { silentLogger } from '../../../src/core/runtime.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'
import { runUntilEnd } from '../../fakes/run-until-end.ts'

/** A database whose clock is `ahead`, and a way to it of these lengths. */
function database(ahead: number, trips: readonly (readonly [there: number, back: number])[]) {
  let time = 1_000_000
  let look = 0
  return {
    now: () => time,
    ping: async () => {
      const [there, back] = trips[look++ % trips.length] ?? [0, 0]
      const at = time + there + ahead
      time += there + back
      return at
    },
  }
}

void it('the measured clock offset is never larger than the real one, however long the request takes', async () => {
  for (const ahead of [0, 40, -40, 5_000, -5_000]) {
    const near = database(ahead, [
      [200, 900],
      [1, 2],
      [50, 0],
    ])
    const found = await clockOffset(near, near.now)
    assert.ok(Math.abs(found) <= Math.abs(ahead) && Math.abs(found - ahead) <= 3, `${ahead}: ${found}`)
    const far = database(ahead, [[2_000, 10]])
    assert.ok(Math.abs(await clockOffset(far, far.now)) <= Math.abs(ahead))
  }
})

void it('of three looks the one with the shortest way counts, and on a way that takes no time the offset is exact', async () => {
  const long = [10, 10] as const
  for (const trips of [
    [[0, 0], long, long],
    [long, [0, 0], long],
    [long, long, [0, 0]],
  ] as const)
    for (const ahead of [7, -7]) {
      const one = database(ahead, trips)
      assert.equal(await clockOffset(one, one.now), ahead)
    }
})

void it('a tenth of a second apart is tolerated, and more is not', async () => {
  for (const [ahead, warnings] of [
    [100, 0],
    [101, 1],
    [-100, 0],
    [-101, 1],
  ] as const) {
    const one = database(ahead, [[0, 0]])
    let count = 0
    await warnOfSkew(one, { now: one.now, log: { ...silentLogger, warn: () => void (count += 1) } })
    assert.equal(count, warnings, String(ahead))
  }
})

void it('a ledger that uses our clock has no offset', async () => {
  assert.equal(await clockOffset({ ping: async () => null }, () => 5), 0)
})

void it('a clock offset is logged at the start, agreement is not, and a clock that cannot be read stops nothing', async () => {
  const told: JsonObject[] = []
  const log = { ...silentLogger, warn: (_event: string, fields: JsonObject = {}) => void told.push(fields) }
  for (const ahead of [60, -60, 3_000, -3_000]) {
    const one = database(ahead, [[1, 1]])
    await warnOfSkew(one, { now: one.now, log })
  }
  await warnOfSkew({ ping: () => Promise.reject(new Error('away')) }, { now: () => 0, log })
  assert.deepEqual(
    told.map(({ databaseAheadMs }) => databaseAheadMs),
    [2_999, -2_999],
  )
})

void it('moments that a fast clock stored are cut repeatedly and logged once each time; an instance that is behind cuts by the clock of the database', async (t) => {
  for (const databaseAhead of [null, -60_000, 60_000]) {
    const runtime = virtualRuntime()
    const cuts: MomentCut[] = []
    const found = [0, 1, 0]
    const ledger = {
      ping: async () => (databaseAhead === null ? null : runtime.now() + databaseAhead),
      cutMoments: async (cut: MomentCut) => {
        cuts.push(cut)
        return found.shift() ?? 0
      },
    }
    const lengths = { toleranceMs: 1, maxWaitMs: 2, leaseMs: 3, quietMs: 4 }
    const service = clockWatch(ledger, { ...lengths, pollMs: 2_000, shared: databaseAhead !== null }, runtime)
    runUntilEnd(t, service)
    const from = runtime.now() + Math.max(0, databaseAhead ?? 0)
    await runtime.advance(4_000)
    assert.deepEqual(
      cuts,
      [0, 2_000, 4_000].map((at) => ({ ...lengths, now: from + at })),
    )
    assert.deepEqual(
      runtime.lines.map(({ event, fields }) => [event, fields['moments']]),
      [['clock.was-ahead', 1]],
    )
  }
})
