import assert from 'node:assert/strict'
import { it } from 'node:test'
import { carryOut } from '../../../../src/core/report/replay/carry-out.ts'
import type { CarryOutContext } from '../../../../src/core/report/replay/carry-out-context.ts'
import { replayWorld } from '../../../fakes/replay.ts'
import { shelved } from '../../../fakes/shelf.ts'
import { virtualRuntime } from '../../../fakes/virtual-runtime.ts'
import { RUN } from './run/run.ts'

const SETTINGS = { perSecond: null, clockSkewMs: 0, quietMs: 0, maxWaitMs: 0 }

/** A run with dead letters of one queue, of which those in `bodies` are edited. */
function runOnBus(bodies: Readonly<Record<string, string>>) {
  const runtime = virtualRuntime()
  const world = replayWorld(
    [1, 2, 3].map((n) => shelved(n)),
    ['1', '2', '3'],
    runtime.now,
  )
  const ended: number[] = []
  const settled: number[] = []
  let closed = 0
  const ledger: CarryOutContext['ledger'] = {
    listReplayItems: async (_run, entity, stage, limit) => {
      if (entity === null) return []
      const items = await world.log.items(stage, limit)
      return items.map((item) => ({ ...item, body: bodies[item.sequence] ?? null }))
    },
    moveReplayItems: async (_run, _entity, moves, at) => world.log.move(moves, at),
    putBackDeadLetters: () => assert.fail('no dead letter of the ledger'),
    endReplay: async (id) => void ended.push(id),
    findCopiesTakenIn: async () => new Map(),
    recordMessages: () => assert.fail('the queue takes copies'),
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
    takeIn: () => assert.fail('the queue takes copies'),
    settings: SETTINGS,
    runtime,
  }
  const carry = (entities: readonly string[]) =>
    carryOut({ ...RUN, entities }, context, new AbortController().signal, (count) => settled.push(count))
  return { world, ended, settled, carry, closed: () => closed }
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
