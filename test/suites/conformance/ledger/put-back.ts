import assert from 'node:assert/strict'
import type { IntakeMessage } from '../../../../src/core/ledger/port/intake.ts'
import type { HrEvent } from '../../../../src/core/model.ts'
import { end, failAll, letters } from './dead-letters.ts'
import { hrEvent, joiner, leaver, type LedgerCase, messageOf, SOURCE, T0, type World } from './world.ts'

/** The event put on the bus again, a second after everything so far. */
function again(world: World, sequence: string, event: HrEvent): IntakeMessage {
  world.now += 1_000
  return { ...messageOf(sequence, event), enqueuedAt: world.now }
}
async function edit(world: World, event: HrEvent): Promise<string | null> {
  const targets = (await letters(world)).map(({ seq, revision }) => ({
    store: 'ledger' as const,
    seq,
    revision,
  }))
  const run = await world.ledger.freezeReplay(
    { name: `run ${world.now}`, selection: 'all', actor: 'operator', justification: 'a test', targets },
    world.now,
  )
  const original = { messageId: null, sessionId: null, contentType: null, body: '{}', properties: {} }
  await world.ledger.putBackDeadLetters(
    run.id,
    [{ seq: targets[0]?.seq ?? 0, kind: 'edited', event, original }],
    world.now,
  )
  const [entry] = await world.ledger.listReplayEntries(run.id, 0, 1)
  return entry?.code ?? entry?.stage ?? null
}
const rescind = (id: string, employeeId: string, target: string): HrEvent =>
  hrEvent(id, employeeId, {}, { rescinds: { source: SOURCE, id: target }, order: 9 })

