import assert from 'node:assert/strict'
import { hrEvent, joiner, leaver, type LedgerCase, messageOf, T0, type World } from './world.ts'

/** What `record` and `claimDueEmployees` promise. */
export const intakeCases: readonly LedgerCase[] = [
  {
    name: 'an event that comes again in a later batch is a duplicate and changes nothing',
    run: async (world) => {
      assert.deepEqual(await world.record(joiner('e1', 'p1')), {
        fresh: 1,
        duplicates: 0,
        replays: 0,
        redelivered: 0,
        rejected: 0,
      })
      assert.deepEqual(await world.record(joiner('e1', 'p1')), {
        fresh: 0,
        duplicates: 1,
        replays: 0,
        redelivered: 0,
        rejected: 0,
      })
      const [employee] = await world.due()
      assert.equal(employee?.events.length, 1)
      assert.equal(employee?.events[0]?.worker['title'], undefined)
    },
  },
  {
    name: 'an event that comes twice in one batch is recorded once',
    run: async (world) => {
      const twice = [
        messageOf(1, joiner('e1', 'p1', { title: 'first' })),
        messageOf(2, joiner('e1', 'p1', { title: 'first' })),
      ]
      assert.deepEqual(await world.intake(twice), {
        fresh: 1,
        duplicates: 1,
        replays: 0,
        redelivered: 0,
        rejected: 0,
      })
      const [employee] = await world.due()
      assert.deepEqual(
        employee?.events.map(({ worker }) => worker['title']),
        ['first'],
      )
    },
  },
  {
    name: 'the same id from two sources names two events',
    run: async (world) => {
      const result = await world.record(
        joiner('e1', 'p1'),
        hrEvent('e1', 'p1', { title: 'x' }, { source: '/hr/other' }),
      )
      assert.equal(result.fresh, 2)
    },
  },
  {
    name: 'a redelivered message changes no count but its own',
    run: async (world) => {
      const message = messageOf(1, joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.intake([message])
      assert.deepEqual(await world.intake([message]), {
        fresh: 0,
        duplicates: 0,
        replays: 0,
        redelivered: 1,
        rejected: 0,
      })
      const { messages, decoded, events, duplicates, redelivered } = await world.ledger.readTotals()
      assert.deepEqual(
        { messages, decoded, events, duplicates, redelivered },
        { messages: 1, decoded: 1, events: 2, duplicates: 0, redelivered: 1 },
      )
    },
  },
  {
    name: 'a message delivered twice within one batch is one message',
    run: async (world) => {
      const good = messageOf(1, joiner('e1', 'p1'))
      const bad = { ...messageOf(2), rejected: 'BodyNotJson' as const }
      assert.deepEqual(await world.intake([good, bad, good, bad]), {
        fresh: 1,
        duplicates: 0,
        replays: 0,
        redelivered: 2,
        rejected: 1,
      })
      const { messages, decoded, rejected, duplicates } = await world.ledger.readTotals()
      assert.deepEqual(
        { messages, decoded, rejected, duplicates },
        { messages: 2, decoded: 1, rejected: 1, duplicates: 0 },
      )
    },
  },
  {
    name: 'a rejected message is counted once, and a redelivery of it not at all',
    run: async (world) => {
      const rejected = { ...messageOf(1), rejected: 'BodyNotJson' as const }
      assert.equal((await world.intake([rejected])).rejected, 1)
      assert.equal((await world.intake([rejected])).rejected, 0)
      assert.equal((await world.ledger.readTotals()).rejected, 1)
    },
  },
  {
    name: 'messages are distinguished by sequence numbers beyond 2^53',
    run: async (world) => {
      const result = await world.intake([
        messageOf('9007199254740992', joiner('e1', 'p1')),
        messageOf('9007199254740993', joiner('e2', 'p2')),
        messageOf('72057594037927936', joiner('e3', 'p3')),
      ])
      assert.equal(result.fresh, 3)
      assert.equal(result.redelivered, 0)
      assert.equal((await world.intake([messageOf('9007199254740993', joiner('e2', 'p2'))])).redelivered, 1)
    },
  },
  {
    name: 'a batch that fails on its last event leaves nothing behind and may come again',
    run: async (world) => {
      const sound = messageOf(1, joiner('e1', 'p1'), joiner('e2', 'p2'))
      const broken = messageOf(2, hrEvent('e3', 'p3', { title: 'x' }, { recordedAt: 0.5 }))
      await assert.rejects(world.intake([sound, broken]))
      const { totals, stateCounts } = await world.ledger.readCounts()
      assert.equal(totals.messages + totals.events + stateCounts.employees + stateCounts.events.received, 0)
      assert.deepEqual(await world.due(), [])
      assert.deepEqual(await world.intake([sound]), {
        fresh: 2,
        duplicates: 0,
        replays: 0,
        redelivered: 0,
        rejected: 0,
      })
    },
  },
  {
    name: 'a batch may be larger than any limit on parameters',
    run: async (world) => {
      const messages = Array.from({ length: 5_000 }, (_, index) =>
        messageOf(index, joiner(`e${index}`, `p${index % 1_700}`)),
      )
      assert.equal((await world.intake(messages)).fresh, 5_000)
      assert.equal((await world.intake(messages)).redelivered, 5_000)
      const employees = await world.due(2_000)
      assert.equal(employees.length, 1_700)
      assert.equal(employees.flatMap(({ events }) => events).length, 5_000)
    },
  },
  {
    name: 'the content of an event is read back unchanged: nul, surrogate pairs, lone surrogates, quotes, empty keys',
    run: async (world) => {
      const worker = {
        title: 'a\u0000b',
        'o’b "x"': "😀 \ud800 \\u0000 '; --",
        list: [1, null, { '': 'ß' }],
        n: 1e21,
        manager: null,
      }
      const odd = hrEvent('id 😀 ß', 'p/é ZZ', worker, {
        order: '00ß😀',
        rescinds: { source: SOURCE_WITH_SPACE, id: 'x y' },
        traceparent: '00-1-2-01',
      })
      await world.record(odd)
      const [employee] = await world.due()
      assert.equal(employee?.employeeId, odd.employeeId)
      const {
        seq: _seq,
        state,
        reason,
        by: _by,
        dead,
        ...event
      } = employee?.events[0] ?? assert.fail('one event')
      assert.deepEqual(event, odd)
      assert.deepEqual({ state, reason, dead }, { state: 'received', reason: null, dead: false })
    },
  },
  {
    name: 'names that differ only in case, accents or code points beyond the basic plane are different names',
    run: async (world) => {
      const names = ['a', 'A', 'á', 'a\u0301', 'ａ', '\uffff', '😀', 'a ', 'ss', 'ß']
      assert.equal((await world.record(...names.map((name) => joiner(name, name)))).fresh, names.length)
      const employees = await world.due()
      assert.deepEqual(employees.map(({ employeeId }) => employeeId).sort(), [...names].sort())
    },
  },
  {
    name: 'an id that is not well-formed text counts as the text that the database stores',
    run: async (world) => {
      assert.deepEqual(await world.record(joiner('broken \ud800', 'p1'), joiner('broken \udfff', 'p1')), {
        fresh: 1,
        duplicates: 1,
        replays: 0,
        redelivered: 0,
        rejected: 0,
      })
      assert.equal((await world.due()).length, 1)
    },
  },
  {
    name: 'employees are due after the quiet time, and no later than the maximum wait after the first unplanned event',
    run: async (world) => {
      const timing = { quietMs: 2_000, maxWaitMs: 5_000 }
      await world.intake([messageOf(1, joiner('e1', 'p1'))], timing)
      assert.deepEqual(await world.due(), [])
      for (const [index, after] of [1_500, 1_500, 1_500].entries()) {
        world.now += after
        assert.deepEqual(await world.due(), [])
        await world.intake(
          [messageOf(index + 2, hrEvent(`e${index + 2}`, 'p1', { title: `t${index}` }))],
          timing,
        )
      }
      world.now = T0 + 5_000
      assert.deepEqual(
        (await world.due()).map(({ employeeId }) => employeeId),
        ['p1'],
      )
    },
  },
  {
    name: 'leavers are due first and at once, then employees whose moment has come, then the ones that were quiet longest',
    run: async (world) => {
      await world.intake([
        messageOf(
          1,
          joiner('h1', 'moment'),
          hrEvent('h2', 'moment', { title: 'later' }, { effectiveAt: T0 + 10_000 }),
        ),
      ])
      await world.plan()
      world.now += 1_000
      await world.intake([messageOf(2, joiner('q1', 'quiet-second'))], { quietMs: 2_000 })
      await world.intake([messageOf(3, joiner('q2', 'quiet-first'))], { quietMs: 1_000 })
      world.now = T0 + 10_000
      await world.intake([messageOf(4, leaver('l1', 'leaver')), messageOf(5, joiner('q3', 'not-yet'))], {
        quietMs: 60_000,
      })
      const order = async (limit: number): Promise<string[]> =>
        (await world.due(limit)).map(({ employeeId }) => employeeId)
      assert.deepEqual(await order(1), ['leaver'])
      assert.deepEqual([...(await order(2))].sort(), ['leaver', 'moment'])
      assert.deepEqual([...(await order(3))].sort(), ['leaver', 'moment', 'quiet-first'])
      assert.equal((await order(10)).length, 4)
    },
  },
  {
    name: 'a future termination makes no employee due today',
    run: async (world) => {
      await world.intake([messageOf(1, { ...leaver('l1', 'p1'), effectiveAt: T0 + 60_000 })], {
        quietMs: 30_000,
      })
      assert.deepEqual(await world.due(), [])
    },
  },
  {
    name: 'while intake works off a backlog, only leavers and the employees that waited longest are due',
    run: async (world) => {
      await world.intake([messageOf(1, joiner('e1', 'p1')), messageOf(2, leaver('e2', 'p2'))], {
        quietMs: 1_000,
        backlog: true,
      })
      world.now += 999
      await world.intake([messageOf(3, joiner('e3', 'p3'))], { quietMs: 1_000, backlog: true })
      world.now += 500
      const due = async (maxWaitMs: number): Promise<string[]> =>
        (await world.due(10, maxWaitMs)).map(({ employeeId }) => employeeId).sort()
      assert.deepEqual(await due(60_000), ['p2'])
      assert.deepEqual(await due(1_200), ['p1', 'p2'])
      world.now += 500
      assert.deepEqual(await due(60_000), ['p1', 'p2', 'p3'])
    },
  },
  {
    name: 'the next employee becomes due at the moment that is foretold: after the quiet time, on an effective date, and not when due already',
    run: async (world) => {
      assert.equal(await nextDue(world), null)
      await world.intake([
        messageOf(
          1,
          joiner('h1', 'moment'),
          hrEvent('h2', 'moment', { title: 'later' }, { effectiveAt: T0 + 10_000 }),
        ),
      ])
      assert.equal(await nextDue(world), null)
      await world.plan()
      assert.equal(await nextDue(world), T0 + 10_000)
      await world.intake([messageOf(2, joiner('q1', 'quiet'))], { quietMs: 2_000 })
      assert.equal(await nextDue(world), T0 + 2_000)
      world.now = T0 + 1_999
      assert.deepEqual(await world.due(), [])
      world.now = T0 + 2_000
      assert.equal((await world.due()).length, 1)
      assert.equal(await nextDue(world), T0 + 10_000)
      world.now = T0 + 10_000
      assert.equal(await nextDue(world), null, 'what is due now is not next')
    },
  },
  {
    name: 'during a backlog the next employee becomes due after the maximum wait, or when the backlog is over',
    run: async (world) => {
      await world.intake([messageOf(1, joiner('e1', 'p1'))], { quietMs: 1_000, backlog: true })
      assert.equal(await nextDue(world, 500), T0 + 500)
      const over = await nextDue(world, 60_000)
      assert.ok(over !== null && over > T0 && over < T0 + 60_000)
      world.now = T0 + 500
      assert.equal((await world.due(10, 500)).length, 1)
      assert.equal(await nextDue(world, 500), over, 'what is due now is not next')
      world.now = over - 1
      assert.deepEqual(await world.due(), [])
      world.now = over
      assert.equal((await world.due()).length, 1)
      await world.send()
      await world.intake([messageOf(2, hrEvent('e2', 'p1', { title: 'Lead' }))], {
        quietMs: 1_000,
        backlog: true,
      })
      const next = (await nextDue(world, 1)) ?? assert.fail('a backlog ends')
      assert.ok(next > over + 1, 'an employee without an answer does not become due')
      world.now = next
      assert.equal(await nextDue(world, 1), null)
    },
  },
]

const nextDue = (world: World, maxWaitMs = 60_000): Promise<number | null> =>
  world.ledger.readNextDue({ now: world.now, maxWaitMs })

const SOURCE_WITH_SPACE = '/hr/with space'
