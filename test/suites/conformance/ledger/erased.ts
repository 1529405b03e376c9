import assert from 'node:assert/strict'
import { BASELINE, type HrEvent } from '../../../../src/core/model.ts'
import { fold } from '../../../../src/core/plan/fold/fold.ts'
import type { CorrelatedPage } from '../../../../src/core/ledger/port/report.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { retain } from './retain.ts'
import { hrEvent, joiner, type LedgerCase, SOURCE, T0, type World } from './world.ts'

const HIRED_AT = T0 - 20 * DAY_MS
const LEFT_AT = T0 - 10 * DAY_MS
const at = (day: number) => ({ recordedAt: T0 - day * DAY_MS, effectiveAt: T0 - day * DAY_MS })
const HIRE = { recordedAt: HIRED_AT, effectiveAt: HIRED_AT }
const SAYS_ACTIVE = { userName: 'p1@example.com', active: true }

async function erase(world: World): Promise<void> {
  assert.notEqual(
    await world.ledger.eraseEmployee(
      { employeeId: 'p1', actor: 'ann', justification: 'asked to' },
      world.now,
    ),
    null,
  )
}
/** Hired, left, erased. */
async function erasedLeaver(world: World, ...toCome: readonly HrEvent[]): Promise<void> {
  await world.record({ ...joiner('hire', 'p1'), ...HIRE })
  await world.confirmAll()
  await world.record(hrEvent('out', 'p1', { active: false }, at(10)), ...toCome)
  await world.confirmAll()
  await erase(world)
}
function baseline(day: number): HrEvent {
  return hrEvent(`baseline:${day}`, 'p1', SAYS_ACTIVE, { ...at(day), type: BASELINE, mode: 'snapshot' })
}
function importRow(world: World, event: HrEvent): Promise<unknown> {
  return world.ledger.importBaseline({ events: [event], now: world.now, quietMs: 0, maxWaitMs: 0 })
}
/** What goes out next of the one employee; `null` when nothing does. */
async function nextActive(world: World): Promise<unknown> {
  await world.plan()
  const batch = await world.next()
  if (!batch) return null
  await world.answer(await world.accept(batch))
  await world.finalize()
  return JSON.parse(batch.operations[0]?.record ?? '').active
}
async function standsActive(world: World): Promise<unknown> {
  const [view] = await world.ledger.findEmployees('p1')
  return fold(view?.employee.events ?? [], world.now).attributes.get('active')?.value
}

/** Hired, disabled by another system three days ago, erased. */
async function erasedDisabled(world: World, ...since: readonly HrEvent[]): Promise<void> {
  await world.record({ ...joiner('hire', 'p1'), ...HIRE })
  await world.confirmAll()
  await seenElsewhere(world, { disabled: [{ employeeId: 'p1', at: at(3).recordedAt, change: 'a change' }] })
  if (since.length > 0) await world.record(...since)
  await world.plan()
  await erase(world)
}
async function seenElsewhere(
  world: World,
  seen: Partial<NonNullable<CorrelatedPage['elsewhere']>>,
): Promise<void> {
  await world.correlate({ finalAt: world.now, elsewhere: { disabled: [], enabled: [], ...seen }, foreign: 1 })
}

