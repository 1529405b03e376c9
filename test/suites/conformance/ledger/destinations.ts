import assert from 'node:assert/strict'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import {
  at,
  confirmAt,
  HOUR_MS,
  inNorth,
  joinedInNorth,
  plan,
  sendAt,
  toSouth,
  waitingAt,
} from './two-destinations.ts'
import { hrEvent, joiner, leaver, type LedgerCase, UNLIMITED } from './world.ts'

/** What the ledger promises of several provisioning jobs. */
export const destinationCases: readonly LedgerCase[] = [
  {
    name: 'an employee who moves is disabled first, and sent to the new destination once that is confirmed',
    run: async (world) => {
      await joinedInNorth(world)
      assert.equal(await at(world, 'south').next(), null)
      await world.record(toSouth('e2'))
      await plan(world)
      assert.equal(await at(world, 'south').next(), null, 'not before the account is disabled')
      assert.deepEqual(await world.leavers(), [], 'a mover is not a leaver')
      const leaving = await sendAt(world, 'north')
      await plan(world)
      assert.equal(await at(world, 'south').next(), null, 'nor before the log says so')
      await at(world, 'north').answerEach(leaving)
      await world.finalize()
      assert.equal((await world.states('p1'))['e2'], 'received', 'the deactivation is not its outcome')
      await plan(world)
      await confirmAt(world, 'south')
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed', e2: 'confirmed' })
      assert.deepEqual(await world.outcomes(), ['e1:1:confirmed', 'e2:1:confirmed'])
      assert.equal((await world.ledger.readAccess('p1', world.now))?.objectId, 'p1 at south')
      await world.balanced()
    },
  },
  {
    name: 'an employee who was only planned at a destination, or failed there, moves without a deactivation',
    run: async (world) => {
      await world.record(inNorth('e1'))
      await plan(world)
      const sent = await sendAt(world, 'north')
      await at(world, 'north').answer(sent, 'failed', { code: 'InvalidValue' })
      await world.finalize()
      await world.record(toSouth('e2'))
      await plan(world)
      assert.equal(await at(world, 'north').next(), null)
      assert.deepEqual(await waitingAt(world, 'south'), { p1: true })

      await world.record(joiner('g1', 'p3', { organization: 'North' }))
      await plan(world)
      await world.record(toSouth('g2', 'p3'))
      await plan(world)
      assert.deepEqual(await waitingAt(world, 'north'), {})
      assert.deepEqual(await waitingAt(world, 'south'), { p3: true })
    },
  },
  {
    name: 'a deactivation that fails ends the move, and the employee stays where the account is',
    run: async (world) => {
      await joinedInNorth(world)
      await world.record(toSouth('e2'))
      await plan(world)
      for (let tries = 0; tries < 2; tries++) {
        const leaving = await sendAt(world, 'north')
        await at(world, 'north').answer(leaving, 'failed', { code: 'InvalidValue' })
        await world.finalize()
        await plan(world)
      }
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed', e2: 'dead-lettered' })
      assert.equal(await at(world, 'south').next(), null)
      const access = await world.ledger.readAccess('p1', world.now)
      assert.deepEqual([access?.employee?.account?.destination, access?.accepted?.active], ['north', true])
    },
  },
  {
    name: 'a deactivation that the job skips is a finding, and the employee moves all the same',
    run: async (world) => {
      await joinedInNorth(world)
      await world.record(toSouth('e2'))
      await plan(world)
      const leaving = await sendAt(world, 'north')
      await at(world, 'north').answer(leaving, 'skipped', { code: 'NotEffectivelyEntitled' })
      await world.finalize()
      const { findings } = await world.ledger.listFindings({
        open: true,
        code: null,
        employeeId: null,
        next: null,
        limit: 10,
      })
      assert.deepEqual(
        findings.map(({ code, employeeId }) => [code, employeeId]),
        [['DepartureSkipped', 'p1']],
      )
      await plan(world)
      assert.deepEqual(await waitingAt(world, 'south'), { p1: true })
    },
  },
  {
    name: 'an employee who comes back has the account again that was left there',
    run: async (world) => {
      await joinedInNorth(world)
      await world.record(toSouth('e2'))
      await plan(world)
      await confirmAt(world, 'north')
      await confirmAt(world, 'south')
      await world.record(hrEvent('e3', 'p1', { organization: 'North' }, { order: 20 }))
      await plan(world)
      await confirmAt(world, 'south')
      const access = await world.ledger.readAccess('p1', world.now)
      assert.deepEqual(
        [access?.employee?.account?.destination, access?.objectId, access?.employee?.known],
        ['north', 'p1 at north', true],
      )
      assert.deepEqual(await waitingAt(world, 'north'), { p1: true })
    },
  },
  {
    name: 'an employee who leaves stays where the account is, also with a new company',
    run: async (world) => {
      await joinedInNorth(world)
      await world.record(toSouth('e2'), leaver('e3', 'p1'))
      await plan(world)
      assert.deepEqual(await waitingAt(world, 'north'), { p1: false })
      assert.equal(await at(world, 'south').next(), null)
    },
  },
  {
    name: 'an employee that no rule fits waits for the attributes of the rules',
    run: async (world) => {
      await world.record(joiner('e1', 'p1', { organization: 'West' }))
      await plan(world)
      assert.deepEqual(await world.states('p1'), { e1: 'incomplete' })
      const access = await world.ledger.readAccess('p1', world.now)
      assert.equal(access?.incomplete?.missing, 'organization')
      await world.record(toSouth('e2'))
      await plan(world)
      assert.deepEqual(await waitingAt(world, 'south'), { p1: true })
    },
  },
  {
    name: 'an answer from the log of the former destination changes nothing that is known of the new one',
    run: async (world) => {
      await world.record(inNorth('e1'))
      await plan(world)
      const lost = await sendAt(world, 'north')
      world.now += HOUR_MS
      await at(world, 'north').expire(1)
      await world.record(toSouth('e2'))
      await plan(world)
      await confirmAt(world, 'north')
      await confirmAt(world, 'south')
      await at(world, 'north').answerEach(lost, () => 'another object')
      const access = await world.ledger.readAccess('p1', world.now)
      assert.deepEqual([access?.objectId, access?.accepted?.active], ['p1 at south', true])
    },
  },
  {
    name: 'log records answer the operations of their own destination only',
    run: async (world) => {
      await world.record(inNorth('e1'))
      await plan(world)
      await sendAt(world, 'north')
      const record = world.logRecord('p1')
      const found = async (name: string) => (await at(world, name).ledger.findCandidates([record])).operations
      assert.deepEqual([(await found('north')).length, (await found('south')).length], [1, 0])
    },
  },
  {
    name: 'a hold, a report of the job and the watermark are of one destination',
    run: async (world) => {
      await world.record(inNorth('e1'), joiner('f1', 'p2', { organization: 'South' }))
      await plan(world)
      const [north, south] = [at(world, 'north'), at(world, 'south')]
      const until = world.now + HOUR_MS
      const paused = { name: 'job', since: world.now, until, status: null, detail: 'Paused' } as const
      await north.ledger.setHold(paused)
      const report = { seenAt: world.now, code: 'Paused', quarantine: null, failures: null }
      await north.ledger.recordJobReport(report)
      await north.correlate({ watermark: world.now - 5_000 })
      assert.equal(await north.next(), null)
      assert.deepEqual(await waitingAt(world, 'south'), { p2: true })
      const destinations = ['north', 'south'].map((name) => ({ name, quota: 'tenant' }))
      const figures = await world.ledger.readFigures({ now: world.now, brakeWindowMs: 1, destinations })
      const seen = [figures, ...figures.others].map(
        ({ name, job, jobReport, holds, watermark, pending }) => ({
          name,
          running: job?.running,
          code: jobReport?.code,
          holds: holds.length,
          watermark,
          pending: pending.count,
        }),
      )
      assert.deepEqual(seen, [
        {
          name: 'north',
          running: false,
          code: 'Paused',
          holds: 1,
          watermark: world.now - 5_000,
          pending: 1,
        },
        { name: 'south', running: undefined, code: undefined, holds: 0, watermark: null, pending: 0 },
      ])
      assert.equal(await south.ledger.readWatermark(), null)
    },
  },
  {
    name: 'operations that wait, are accepted, or are retried by the service count at their own destination, since the oldest',
    run: async (world) => {
      const start = world.now
      const joinNorth = async (...ids: readonly string[]): Promise<void> => {
        await world.record(...ids.map((id) => inNorth(`hire of ${id}`, id)))
        await plan(world)
      }
      await joinNorth('p1')
      await at(world, 'north').answer(await sendAt(world, 'north'), 'escrowed', { status: 'failure' })
      world.now += 1_000
      await joinNorth('p2')
      await sendAt(world, 'north')
      world.now += 1_000
      await joinNorth('p3')
      await at(world, 'north').needBatch()
      world.now += 1_000
      await joinNorth('p4')
      const destinations = ['north', 'south'].map((name) => ({ name, quota: 'tenant' }))
      const figures = await world.ledger.readFigures({ now: world.now, brakeWindowMs: 1, destinations })
      const [north, south] = [figures, ...figures.others].map(({ pending, waiting, accepted, escrowed }) =>
        [pending, waiting, accepted, escrowed].map(({ count, oldestAt }) => [
          count,
          oldestAt === null ? null : (oldestAt - start) / 1_000,
        ]),
      )
      assert.deepEqual(north, [
        [1, 3],
        [2, 2],
        [1, 1],
        [1, 0],
      ])
      assert.deepEqual(
        south,
        Array.from({ length: 4 }, () => [0, null]),
      )
    },
  },
  {
    name: 'the status of a destination has the calls of its quota in the last 24 hours, what waits there, and who is unplanned',
    run: async (world) => {
      const status = (name: string, quota?: string) =>
        at(world, name, quota).ledger.readSubmissionStatus(world.now)
      const start = world.now
      await world.record(inNorth('e1'), joiner('f1', 'p2', { organization: 'South' }))
      await plan(world)
      const north = at(world, 'north')
      const [waits, waitsSouth] = [await status('north'), await status('south')]
      assert.deepEqual([waits.pending, waitsSouth.pending, waits.callTimes], [1, 1, []])
      await north.take(await north.needBatch(), { ...UNLIMITED, quota: 'tenant' })
      // One waits for the answer, and two can be planned.
      await world.record(
        hrEvent('e2', 'p1', { title: 'Lead' }, { order: 10 }),
        inNorth('g1', 'p3'),
        inNorth('h1', 'p4'),
      )
      const sent = await status('north')
      assert.deepEqual([sent.pending, sent.unplanned, (await status('south')).pending], [0, 2, 1])
      assert.deepEqual((await status('north', 'another tenant')).callTimes, [])
      world.now = start + DAY_MS - 1
      assert.deepEqual((await status('north')).callTimes, [start])
      world.now += 1
      assert.deepEqual((await status('north')).callTimes, [])
    },
  },
  {
    name: 'a deactivation by another system holds an employee of that destination, wherever others are',
    run: async (world) => {
      await world.record(inNorth('e1'), joiner('f1', 'p2', { organization: 'South' }))
      await plan(world)
      await confirmAt(world, 'north')
      await confirmAt(world, 'south')
      for (const employeeId of ['p2', 'p1']) {
        const disabled = [{ employeeId, at: world.now, change: `change ${employeeId}` }]
        await at(world, 'north').correlate({ elsewhere: { disabled, enabled: [] } })
      }
      const { findings } = await world.ledger.listFindings({
        open: true,
        code: null,
        employeeId: null,
        next: null,
        limit: 9,
      })
      assert.deepEqual(
        findings.map(({ employeeId }) => employeeId),
        ['p1'],
        'p2 is not in the north any more, or never was',
      )
    },
  },
  {
    name: 'employees at a destination that is not configured are counted, once it was sent to',
    run: async (world) => {
      const elsewhere = () => world.ledger.countElsewhere(['south'])
      await world.record(inNorth('e1'), joiner('f1', 'p2', { organization: 'South' }))
      await plan(world)
      await sendAt(world, 'south')
      assert.deepEqual(await elsewhere(), [], 'it costs nothing to forget a destination that was never used')
      const batch = await at(world, 'north').needBatch()
      assert.deepEqual(await elsewhere(), [{ destination: 'north', employees: 1 }], 'it may have been called')
      await at(world, 'north').accept(batch)
      assert.deepEqual(await elsewhere(), [{ destination: 'north', employees: 1 }])
      assert.deepEqual(await world.ledger.countElsewhere(['south', 'north']), [])
    },
  },
  {
    name: 'calls with one quota count together, and those with another do not',
    run: async (world) => {
      await world.record(
        inNorth('e1'),
        joiner('f1', 'p2', { organization: 'South' }),
        joiner('g1', 'p3', { organization: 'South' }),
      )
      await plan(world)
      const limits = { ...UNLIMITED, perDay: 1, quota: 'tenant' }
      const [north, south] = [at(world, 'north'), at(world, 'south')]
      const [first, second] = [await north.needBatch({ limits }), await south.needBatch({ limits })]
      assert.equal((await north.slot(first, limits)).kind, 'taken')
      assert.equal((await south.slot(second, limits)).kind, 'wait', 'the call of the other job counts')
      assert.equal((await south.slot(second, { ...limits, quota: 'another tenant' })).kind, 'taken')
    },
  },
  {
    name: 'the restart of a job resends its own operations only',
    run: async (world) => {
      await world.record(inNorth('e1'), joiner('f1', 'p2', { organization: 'South' }))
      await plan(world)
      await sendAt(world, 'north')
      await sendAt(world, 'south')
      const north = at(world, 'north').ledger
      assert.equal(await north.recordJobRestart(world.now - HOUR_MS, world.now), 0, 'the first known start')
      world.now += 1_000
      assert.equal(await north.recordJobRestart(world.now, world.now), 1)
      const { operations } = (await world.ledger.readCounts()).stateCounts
      assert.deepEqual([operations.unanswered, operations.accepted], [1, 1])
    },
  },
  {
    name: 'the emergency lane of a destination has its own leavers and what they wait for, and no others',
    run: async (world) => {
      await joinedInNorth(world)
      await world.record(joiner('e2', 'p2', { organization: 'South' }))
      await plan(world)
      await confirmAt(world, 'south')
      world.now += 60_000
      await world.record(leaver('l1', 'p1'), leaver('l2', 'p2'))
      await plan(world)
      const ledgers = { north: at(world, 'north').ledger, south: at(world, 'south').ledger }
      const query = { limit: 9, plannedBy: world.now, accepted: true }
      const waits: Record<string, readonly string[]> = {}
      const read = async (): Promise<typeof waits> => {
        for (const [name, ledger] of Object.entries(ledgers))
          waits[name] = (await ledger.readEmergencyStatus(world.now)).waits.map(
            ({ employeeId }) => employeeId,
          )
        return waits
      }
      for (const [ledger, employeeId] of [
        [ledgers.north, 'p1'],
        [ledgers.south, 'p2'],
      ] as const) {
        const found = await ledger.listEmergencyCandidates(query)
        assert.deepEqual(
          found.map(({ employee }) => employee.employeeId),
          [employeeId],
        )
        await ledger.markEmergencyWaits([{ employeeId, why: 'budget' }])
      }
      assert.deepEqual(await read(), { north: ['p1'], south: ['p2'] })
      await ledgers.south.markEmergencyWaits([])
      assert.deepEqual(await read(), { north: ['p1'], south: [] })
    },
  },
  {
    name: 'a batch that tries after a hold tries for its own destination',
    run: async (world) => {
      await world.record(inNorth('e1'))
      await plan(world)
      const north = at(world, 'north')
      const batch = await north.needBatch()
      const until = world.now + 1_000
      const hold = { name: 'full', since: world.now, until, status: 500, detail: null } as const
      for (const name of ['north', 'south']) await at(world, name).ledger.setHold(hold)
      world.now = until
      north.now = until
      await north.take(batch)
      const ends = async (name: string) =>
        (await at(world, name).ledger.readEmergencyStatus(world.now)).holds.map((held) => held.until - until)
      assert.deepEqual([await ends('north'), await ends('south')], [[60_000], [0]])
    },
  },
  {
    name: 'employees are counted of a destination whose log was read, also when it owes no answer, and the default has its own name',
    run: async (world) => {
      await joinedInNorth(world)
      const elsewhere = (...destinations: readonly string[]) => world.ledger.countElsewhere(destinations)
      assert.deepEqual(await elsewhere('default'), [])
      await at(world, 'north').correlate({ watermark: world.now })
      await world.correlate({ watermark: world.now })
      const inNorthOnly = [{ destination: 'north', employees: 1 }]
      assert.deepEqual(await elsewhere('default'), inNorthOnly)
      assert.deepEqual(await elsewhere('north', 'default'), [])
      assert.deepEqual(await elsewhere(), inNorthOnly)
    },
  },
]
