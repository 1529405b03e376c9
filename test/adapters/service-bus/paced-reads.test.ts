import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { busFor, numbered, openInbox, QUEUE, send } from '../support/bus.ts'
import { until } from '../support/until.ts'

const COUNT = 600
/** Of about 800 bytes each on the wire, so that 64 KB hold some 80. */
const PARTS = Array.from({ length: 6 }, () =>
  numbered(COUNT / 6).map((body) => ({ ...body, filling: 'x'.repeat(500) })),
)
const MOST = 120

/** Counts what arrives in each turn of the event loop, until all has arrived. */
function turns(): { arrived(): void; readonly all: number; readonly most: number } {
  let [all, most, inTurn] = [0, 0, 0]
  const turn = (): void => {
    inTurn = 0
    if (all < COUNT) setImmediate(turn)
  }
  turn()
  return {
    arrived: () => {
      all += 1
      most = Math.max(most, (inTurn += 1))
    },
    get all() {
      return all
    },
    get most() {
      return most
    },
  }
}

void describe('many messages that arrive at once', () => {
  void it('leave the event loop a turn after each read', async (t) => {
    const { client } = await busFor(t)
    for (const part of PARTS) await send(client, part)
    const counted = turns()
    await openInbox(t, client, { inFlight: COUNT }, undefined, counted.arrived)
    await until('all arrived', () => counted.all === COUNT)
    assert.ok(counted.most <= MOST, `${counted.most} in one turn`)
  })

  void it('without the guard the client takes more in one turn, so the guard is needed and the test above can fail', async (t) => {
    const { client } = await busFor(t)
    for (const part of PARTS) await send(client, part)
    const counted = turns()
    const receiver = client.createReceiver(QUEUE, { maxAutoLockRenewalDurationInMs: 0 })
    receiver.subscribe(
      { processMessage: () => new Promise<void>(counted.arrived), processError: async () => {} },
      { autoCompleteMessages: false, maxConcurrentCalls: COUNT },
    )
    await until('all arrived', () => counted.all === COUNT)
    assert.ok(counted.most > MOST, `${counted.most} in one turn`)
  })
})