/** What the ledger promises of employees who were erased. */
export const erasedCases: readonly LedgerCase[] = [
  {
    name: 'an erased leaver who has another termination to come is not made active by what stands before the first',
    run: async (world) => {
      await erasedLeaver(world, hrEvent('out again', 'p1', { active: false }, at(-5)))
      await world.record({ ...joiner('hire again', 'p1'), ...at(15) })
      assert.equal(await nextActive(world), false)
      await world.record({ ...joiner('back', 'p1'), ...at(0) })
      assert.equal(await nextActive(world), true)
      world.now += 5 * DAY_MS
      assert.equal(await nextActive(world), false, 'the other one takes effect')
    },
  },
  {
    name: 'an erased leaver is not made active by an export from before the termination, and is sent disabled',
    run: async (world) => {
      await erasedLeaver(world)
      await importRow(world, baseline(15))
      assert.equal(await nextActive(world), false)
    },
  },
  {
    name: 'an erased leaver is not made active by an export from before HR recorded a backdated termination',
    run: async (world) => {
      await world.record({ ...joiner('hire', 'p1'), ...HIRE })
      await world.confirmAll()
      await world.record(hrEvent('out', 'p1', { active: false }, { effectiveAt: LEFT_AT, recordedAt: T0 }))
      await world.confirmAll()
      await erase(world)
      await importRow(world, baseline(5))
      assert.equal(await nextActive(world), false)
    },
  },
  {
    name: 'an erased leaver is not made active by a late snapshot or an old event with a new id',
    run: async (world) => {
      await world.record({ ...joiner('hire', 'p1'), ...HIRE })
      await world.confirmAll()
      await world.record(hrEvent('out', 'p1', { active: false }, { effectiveAt: LEFT_AT, recordedAt: T0 }))
      await world.confirmAll()
      await erase(world)
      await world.record({ ...joiner('hire-again', 'p1'), ...HIRE })
      assert.equal(await nextActive(world), false)
      await world.record(
        hrEvent('late', 'p1', { ...SAYS_ACTIVE, title: 'x' }, { ...at(5), mode: 'snapshot' }),
      )
      assert.equal(await nextActive(world), false)
    },
  },
  {
    name: 'an erased leaver who is rehired after the termination is active',
    run: async (world) => {
      await erasedLeaver(world)
      await importRow(world, baseline(15))
      assert.equal(await nextActive(world), false)
      await world.record(hrEvent('rehire', 'p1', SAYS_ACTIVE, at(2)))
      assert.equal(await nextActive(world), true)
    },
  },
  {
    name: 'the mark of an erasure survives retention and a second erasure',
    run: async (world) => {
      await erasedLeaver(world)
      await world.record(hrEvent('late', 'p1', SAYS_ACTIVE, { ...at(15), mode: 'snapshot' }))
      assert.equal(await nextActive(world), false)
      assert.equal(await retain(world), 1)
      assert.equal(await standsActive(world), false)
      await erase(world)
      await world.record(hrEvent('later still', 'p1', SAYS_ACTIVE, { ...at(12), mode: 'snapshot' }))
      assert.equal(await nextActive(world), false)
    },
  },
  {
    name: 'an employee whose hire was taken back and who was erased is not made active by an older export',
    run: async (world) => {
      await world.record({ ...joiner('hire', 'p1'), ...HIRE })
      await world.confirmAll()
      await world.record(hrEvent('back', 'p1', {}, { ...at(10), rescinds: { source: SOURCE, id: 'hire' } }))
      await world.confirmAll()
      await erase(world)
      await importRow(world, baseline(15))
      assert.equal(await nextActive(world), false)
    },
  },
  {
    name: 'an erased employee who never left is made active by any export',
    run: async (world) => {
      await world.record({ ...joiner('hire', 'p1'), ...HIRE })
      await world.confirmAll()
      await erase(world)
      await importRow(world, baseline(15))
      assert.equal(await nextActive(world), true)
    },
  },
  {
    name: 'an employee who was erased before a future termination is active until then',
    run: async (world) => {
      await world.record({ ...joiner('hire', 'p1'), ...HIRE })
      await world.confirmAll()
      await world.record(
        hrEvent('out', 'p1', { active: false }, { effectiveAt: T0 + 9 * DAY_MS, recordedAt: T0 }),
      )
      await world.plan()
      await erase(world)
      await importRow(world, baseline(15))
      assert.equal(await nextActive(world), true)
      world.now = T0 + 10 * DAY_MS
      assert.equal(await nextActive(world), false)
    },
  },
  {
    name: 'an erased employee whom another system disabled is not made active by what HR recorded before that, until a person releases it',
    run: async (world) => {
      await erasedDisabled(world)
      await world.record({ ...joiner('hire again', 'p1'), ...at(15) })
      assert.equal(await nextActive(world), null)
      assert.deepEqual(await world.states('p1'), { 'hire again': 'held' })
      await erase(world)
      await world.record({ ...joiner('hire once more', 'p1'), ...at(5) })
      assert.equal(await nextActive(world), null, 'a second erasure keeps it too')
      const { findings } = await world.ledger.listFindings({
        open: true,
        code: 'DisabledElsewhere',
        employeeId: 'p1',
        next: null,
        limit: 10,
      })
      const [found, ...others] = findings
      assert.ok(found && others.length === 0)
      const by = { actor: 'ann', justification: 'it was a mistake' }
      assert.equal(await world.ledger.acknowledgeFinding({ seq: found.seq, ...by }, world.now), true)
      assert.equal(await nextActive(world), true)
    },
  },
  {
    name: 'an erased employee whom another system disabled is made active by what HR records after that',
    run: async (world) => {
      await erasedDisabled(world)
      await world.record({ ...joiner('back', 'p1'), ...at(2) })
      assert.equal(await nextActive(world), true)
    },
  },
  {
    name: 'an erasure forgets a deactivation by another system that HR has reversed',
    run: async (world) => {
      await erasedDisabled(world, { ...joiner('back', 'p1'), ...at(2) })
      await world.record({ ...joiner('hire again', 'p1'), ...at(15) })
      assert.equal(await nextActive(world), true)
    },
  },
  {
    name: 'an activation by another system after an erasure ends a deactivation from before',
    run: async (world) => {
      await erasedDisabled(world)
      await seenElsewhere(world, { enabled: [{ employeeId: 'p1', at: at(2).recordedAt }] })
      await world.record({ ...joiner('hire again', 'p1'), ...at(15) })
      assert.equal(await nextActive(world), true)
    },
  },
  {
    name: 'an activation by another system at the moment of its deactivation does not end it after an erasure',
    run: async (world) => {
      await erasedDisabled(world)
      await seenElsewhere(world, { enabled: [{ employeeId: 'p1', at: at(3).recordedAt }] })
      await world.record({ ...joiner('hire again', 'p1'), ...at(15) })
      assert.equal(await nextActive(world), null)
    },
  },
  {
    name: 'an erasure keeps the order value of a termination: what HR numbered before it does not count, and what is numbered after it does',
    run: async (world) => {
      await world.record({ ...joiner('hire', 'p1'), ...HIRE })
      await world.confirmAll()
      await world.record(hrEvent('out', 'p1', { active: false }, { ...at(10), order: 5 }))
      await world.confirmAll()
      await erase(world)
      await world.record(hrEvent('before', 'p1', SAYS_ACTIVE, { ...at(10), order: 4 }))
      assert.equal(await nextActive(world), false)
      await world.record(hrEvent('after', 'p1', SAYS_ACTIVE, { ...at(10), order: 6 }))
      assert.equal(await nextActive(world), true)
    },
  },
  {
    name: 'of two deactivations by another system, before and after an erasure, the later one holds',
    run: async (world) => {
      await erasedDisabled(world)
      await seenElsewhere(world, {
        disabled: [{ employeeId: 'p1', at: at(1).recordedAt, change: 'another change' }],
      })
      await world.record({ ...joiner('between', 'p1'), ...at(2) })
      assert.equal(await nextActive(world), null)
    },
  },
]
