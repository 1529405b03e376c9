import assert from 'node:assert/strict'
import { failAll, letters } from './dead-letters.ts'
import { hrEvent, joiner, leaver, type LedgerCase, messageOf, type World } from './world.ts'

const HEAD = { messageId: 'm', sessionId: null, contentType: 'application/json', properties: {} }

const newest = async (
  world: World,
  query: { readonly since?: number; readonly until?: number; readonly code?: string },
): Promise<readonly string[]> =>
  (
    await world.ledger.listNewestDeadLetters({
      code: null,
      since: null,
      until: null,
      next: null,
      limit: 9,
      ...query,
    })
  ).deadLetters.map(({ id }) => id)

/** What the lists of dead letters say, and what the copies on the bus say. */
export const deadLetterListCases: readonly LedgerCase[] = [
  {
    name: 'a list of dead letters from a moment on has that moment, one until a moment does not, and one of an employee has no other',
    run: async (world) => {
      await world.record(joiner('early', 'p1'))
      await failAll(world)
      const early = world.now
      await world.record(joiner('late', 'p2'))
      await failAll(world)
      const late = world.now
      for (const [query, expected] of [
        [{ since: late }, ['late']],
        [{ since: late + 1 }, []],
        [{ until: late }, ['early']],
        [{ until: early }, []],
        [{ since: early, until: late + 1 }, ['late', 'early']],
      ] as const) {
        assert.deepEqual(await newest(world, query), expected, JSON.stringify(query))
        const all = await letters(world, query)
        assert.deepEqual(all.map(({ id }) => id).toReversed(), expected, JSON.stringify(query))
      }
      const [one, ...others] = await letters(world, { employeeId: 'p2' })
      assert.deepEqual([one?.id, one?.diedAt, others.length], ['late', late, 0])
    },
  },
  {
    name: 'a dead letter says which operation failed, whether the call itself was refused, and whether it prevents a reactivation',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(leaver('out', 'p1'))
      await failAll(world)
      await world.record(joiner('refused', 'p2'))
      await world.plan()
      await world.refuse(await world.needBatch(), 'InvalidUser')
      await world.record(hrEvent('delta', 'p3', { title: 'x' }))
      await world.plan()
      await world.ledger.expireIncompleteEvents(world.now, world.now, 10)
      const facts = (await letters(world)).map(({ id, operation, refused, blocksReactivation }) => [
        id,
        operation,
        refused,
        blocksReactivation,
      ])
      const operationOf = async (id: string) => (await world.ledger.readTrace(id))?.operations.at(-1)?.id
      assert.deepEqual(facts, [
        ['out', await operationOf('out'), false, true],
        ['refused', await operationOf('refused'), true, false],
        ['delta', null, false, false],
      ])
      const found = await newest(world, {})
      assert.deepEqual(found.toSorted(), ['delta', 'out', 'refused'])
    },
  },
  {
    name: 'a code says for how many of its newest each detail stands, the most frequent first, and how often one was replayed at most',
    run: async (world) => {
      const incomplete = async (...ids: readonly string[]): Promise<void> => {
        await world.plan()
        await world.ledger.expireIncompleteEvents(world.now, world.now, 10)
        world.now += 1_000
        for (const id of ids) assert.equal((await world.states(id))[`d-${id}`], 'dead-lettered')
      }
      const delta = (id: string, worker = {}) => hrEvent(`d-${id}`, id, { title: 'x', ...worker })
      await world.record(delta('p1', { userName: 'p1@example.com' }), delta('p2'), delta('p3'))
      await incomplete('p1', 'p2', 'p3')
      for (const time of ['once', 'twice']) {
        await world.intake([{ ...messageOf(time, delta('p3')), enqueuedAt: world.now }])
        await incomplete('p3')
      }
      assert.deepEqual(await world.ledger.describeDeadLetters('IncompleteRecord', 9), {
        looked: 3,
        details: [
          { detail: 'userName, active', count: 2 },
          { detail: 'active', count: 1 },
        ],
        replayed: 1,
        mostReplays: 2,
      })
      const sample = await world.ledger.describeDeadLetters('IncompleteRecord', 1)
      assert.deepEqual([sample.looked, sample.mostReplays], [1, 2], 'the last to die')
      const none = { looked: 0, details: [], replayed: 0, mostReplays: 0 }
      assert.deepEqual(await world.ledger.describeDeadLetters('Other', 9), none)
    },
  },
  {
    name: 'only the copy of the last death is current, each copy has the message of its own event, and a row of a file has none',
    run: async (world) => {
      const first = { ...messageOf('1', joiner('a', 'p1')), original: { ...HEAD, body: 'of a' } }
      await world.intake([first])
      const events = [joiner('b', 'p2')]
      await world.ledger.importBaseline({ events, now: world.now, quietMs: 0, maxWaitMs: 0 })
      await failAll(world)
      world.now += 1_000
      await world.intake([{ ...first, sequence: '2', enqueuedAt: world.now }])
      await failAll(world)
      const copies = await world.ledger.listUncopiedDeadLetters(10)
      assert.deepEqual(
        copies.map(({ eventId, revision, current, original }) => [
          `${eventId}:${revision}`,
          current,
          original?.body ?? null,
        ]),
        [
          ['a:1', false, 'of a'],
          ['b:1', true, null],
          ['a:2', true, 'of a'],
        ],
      )
      assert.equal((await world.ledger.listUncopiedDeadLetters(1)).length, 1)
    },
  },
  {
    name: 'an event of a file came in no message, also after it was edited',
    run: async (world) => {
      const event = joiner('b', 'p1')
      await world.ledger.importBaseline({ events: [event], now: world.now, quietMs: 0, maxWaitMs: 0 })
      await failAll(world)
      const original = { ...HEAD, messageId: null, body: '{"edited":true}' }
      for (const title of ['once', 'twice']) {
        const [letter] = await letters(world)
        const { seq, revision } = letter ?? assert.fail('it is dead')
        assert.deepEqual((await world.ledger.findDeadLetter(seq))?.original, null)
        const run = await world.ledger.freezeReplay(
          {
            name: title,
            selection: 'all',
            actor: 'operator',
            justification: 'a test',
            targets: [{ store: 'ledger', seq, revision }],
          },
          world.now,
        )
        const edited = { ...event, worker: { ...event.worker, title } }
        await world.ledger.putBackDeadLetters(
          run.id,
          [{ seq, kind: 'edited', event: edited, original }],
          world.now,
        )
        assert.equal((await failAll(world))['title'], title)
      }
    },
  },
]
