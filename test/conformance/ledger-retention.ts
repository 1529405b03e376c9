import assert from 'node:assert/strict'
import type { PersonView } from '../../src/core/ledger/port.ts'
import { fold } from '../../src/core/plan/fold.ts'
import { cutOf } from '../../src/core/plan/retain.ts'
import { hrEvent, joiner, leaver, type LedgerCase, messageOf, SOURCE, type World } from './ledger-world.ts'
import { DAY_MS } from '../../src/core/runtime.ts'

/** Publishes everything, lets a year pass and folds what may go. */
async function retain(world: World): Promise<number> {
  const rows = await world.ledger.takeUnpublished(1_000)
  await world.ledger.markPublished(
    rows.map(({ id }) => id),
    world.now,
  )
  world.now += 400 * DAY_MS
  const settledBefore = world.now - 365 * DAY_MS
  const people = await world.ledger.retentionPage({ after: null, limit: 100, settledBefore })
  const cuts = people.flatMap(({ person, settled }) => {
    const cut = cutOf(person.events, new Set(settled), world.now)
    return cut ? [{ employee: person.employee, revision: person.revision, ...cut }] : []
  })
  return (await world.ledger.foldAway(cuts, settledBefore, world.now)).folded
}
async function personOf(world: World, employee: string): Promise<PersonView | null> {
  return (await world.ledger.findPeople(employee))[0] ?? null
}
async function titleOf(world: World, employee: string): Promise<unknown> {
  const view = await personOf(world, employee)
  return view && fold(view.person.events, world.now).attributes.get('title')?.value
}

/** What the ledger promises of what is old and of people who are to be forgotten. */
export const retentionCases: readonly LedgerCase[] = [
  {
    name: 'settled events fold away, what stands of them stays, and the next record is the same',
    run: async (world) => {
      await world.record(joiner('e1', 'p1', { title: 'Engineer' }), hrEvent('e2', 'p1', { title: 'Head' }, { order: 2 }))
      await world.confirmAll()
      assert.equal(await retain(world), 2)
      assert.equal(await titleOf(world, 'p1'), 'Head')
      await world.record(hrEvent('e3', 'p1', { department: 'Law' }, { order: 3 }))
      const { batch } = await world.confirmAll()
      const { userName, title, active } = JSON.parse(batch.operations[0]?.record ?? '')
      assert.deepEqual([userName, title, active], ['p1@example.com', 'Head', true])
    },
  },
  {
    name: 'a late duplicate of a folded event is a duplicate still, and a rescind of it says that it came too late',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      await retain(world)
      const again = await world.intake([messageOf('late', joiner('e1', 'p1'))])
      assert.deepEqual([again.fresh, again.duplicates], [0, 1])
      await world.record(hrEvent('r1', 'p1', {}, { rescinds: { source: SOURCE, id: 'e1' } }))
      await world.plan()
      const [told] = await world.ledger.takeUnpublished(10)
      assert.deepEqual([told?.eventId, told?.state, told?.reason], ['r1', 'dead-lettered', 'RescindBeyondRetention'])
      assert.equal(await world.next(), null)
    },
  },
  {
    name: 'what is open, dead, waits for its moment or was not told yet is not folded',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), hrEvent('f1', 'p1', { title: 'x' }, { effectiveAt: world.now + 1_000 * DAY_MS }))
      await world.record(joiner('e2', 'p2'))
      await world.send().then((sent) => world.answer(sent))
      await world.finalize()
      await world.record(leaver('e3', 'p2'))
      await world.plan()
      await world.refuse(await world.needBatch())
      assert.equal(await retain(world), 2)
      const left = await personOf(world, 'p2')
      assert.deepEqual(
        left?.person.events.filter(({ folded }) => folded !== true).map(({ id }) => id),
        ['e3'],
      )
    },
  },
  {
    name: 'a cut of somebody who changed meanwhile is dropped',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      const [page] = await world.ledger.retentionPage({ after: null, limit: 1, settledBefore: world.now + 1 })
      assert.ok(page)
      await world.record(hrEvent('e2', 'p1', { title: 'x' }))
      const cut = { employee: 'p1', revision: page.person.revision, gone: page.person.events.map(({ seq }) => seq), remains: [] }
      assert.deepEqual(await world.ledger.foldAway([cut], world.now, world.now), { folded: 0 })
      assert.equal((await world.due())[0]?.events.length, 2)
    },
  },
  {
    name: 'an erased person is gone, with everything that was sent of it; a redelivery does not bring it back, something new does',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.confirmAll()
      const erased = await world.ledger.erase({ employee: 'p1', actor: 'ann', reason: 'asked to' }, world.now)
      assert.deepEqual(erased, { events: 1, operations: 1, outcomesWithheld: 1 })
      assert.equal(await personOf(world, 'p1'), null)
      assert.equal(await world.ledger.erase({ employee: 'p1', actor: 'ann', reason: 'asked to' }, world.now), null)
      await world.record(joiner('e1', 'p1'))
      assert.equal(await personOf(world, 'p1'), null)
      await world.record(joiner('e9', 'p1'))
      assert.notEqual(await personOf(world, 'p1'), null)
      assert.deepEqual(await world.states('p2'), { e2: 'confirmed' })
    },
  },
]