/** What else the ledger promises of events that died, came back, or were given up. */
export const putBackCases: readonly LedgerCase[] = [
  {
    name: 'two processes that carry out one run at the same time put each dead letter back once',
    run: async (world) => {
      await world.record(...Array.from({ length: 40 }, (_, at) => joiner(`e${at}`, `p${at}`)))
      await failAll(world)
      const targets = (await letters(world)).map(({ seq, revision }) => ({
        store: 'ledger' as const,
        seq,
        revision,
      }))
      const order = { name: 'a run', selection: 'all', actor: 'operator', justification: 'a test', targets }
      const run = await world.ledger.freezeReplay(order, world.now)
      const parts = targets.map(({ seq }) => ({ seq, kind: 'as it was' as const }))
      await Promise.all([1, 2, 3].map(() => world.ledger.putBackDeadLetters(run.id, parts, world.now)))
      const [ended] = await world.ledger.listReplays({ open: null, limit: 1 })
      assert.deepEqual([ended?.counts.done, ended?.counts.gone], [40, 0])
    },
  },
  {
    name: 'a termination with the id of another employee’s event is refused when that is dead or was put back',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await failAll(world)
      const late = { ...messageOf('late', leaver('hire', 'p2')), enqueuedAt: T0 }
      assert.equal((await world.intake([late])).refused?.[0]?.code, 'EventCollision')
      assert.equal((await world.intake([again(world, 'back', joiner('hire', 'p1'))])).replays, 1)
      const stolen = again(world, 'stolen', leaver('hire', 'p2'))
      assert.equal((await world.intake([stolen])).refused?.[0]?.code, 'EventCollision')
      const [view] = (
        await world.ledger.listOpenLeavers({ dueBy: null, employeeId: 'p2', next: null, limit: 1 })
      ).leavers
      assert.equal(view?.leaverCase.refused, true)
      const twice = again(world, 'twice', joiner('hire', 'p1', { title: 'other text' }))
      assert.equal((await world.intake([twice])).duplicates, 1)
    },
  },
  {
    name: 'a dead event that returns for another employee is left out of the first employee’s plan',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.send()
      world.now += 10
      await world.expire(1)
      assert.deepEqual(
        (await letters(world)).map(({ code }) => code),
        ['NoOutcome'],
      )
      await world.intake([again(world, 'back', joiner('hire', 'p2'))])
      const due = await world.due()
      assert.deepEqual(Object.fromEntries(due.map(({ employeeId, events }) => [employeeId, events.length])), {
        p1: 0,
        p2: 1,
      })
    },
  },
  {
    name: 'if one event is twice in a batch, the copy that was sent after it died counts',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await failAll(world)
      const late = { ...messageOf('late', joiner('hire', 'p1')), enqueuedAt: T0 - 500 }
      const { duplicates, replays } = await world.intake([
        late,
        again(world, 'back', joiner('hire', 'p1', { title: 'x' })),
      ])
      assert.deepEqual([duplicates, replays], [1, 1])
      assert.deepEqual(await world.states('p1'), { hire: 'received' })
    },
  },
  {
    name: 'an archived dead letter that returned and died again is visible again',
    run: async (world) => {
      await world.record(hrEvent('early', 'p1', { title: 'x' }))
      await world.plan()
      await world.ledger.expireIncompleteEvents(world.now + 1, world.now, 10)
      await end(world, 'archive')
      await world.record(joiner('hire', 'p1'))
      await failAll(world)
      assert.deepEqual(
        (await letters(world)).map(({ id }) => id),
        ['early', 'hire'],
      )
    },
  },
  {
    name: 'a notice that was given up is never read again',
    run: async (world) => {
      await world.record(hrEvent('n1', 'p1', {}, { mode: 'notice' }))
      const claim = (): ReturnType<World['ledger']['claimNotices']> =>
        world.ledger.claimNotices({ now: world.now, noticedBefore: world.now, leaseMs: 1_000, limit: 10 })
      const [notice] = await claim()
      const { seq, claimedUntil } = notice ?? assert.fail('it waits')
      await world.ledger.finishNotices([{ kind: 'failed', seq, claimedUntil, detail: '404' }], world.now)
      await end(world, 'discard')
      world.now += 5_000
      assert.deepEqual(await claim(), [])
      assert.deepEqual(await world.states('p1'), { n1: 'skipped' })
    },
  },
  {
    name: 'a dead rescind of a hire keeps its employee inactive, and discarding, editing or sending it again without the rescind needs the same option',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(rescind('r', 'p1', 'hire'))
      await failAll(world)
      await failAll(world)
      assert.deepEqual(
        (await letters(world)).map(({ id, blocksReactivation }) => [id, blocksReactivation]),
        [['r', true]],
      )
      const refused = await end(world, 'discard')
      assert.deepEqual([refused.ended.length, refused.kept.length], [0, 1])
      assert.equal(await edit(world, hrEvent('r', 'p1', { title: 'x' })), 'EditTakesTerminationBack')
      await world.intake([again(world, 'back', hrEvent('r', 'p1', { title: 'x' }))])
      assert.equal((await world.states('p1'))['r'], 'dead-lettered')
      assert.equal((await end(world, 'discard', true)).ended.length, 1)
    },
  },
  {
    name: 'a dead rescind of a title keeps no employee inactive',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'), hrEvent('title', 'p1', { title: 'x' }, { order: 1 }))
      await world.confirmAll()
      await world.record(rescind('r', 'p1', 'title'))
      await failAll(world)
      assert.deepEqual(
        (await letters(world)).map(({ id, blocksReactivation }) => [id, blocksReactivation]),
        [['r', false]],
      )
      assert.equal((await end(world, 'discard')).ended.length, 1)
    },
  },
  {
    name: 'a rescind of another employee’s event stays dead when it is sent again, and an edit cannot make one',
    run: async (world) => {
      await world.record(rescind('r', 'p1', 'hire'))
      await world.record(joiner('hire', 'p2'))
      const { replays } = await world.intake([again(world, 'back', rescind('r', 'p1', 'hire'))])
      assert.deepEqual([replays, await world.states('p1')], [0, { r: 'dead-lettered' }])
      assert.equal(await edit(world, rescind('r', 'p1', 'hire')), 'RescindMismatch')
    },
  },
  {
    name: 'of messages that return a dead event, the one that was enqueued last counts, and of two at the same moment the first',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await failAll(world)
      const titled = (sequence: string, title: string, enqueuedAt: number): IntakeMessage => ({
        ...messageOf(sequence, joiner('hire', 'p1', { title })),
        enqueuedAt,
      })
      const atDeath = await world.intake([titled('0', 'as it died', world.now)])
      assert.equal(atDeath.replays, 0, 'it was not sent after the event died')
      world.now += 1_000
      const { replays } = await world.intake([
        titled('1', 'second', world.now - 1),
        titled('2', 'last', world.now),
        titled('3', 'later', world.now),
        titled('4', 'first', world.now - 2),
      ])
      assert.equal(replays, 1)
      const { batch } = await world.confirmAll()
      assert.equal(JSON.parse(batch.operations[0]?.record ?? '').title, 'last')
    },
  },
  {
    name: 'dead events that return in one batch count once each, and only a notice is read anew',
    run: async (world) => {
      const claim = () =>
        world.ledger.claimNotices({ now: world.now, noticedBefore: world.now, leaseMs: 9_000, limit: 9 })
      const notice = hrEvent('n1', 'p3', {}, { mode: 'notice' })
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'), notice)
      const [found] = await claim()
      const { seq, claimedUntil } = found ?? assert.fail('it waits')
      await world.ledger.finishNotices([{ kind: 'failed', seq, claimedUntil, detail: '404' }], world.now)
      await failAll(world)
      const back = ['e1', 'e2'].map((id, place) => again(world, id, joiner(id, `p${place + 1}`)))
      const { replays, duplicates } = await world.intake([...back, again(world, 'n1', notice)])
      assert.deepEqual([replays, duplicates], [3, 0])
      assert.deepEqual(
        (await claim()).map(({ id }) => id),
        ['n1'],
      )
    },
  },
]
