import assert from 'node:assert/strict'
import type { AlertLook, NewNotification } from '../../../../src/core/ledger/port/alerts.ts'
import type { AlertCode } from '../../../../src/core/alerts/codes.ts'
import { RELEASED_BRAKE } from '../../../../src/core/plan/decide/brake.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { opened } from '../../../fakes/alerts.ts'
import { failAll } from './dead-letters.ts'
import { joiner, leaver, type LedgerCase, T0, type World } from './world.ts'

const LEASE_MS = 30_000

const notification = (id: string, more: Partial<NewNotification> = {}): NewNotification => ({
  id,
  channel: 'ops',
  kind: 'opened',
  names: false,
  alerts: [
    {
      code: 'deadletter.new',
      cause: 'InvalidValue',
      urgency: 'normal',
      count: 3,
      openedAt: T0,
      oldestAt: null,
      resolvedAt: null,
    },
  ],
  expiresAt: null,
  ...more,
})

async function save(world: World, more: Partial<AlertLook> = {}): Promise<boolean> {
  const { revision } = await world.ledger.readAlerts()
  return world.ledger.saveAlerts({
    revision,
    now: world.now,
    changed: [],
    forgotten: [],
    notifications: [],
    ...more,
  })
}
async function claim(world: World, channel = 'ops'): Promise<string | null> {
  const claimed = await world.ledger.claimNotification({ channel, now: world.now, leaseMs: LEASE_MS })
  return claimed?.id ?? null
}
async function claimed(world: World, channel = 'ops') {
  const one = await world.ledger.claimNotification({ channel, now: world.now, leaseMs: LEASE_MS })
  return one ?? assert.fail('a notification is due')
}

