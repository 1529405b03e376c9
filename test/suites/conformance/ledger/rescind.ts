import assert from 'node:assert/strict'
import { hrEvent, joiner, type LedgerCase, messageOf, SOURCE } from './world.ts'

const rescind = (id: string, employeeId: string, target: string) =>
  hrEvent(id, employeeId, {}, { rescinds: { source: SOURCE, id: target } })

/** What the ledger promises of events that take others back. */
export const rescindCases: readonly LedgerCase[] = [
  {
    name: 'a rescind of an event of another employee is refused with its whole message, also when it is redelivered',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const wrong = messageOf('wrong', joiner('e2', 'p2'), rescind('r1', 'p2', 'e1'))
      const result = await world.intake([messageOf('good', joiner('e3', 'p3')), wrong])
      assert.deepEqual([result.fresh, result.rejected], [1, 1])
      assert.deepEqual(
        result.refused?.map(({ message, code }) => [message, code]),
        [[1, 'RescindMismatch']],
      )
      assert.equal(await world.ledger.readTrace('r1'), null)
      const again = await world.intake([wrong])
      assert.deepEqual([again.rejected, again.redelivered, again.refused?.length], [0, 1, 1])
    },
  },
  {
    name: 'a rescind of another employee’s event is refused within one batch too',
    run: async (world) => {
      const result = await world.intake([
        messageOf(1, rescind('r1', 'p2', 'e1')),
        messageOf(2, joiner('e1', 'p1')),
      ])
      assert.deepEqual([result.fresh, result.refused?.length], [1, 1])
    },
  },
  {
    name: 'a rescind that arrived before its target, which belongs to another employee, is dead-lettered without effect, and is not refused when it arrives again',
    run: async (world) => {
      const early = messageOf('early', rescind('r1', 'p2', 'e1'))
      await world.intake([early, messageOf(2, joiner('e2', 'p2'))])
      await world.confirmAll()
      await world.record(joiner('e1', 'p1'))
      assert.deepEqual(await world.states('p2'), { r1: 'dead-lettered', e2: 'confirmed' })
      assert.equal((await world.ledger.readTrace('r1'))?.events[0]?.reason, 'RescindMismatch')
      assert.deepEqual(await world.intake([early]), {
        fresh: 0,
        duplicates: 0,
        replays: 0,
        redelivered: 1,
        rejected: 0,
      })
      await world.confirmAll()
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed' })
      assert.deepEqual(
        (await world.outcomes()).filter((outcome) => outcome.startsWith('r1')),
        ['r1:1:unchanged', 'r1:2:dead-lettered'],
      )
    },
  },
  {
    name: 'a confirmed event that is rescinded gets the next revision of its outcome, and again when the rescind is rescinded',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), hrEvent('e2', 'p1', { title: 'Head' }, { order: 2 }))
      await world.confirmAll()
      await world.record({ ...rescind('r1', 'p1', 'e2'), order: 3 })
      await world.confirmAll()
      await world.record({ ...rescind('r2', 'p1', 'r1'), order: 4 })
      await world.confirmAll()
      assert.deepEqual(
        (await world.outcomes()).filter((outcome) => /^(?:e2|r1)/.test(outcome)),
        ['e2:1:confirmed', 'e2:2:skipped', 'r1:1:confirmed', 'r1:2:skipped', 'e2:3:confirmed'],
      )
    },
  },
  {
    name: 'a hire that is taken back after it was sent is planned at once and sent disabled',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      await world.intake([messageOf('r', rescind('r1', 'p1', 'e1'))], { quietMs: 60_000 })
      const { batch } = await world.send()
      assert.equal(JSON.parse(batch.operations[0]?.record ?? '').active, false)
    },
  },
  {
    name: 'a rescind that arrived before its target takes it back, and ends as its own event',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.record({ ...rescind('r1', 'p1', 'e2'), order: 3 })
      await world.confirmAll()
      await world.record(hrEvent('e2', 'p1', { title: 'Head' }, { order: 2 }))
      await world.confirmAll()
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed', r1: 'confirmed', e2: 'skipped' })
    },
  },
  {
    name: 'a rescind names an event by source and id together',
    run: async (world) => {
      await world.record(hrEvent('e1', 'p1', { title: 'x' }, { source: '/hr/other' }), joiner('e2', 'p2'))
      const { refused } = await world.intake([messageOf(1, rescind('r1', 'p2', 'e1'))])
      assert.equal(refused, undefined)
      await world.record(joiner('e3', 'p2', { title: 'y' }))
      assert.equal((await world.ledger.readTrace('r1'))?.events[0]?.reason ?? null, null)
    },
  },
  {
    name: 'a rescind that waited for another employee’s rescind is dead-lettered when that arrives',
    run: async (world) => {
      await world.record(rescind('r1', 'p2', 'r0'))
      await world.record(rescind('r0', 'p1', 'unknown'))
      assert.deepEqual(await world.states('p2'), { r1: 'dead-lettered' })
    },
  },
]
