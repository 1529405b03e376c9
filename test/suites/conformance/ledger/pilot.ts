import assert from 'node:assert/strict'
import { RELEASED_BRAKE } from '../../../../src/core/plan/decide/brake.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import { compileMapping } from '../../../../src/core/plan/mapping/mapping.ts'
import { applyRules } from '../../../../src/core/plan/apply-rules.ts'
import { NO_PILOT, type Pilot, pilotOf } from '../../../../src/core/plan/pilot.ts'
import { silentLogger } from '../../../../src/core/runtime.ts'
import { digest, joiner, leaver, type LedgerCase, type World } from './world.ts'

const mapping = compileMapping()
const only = (...employees: readonly string[]): Pilot => pilotOf({ employees: [...employees] }, [], digest)

function apply(world: World, pilot: Pilot | null): Promise<void> {
  return applyRules(world.ledger, { pilot }, { now: () => world.now, log: silentLogger, digest })
}
/** Plans what is due as an instance with this pilot does. */
async function plan(world: World, pilot: Pilot | null): Promise<void> {
  const decisions = (await world.due()).map((employee) =>
    planEmployee(employee, world.now, { mapping, digest, ...(pilot ? { pilot } : {}) }),
  )
  await world.ledger.commitPlan(decisions, RELEASED_BRAKE, world.now)
}
/** Who is in the next call, which is answered well. */
async function sent(world: World): Promise<readonly string[]> {
  const batch = await world.next()
  if (!batch) return []
  await world.answer(await world.accept(batch))
  await world.finalize()
  return batch.operations.map(({ employeeId }) => employeeId).sort()
}

/** What the ledger promises of a pilot. */
export const pilotCases: readonly LedgerCase[] = [
  {
    name: 'employees outside the pilot are held, and are sent when it is widened or ends',
    run: async (world) => {
      const narrow = only('p1')
      await apply(world, narrow)
      await world.record(joiner('h1', 'p1'), joiner('h2', 'p2'), joiner('h3', 'p3'))
      await plan(world, narrow)
      assert.deepEqual(await sent(world), ['p1'])
      assert.equal(await world.ledger.countOutsidePilot(), 2)

      const wider = only('p1', 'p2')
      await apply(world, wider)
      await plan(world, wider)
      assert.deepEqual(await sent(world), ['p2'])
      await apply(world, null)
      await plan(world, null)
      assert.deepEqual(await sent(world), ['p3'])
      assert.equal(await world.ledger.countOutsidePilot(), 0)
    },
  },
  {
    name: 'a waiting operation is withdrawn when the pilot no longer includes its employee',
    run: async (world) => {
      await world.record(joiner('h1', 'p1'), joiner('h2', 'p2'))
      await plan(world, null)
      const narrow = only('p1')
      await apply(world, narrow)
      assert.deepEqual(await sent(world), [])
      await plan(world, narrow)
      assert.deepEqual(await sent(world), ['p1'])
    },
  },
  {
    name: 'the case of a leaver outside the pilot stays open, with the pilot as its cause',
    run: async (world) => {
      await world.record(joiner('h1', 'p1'))
      await world.confirmAll()
      const narrow = only('p2')
      await apply(world, narrow)
      await world.record(leaver('left', 'p1'))
      await plan(world, narrow)
      assert.deepEqual(await sent(world), [])
      assert.deepEqual(await world.leavers(), ['p1 pilot'])
    },
  },
  {
    name: 'employees that another instance held by an older pilot are planned again at the next start',
    run: async (world) => {
      const wider = only('p1', 'p2')
      await apply(world, wider)
      await world.record(joiner('h2', 'p2'))
      await plan(world, only('p1'))
      assert.deepEqual(await sent(world), [])
      await apply(world, wider)
      await plan(world, wider)
      assert.deepEqual(await sent(world), ['p2'])
    },
  },
  {
    name: 'a pilot is put in force in pages, and an interrupted change starts over',
    run: async (world) => {
      await world.record(joiner('h1', 'p1'), joiner('h2', 'p2'), joiner('h3', 'p3'))
      await plan(world, null)
      const query = { mark: only('p3').mark, limit: 2, now: world.now }
      const first = await world.ledger.replanForPilot({ ...query, after: null })
      assert.deepEqual([first.replanned, first.next], [2, 'p2'])
      const { waiting } = (await world.figures()).stages
      assert.equal(waiting.count, 1, 'what waits for employees of later pages is not withdrawn yet')
      assert.equal((await world.ledger.replanForPilot({ ...query, after: null })).replanned, 2)
      const last = await world.ledger.replanForPilot({ ...query, after: 'p2' })
      assert.deepEqual([last.replanned, last.next], [1, null])
      assert.equal((await world.ledger.replanForPilot({ ...query, after: null })).replanned, 0)
    },
  },
  {
    name: 'employees that are held for another reason are not counted as outside the pilot, nor planned again for it',
    run: async (world) => {
      await world.record(joiner('h1', 'p1'))
      await world.confirmAll()
      const query = { limit: 1, now: world.now }
      const none = await world.ledger.replanForPilot({
        mark: NO_PILOT,
        ...query,
        after: null,
      })
      assert.equal(none.replanned, 0, 'there is no pilot, as before')
      const pilot = only('p1', 'p4')
      await apply(world, pilot)
      await world.record(leaver('l1', 'p1'), joiner('h2', 'p2'), joiner('h3', 'p3'))
      const decisions = (await world.due()).map((employee) =>
        planEmployee(employee, world.now, { mapping, digest, pilot }),
      )
      await world.ledger.commitPlan(decisions, { ...RELEASED_BRAKE, absolute: 0 }, world.now)
      assert.equal(await world.ledger.countOutsidePilot(), 2)
      const replanned: (readonly [number, string | null])[] = []
      for (let after: string | null = null; replanned.length < 5;) {
        const page = await world.ledger.replanForPilot({ mark: pilot.mark, ...query, after })
        replanned.push([page.replanned, page.next])
        after = page.next
        if (after === null) break
      }
      assert.deepEqual(replanned, [
        [1, 'p2'],
        [1, 'p3'],
        [0, null],
      ])
    },
  },
]
