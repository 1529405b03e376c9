import assert from 'node:assert/strict'
import type { EmployeeView } from '../../../../src/core/ledger/port/inspect.ts'
import { fold } from '../../../../src/core/plan/fold/fold.ts'
import { retain } from './retain.ts'
import { hrEvent, joiner, leaver, type LedgerCase, messageOf, SOURCE, T0, type World } from './world.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { MONTH_MS } from '../../../../src/core/emergency/money.ts'
import { anInstance } from '../../../fakes/instances.ts'
import { call as emergencyCall, DISABLED } from './emergency.ts'

const ANY = { code: null, type: null, employeeId: null, since: null, until: null }

/** How many rows each slice took out, until there are no more. */
async function ageAll(world: World, before: number): Promise<readonly number[]> {
  const slices: number[] = []
  for (let slice = 0; slice < 20; slice++) {
    const { removed, more } = await world.ledger.removeAged({ before, limit: 1 })
    if (removed > 0) slices.push(removed)
    if (!more) return slices
  }
  return assert.fail('there is always more')
}
async function personOf(world: World, employeeId: string): Promise<EmployeeView | null> {
  return (await world.ledger.findEmployees(employeeId))[0] ?? null
}
async function titleOf(world: World, employeeId: string): Promise<unknown> {
  const view = await personOf(world, employeeId)
  return view && fold(view.employee.events, world.now).attributes.get('title')?.value
}

