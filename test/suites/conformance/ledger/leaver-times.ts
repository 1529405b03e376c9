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
  } while (next !== null && ended.length < 50)
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
  {
    name: 'open cases are listed once each across pages, of all employees or of one',
    run: async (world) => {
      const ids = ['p1', 'p2', 'p3']
      await world.record(...ids.map((id) => leaver(`out-${id}`, id)))
      const page = async (employeeId: string | null, next: number | null) => {
        const found = await world.ledger.listOpenLeavers({ dueBy: null, employeeId, next, limit: 2 })
        return { next: found.next, names: found.leavers.map(({ leaverCase }) => leaverCase.employeeId) }
      }
      const first = await page(null, null)
      assert.deepEqual([first.names, (await page(null, first.next)).names], [['p1', 'p2'], ['p3']])
      assert.deepEqual([(await page('p2', null)).names, (await page('p2', first.next)).names], [['p2'], []])
    },
  },
  {
    name: 'a case says what was sent last of its employee, and of no other',
    run: async (world) => {
      await world.record(joiner('h1', 'p1'), joiner('h2', 'p2'))
      await world.confirmAll()
      await world.record(hrEvent('t2', 'p2', { title: 'Lead' }), leaver('out-p1', 'p1'))
      const last = async () => {
        const query = { dueBy: null, employeeId: 'p1', next: null, limit: 1 }
        const [view] = (await world.ledger.listOpenLeavers(query)).leavers
        return [view?.last?.state, view?.last?.active, view?.last?.tookNothing, view?.directory.disabled]
      }
      assert.deepEqual(await last(), ['confirmed', true, false, false])
      const sent = await world.send()
      assert.deepEqual(await last(), ['accepted', false, false, false])
      await world.answer(sent, 'unchanged', { status: 'skipped', code: 'Other' })
      await world.finalize()
      assert.deepEqual(await last(), ['unchanged', false, true, false])
    },
  },
  {
    name: 'one case ends, is erased or is acknowledged, and the others stay open',
    run: async (world) => {
      const ids = ['p1', 'p2', 'p3', 'p4']
      await world.record(...ids.map((id) => joiner(`h-${id}`, id)))
      await world.confirmAll()
      await world.record(leaver('out-p1', 'p1'))
      const sent = await world.send()
      await world.record(...ids.slice(1).map((id) => leaver(`out-${id}`, id)))
      await world.answer(sent)
      await world.finalize()
      await world.tend()
      const open = async (): Promise<readonly string[]> =>
        (await world.leavers()).map((one) => one.split(' ')[0] ?? '')
      assert.deepEqual(await open(), ['p2', 'p3', 'p4'])
      const by = { actor: 'ann', justification: 'x' }
      await world.ledger.eraseEmployee({ employeeId: 'p2', ...by }, world.now)
      assert.deepEqual(
        (await open()).filter((name) => !name.startsWith('erased:')),
        ['p3', 'p4'],
      )
      const query = { dueBy: null, employeeId: null, next: null, limit: 9 }
      const { leavers } = await world.ledger.listOpenLeavers(query)
      assert.deepEqual(
        leavers.map(({ directory }) => directory.disabled),
        [false, false, false],
        'of an erased employee nothing is known',
      )
      const named = leavers.slice(1).map(({ leaverCase }) => leaverCase.id)
      const closed = await world.ledger.acknowledgeLeavers({ ids: named.toReversed(), ...by }, world.now)
      assert.deepEqual([closed, (await open()).length], [named, 1])
    },
  },
  {
    name: 'retention removes the cases that ended before its limit, and no open one',
    run: async (world) => {
      await world.record(leaver('out-p1', 'p1'), leaver('out-p2', 'p2'))
      const query = { dueBy: null, employeeId: 'p1', next: null, limit: 1 }
      const [first] = (await world.ledger.listOpenLeavers(query)).leavers
      const ids = [first?.leaverCase.id ?? 0]
      await world.ledger.acknowledgeLeavers({ ids, actor: 'ann', justification: 'x' }, world.now)
      const count = async () => [(await allEnded(world, 9)).length, (await world.leavers()).length]
      await world.ledger.foldEvents([], world.now, world.now)
      assert.deepEqual(await count(), [1, 1])
      await world.ledger.foldEvents([], world.now + 1, world.now)
      assert.deepEqual(await count(), [0, 1])
    },
  },
  {
    name: 'the cases of a period are those that opened before its end and were open at its beginning or later',
    run: async (world) => {
      await world.record(leaver('out-p1', 'p1'))
      world.now += 1_000
      await world.record(leaver('out-p2', 'p2'), leaver('out-p3', 'p3'))
      const query = { dueBy: null, employeeId: 'p1', next: null, limit: 1 }
      const [first] = (await world.ledger.listOpenLeavers(query)).leavers
      world.now += 1_000
      await world.ledger.acknowledgeLeavers(
        { ids: [first?.leaverCase.id ?? 0], actor: 'ann', justification: 'x' },
        world.now,
      )
      const within = async (from: number, to: number) => {
        const found: string[] = []
        for (let next: number | null = null; ;) {
          const page: Awaited<ReturnType<World['ledger']['listLeaversIn']>> =
            await world.ledger.listLeaversIn({ from, to, next, limit: 2 })
          found.push(
            ...page.leavers.map(({ employeeId, ended }) =>
              ended ? `${employeeId} ${ended.as} ${ended.byEmergency}` : employeeId,
            ),
          )
          next = page.next
          if (next === null) return found
        }
      }
      const closed = 'p1 acknowledged false'
      assert.deepEqual(await within(T0, T0 + 9_000), [closed, 'p2', 'p3'])
      assert.deepEqual(await within(T0, T0 + 1_000), [closed])
      assert.deepEqual(await within(T0 + 2_000, T0 + 9_000), [closed, 'p2', 'p3'])
      assert.deepEqual(await within(T0 + 2_001, T0 + 9_000), ['p2', 'p3'])
    },
  },
]
