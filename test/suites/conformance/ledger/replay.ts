import assert from 'node:assert/strict'
import type {
  PutBack,
  ReplayRun,
  ReplaysQuery,
  ReplayTarget,
} from '../../../../src/core/ledger/port/replays.ts'
import { failAll } from './dead-letters.ts'
import { hrEvent, joiner, leaver, type LedgerCase, messageOf, SOURCE, type World } from './world.ts'

const ANY = { code: null, type: null, employeeId: null, since: null, until: null }

/** Freezes everything that is dead now. */
async function freeze(world: World, more: readonly ReplayTarget[] = []): Promise<ReplayRun> {
  const { deadLetters } = await world.ledger.listDeadLetters({
    filter: ANY,
    archived: true,
    next: null,
    limit: 100,
  })
  const targets = [
    ...deadLetters.map(({ seq, revision }): ReplayTarget => ({ store: 'ledger', seq, revision })),
    ...more,
  ]
  return world.ledger.freezeReplay(
    { name: `run ${world.now}`, selection: 'all', actor: 'operator', justification: 'a test', targets },
    world.now,
  )
}
async function waiting(world: World, run: ReplayRun): Promise<readonly number[]> {
  return (await world.ledger.listReplayItems(run.id, null, 'frozen', 100)).map(({ sequence }) =>
    Number(sequence),
  )
}
async function putBackAll(world: World, run: ReplayRun): Promise<void> {
  const parts = (await waiting(world, run)).map((seq): PutBack => ({ seq, kind: 'as it was' }))
  await world.ledger.putBackDeadLetters(run.id, parts, world.now)
}
/** An employee in the directory, and an event of theirs that died. */
async function withDead(world: World, employeeId = 'p1'): Promise<void> {
  await world.record(joiner(`hire-${employeeId}`, employeeId))
  await world.confirmAll()
  await world.record(hrEvent(`bad-${employeeId}`, employeeId, { title: 'x', nickName: 'y' }, { order: 1 }))
  await failAll(world)
}