/** What the ledger promises of what is old and of people who are to be forgotten. */
export const retentionCases: readonly LedgerCase[] = [
  {
    name: 'settled events are folded away, their standing values stay, and the next record is the same',
    run: async (world) => {
      await world.record(
        joiner('e1', 'p1', { title: 'Engineer' }),
        hrEvent('e2', 'p1', { title: 'Head' }, { order: 2 }),
      )
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
    name: 'a late duplicate of a folded event is still a duplicate, and a rescind of it ends as RescindBeyondRetention',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      await retain(world)
      const again = await world.intake([messageOf('late', joiner('e1', 'p1'))])
      assert.deepEqual([again.fresh, again.duplicates], [0, 1])
      await world.record(hrEvent('r1', 'p1', {}, { rescinds: { source: SOURCE, id: 'e1' } }))
      await world.plan()
      const [told] = await world.ledger.listUnpublishedOutcomes(10)
      assert.deepEqual(
        [told?.eventId, told?.state, told?.reason],
        ['r1', 'dead-lettered', 'RescindBeyondRetention'],
      )
      assert.equal(await world.next(), null)
    },
  },
  {
    name: 'events that are open, dead, held or unpublished are not folded',
    run: async (world) => {
      await world.record(
        joiner('e1', 'p1'),
        hrEvent('f1', 'p1', { title: 'x' }, { effectiveAt: world.now + 1_000 * DAY_MS }),
      )
      await world.record(joiner('e2', 'p2'))
      await world.send().then((sent) => world.answer(sent))
      await world.finalize()
      await world.record(leaver('e3', 'p2'))
      await world.plan()
      await world.refuse(await world.needBatch())
      assert.equal(await retain(world), 2)
      const left = await personOf(world, 'p2')
      assert.deepEqual(
        left?.employee.events.filter(({ folded }) => folded !== true).map(({ id }) => id),
        ['e3'],
      )
    },
  },
  {
    name: 'retention reads only employees with something old, and goes on after all of them',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      await world.publishAll()
      const ended = world.now + 1
      world.now += DAY_MS
      await world.record(joiner('e2', 'p2'))
      await world.confirmAll()
      await world.publishAll()
      const page = async (after: string | null, settledBefore = ended): Promise<unknown> => {
        const { employees, last } = await world.ledger.listRetention({ after, limit: 2, settledBefore })
        return [employees.map(({ employee, settled }) => [employee.employeeId, settled.length]), last]
      }
      assert.deepEqual(await page(null, ended - 1), [[], 'p2'], 'it ended at that moment')
      assert.deepEqual(await page(null), [[['p1', 1]], 'p2'])
      assert.deepEqual(await page('p1'), [[], 'p2'])
      assert.deepEqual(await page('p2'), [[], null])
    },
  },
  {
    name: 'retention removes operations that ended before its limit, not the one that ended at it',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      const ended = world.now
      await world.record(hrEvent('e2', 'p1', { title: 'Head' }, { order: 2 }))
      await world.confirmAll()
      await world.publishAll()
      const dropped = async (before: number): Promise<number> => {
        const [view] = await world.ledger.findEmployees('p1')
        assert.ok(view)
        const { employeeId, revision, events } = view.employee
        const gone = events.flatMap(({ id, seq, folded }) => (id === 'e1' && folded !== true ? [seq] : []))
        await world.ledger.foldEvents([{ employeeId, revision, gone, remains: [] }], before, world.now)
        return (await world.ledger.readTotals()).dropped
      }
      assert.deepEqual([await dropped(ended), await dropped(ended + 1)], [0, 1])
    },
  },
  {
    name: 'a fold of an employee that has changed is dropped',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      await world.publishAll()
      const { employees } = await world.ledger.listRetention({
        after: null,
        limit: 1,
        settledBefore: world.now + 1,
      })
      const [page] = employees
      assert.ok(page)
      await world.record(hrEvent('e2', 'p1', { title: 'x' }))
      const cut = {
        employeeId: 'p1',
        revision: page.employee.revision,
        gone: page.employee.events.map(({ seq }) => seq),
        remains: [],
      }
      assert.deepEqual(await world.ledger.foldEvents([cut], world.now, world.now), { folded: 0 })
      assert.equal((await world.due())[0]?.events.length, 2)
    },
  },
  {
    name: 'rows without events are removed by age in slices: messages, calls, batches and log records of others’ changes',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const first = await world.confirmAll()
      await world.record(hrEvent('e2', 'p1', { title: 'Head' }, { order: 2 }))
      const second = await world.confirmAll()
      const foreign = { record: world.logRecord('p1'), operation: null, interim: null }
      await world.correlate({ joins: [foreign], finalAt: world.now, foreign: 1 })
      const before = world.now + 1
      assert.equal(await retain(world), 2)
      await world.intake([messageOf('young', joiner('e3', 'p2'))])
      assert.deepEqual(await ageAll(world, T0), [], 'as old as the first of them')
      // Two messages, one record, and the batch whose operation went with the events; one of each
      // kind at a time.
      const slices = await ageAll(world, before)
      assert.equal(
        slices.reduce((sum, removed) => sum + removed, 0),
        4,
      )
      assert.ok(Math.max(...slices) <= 3)
      const calls = await ageAll(world, before + DAY_MS)
      assert.ok(calls.length >= 2, 'calls are kept for a day longer')
      assert.equal(await world.ledger.readTrace(first.batch.id), null)
      const kept = await world.ledger.readTrace(second.batch.id)
      assert.equal(kept?.operations[0]?.batch?.id, second.batch.id)
      assert.equal((await world.intake([messageOf('young', joiner('e3', 'p2'))])).redelivered, 1)
      await world.balanced()
    },
  },
  {
    name: 'a row that is exactly as old as the limit stays; calls count a day longer, and those that cost money a month',
    run: async (world) => {
      const at = async (before: number) => {
        const { removed, more } = await world.ledger.removeAged({ before, limit: 100 })
        assert.equal(more, false)
        return removed
      }
      const both = async (moment: number) => [await at(moment), await at(moment + 1)]
      const start = world.now
      const events = [joiner('e1', 'p1'), joiner('e2', 'p2')]
      await world.intake([messageOf('one', ...events)])
      await world.answerEach(await world.send())
      await world.finalize()
      world.now = start
      const foreign = { record: world.logRecord('p2'), operation: null, interim: null }
      await world.correlate({ joins: [foreign], foreign: 1 })
      await world.intake([messageOf('two', leaver('e3', 'p1'))])
      await world.plan()
      await emergencyCall(world, 'p1', { ...DISABLED, at: start })
      world.now = start
      await world.ledger.announceInstance(anInstance('one', { startedAt: start, seenAt: start }))
      const batch = await world.needBatch()
      await world.take(batch)
      const operation = batch.operations[0]?.id ?? ''
      await world.ledger.beginDirectWrite(
        {
          batch: batch.id,
          owner: 'one',
          leaseMs: 60_000,
          operation,
          microUsd: 1,
          budget: { day: 1, month: 1 },
        },
        start,
      )
      // Two messages, the log record of another system's change, a deactivation, an instance.
      assert.deepEqual(await both(start), [0, 5])
      assert.deepEqual(await both(start + DAY_MS), [0, 2], 'the two calls')
      assert.deepEqual(await both(start + MONTH_MS), [0, 2], 'the emergency call and a direct cost')
    },
  },
  {
    name: 'a call keeps its place in the day for two minutes more, also when retention keeps a day',
    run: async (world) => {
      const limits = { perWindow: Infinity, windowMs: 5_000, perDay: 1 }
      await world.record(joiner('e1', 'p1'))
      await world.plan()
      const batch = await world.needBatch()
      const { call } = await world.take(batch, limits)
      const again = { kind: 'again', call, status: 503, notBefore: world.now, countsAsAttempt: true } as const
      await world.ledger.recordBatchAnswer(batch.id, { ...again, release: false, hold: null }, world.now)
      world.now += DAY_MS + 60_000
      await ageAll(world, world.now - DAY_MS)
      assert.equal((await world.slot(batch, limits)).kind, 'wait')
      world.now += 60_000
      assert.equal((await world.slot(batch, limits)).kind, 'taken')
    },
  },
  {
    name: 'a batch without operations is removed in the first slice that reaches its age, also while half of another one waits',
    run: async (world) => {
      await world.record(...['p1', 'p2', 'p3', 'p4'].map((id) => joiner(`hire of ${id}`, id)))
      await world.plan()
      await world.refuse(await world.needBatch())
      // One half of the first half waits for the other.
      await world.refuse(await world.needBatch())
      const split = async () => (await world.ledger.readCounts()).stateCounts.batches.split
      assert.equal(await split(), 2)
      world.now += DAY_MS
      await world.ledger.removeAged({ before: world.now, limit: 100 })
      assert.equal(await split(), 0)
      const sent = new Set<string>()
      for (let batch = await world.next(); batch; batch = await world.next())
        for (const employeeId of (await world.accept(batch)).operations.keys()) sent.add(employeeId)
      assert.equal(sent.size, 4)
    },
  },
  {
    name: 'a batch that is open, or that another one needs, is not removed by age',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.plan()
      const batch = await world.needBatch()
      world.now += 500 * DAY_MS
      await ageAll(world, world.now)
      assert.equal((await world.accept(batch)).operations.size, 1)
    },
  },
  {
    name: 'an erasure removes an employee with everything that was sent; a redelivery does not bring the employee back, a new event does; another employee’s event with the id is refused; a second erasure finds nothing left',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.confirmAll()
      const erased = await world.ledger.eraseEmployee(
        { employeeId: 'p1', actor: 'ann', justification: 'asked to' },
        world.now,
      )
      assert.deepEqual([erased?.events, erased?.operations, erased?.outcomesWithheld], [1, 1, 1])
      assert.equal(await personOf(world, 'p1'), null)
      const again = await world.ledger.eraseEmployee(
        { employeeId: 'p1', actor: 'ann', justification: 'asked to' },
        world.now,
      )
      assert.deepEqual([again?.events, again?.operations, again?.outcomesWithheld], [0, 0, 0])
      assert.equal(
        await world.ledger.eraseEmployee(
          { employeeId: 'p3', actor: 'ann', justification: 'asked to' },
          world.now,
        ),
        null,
      )
      await world.record(joiner('e1', 'p1'))
      assert.equal(await personOf(world, 'p1'), null)
      await world.record(joiner('e9', 'p1'))
      assert.notEqual(await personOf(world, 'p1'), null)
      const stolen = await world.intake([messageOf('stolen', leaver('e1', 'p2'))])
      assert.deepEqual([stolen.duplicates, stolen.refused?.[0]?.code], [0, 'EventCollision'])
      assert.deepEqual(await world.states('p2'), { e2: 'confirmed' })
    },
  },
  {
    name: 'the text of an edit is removed with its employee and by retention, also in a run that was never carried out, and its part is refused',
    run: async (world) => {
      const edited = (sequence: string, ...employees: readonly string[]) => ({
        store: 'bus' as const,
        entity: 'q',
        sequence,
        stale: false,
        body: '{}',
        employees,
      })
      const targets = [
        edited('1', 'p1', 'p2'),
        edited('2', 'p3'),
        { store: 'bus' as const, entity: 'q', sequence: '3', stale: false },
      ]
      const run = await world.ledger.freezeReplay(
        { name: 'run', selection: 's', actor: 'a', justification: 'b', targets },
        world.now,
      )
      const bodies = async (): Promise<readonly (string | null)[]> =>
        (await world.ledger.listReplayItems(run.id, 'q', 'frozen', 10)).map(
          ({ sequence, body }) => body && sequence,
        )
      assert.deepEqual(await bodies(), ['1', '2', null])
      // Only the edit names p2.
      assert.equal(
        await world.ledger.eraseEmployee(
          { employeeId: 'p2', actor: 'ann', justification: 'asked to' },
          world.now,
        ),
        null,
      )
      assert.deepEqual(await bodies(), ['2', null])
      assert.equal(await world.ledger.forgetReplayEdits(world.now, world.now), 0)
      assert.equal(await world.ledger.forgetReplayEdits(world.now + 1, world.now), 1)
      assert.deepEqual(
        (await world.ledger.listReplayEntries(run.id, 0, 10)).map(({ stage, code }) => [stage, code]),
        [
          ['refused', 'Erased'],
          ['refused', 'BeyondRetention'],
          ['frozen', null],
        ],
      )
    },
  },
  {
    name: 'an erasure removes the employee from messages shared with others, and from the former text of edited events',
    run: async (world) => {
      const original = {
        messageId: null,
        sessionId: null,
        contentType: null,
        body: 'of p1 and p2',
        properties: {},
      }
      await world.intake([{ ...messageOf('1', joiner('e1', 'p1'), joiner('e2', 'p2')), original }])
      await world.intake([
        { ...messageOf('2', joiner('e3', 'p1')), original: { ...original, body: 'of p1, who was p3' } },
      ])
      await world
        .send()
        .then((sent) => world.answer(sent, 'failed', { status: 'failure', code: 'InvalidValue' }))
      await world.finalize()
      await world.plan()
      const { deadLetters } = await world.ledger.listDeadLetters({
        filter: ANY,
        archived: true,
        next: null,
        limit: 10,
      })
      const targets = deadLetters
        .filter(({ id }) => id === 'e3')
        .map(({ seq, revision }) => ({ store: 'ledger' as const, seq, revision }))
      const run = await world.ledger.freezeReplay(
        { name: 'run', selection: 's', actor: 'a', justification: 'b', targets },
        world.now,
      )
      const moved = { ...joiner('e3', 'p3') }
      await world.ledger.putBackDeadLetters(
        run.id,
        targets.map(({ seq }) => ({
          seq,
          kind: 'edited',
          event: moved,
          original: { ...original, body: 'of p3' },
        })),
        world.now,
      )
      await world.ledger.eraseEmployee(
        { employeeId: 'p1', actor: 'ann', justification: 'asked to' },
        world.now,
      )
      const { deadLetters: left } = await world.ledger.listDeadLetters({
        filter: ANY,
        archived: true,
        next: null,
        limit: 10,
      })
      assert.deepEqual(
        left.map(({ id }) => id),
        ['e2'],
      )
      assert.equal((await world.ledger.findDeadLetter(left[0]?.seq ?? 0))?.original, null)
      assert.equal((await world.states('p3'))['e3'], 'received')
    },
  },
  {
    name: 'of a termination accepted first as a deactivation only, retention keeps all that was accepted later',
    run: async (world) => {
      await world.record(joiner('hire', 'p1', { title: 'Engineer' }))
      await world.confirmAll()
      await world.record(hrEvent('out', 'p1', { active: false, title: 'Head' }, { order: 2 }))
      await world
        .send()
        .then((sent) => world.answer(sent, 'failed', { status: 'failure', code: 'InvalidValue' }))
      await world.finalize()
      await world.confirmAll()
      await world.record(hrEvent('back', 'p1', { active: true }, { order: 3 }))
      const { batch } = await world.confirmAll()
      assert.equal(JSON.parse(batch.operations[0]?.record ?? '').title, 'Head')
      assert.equal(await retain(world), 3)
      assert.equal(await titleOf(world, 'p1'), 'Head')
    },
  },
  {
    name: 'of a termination accepted only as a deactivation, retention keeps nothing else, so a later rehire does not fail because of it',
    run: async (world) => {
      await world.record(joiner('hire', 'p1', { title: 'Engineer' }))
      await world.confirmAll()
      await world.record(hrEvent('out', 'p1', { active: false, title: 'refused' }, { order: 2 }))
      await world
        .send()
        .then((sent) => world.answer(sent, 'failed', { status: 'failure', code: 'InvalidValue' }))
      await world.finalize()
      await world.confirmAll()
      assert.equal(await titleOf(world, 'p1'), 'refused')
      assert.equal(await retain(world), 2)
      assert.equal(await titleOf(world, 'p1'), 'Engineer')
      await world.record(
        hrEvent('back', 'p1', { active: true }, { order: 3, recordedAt: world.now, effectiveAt: world.now }),
      )
      const { batch } = await world.confirmAll()
      const { title, active } = JSON.parse(batch.operations[0]?.record ?? '')
      assert.deepEqual([title, active], ['Engineer', true])
    },
  },
]
