import assert from 'node:assert/strict'
import type { EndedLeaver, EndedLeaversCursor } from '../../../../src/core/ledger/port/leavers.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { hrEvent, joiner, leaver, type LedgerCase, T0, type World } from './world.ts'

/** Every closed case, read in pages of `limit`. */
async function allEnded(world: World, limit: number, since: number | null = null): Promise<EndedLeaver[]> {
  const ended: EndedLeaver[] = []
  let next: EndedLeaversCursor | null = null
  do {
    const page: Awaited<ReturnType<World['ledger']['listEndedLeavers']>> =
      await world.ledger.listEndedLeavers({ since, next, limit })
    assert.ok(page.leavers.length <= limit)
    ended.push(...page.leavers)
    next = page.next
  } while (next !== null)
  return ended
}

/** What the ledger tells of closed leaver cases, and of ids that nearly match. */
export const leaverTimeCases: readonly LedgerCase[] = [
  {
    name: 'closed leaver cases are listed with their moments in the order in which they ended, across pages, also when several ended at once',
    run: async (world) => {
      const ids = ['p1', 'p2', 'p3', 'p4', 'p5']
      for (const id of ids) await world.record(joiner(`hire-${id}`, id))
      await world.confirmAll()
      assert.deepEqual(await allEnded(world, 2), [])
      for (const id of ids.slice(0, 4)) await world.record(leaver(`out-${id}`, id))
      const receivedAt = world.now
      await world.confirmAll()
      await world.tend()
      const provenAt = world.now - 1_000
      world.now += DAY_MS
      await world.record(
        hrEvent('out-p5', 'p5', { active: false }, { order: 2_000, effectiveAt: T0 + 9 * DAY_MS }),
      )
      const { leavers } = await world.ledger.listOpenLeavers({
        dueBy: null,
        employeeId: 'p5',
        next: null,
        limit: 1,
      })
      await world.ledger.acknowledgeLeavers(
        { ids: leavers.map(({ leaverCase }) => leaverCase.id), actor: 'ann', justification: 'x' },
        world.now,
      )
      const [first] = await allEnded(world, 10)
      assert.deepEqual(first, {
        as: 'proven',
        effectiveAt: leaver('out-p1', 'p1').effectiveAt,
        recordedAt: leaver('out-p1', 'p1').recordedAt,
        receivedAt,
        endedAt: provenAt,
        byEmergency: false,
      })
      for (const limit of [1, 2, 3, 10]) {
        const ended = await allEnded(world, limit)
        assert.deepEqual(
          ended.map(({ as, endedAt }) => [as, endedAt]),
          [...ids.slice(0, 4).map(() => ['proven', provenAt]), ['acknowledged', world.now]],
          `pages of ${limit}`,
        )
      }
      assert.equal((await allEnded(world, 2, provenAt)).length, 5)
      assert.deepEqual(
        (await allEnded(world, 2, provenAt + 1)).map(({ as, effectiveAt }) => [as, effectiveAt]),
        [['acknowledged', T0 + 9 * DAY_MS]],
      )
    },
  },
  {
    name: 'known employee ids that nearly match an id are found by case, blanks, width and leading zeros',
    run: async (world) => {
      await world.record(joiner('1', '00123'), joiner('2', 'AB-7'), joiner('3', '999'))
      const near = (id: string): Promise<readonly string[]> => world.ledger.findNearMatches(id)
      assert.deepEqual(await near('123'), ['00123'])
      assert.deepEqual(await near('0123'), ['00123'])
      assert.deepEqual(await near('ab 7'), ['AB-7'])
      assert.deepEqual(await near('ａｂ７'), ['AB-7'])
      assert.deepEqual(await near('999'), [])
      assert.deepEqual(await near('124'), [])
    },
  },
]
