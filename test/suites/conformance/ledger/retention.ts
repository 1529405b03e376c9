import assert from 'node:assert/strict'
import type { EmployeeView } from '../../../../src/core/ledger/port/inspect.ts'
import { fold } from '../../../../src/core/plan/fold/fold.ts'
import { failAll, letters } from './dead-letters.ts'
import { retain } from './retain.ts'
import { hrEvent, joiner, leaver, type LedgerCase, messageOf, SOURCE, type World } from './world.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'

const ANY = { code: null, type: null, employeeId: null, since: null, until: null }

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
    name: 'retention keeps the operations of events that it keeps, and the last one that failed or was accepted',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('f1', 'p2'))
      await world.confirmAll()
      const fails = async (id: string, employeeId: string) => {
        await world.record(hrEvent(id, employeeId, { title: id }, { order: 2 }))
        const sent = await world.send()
        await world.answer(sent, 'failed', { status: 'failure', code: 'InvalidValue' })
        await world.finalize()
        await world.plan()
        return sent.operations.get(employeeId)
      }
      const [dead, deadToo] = [await fails('e2', 'p1'), await fails('e2 again', 'p1')]
      const failed = await fails('f2', 'p2')
      await world.record(hrEvent('e3', 'p1', { nickName: 'x' }, { order: 3 }))
      const accepted = (await world.confirmAll()).operations.get('p1')
      const [letter] = await letters(world, { employeeId: 'p2' })
      const order = { seqs: [letter?.seq ?? 0], how: 'discard', terminations: false } as const
      await world.ledger.endDeadLetters({ ...order, actor: 'ann', justification: 'known' }, world.now)
      await world.plan()
      await retain(world)
      const left = async (id: string) =>
        ((await world.ledger.readTrace(id))?.operations ?? []).map((operation) => operation.id)
      assert.deepEqual(await left('p1'), [dead, deadToo, accepted])
      assert.ok((await left('p2')).includes(failed ?? ''))
    },
  },
  {
    name: 'retention removes the edit of an event with it, and no edit of another event or of a message on the bus',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      await world.publishAll()
      await world.record(joiner('e2', 'p2'))
      const edited = (employee: string) => ({ body: '{}', employees: [employee] })
      const targets = [
        { store: 'ledger', seq: 1, revision: 1, ...edited('p1') } as const,
        { store: 'ledger', seq: 2, revision: 1, ...edited('p2') } as const,
        { store: 'bus', entity: 'q', sequence: '1', stale: false, ...edited('p3') } as const,
      ]
      const run = await world.ledger.freezeReplay(
        { name: 'run', selection: 's', actor: 'a', justification: 'b', targets },
        world.now,
      )
      assert.equal(await retain(world), 1)
      const bodies = async (entity: string | null) =>
        (await world.ledger.listReplayItems(run.id, entity, 'frozen', 10)).map(({ body }) => body)
      assert.deepEqual([await bodies(null), await bodies('q')], [[null, '{}'], ['{}']])
    },
  },
  {
    name: 'a folded event that was edited to be of another employee is a duplicate still when its first message comes again',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await failAll(world)
      const [{ seq, revision } = assert.fail('it is dead')] = await letters(world)
      const who = { actor: 'ann', justification: 'known' }
      const targets = [{ store: 'ledger', seq, revision } as const]
      const run = await world.ledger.freezeReplay({ name: 'run', selection: 's', ...who, targets }, world.now)
      const original = { messageId: null, sessionId: null, contentType: null, body: '{}', properties: {} }
      const edited = { seq, kind: 'edited', event: joiner('e1', 'p3'), original } as const
      await world.ledger.putBackDeadLetters(run.id, [edited], world.now)
      await world.confirmAll()
      assert.equal(await retain(world), 1)
      const again = await world.intake([messageOf('late', joiner('e1', 'p1'))])
      assert.deepEqual([again.fresh, again.duplicates, again.refused ?? []], [0, 1, []])
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
      await world.intake([
        { ...messageOf('3', joiner('e9', 'p9')), original: { ...original, body: 'of p9' } },
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
      const bodies = await Promise.all(
        left.map(async ({ id, seq }) => [id, (await world.ledger.findDeadLetter(seq))?.original?.body]),
      )
      assert.deepEqual(bodies, [
        ['e2', undefined],
        ['e9', 'of p9'],
      ])
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