/** What the ledger promises of alerts and of the outbox of notifications. */
export const alertCases: readonly LedgerCase[] = [
  {
    name: 'an alert is read back as it was stored, and is gone once it is removed',
    run: async (world) => {
      const told = {
        ops: { episode: 2, knows: 'open', at: T0, count: 7, messages: 1, heldBack: false },
      } as const
      const state = opened(T0, {
        count: 7,
        oldestAt: T0 - 5,
        episode: 2,
        absentSince: T0 + 1,
        flaps: 3,
        logged: { at: T0 + 2, count: 6 },
        told,
      })
      const other = opened(T0, { cause: 'Other', urgency: 'urgent', resolvedAt: T0 + 9 })
      assert.equal(await save(world, { changed: [state, other] }), true)
      const book = await world.ledger.readAlerts()
      assert.deepEqual(new Set(book.alerts), new Set([state, other]))
      assert.equal(book.lookedAt, world.now)
      await save(world, { changed: [{ ...state, count: 8 }], forgotten: [other] })
      assert.deepEqual((await world.ledger.readAlerts()).alerts, [{ ...state, count: 8 }])
    },
  },
  {
    name: 'of two concurrent looks at the alerts, only the first is stored, without the notifications of the second',
    run: async (world) => {
      const { revision } = await world.ledger.readAlerts()
      assert.equal(await save(world, { revision, notifications: [notification('first')] }), true)
      const second = { revision, changed: [opened(T0)], notifications: [notification('second')] }
      assert.equal(await save(world, second), false)
      assert.deepEqual((await world.ledger.readAlerts()).alerts, [])
      assert.equal(await claim(world), 'first')
      assert.deepEqual(
        (await world.ledger.readAlerts()).waiting.map(({ notifications }) => notifications),
        [1],
      )
    },
  },
  {
    name: 'a notification that is queued twice under one id exists once',
    run: async (world) => {
      await save(world, { notifications: [notification('same')] })
      await save(world, { notifications: [notification('same', { kind: 'grown' })] })
      const one = await claimed(world)
      assert.deepEqual([one.kind, one.attempts, one.queuedAt], ['opened', 1, world.now])
      await world.ledger.recordDelivery(one.seq, { kind: 'delivered' }, world.now)
      assert.equal(await claim(world), null)
    },
  },
  {
    name: 'a claimed notification belongs to one instance until its lease lapses, and is then claimed again with the same id',
    run: async (world) => {
      await save(world, { notifications: [notification('one')] })
      assert.equal(await claim(world), 'one')
      assert.equal(await claim(world), null)
      world.now += LEASE_MS
      const again = await claimed(world)
      assert.deepEqual([again.id, again.attempts], ['one', 2])
    },
  },
  {
    name: 'a channel gets its notifications in order: a failed one delays later ones of its channel, and no other channel',
    run: async (world) => {
      const notifications = [
        notification('first'),
        notification('second'),
        notification('mail', { channel: 'mail' }),
      ]
      await save(world, { notifications })
      const first = await claimed(world)
      await world.ledger.recordDelivery(
        first.seq,
        { kind: 'again', notBefore: world.now + 60_000, code: '503' },
        world.now,
      )
      assert.equal(await claim(world), null)
      assert.equal(await claim(world, 'mail'), 'mail')
      const { waiting } = await world.ledger.readAlerts()
      assert.deepEqual(waiting[1], {
        channel: 'ops',
        notifications: 2,
        oldestAt: world.now,
        failingSince: world.now,
        code: '503',
      })
      world.now += 60_000
      assert.equal(await claim(world), 'first')
      await world.ledger.recordDelivery(first.seq, { kind: 'given-up', code: '400' }, world.now)
      assert.equal(await claim(world), 'second')
    },
  },
  {
    name: 'an expired notification is not delivered, and later ones are',
    run: async (world) => {
      const heartbeat = notification('beat', { kind: 'heartbeat', alerts: [], expiresAt: world.now + 1_000 })
      await save(world, { notifications: [heartbeat, notification('after')] })
      await save(world, { notifications: [notification('other', { channel: 'mail' })] })
      assert.deepEqual((await world.ledger.readAlerts()).heartbeats, { ops: world.now })
      world.now += 1_000
      assert.equal(await claim(world), 'after')
    },
  },
  {
    name: 'a delivery ends its own notification, and one that is over stays as it ended',
    run: async (world) => {
      await save(world, { notifications: [notification('one', { names: true }), notification('two')] })
      const one = await claimed(world)
      await world.ledger.recordDelivery(one.seq, { kind: 'delivered' }, world.now)
      const two = await claimed(world)
      assert.deepEqual([one.names, two.names, two.id], [true, false, 'two'])
      await world.ledger.recordDelivery(one.seq, { kind: 'again', notBefore: world.now, code: '503' }, T0)
      const { waiting } = await world.ledger.readAlerts()
      assert.deepEqual(
        waiting.map(({ notifications, code }) => [notifications, code]),
        [[1, null]],
      )
    },
  },
  {
    name: 'notifications that were delivered are removed after a week',
    run: async (world) => {
      const old = notification('old')
      await save(world, { notifications: [old] })
      const { seq } = await claimed(world)
      await world.ledger.recordDelivery(seq, { kind: 'delivered' }, world.now)
      world.now += 7 * DAY_MS
      await save(world)
      await save(world, { notifications: [old] })
      assert.equal(await claim(world), null, 'after exactly a week it is still there')
      world.now += 1
      await save(world)
      await save(world, { notifications: [old] })
      assert.equal(await claim(world), 'old', 'its id is free again')
    },
  },
  {
    name: 'the employees of an alert are the ones that it counts',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await failAll(world)
      await world.record(joiner('j', 'p9'))
      await world.confirmAll()
      await world.record(leaver('l', 'p9'))
      const { deadLetters } = await world.ledger.listDeadLetters({
        filter: { code: null, type: null, employeeId: null, since: null, until: null },
        archived: false,
        next: null,
        limit: 10,
      })
      const cause = deadLetters[0]?.code ?? assert.fail('there is a dead letter')
      assert.deepEqual(
        await world.ledger.listAlertEmployees({ code: 'deadletter.new', cause }, 10),
        deadLetters.map(({ employeeId }) => employeeId),
      )
      assert.equal((await world.ledger.listAlertEmployees({ code: 'deadletter.new', cause }, 1)).length, 1)
      const leaving = { code: 'leaver.open', cause: 'under-way' } as const
      assert.deepEqual(await world.ledger.listAlertEmployees(leaving, 10), ['p9'])
      assert.deepEqual(await world.ledger.listAlertEmployees({ code: 'finding.new', cause: 'X' }, 10), [])
      assert.deepEqual(await world.ledger.listAlertEmployees({ code: 'brake.tripped', cause: '' }, 10), [])
      assert.deepEqual(await world.ledger.listAlertEmployees({ code: 'record.refused', cause: '' }, 10), [])
      assert.deepEqual(await world.ledger.listAlertEmployees({ code: 'job.stopped', cause: '' }, 10), [])
    },
  },
  {
    name: 'an alert names no employee whose case, finding or dead letter is over, or is of another kind',
    run: async (world) => {
      const about = (code: AlertCode, cause = '') => world.ledger.listAlertEmployees({ code, cause }, 10)
      const who = { actor: 'ann', justification: 'ticket 1' }
      await world.record(...['p1', 'p2', 'p3', 'p4'].map((id) => joiner(`hire of ${id}`, id)))
      await world.answerEach(await world.send())
      await world.finalize()
      await world.record(...['p1', 'p2', 'p3'].map((id) => leaver(`end of ${id}`, id)))
      await world.ledger.commitPlan(
        world.decide(await world.due()),
        { ...RELEASED_BRAKE, absolute: 2 },
        world.now,
      )
      assert.deepEqual(await about('brake.tripped'), ['p3'])
      await world.ledger.markEmergencyWaits([
        { employeeId: 'p1', why: 'access' },
        { employeeId: 'p2', why: 'budget' },
      ])
      assert.deepEqual(await about('emergency.waits', 'access'), ['p1'])
      await world.ledger.acknowledgeLeavers({ ids: [1], ...who }, world.now)
      assert.deepEqual(await about('leaver.open', 'under-way'), ['p2', 'p3'])
      assert.deepEqual(await about('leaver.open', 'failed'), [])
      assert.deepEqual(await about('emergency.waits', 'access'), [], 'a person has seen to the case')
      await world.ledger.eraseEmployee({ employeeId: 'p2', ...who }, world.now)
      assert.deepEqual(await about('leaver.open', 'erased'), [], 'the name is gone')

      const disabled = ['p4', 'p5'].map((id) => ({ employeeId: id, at: world.now, change: `change ${id}` }))
      await world.correlate({ elsewhere: { disabled, enabled: [] } })
      await world.ledger.markOlder({ epoch: 1, progress: 1_000_000 }, world.now)
      assert.deepEqual(await about('finding.new', 'DisabledElsewhere'), ['p4', 'p5'])
      assert.deepEqual(await about('finding.new', 'LedgerOlderThanDirectory'), [], 'it is about no employee')
      await world.ledger.acknowledgeFinding({ seq: 1, ...who }, world.now)
      assert.deepEqual(await about('finding.new', 'DisabledElsewhere'), ['p5'])
    },
  },
  {
    name: 'an alert names no employee whose dead letter is archived, and those whose failure the service retries itself',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await failAll(world, 'InvalidDomain')
      const about = (code: AlertCode, cause = '') => world.ledger.listAlertEmployees({ code, cause }, 10)
      assert.deepEqual(await about('deadletter.new', 'InvalidDomain'), ['p1', 'p2'])
      assert.deepEqual(await about('deadletter.new', 'Conflict'), [])
      await world.ledger.endDeadLetters(
        { seqs: [1], how: 'archive', terminations: false, actor: 'ann', justification: 'ticket 1' },
        world.now,
      )
      assert.deepEqual(await about('deadletter.new', 'InvalidDomain'), ['p2'])
      await world.record(joiner('e3', 'p3'))
      await world.answer(await world.send(), 'escrowed', { status: 'failure' })
      assert.deepEqual(await about('job.failing'), ['p3'])
    },
  },
]
