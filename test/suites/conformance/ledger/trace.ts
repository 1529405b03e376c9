import assert from 'node:assert/strict'
import { type EventsQuery } from '../../../../src/core/ledger/port/inspect.ts'
import { type Trace, TRACE_RECORDS, type TraceCursor } from '../../../../src/core/ledger/port/views/trace.ts'
import { hrEvent, joiner, type LedgerCase, T0 } from './world.ts'

/** What `trace` and the lists of events promise. */
export const traceCases: readonly LedgerCase[] = [
  {
    name: 'the chain is found by every name in it',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.plan()
      const sent = await world.accept(await world.needBatch(), 'request-1')
      await world.answer(sent, 'confirmed', { objectId: 'object-1' })
      await world.finalize()
      const operation = sent.operations.get('p1') ?? assert.fail('p1 was sent')
      for (const reference of ['e1', 'p1', operation]) {
        const trace = await world.ledger.readTrace(reference)
        assert.deepEqual(
          trace?.employee,
          { id: 'p1', objectId: 'object-1', destination: 'default', left: [] },
          reference,
        )
        assert.deepEqual(
          trace.events.map(({ id, state, operation }) => [id, state, operation]),
          [['e1', 'confirmed', operation]],
          reference,
        )
        const [only] = trace.operations
        assert.deepEqual([only?.id, only?.state, only?.lane], [operation, 'confirmed', 'joiner'], reference)
        assert.deepEqual(
          [only?.batch?.id, only?.batch?.requestId, only?.batch?.status, only?.batch?.attempts],
          [sent.batch.id, 'request-1', 202, 1],
        )
        assert.deepEqual(
          only?.records.map(({ objectId }) => objectId),
          ['object-1'],
        )
      }
      for (const reference of [sent.batch.id, 'request-1', 'object-1'])
        assert.equal(
          (await world.ledger.readTrace(reference))?.operations[0]?.batch?.id,
          sent.batch.id,
          reference,
        )
    },
  },
  {
    name: 'a reference that several things share leads to all of them: events of two sources, an employee; two employees of one object',
    run: async (world) => {
      await world.record(joiner('7', 'p1'), { ...joiner('7', 'p2'), source: '/hr/other' }, joiner('e3', '7'))
      const sent = await world.send()
      await world.answer(sent, 'confirmed', { objectId: 'object-1' })
      const all = async (reference: string): Promise<readonly (readonly [string, readonly string[]])[]> => {
        const trace = (await world.ledger.readTrace(reference)) ?? assert.fail(reference)
        return [trace, ...trace.others].map(({ employee, events }) => [
          employee.id,
          events.map(({ id }) => id),
        ])
      }
      assert.deepEqual(await all('7'), [
        ['p2', ['7']],
        ['p1', ['7']],
        ['7', ['e3']],
      ])
      assert.deepEqual(await all('object-1'), [
        ['7', ['e3']],
        ['p1', ['7']],
        ['p2', ['7']],
      ])
      const older = { kind: 'older', event: 1, operation: 1 } as const
      const page = await world.ledger.readTrace('7', { since: null, limit: 9, next: older })
      assert.equal(page?.events.length, 1, 'only a single match has older pages')
      const views = await world.ledger.findEmployees('7')
      assert.deepEqual(
        views.map(({ employee, event }) => [employee.employeeId, event !== null]),
        [
          ['p2', true],
          ['p1', true],
          ['7', false],
        ],
      )
    },
  },
  {
    name: 'a batch and its request lead to every employee in it, each with their own events',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'), joiner('e3', 'p3'))
      await world.plan()
      const sent = await world.accept(await world.needBatch(), 'request-1')
      await world.record(hrEvent('e4', 'p1', { title: 'later' }))
      for (const reference of [sent.batch.id, 'request-1']) {
        const trace = (await world.ledger.readTrace(reference)) ?? assert.fail(reference)
        const employees = [trace, ...trace.others].map(
          ({ employee, events, operations }) =>
            [employee.id, [events.map(({ id }) => id), operations.map(({ id }) => id)]] as const,
        )
        const should = [...sent.operations].map(
          ([employeeId, operation]) => [employeeId, [[employeeId.replace('p', 'e')], [operation]]] as const,
        )
        assert.deepEqual(new Map(employees), new Map(should), reference)
      }
      assert.deepEqual((await world.ledger.readTrace('p1'))?.others, [])
    },
  },
  {
    name: 'events are listed in the order they were received, in pages, by state and by moment, and without their values',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'), joiner('e3', 'p3'))
      await world.confirmAll()
      await world.record(joiner('e4', 'p4'))
      const list = async (query: Partial<EventsQuery>): Promise<string[][]> => {
        const pages: string[][] = []
        let next: number | null = null
        do {
          const page = await world.ledger.listEvents({ state: null, since: null, limit: 2, ...query, next })
          pages.push(page.events.map(({ id }) => id))
          next = page.next
        } while (next !== null && pages.length < 50)
        return pages
      }
      assert.deepEqual(await list({}), [['e1', 'e2'], ['e3', 'e4'], []])
      assert.deepEqual(await list({ state: 'received', limit: 9 }), [['e4']])
      assert.deepEqual(await list({ state: 'confirmed', limit: 9 }), [['e1', 'e2', 'e3']])
      const later = world.now
      assert.deepEqual(await list({ since: later, limit: 9 }), [['e4']])
      assert.deepEqual(await list({ since: later + 1, limit: 9 }), [[]])
      assert.deepEqual(await list({ until: later, limit: 9 }), [['e1', 'e2', 'e3']])
      assert.deepEqual(await list({ until: later + 1, limit: 9 }), [['e1', 'e2', 'e3', 'e4']])
      assert.deepEqual(await list({ employeeId: 'p2', limit: 9 }), [['e2']])
      const [first] = (await world.ledger.listEvents({ state: null, since: null, limit: 1, next: null }))
        .events
      assert.deepEqual(
        [first?.employeeId, first?.state, first?.operation, first?.receivedAt, 'worker' in (first ?? {})],
        ['p1', 'confirmed', 'op-1', T0, false],
      )
    },
  },
  {
    name: 'each operation is shown with its record and the one sent before it; a withdrawn one was not sent',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const first = await world.confirmAll()
      await world.record(hrEvent('e2', 'p1', { title: 'Clerk' }, { order: 2 }))
      await world.plan()
      await world.record(hrEvent('e3', 'p1', { title: 'Head' }, { order: 3 }))
      const second = await world.confirmAll()
      const { operations } = (await world.ledger.readTrace('p1')) ?? assert.fail('p1 is known')
      assert.deepEqual(
        operations.map(({ state, before, record }) => [state, before?.id ?? null, JSON.parse(record).title]),
        [
          ['confirmed', null, undefined],
          ['withdrawn', first.operations.get('p1'), 'Clerk'],
          ['confirmed', first.operations.get('p1'), 'Head'],
        ],
      )
      assert.equal(operations[2]?.before?.record, operations[0]?.record)
      const [only] = (await world.ledger.readTrace(second.operations.get('p1') ?? ''))?.operations ?? []
      assert.equal(only?.before?.id, first.operations.get('p1'))
    },
  },
  {
    name: 'an employee is traced in pages, the newest first, and every event and operation is on one of them',
    run: async (world) => {
      for (let n = 0; n < 5; n++) {
        await world.record(
          hrEvent(`e${n}`, 'p1', { userName: 'a@b.c', active: true, title: `t${n}` }, { order: n }),
        )
        await (n === 3 ? world.plan() : world.confirmAll())
        world.now += 1_000
      }
      const pages: (readonly string[])[] = []
      const operations: string[] = []
      let next: TraceCursor | null = null
      do {
        const page: Trace | null = await world.ledger.readTrace('p1', { since: null, limit: 2, next })
        assert.ok(page)
        assert.equal(page.older, page.next !== null)
        pages.push(page.events.map(({ id }) => id))
        operations.push(...page.operations.map(({ id }) => id))
        next = page.next
      } while (next !== null && pages.length < 50)
      assert.deepEqual(pages, [['e3', 'e4'], ['e1', 'e2'], ['e0']])
      assert.equal(new Set(operations).size, 5)
      const since = world.now - 1_500
      const late = await world.ledger.readTrace('p1', { since, limit: 2, next: null })
      assert.deepEqual([late?.events.map(({ id }) => id), late?.next], [['e3', 'e4'], null])
    },
  },
  {
    name: 'operations that carry no event have pages of their own',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.confirmAll()
      for (let n = 0; n < 3; n++) {
        await world.correlate({ finalAt: world.now, changedElsewhere: ['p1'] })
        await world.confirmAll()
      }
      const first = await world.ledger.readTrace('p1', { since: null, limit: 2, next: null })
      const second = await world.ledger.readTrace('p1', { since: null, limit: 2, next: first?.next ?? null })
      const shown = [first, second].map((page) => [page?.events.length, page?.operations.length])
      // The operation of the event stands beside it, and the newest two of the three resends.
      assert.deepEqual(shown, [
        [1, 3],
        [0, 1],
      ])
      assert.equal(second?.next, null)
    },
  },
  {
    name: 'a trace from a moment on has the resends that ended then or later, those of this employee only',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.confirmAll()
      await world.record(hrEvent('e3', 'p1', { hobby: 'x' }))
      await world.plan()
      world.now = T0 + 10_000
      await world.correlate({ finalAt: world.now, changedElsewhere: ['p1', 'p2'] })
      const sent = await world.send()
      world.now = T0 + 20_000
      await world.answer(sent)
      await world.finalize()
      const since = async (moment: number): Promise<readonly unknown[]> => {
        const trace = await world.ledger.readTrace('p1', { since: moment, limit: 9, next: null })
        return (trace?.operations ?? []).map(({ id }) => id)
      }
      assert.deepEqual(await since(world.now), [sent.operations.get('p1')], 'sent before, ended at it')
      assert.deepEqual(await since(world.now + 1), [])
    },
  },
  {
    name: 'a trace from a moment on has the events that were received, planned or finished then or later',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      world.now = T0 + 10_000
      await world.plan()
      const sent = await world.accept(await world.needBatch())
      const since = async (moment: number): Promise<number> =>
        (await world.ledger.readTrace('p1', { since: moment, limit: 9, next: null }))?.events.length ?? 0
      assert.deepEqual([await since(T0 + 10_000), await since(T0 + 10_001)], [1, 0], 'planned')
      world.now = T0 + 20_000
      await world.answer(sent)
      await world.finalize()
      assert.deepEqual([await since(world.now), await since(world.now + 1)], [1, 0], 'finished')
      await world.record(hrEvent('e2', 'p1', { title: 'Lead' }))
      assert.deepEqual([await since(world.now), await since(world.now + 1)], [2, 0], 'received')
    },
  },
  {
    name: 'a page that holds everything is the last one: of an employee, of a batch, and of an operation',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), hrEvent('e2', 'p1', { title: 'Lead' }), joiner('e3', 'p2'))
      const sent = await world.confirmAll()
      await world.correlate({ finalAt: world.now, changedElsewhere: ['p1'] })
      await world.confirmAll()
      await world.correlate({ finalAt: world.now, changedElsewhere: ['p1'] })
      await world.confirmAll()
      const operation = sent.operations.get('p1') ?? assert.fail('p1 was sent')
      const read = async (reference: string, limit: number) => {
        const trace = await world.ledger.readTrace(reference, { since: null, limit, next: null })
        return [trace?.next, trace?.older]
      }
      // Two events and two resends; two employees; two events.
      for (const reference of ['p1', sent.batch.id, operation])
        assert.deepEqual(await read(reference, 2), [null, false], reference)
      assert.deepEqual(await read(operation, 1), [null, true], 'an operation is shown as far as it fits')
    },
  },
  {
    name: 'a batch is traced in pages of its operations, and of one operation only the latest log records',
    run: async (world) => {
      const ids = ['p1', 'p2', 'p3']
      await world.record(...ids.map((id) => joiner(`hire ${id}`, id)))
      const sent = await world.send()
      for (let n = 0; n < TRACE_RECORDS + 2; n++) {
        world.now += 1_000
        await world.answer(sent, 'escrowed', { status: 'failure' })
      }
      const read = (next: TraceCursor | null): Promise<Trace | null> =>
        world.ledger.readTrace(sent.batch.id, { since: null, limit: 2, next })
      const first = (await read(null)) ?? assert.fail('the batch is known')
      const second = (await read(first.next)) ?? assert.fail('there is another page')
      const all = [first, ...first.others, second, ...second.others]
      assert.deepEqual(all.map(({ employee }) => employee.id).toSorted(), ids)
      assert.deepEqual([first.next, second.next], [{ kind: 'further', skip: 2 }, null])
      const [records = []] = all.flatMap(({ operations }) => operations.map((one) => one.records))
      assert.equal(records.length, TRACE_RECORDS)
      assert.equal(records.at(-1)?.activityAt, world.now)
    },
  },
  {
    name: 'the audit trail records who saw values of which employees, and an erasure leaves a hash of the id',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      const by = { actor: 'ann', justification: 'ticket 7' }
      await world.ledger.recordDisclosure({ employees: ['p1', 'p2', 'p1'], ...by }, world.now)
      const read = async (): Promise<readonly (string | null)[]> => {
        const query = { since: null, about: null, next: null, limit: 9 }
        const { entries } = await world.ledger.listAudit(query)
        assert.ok(
          entries.every(({ actor, justification }) => actor === 'ann' && justification === 'ticket 7'),
        )
        return entries.filter(({ action }) => action === 'show-values').map(({ about }) => about)
      }
      assert.deepEqual(await read(), ['p1', 'p2'])
      await world.ledger.eraseEmployee({ employeeId: 'p1', ...by }, world.now)
      const [erased, kept] = await read()
      assert.match(erased ?? '', /^[0-9a-f]{64}$/)
      assert.equal(kept, 'p2')
    },
  },
  {
    name: 'an employee is shown with the record that the directory accepted last, while that is known',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.confirmAll()
      await world.record(hrEvent('e3', 'p1', { title: 'Lead' }))
      await world.confirmAll()
      const accepted = async (id: string): Promise<readonly unknown[]> => {
        const [view] = await world.ledger.findEmployees(id)
        const { userName, title } = JSON.parse(view?.lastAccepted ?? '{}')
        return [userName, title]
      }
      assert.deepEqual(await accepted('p1'), ['p1@example.com', 'Lead'])
      assert.deepEqual(await accepted('p2'), ['p2@example.com', undefined])
      await world.correlate({ finalAt: world.now, changedElsewhere: ['p1'] })
      assert.deepEqual(await accepted('p1'), [undefined, undefined])
    },
  },
  {
    name: 'an unknown reference finds nothing',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      for (const reference of [
        '',
        'nobody',
        'op-1',
        'op-99999999999999999999',
        'batch-1',
        "' OR 1=1 --",
        '%',
        '\u0000',
      ])
        assert.equal(await world.ledger.readTrace(reference), null, reference)
    },
  },
  {
    name: 'a superseded event leads to the operation of the event that superseded it',
    run: async (world) => {
      await world.record(
        joiner('e1', 'p1'),
        hrEvent('e2', 'p1', { title: 'old' }),
        hrEvent('e3', 'p1', { title: 'new' }, { order: 1 }),
      )
      const sent = await world.confirmAll()
      const trace = await world.ledger.readTrace('e2')
      assert.deepEqual(
        trace?.events.map(({ state, by }) => [state, by]),
        [['superseded', 'e3']],
      )
      const { events } = await world.ledger.listEvents({ state: null, since: null, limit: 9, next: null })
      assert.deepEqual(
        events.map(({ id, by }) => [id, by]),
        [
          ['e1', null],
          ['e2', 'e3'],
          ['e3', null],
        ],
      )
      assert.deepEqual(
        trace.operations.map(({ id }) => id),
        [sent.operations.get('p1')],
      )
    },
  },
  {
    name: 'an event that comes after the one that supersedes it leads to the operation of that one',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), hrEvent('e3', 'p1', { title: 'new' }, { order: 2 }))
      const sent = await world.confirmAll()
      await world.record(hrEvent('e2', 'p1', { title: 'old' }, { order: 1 }))
      await world.plan()
      const trace = await world.ledger.readTrace('e2')
      assert.deepEqual(
        trace?.events.map(({ state, by, operation }) => [state, by, operation]),
        [['superseded', 'e3', null]],
      )
      assert.deepEqual(
        trace.operations.map(({ id }) => id),
        [sent.operations.get('p1')],
      )
    },
  },
  {
    name: 'every step of the chain has its time',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      world.now = T0 + 1
      await world.plan()
      world.now = T0 + 2
      const sent = await world.accept(await world.needBatch())
      world.now = T0 + 3
      await world.answer(sent)
      await world.finalize()
      await world.ledger.markOutcomesPublished(
        (await world.ledger.listUnpublishedOutcomes(9)).map(({ id }) => id),
        T0 + 5_000,
      )
      const trace = await world.ledger.readTrace('e1')
      const [event, operation] = [trace?.events[0], trace?.operations[0]]
      assert.deepEqual(
        [event?.receivedAt, event?.plannedAt, event?.finishedAt, event?.publishedAt],
        [T0, T0 + 1, T0 + 1_003, T0 + 5_000],
      )
      assert.deepEqual(
        [operation?.createdAt, operation?.answeredAt, operation?.finishedAt],
        [T0 + 1, T0 + 3, T0 + 1_003],
      )
      assert.deepEqual([operation?.batch?.submittedAt, operation?.batch?.acceptedAt], [T0 + 2, T0 + 2])
    },
  },
]
