import assert from 'node:assert/strict'
import type { PutBack, ReplayRun, ReplayTarget } from '../../../../src/core/ledger/port/replays.ts'
import { copyId, nameOnQueue } from '../../../../src/core/report/replay/log.ts'
import { failAll, letters } from './dead-letters.ts'
import { hrEvent, joiner, leaver, type LedgerCase, messageOf, SOURCE, type World } from './world.ts'

const onBus = (entity: string, sequence: string, stale = false): ReplayTarget => ({
  store: 'bus',
  entity,
  sequence,
  stale,
})
let named = 0
const freeze = (world: World, targets: readonly ReplayTarget[]): Promise<ReplayRun> =>
  world.ledger.freezeReplay(
    {
      name: `part-${(named += 1)}`,
      selection: 'all',
      actor: 'operator',
      justification: 'a test',
      targets,
    },
    world.now,
  )
async function deadTargets(world: World): Promise<readonly (ReplayTarget & { readonly seq: number })[]> {
  return (await letters(world)).map(({ seq, revision }) => ({ store: 'ledger', seq, revision }))
}
const entries = async (world: World, run: ReplayRun) =>
  (await world.ledger.listReplayEntries(run.id, 0, 99)).map(({ id, stage, code }) => [id, stage, code])
const ORIGINAL = { messageId: null, sessionId: null, contentType: null, body: '{}', properties: {} }

