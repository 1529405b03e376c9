import assert from 'node:assert/strict'
import { it } from 'node:test'
import { clockAhead, warnOfSkew } from '../../src/core/clock.ts'
import type { JsonObject } from '../../src/core/model.ts'
import { silentLogger } from '../../src/core/runtime.ts'

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

void it('how far two clocks are apart is never said to be more than it is, however long the way', async () => {
  for (const ahead of [0, 40, -40, 5_000, -5_000]) {
    const near = database(ahead, [
      [200, 900],
      [1, 2],
      [50, 0],
    ])
    const found = await clockAhead(near, near.now)
    assert.ok(Math.abs(found) <= Math.abs(ahead) && Math.abs(found - ahead) <= 3, `${ahead}: ${found}`)
    const far = database(ahead, [[2_000, 10]])
    assert.ok(Math.abs(await clockAhead(far, far.now)) <= Math.abs(ahead))
  }
})

void it('a ledger that goes by our clock is never apart from it', async () => {
  assert.equal(await clockAhead({ ping: async () => null }, () => 5), 0)
})

void it('clocks that are apart are told of at the start, those that agree are not, and one that cannot be read stops nobody', async () => {
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
