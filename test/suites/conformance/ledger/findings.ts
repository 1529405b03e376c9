import assert from 'node:assert/strict'
import type { Finding, FindingsQuery } from '../../../../src/core/ledger/port/findings.ts'
import { hrEvent, joiner, type LedgerCase, T0, type World } from './world.ts'

const ALL = { open: false, code: null, employeeId: null, next: null, limit: 10 } as const
const open = async (world: World): Promise<readonly Finding[]> =>
  (await world.ledger.listFindings({ ...ALL, open: true })).findings

/** The log shows access of `p1` that we did not send. */
async function seen(
  world: World,
  active: boolean,
  { at = world.now, change = `change-${at}` }: { readonly at?: number; readonly change?: string } = {},
): Promise<void> {
  await world.correlate({
    finalAt: world.now,
    // What the directory holds is not known any more, as it is of every record that shows something
    // else.
    changedElsewhere: ['p1'],
    elsewhere: {
      disabled: active ? [] : [{ employeeId: 'p1', at, change }],
      enabled: active ? [{ employeeId: 'p1', at }] : [],
    },
    foreign: 1,
  })
}

async function hired(world: World): Promise<void> {
  await world.record(joiner('hire', 'p1'))
  await world.confirmAll()
  world.now += 60_000
}
const nothingGoes = async (world: World): Promise<void> => {
  await world.plan()
  assert.equal(await world.next(), null)
}

