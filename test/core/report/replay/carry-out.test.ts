import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Rejection } from '../../../../src/core/intake/decode.ts'
import { carryOut } from '../../../../src/core/report/replay/carry-out.ts'
import type { CarryOutContext } from '../../../../src/core/report/replay/carry-out-context.ts'
import { replayWorld } from '../../../fakes/replay.ts'
import { shelved } from '../../../fakes/shelf.ts'
import { virtualRuntime } from '../../../fakes/virtual-runtime.ts'
import { RUN } from './run/run.ts'

interface RunWorld {
  readonly inLedger: number
  readonly perSecond: number | null
  readonly takeIn: CarryOutContext['takeIn']
}

const REFUSED: Rejection = {
  kind: 'rejected',
  code: 'FieldMissing',
  description: 'id is missing',
  field: 'id',
}
const SETTINGS = { perSecond: null, clockSkewMs: 0, quietMs: 0, maxWaitMs: 0 }

/**
 * A run with the dead letters 1 to 3 of one queue, of which those in `bodies` are edited, and with
 * this many of the ledger. The queue takes copies unless intake is given that takes them in place.
 */
function runOnBus(
  bodies: Readonly<Record<string, string>>,
  { inLedger = 0, perSecond = null, takeIn }: Partial<RunWorld> = {},
) {
  const runtime = virtualRuntime()
  const world = replayWorld(
    [1, 2, 3].map((n) => shelved(n)),
    ['1', '2', '3'],
    runtime.now,
  )
  if (takeIn) Object.assign(world.deadLetters, { takesCopies: false })
  const stopping = new AbortController()
  let putBack = 0
  const ended: number[] = []
  const settled: number[] = []
  let closed = 0
  const ledger: CarryOutContext['ledger'] = {
    listReplayItems: async (_run, entity, stage, limit) => {
      if (entity === null)
        return Array.from({ length: Math.min(limit, inLedger - putBack) }, (_, n) => ({
          sequence: String(putBack + n),
          sendingAt: null,
          body: null,
        }))
      const items = await world.log.items(stage, limit)
      return items.map((item) => ({ ...item, body: bodies[item.sequence] ?? null }))
    },
    moveReplayItems: async (_run, _entity, moves, at) => world.log.move(moves, at),
    putBackDeadLetters: async (_run, parts) => void (putBack += parts.length),
    endReplay: async (id) => void ended.push(id),
    findCopiesTakenIn: async () => new Map(),
    recordMessages: async () => ({ fresh: 1, duplicates: 0, replays: 0, redelivered: 0, rejected: 0 }),
    findDeadLetter: async () => null,
  }
  const context: CarryOutContext = {
    ledger,
    openQueues: (entity) =>
      entity === 'hr-events'
        ? {
            deadLetters: world.deadLetters,
            queue: world.queue,
            close: async () => void (closed += 1),
          }
        : null,
    takeIn: takeIn ?? (() => assert.fail('the queue takes copies')),
    settings: { ...SETTINGS, perSecond },
    runtime,
  }
  const carry = (entities: readonly string[]) =>
    carryOut({ ...RUN, entities }, context, stopping.signal, (count) => settled.push(count))
  return { runtime, world, ended, settled, carry, stopping, closed: () => closed, putBack: () => putBack }
}

void it('a run sends the edited body of each dead letter that has one, and the others as they were', async () => {
  for (const bodies of [{}, { 2: 'edited' }, { 1: 'one', 3: 'three' }] as const) {
    const { world, ended, settled, carry, closed } = runOnBus(bodies)
    assert.equal(await carry(['hr-events']), 'finished')
    const told: Readonly<Record<string, string>> = bodies
    assert.deepEqual(
      world.queue.messages.map(({ text }) => text),
      ['1', '2', '3'].map((sequence) => told[sequence] ?? `{"n":${sequence}}`),
    )
    assert.deepEqual([ended, settled.at(-1), closed(), world.deadLetters.messages], [[RUN.id], 3, 1, []])
  }
})

void it('a run with dead letters of a queue that is not configured any more says so, and stays open', async () => {
  const { ended, carry } = runOnBus({})
  await assert.rejects(carry(['gone']), { code: 'EntityUnknown' })
  assert.deepEqual(ended, [])
})

void it('a run puts dead letters of the ledger back at its rate, and pauses between two batches', async () => {
  for (const entities of [['hr-events'], []]) {
    const { runtime, world, ended, settled, carry, stopping, putBack } = runOnBus(
      {},
      { inLedger: 250, perSecond: 500 },
    )
    const carried = carry(entities)
    await runtime.advance(399)
    assert.deepEqual([putBack(), settled], [100, [100]])
    stopping.abort()
    assert.equal(await carried, 'paused')
    assert.deepEqual([putBack(), world.delivered, ended], [100, [], []])
  }
})

void it('a run that is paused on one queue does not go on to the next, and stays open', async () => {
  const { runtime, world, ended, carry, stopping } = runOnBus({}, { perSecond: 1 })
  const carried = carry(['hr-events', 'gone'])
  await runtime.advance(1_500)
  stopping.abort()
  assert.equal(await carried, 'paused')
  assert.deepEqual([world.delivered.length, ended], [1, []])
})

void it('a run is held while another process has originals locked, and removes the others', async () => {
  const { world, settled, carry } = runOnBus({})
  const remove = world.deadLetters.remove.bind(world.deadLetters)
  Object.assign(world.deadLetters, {
    remove: (wanted: ReadonlySet<string>, signal: AbortSignal) =>
      remove(new Set([...wanted].filter((sequence) => sequence !== '2')), signal),
  })
  assert.equal(await carry(['hr-events']), 'held')
  assert.deepEqual([world.delivered.length, settled.at(-1)], [3, 2])
})

void it('the progress of a run counts what is done in either store, what is gone and what is refused', async () => {
  const { world, settled, carry } = runOnBus(
    {},
    {
      inLedger: 2,
      takeIn: async ({ text }) => ({
        events: [],
        rejected: text === '{"n":2}' ? REFUSED : null,
        findings: [],
        leavers: [],
      }),
    },
  )
  world.deadLetters.messages.splice(2, 1)
  assert.equal(await carry(['hr-events']), 'finished')
  assert.deepEqual(
    [...world.log.stages.values()].map(({ stage, code }) => [stage, code]),
    [
      ['done', null],
      ['refused', 'FieldMissing'],
      ['gone', null],
    ],
  )
  assert.deepEqual(settled.at(-1), 5)
})