/** What the ledger promises of each part of a replay. */
export const replayPartCases: readonly LedgerCase[] = [
  {
    name: 'an entry of a run says what became of it: the state of its event, or what intake did with its copy',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await failAll(world)
      const [dead] = await deadTargets(world)
      assert.ok(dead)
      const bus = ['1', '2', '3', '4'].map((sequence) => onBus('q', sequence))
      const run = await freeze(world, [dead, onBus('r', '1', true), ...bus])
      assert.deepEqual([run.entities, run.counts.frozen, run.counts.sent], [['q', 'r'], 5, 1])
      await world.ledger.putBackDeadLetters(run.id, [{ seq: dead.seq, kind: 'as it was' }], world.now)
      for (const stage of ['sending', 'sent'] as const)
        await world.ledger.moveReplayItems(
          run.id,
          'q',
          ['1', '2', '3'].map((sequence) => ({ sequence, stage, code: null })),
          world.now + 5,
        )
      const copy = (sequence: string): string => copyId(nameOnQueue(run, 'q'), sequence)
      await world.intake([{ ...messageOf('c1', joiner('e1', 'p2')), copyId: copy('1') }])
      await world.intake([{ ...messageOf('c2'), rejected: 'FieldMissing', copyId: copy('2') }])
      const became = async (after: number, limit: number) =>
        (await world.ledger.listReplayEntries(run.id, after, limit)).map((entry) => [
          entry.id,
          entry.at === null ? null : entry.at - world.now,
          entry.became && `${entry.became.state} ${entry.became.reason}`,
        ])
      assert.deepEqual(await became(0, 9), [
        [`dl-${dead.seq}`, 0, 'received null'],
        ['r#1', null, null],
        ['q#1', 5, 'taken-in null'],
        ['q#2', 5, 'refused FieldMissing'],
        ['q#3', 5, 'waiting null'],
        ['q#4', null, null],
      ])
      assert.deepEqual(
        (await became(1, 2)).map(([id]) => id),
        ['r#1', 'q#1'],
      )
      await failAll(world)
      assert.equal((await became(0, 1))[0]?.[2], 'dead-lettered InvalidDomain')
      assert.equal((await letters(world))[0]?.replays, 1)
    },
  },
  {
    name: 'a move changes only the part of its run and queue, keeps the edited body until a copy is out, and the moment of the first try',
    run: async (world) => {
      const edited = { ...onBus('q', '1'), body: '{"edited":1}', employees: ['p1'] }
      const run = await freeze(world, [edited, onBus('q', '2'), onBus('r', '1')])
      const other = await freeze(world, [onBus('q', '1')])
      const move = (stage: 'sending' | 'sent', at: number) =>
        world.ledger.moveReplayItems(run.id, 'q', [{ sequence: '1', stage, code: null }], at)
      const items = async (of: ReplayRun, entity: string, stage: 'frozen' | 'sending' | 'sent', limit = 9) =>
        world.ledger.listReplayItems(of.id, entity, stage, limit)
      assert.equal((await items(run, 'q', 'frozen', 1)).length, 1)
      await move('sending', world.now)
      await move('sending', world.now + 5)
      assert.deepEqual(await items(run, 'q', 'sending'), [
        { sequence: '1', sendingAt: world.now, body: '{"edited":1}' },
      ])
      const untouched = { sendingAt: null, body: null }
      assert.deepEqual(
        [await items(run, 'q', 'frozen'), await items(run, 'r', 'frozen'), await items(other, 'q', 'frozen')],
        [
          [{ sequence: '2', ...untouched }],
          [{ sequence: '1', ...untouched }],
          [{ sequence: '1', ...untouched }],
        ],
      )
      await move('sent', world.now + 9)
      assert.deepEqual(await items(run, 'q', 'sent'), [{ sequence: '1', sendingAt: world.now, body: null }])
      const [counted] = await world.ledger.listReplays({ id: run.id, limit: 1 })
      assert.deepEqual([counted?.counts.sent, counted?.counts.frozen, counted?.counts.done], [1, 2, 0])
      await world.ledger.eraseEmployee(
        { employeeId: 'p1', actor: 'ann', justification: 'asked to' },
        world.now,
      )
      assert.equal((await items(run, 'q', 'sent')).length, 1, 'its text is gone already')
    },
  },
  {
    name: 'an edit must name the same event, a part may be refused with a code, and neither is put back',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await failAll(world)
      const [dead] = await deadTargets(world)
      assert.ok(dead)
      const { seq } = dead
      const other = joiner('other', 'p1')
      const elsewhere = { ...joiner('hire', 'p1'), source: '/hr/other' }
      const parts: readonly (readonly [PutBack, string])[] = [
        [{ seq, kind: 'edited', event: other, original: ORIGINAL }, 'EditNamesAnotherEvent'],
        [{ seq, kind: 'edited', event: elsewhere, original: ORIGINAL }, 'EditNamesAnotherEvent'],
        [{ seq, kind: 'refused', code: 'EditUnreadable' }, 'EditUnreadable'],
      ]
      for (const [part, code] of parts) {
        const run = await freeze(world, [dead])
        await world.ledger.putBackDeadLetters(run.id, [part], world.now)
        assert.deepEqual(await entries(world, run), [[`dl-${seq}`, 'refused', code]])
        assert.deepEqual(await world.states('p1'), { hire: 'dead-lettered' })
      }
    },
  },
  {
    name: 'a dead rescind of another employee’s event is not put back unchanged',
    run: async (world) => {
      const rescinds = { source: SOURCE, id: 'hire' }
      await world.record(hrEvent('r', 'p1', {}, { rescinds }))
      await world.record(joiner('hire', 'p2'))
      const targets = await deadTargets(world)
      const run = await freeze(world, targets)
      const parts = targets.map(({ seq }): PutBack => ({ seq, kind: 'as it was' }))
      await world.ledger.putBackDeadLetters(run.id, parts, world.now)
      assert.deepEqual(
        (await entries(world, run)).map(([, ...stage]) => stage),
        [['refused', 'RescindMismatch']],
      )
      assert.deepEqual(await world.states('p1'), { r: 'dead-lettered' })
    },
  },
  {
    name: 'a notice that is put back is read anew, from its first attempt on',
    run: async (world) => {
      await world.record(hrEvent('n1', 'p1', {}, { mode: 'notice' }), joiner('other', 'p2'))
      await failAll(world)
      const claim = () =>
        world.ledger.claimNotices({ now: world.now, noticedBefore: world.now, leaseMs: 9_000, limit: 9 })
      const [first] = await claim()
      const { seq, claimedUntil } = first ?? assert.fail('it waits')
      const again = { kind: 'again', seq, claimedUntil, at: world.now } as const
      await world.ledger.finishNotices([again], world.now)
      const [second] = await claim()
      assert.equal(second?.attempts, 1)
      const failed = { kind: 'failed', seq, claimedUntil: second.claimedUntil, detail: '404' } as const
      await world.ledger.finishNotices([failed], world.now)
      world.now += 60_000
      const targets = await deadTargets(world)
      const run = await freeze(world, targets)
      const parts = targets.map((one): PutBack => ({ seq: one.seq, kind: 'as it was' }))
      await world.ledger.putBackDeadLetters(run.id, parts, world.now)
      const waiting = (noticedBefore: number) =>
        world.ledger.claimNotices({ now: world.now, noticedBefore, leaseMs: 9_000, limit: 9 })
      assert.deepEqual(await waiting(world.now - 1), [], 'it waits again before it is read')
      assert.deepEqual(
        (await waiting(world.now)).map(({ id, attempts }) => [id, attempts]),
        [['n1', 0]],
      )
    },
  },
  {
    name: 'a termination or a rescind that is put back is planned at once, although an operation is unanswered',
    run: async (world) => {
      const rescinds = { source: SOURCE, id: 'first' }
      for (const event of [leaver('out', 'p1'), hrEvent('r', 'p2', {}, { rescinds, order: 1_000 })]) {
        const { employeeId } = event
        await world.record(joiner(`hire of ${employeeId}`, employeeId))
        if (employeeId === 'p2') await world.record(hrEvent('first', 'p2', { title: 'x' }, { order: 1 }))
        await world.confirmAll()
        await world.record(event)
        await failAll(world)
        await world.record(hrEvent(`name of ${employeeId}`, employeeId, { nickName: 'y' }, { order: 2_000 }))
        const sent = await world.send()
        const [dead] = await deadTargets(world)
        assert.ok(dead)
        const run = await freeze(world, [dead])
        await world.ledger.putBackDeadLetters(run.id, [{ seq: dead.seq, kind: 'as it was' }], world.now)
        assert.deepEqual(await world.plan(), [employeeId])
        await world.answer(sent)
        await world.finalize()
      }
    },
  },
  {
    name: 'an edit may correct whose event it is: both employees are planned at once, the former without it',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await failAll(world)
      const [dead] = await deadTargets(world)
      assert.ok(dead)
      const run = await freeze(world, [dead])
      const part = { seq: dead.seq, kind: 'edited', event: joiner('hire', 'p2'), original: ORIGINAL } as const
      await world.ledger.putBackDeadLetters(run.id, [part], world.now)
      const due = await world.due()
      const events = Object.fromEntries(due.map((employee) => [employee.employeeId, employee.events.length]))
      assert.deepEqual(events, { p1: 0, p2: 1 })
    },
  },
  {
    name: 'an event is known by source and id together, with its employee and revision',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.record(hrEvent('e1', 'p3', { title: 'x' }, { source: '/hr/other' }))
      await failAll(world)
      const known = await world.ledger.findKnownEvents([
        { source: SOURCE, id: 'e1' },
        { source: '/hr/other', id: 'e2' },
      ])
      assert.deepEqual(
        known.map(({ source, id, employeeId, state, revision }) => [source, id, employeeId, state, revision]),
        [[SOURCE, 'e1', 'p1', 'dead-lettered', 1]],
      )
    },
  },
]