/** What the ledger promises about findings, and about accounts that were disabled elsewhere. */
export const findingCases: readonly LedgerCase[] = [
  {
    name: 'a deactivation by another system holds its employee, and raises one finding',
    run: async (world) => {
      await hired(world)
      const { now } = world
      await seen(world, false)
      await seen(world, false, { at: now })
      await nothingGoes(world)
      await world.record(hrEvent('move', 'p1', { title: 'Lead' }))
      await nothingGoes(world)
      assert.deepEqual(await world.states('p1'), { hire: 'confirmed', move: 'held' })
      assert.deepEqual(await open(world), [
        {
          seq: 1,
          code: 'DisabledElsewhere',
          employeeId: 'p1',
          event: null,
          raisedAt: now,
          detail: `deactivated at ${new Date(now).toISOString()}`,
          settledAt: null,
          acknowledged: null,
        },
      ])
      assert.deepEqual((await world.figures()).findings, [
        { code: 'DisabledElsewhere', count: 1, oldestAt: now },
      ])
      assert.equal((await world.ledger.findFinding(1))?.employeeId, 'p1')
      assert.equal(await world.ledger.findFinding(2), null)
    },
  },
  {
    name: 'a deactivation by another system also holds an employee whose first event arrives later',
    run: async (world) => {
      await seen(world, false)
      await world.record(joiner('hire', 'p1'))
      await nothingGoes(world)
      assert.deepEqual(await world.states('p1'), { hire: 'held' })
    },
  },
  {
    name: 'a call in its slot does not reverse a deactivation that was seen after its plan',
    run: async (world) => {
      await hired(world)
      await world.record(hrEvent('move', 'p1', { title: 'Lead' }))
      await world.plan()
      const batch = await world.needBatch()
      await seen(world, false)
      assert.equal((await world.slot(batch)).kind, 'empty')
      await nothingGoes(world)
      assert.deepEqual(await world.states('p1'), { hire: 'confirmed', move: 'held' })
    },
  },
  {
    name: 'an event newer than the deactivation reverses it and settles the finding; discarding that event reopens it',
    run: async (world) => {
      await hired(world)
      await seen(world, false)
      await nothingGoes(world)
      await world.record(hrEvent('rehire', 'p1', { active: true }, { recordedAt: world.now + 1 }))
      world.now += 1
      const sent = await world.send()
      assert.deepEqual([...sent.operations.keys()], ['p1'])
      assert.deepEqual(await open(world), [])
      const [settled] = (await world.ledger.listFindings(ALL)).findings
      assert.equal(settled?.settledAt, world.now)
      assert.deepEqual((await world.figures()).findings, [])
      await world.answer(sent)
      await world.finalize()
      await world.record(
        hrEvent('back', 'p1', {}, { rescinds: { source: '/hr/test', id: 'rehire' }, recordedAt: T0 }),
      )
      await seen(world, false, { at: T0, change: 'another' })
      await nothingGoes(world)
      assert.equal((await open(world)).filter(({ settledAt }) => settledAt === null).length, 2)
    },
  },
  {
    name: 'a later activation by another system ends the hold, an earlier one does not',
    run: async (world) => {
      await hired(world)
      await seen(world, false)
      await seen(world, true, { at: world.now - 1_000 })
      await nothingGoes(world)
      await seen(world, true)
      await nothingGoes(world)
      world.now += 1_000
      await seen(world, true)
      assert.deepEqual(await open(world), [])
      assert.ok((await world.send()).operations.has('p1'))
    },
  },
  {
    name: 'a finding is acknowledged once, with a justification in the audit trail, and then the employee is planned',
    run: async (world) => {
      await hired(world)
      await seen(world, false)
      await nothingGoes(world)
      const by = { seq: 1, actor: 'ann', justification: 'blocked by mistake' }
      assert.equal(await world.ledger.acknowledgeFinding({ ...by, seq: 9 }, world.now), false)
      assert.equal(await world.ledger.acknowledgeFinding(by, world.now), true)
      assert.equal(await world.ledger.acknowledgeFinding(by, world.now), false)
      assert.deepEqual((await world.figures()).findings, [])
      assert.deepEqual((await world.ledger.findFinding(1))?.acknowledged, {
        at: world.now,
        by: 'ann',
        justification: 'blocked by mistake',
      })
      const audit = await world.ledger.listAudit({ about: 'finding-1', since: null, next: null, limit: 10 })
      assert.deepEqual(
        audit.entries.map(({ actor, action, justification: reason }) => [actor, action, reason]),
        [['ann', 'finding.acknowledge', 'blocked by mistake']],
      )
      // The record is looked at again with every other of the employee, and holds no employee a
      // second time.
      await seen(world, false, { at: T0 + 61_000, change: `change-${world.now}` })
      assert.ok((await world.send()).operations.has('p1'))
    },
  },
  {
    name: 'findings are listed from a moment on, and only the open ones where these are asked for',
    run: async (world) => {
      await hired(world)
      const start = world.now
      for (const at of [1, 2]) {
        await seen(world, false, { at })
        world.now += 1_000
      }
      const listed = async (more: Partial<FindingsQuery>) =>
        (await world.ledger.listFindings({ ...ALL, ...more })).findings.map(({ seq }) => seq)
      assert.deepEqual([await listed({ since: start }), await listed({ since: start + 1 })], [[1, 2], [2]])
      await world.ledger.acknowledgeFinding({ seq: 1, actor: 'ann', justification: 'known' }, world.now)
      assert.deepEqual([await listed({ open: true }), await listed({ open: false })], [[2], [1, 2]])
    },
  },
  {
    name: 'findings are listed in pages, by code and by employee, and an erasure removes those of its employee',
    run: async (world) => {
      await hired(world)
      for (const at of [1, 2, 3]) await seen(world, false, { at })
      const first = await world.ledger.listFindings({ ...ALL, limit: 2 })
      assert.deepEqual([first.findings.map(({ seq }) => seq), first.next], [[1, 2], 2])
      const second = await world.ledger.listFindings({ ...ALL, limit: 2, next: first.next })
      assert.deepEqual([second.findings.map(({ seq }) => seq), second.next], [[3], null])
      const whole = await world.ledger.listFindings({ ...ALL, limit: 3 })
      assert.deepEqual([whole.findings.length, whole.next], [3, null])
      assert.equal((await world.ledger.listFindings({ ...ALL, employeeId: 'p2' })).findings.length, 0)
      assert.equal(
        (await world.ledger.listFindings({ ...ALL, code: 'LedgerOlderThanDirectory' })).findings.length,
        0,
      )
      await world.ledger.eraseEmployee(
        { employeeId: 'p1', actor: 'ann', justification: 'asked to' },
        world.now,
      )
      assert.equal((await world.ledger.listFindings(ALL)).findings.length, 0)
    },
  },
]
