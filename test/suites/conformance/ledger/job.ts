import assert from 'node:assert/strict'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { joiner, type LedgerCase, T0 } from './world.ts'

const HOUR_MS = 3_600_000

/** What the ledger keeps of the provisioning job. */
export const jobCases: readonly LedgerCase[] = [
  {
    name: 'what the job says about itself is kept as it was last seen, also what it does not say',
    run: async (world) => {
      assert.equal((await world.figures()).jobReport, null)
      const running = { seenAt: T0, code: 'Active', quarantine: null, failures: null }
      await world.ledger.recordJobReport(running)
      assert.deepEqual((await world.figures()).jobReport, running)
      const quarantined = {
        seenAt: T0 + 1,
        code: 'Quarantine',
        quarantine: { reason: 'QuarantineOnDemand', since: T0, nextAttempt: T0 + DAY_MS },
        failures: { escrowed: 5_000, withReferences: 5_001, synchronized: 7 },
      }
      await world.ledger.recordJobReport(quarantined)
      assert.deepEqual((await world.figures()).jobReport, quarantined)
      const silent = { ...quarantined, quarantine: { reason: null, since: null, nextAttempt: null } }
      await world.ledger.recordJobReport(silent)
      assert.deepEqual((await world.figures()).jobReport, silent)
    },
  },
  {
    name: 'operations that the service retries itself are counted, since the oldest was accepted',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const sent = await world.send()
      await world.answer(sent, 'escrowed', { status: 'failure', code: 'Timeout', willRetry: true })
      const { escrowed } = await world.figures()
      assert.deepEqual([escrowed.count, escrowed.oldestAt === null], [1, false])
    },
  },
  {
    name: 'a hold is lengthened while it is there, keeps its beginning, and is never shortened or made',
    run: async (world) => {
      const until = world.now + HOUR_MS
      assert.equal(await world.ledger.extendHold('full', until, world.now), false)
      const hold = {
        name: 'full',
        since: world.now,
        until: world.now + 1,
        status: 500,
        detail: null,
      } as const
      await world.ledger.setHold(hold)
      world.now += 5
      assert.equal(await world.ledger.extendHold('full', until, world.now), true, 'it ran out, and stands')
      assert.equal(await world.ledger.extendHold('full', until - 1, world.now), false)
      assert.equal(await world.ledger.extendHold('full', until, world.now), false)
      const [held] = (await world.figures()).holds
      assert.deepEqual({ ...held }, { ...hold, until })
    },
  },
  {
    name: 'a hold that was lengthened while a call tried it is not shortened by the answer to that call',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.plan()
      const batch = await world.needBatch()
      const { call } = await world.take(batch)
      await world.ledger.setHold({
        name: 'full',
        since: 1,
        until: 2,
        status: 500,
        detail: 'tried by batch-1',
      })
      const until = world.now + HOUR_MS
      await world.ledger.extendHold('full', until, world.now)
      await world.ledger.recordBatchAnswer(
        batch.id,
        {
          kind: 'again',
          call,
          status: 500,
          notBefore: world.now + 1_000,
          countsAsAttempt: false,
          release: true,
          hold: 'full',
        },
        world.now,
      )
      assert.deepEqual(
        (await world.figures()).holds.map((hold) => hold.until),
        [until],
      )
    },
  },
]