/** What the ledger promises of replays. */
export const replayCases: readonly LedgerCase[] = [
  {
    name: 'a replayed event returns to its own place in the order: newer events still win',
    run: async (world) => {
      await withDead(world)
      await world.record(hrEvent('newer', 'p1', { title: 'z' }, { order: 2 }))
      await world.confirmAll()
      const run = await freeze(world)
      await putBackAll(world, run)
      const { batch } = await world.confirmAll()
      const record = JSON.parse(batch.operations[0]?.record ?? '') as { title: string; nickName: string }
      assert.deepEqual([record.title, record.nickName], ['z', 'y'])
      assert.deepEqual(await world.states('p1'), {
        'hire-p1': 'confirmed',
        newer: 'confirmed',
        'bad-p1': 'confirmed',
      })
      const [told] = (await world.ledger.listUnpublishedOutcomes(100))
        .filter(({ eventId }) => eventId === 'bad-p1')
        .slice(-1)
      assert.deepEqual([told?.state, told?.revision], ['confirmed', 2])
    },
  },
  {
    name: 'a replay of a dead rehire does not make a leaver active who left after it',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(leaver('out', 'p1', 1))
      await world.confirmAll()
      await world.record(hrEvent('rehire', 'p1', { active: true }, { order: 2 }))
      await failAll(world)
      await world.record(leaver('out again', 'p1', 3))
      await putBackAll(world, await freeze(world))
      await world.plan()
      assert.equal(await world.next(), null, 'the directory has nothing to learn')
      assert.deepEqual((await world.states('p1'))['rehire'], 'superseded')
    },
  },
  {
    name: 'a dead letter that died again or was put back after the selection was frozen is left alone',
    run: async (world) => {
      await withDead(world, 'p1')
      await withDead(world, 'p2')
      const run = await freeze(world)
      const other = await freeze(world)
      const [first = 0, second = 0] = await waiting(world, other)
      await world.ledger.putBackDeadLetters(other.id, [{ seq: first, kind: 'as it was' }], world.now)
      await failAll(world)
      await putBackAll(world, run)
      const entries = await world.ledger.listReplayEntries(run.id, 0, 10)
      assert.deepEqual(
        entries.map(({ id, stage }) => [id, stage]),
        [
          [`dl-${first}`, 'gone'],
          [`dl-${second}`, 'done'],
        ],
      )
      assert.equal((await world.states('p1'))['bad-p1'], 'dead-lettered')
      assert.equal((await world.states('p2'))['bad-p2'], 'received')
    },
  },
  {
    name: 'putting back twice counts once, and the run ends when nothing waits',
    run: async (world) => {
      await withDead(world)
      const run = await freeze(world)
      const parts = (await waiting(world, run)).map((seq): PutBack => ({ seq, kind: 'as it was' }))
      await world.ledger.endReplay(run.id, world.now)
      assert.equal(
        (await world.ledger.listReplays({ open: 'all', limit: 1 })).length,
        1,
        'something waits yet',
      )
      await world.ledger.putBackDeadLetters(run.id, parts, world.now)
      await world.ledger.putBackDeadLetters(run.id, parts, world.now)
      await world.ledger.endReplay(run.id, world.now)
      assert.deepEqual(await world.ledger.listReplays({ open: 'all', limit: 1 }), [])
      const [ended] = await world.ledger.listReplays({ open: null, limit: 1 })
      assert.deepEqual(
        [ended?.actor, ended?.justification, ended?.endedAt, ended?.counts.gone],
        ['operator', 'a test', world.now, 0],
      )
      assert.equal(ended?.counts.done, 1)
    },
  },
  {
    name: 'an edited event has its new content, keeps its name and place, and its former content is kept',
    run: async (world) => {
      await withDead(world)
      const run = await freeze(world)
      const [seq = 0] = await waiting(world, run)
      const original = {
        messageId: 'm',
        sessionId: null,
        contentType: null,
        body: '{"edited":true}',
        properties: {},
      }
      const event = hrEvent('bad-p1', 'p1', { title: 'better' }, { order: 1 })
      await world.ledger.putBackDeadLetters(run.id, [{ seq, kind: 'edited', event, original }], world.now)
      const { batch } = await world.confirmAll()
      assert.equal((JSON.parse(batch.operations[0]?.record ?? '') as { title: string }).title, 'better')
    },
  },
  {
    name: 'an edit that names another event or cancels a termination is refused and changes nothing',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(leaver('out', 'p1'))
      await failAll(world)
      const run = await freeze(world)
      const [seq = 0] = await waiting(world, run)
      const original = { messageId: null, sessionId: null, contentType: null, body: '{}', properties: {} }
      await world.ledger.putBackDeadLetters(
        run.id,
        [{ seq, kind: 'edited', event: hrEvent('out', 'p1', { title: 'x' }), original }],
        world.now,
      )
      const [entry] = await world.ledger.listReplayEntries(run.id, 0, 1)
      assert.deepEqual([entry?.stage, entry?.code], ['refused', 'EditTakesTerminationBack'])
      assert.equal((await world.states('p1'))['out'], 'dead-lettered')
    },
  },
  {
    name: 'messages of the bus pass their stages in frozen order, and a received copy is known by its id',
    run: async (world) => {
      const run = await freeze(world, [
        { store: 'bus', entity: 'q', sequence: '9223372036854775806', stale: false },
        { store: 'bus', entity: 'q', sequence: '9223372036854775807', stale: true },
      ])
      assert.deepEqual(run.entities, ['q'])
      const [item] = await world.ledger.listReplayItems(run.id, 'q', 'frozen', 10)
      assert.deepEqual(item, { sequence: '9223372036854775806', sendingAt: null, body: null })
      const move = async (stage: 'sending' | 'sent', at: number): Promise<void> =>
        world.ledger.moveReplayItems(
          run.id,
          'q',
          [{ sequence: '9223372036854775806', stage, code: null }],
          at,
        )
      await move('sending', world.now)
      await move('sending', world.now + 5)
      assert.equal((await world.ledger.listReplayItems(run.id, 'q', 'sending', 10))[0]?.sendingAt, world.now)
      await move('sent', world.now)
      assert.equal(
        (await world.ledger.listReplayItems(run.id, 'q', 'sent', 10)).length,
        2,
        'the stale one is only to be taken off its shelf',
      )
      await world.intake([{ ...messageOf('1', joiner('e1', 'p1')), copyId: 'replay-1' }])
      await world.intake([{ ...messageOf('2'), rejected: 'FieldMissing', copyId: 'replay-2' }])
      assert.deepEqual(
        await world.ledger.findCopiesTakenIn(['replay-1', 'replay-2', 'replay-3']),
        new Map([
          ['replay-1', null],
          ['replay-2', 'FieldMissing'],
        ]),
      )
      assert.deepEqual(
        await world.ledger
          .findKnownEvents([
            { source: SOURCE, id: 'e1' },
            { source: SOURCE, id: 'e9' },
          ])
          .then((known) => known.map(({ id, state }) => [id, state])),
        [['e1', 'received']],
      )
    },
  },
  {
    name: 'the audit trail names who continued a run, besides who began it',
    run: async (world) => {
      await withDead(world)
      const run = await freeze(world)
      assert.deepEqual(run.resumed, [])
      await world.ledger.resumeReplay(run, 'carl', 'the night shift', world.now + 5)
      const [open] = await world.ledger.listReplays({ open: 'all', limit: 1 })
      assert.equal(open?.actor, 'operator')
      assert.deepEqual(open.resumed, [{ at: world.now + 5, actor: 'carl', justification: 'the night shift' }])
    },
  },
  {
    name: 'a run is paused until it is resumed, and the audit trail has both',
    run: async (world) => {
      await withDead(world)
      const run = await freeze(world)
      assert.equal(run.paused, null)
      const read = async () => (await world.ledger.listReplays({ id: run.id, limit: 1 }))[0]
      await world.ledger.pauseReplay(run, 'dora', 'too fast', world.now + 1)
      assert.deepEqual((await read())?.paused, {
        at: world.now + 1,
        actor: 'dora',
        justification: 'too fast',
      })
      await world.ledger.resumeReplay(run, 'carl', 'slower now', world.now + 2)
      assert.deepEqual([(await read())?.paused, (await read())?.resumed.length], [null, 1])
      const about = `replay ${run.id}`
      const { entries } = await world.ledger.listAudit({ about, since: null, next: null, limit: 9 })
      assert.deepEqual(
        entries.map(({ action, actor }) => `${action} ${actor}`),
        ['replay operator', 'replay.paused dora', 'replay.resumed carl'],
      )
    },
  },
  {
    name: 'a cancelled run refuses the parts that have not begun, keeps the others, and ends when nothing waits',
    run: async (world) => {
      await withDead(world, 'p1')
      await withDead(world, 'p2')
      const onBus = (sequence: string): ReplayTarget => ({
        store: 'bus',
        entity: 'q',
        sequence,
        stale: false,
      })
      const run = await freeze(world, [
        onBus('1'),
        { ...onBus('2'), body: '{"edited":true}', employees: ['p3'] },
      ])
      const [first = 0] = await waiting(world, run)
      await world.ledger.putBackDeadLetters(run.id, [{ seq: first, kind: 'as it was' }], world.now)
      const moveTo = (stage: 'sending' | 'sent' | 'done') =>
        world.ledger.moveReplayItems(run.id, 'q', [{ sequence: '1', stage, code: null }], world.now)
      await moveTo('sending')
      const cancel = () =>
        world.ledger.cancelReplay({ run, actor: 'carl', justification: 'wrong domain' }, world.now + 5)
      assert.equal(await cancel(), 2)
      const current = async () => (await world.ledger.listReplays({ id: run.id, limit: 1 }))[0]
      assert.equal((await current())?.endedAt, null, 'a copy may be on the bus')
      await moveTo('sent')
      await moveTo('done')
      assert.equal(await cancel(), 0)
      assert.equal((await current())?.endedAt, world.now + 5)
      assert.deepEqual(
        (await world.ledger.listReplayEntries(run.id, 0, 10)).map(({ stage, code, became }) => [
          stage,
          code,
          became?.state ?? null,
        ]),
        [
          ['done', null, 'received'],
          ['refused', 'Cancelled', null],
          ['done', null, 'waiting'],
          ['refused', 'Cancelled', null],
        ],
      )
      assert.equal((await world.states('p2'))['bad-p2'], 'dead-lettered')
      const about = `replay ${run.id}`
      const { entries } = await world.ledger.listAudit({ about, since: null, next: null, limit: 10 })
      assert.deepEqual(
        entries.map(({ action, actor, justification }) => [action, actor, justification]),
        [
          ['replay', 'operator', 'a test'],
          ['replay.cancelled', 'carl', 'wrong domain'],
          ['replay.cancelled', 'carl', 'wrong domain'],
        ],
      )
    },
  },
  {
    name: 'runs are listed by number, from a moment on, and page by page',
    run: async (world) => {
      await withDead(world)
      const first = await freeze(world)
      world.now += 1_000
      const second = await freeze(world)
      const ids = async (query: Omit<ReplaysQuery, 'limit'>): Promise<readonly number[]> =>
        (await world.ledger.listReplays({ ...query, limit: 10 })).map(({ id }) => id)
      assert.deepEqual(await ids({}), [second.id, first.id])
      assert.deepEqual(await ids({ id: first.id }), [first.id])
      assert.deepEqual(await ids({ since: world.now }), [second.id])
      assert.deepEqual(await ids({ before: second.id }), [first.id])
      assert.deepEqual(await ids({ open: 'another' }), [])
      assert.deepEqual(await ids({ open: 'all', since: world.now, before: first.id }), [], 'all of it')
    },
  },
]
