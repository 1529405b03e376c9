import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { ledgerOf } from '../../../src/core/destinations/ledger-of.ts'
import { directLoop, type DirectLoopParts } from '../../../src/core/direct/loop.ts'
import type { DirectSettings } from '../../../src/core/direct/writer.ts'
import type { DeactivationGuard } from '../../../src/core/directory/guard.ts'
import type { HrEvent } from '../../../src/core/model.ts'
import type { Service } from '../../../src/core/service.ts'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { FakeAccounts, timeout } from '../../fakes/direct-accounts.ts'
import { response } from '../../fakes/upload-answer.ts'
import { type VirtualRuntime, virtualRuntime } from '../../fakes/virtual-runtime.ts'
import { letters } from '../../suites/conformance/ledger/dead-letters.ts'
import { hrEvent, joiner, leaver, T0, UNLIMITED, World } from '../../suites/conformance/ledger/world.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NAME = 'default'
const SETTINGS: DirectSettings = {
  owner: 'one',
  maxOperations: 20,
  atOnce: 4,
  leaseMs: 2 * MINUTE,
  pollMs: 1_000,
  finishMs: MINUTE,
  limits: { ...UNLIMITED, quota: NAME },
  budget: { day: 1_000_000, month: 10_000_000 },
  microUsdPerCall: 2_000,
  budgetMs: 5 * MINUTE,
  retryMs: 1_000,
  retryCapMs: MINUTE,
  throttledMs: 30_000,
  fullMs: 1,
  circuitMs: 15_000,
  accessMs: 5 * MINUTE,
}

interface Scene {
  readonly world: World
  readonly runtime: VirtualRuntime
  readonly accounts: FakeAccounts
  run(
    settings?: Partial<DirectSettings>,
    ledger?: Partial<DirectLoopParts['ledger']>,
    guard?: DeactivationGuard,
  ): Service
  /** The clock of world and loop. */
  pass(ms: number): Promise<void>
  hold(): Promise<string | undefined>
}

async function scene(t: TestContext): Promise<Scene> {
  const { ledger } = await openMemoryLedger()
  const runtime = virtualRuntime(T0)
  const world = new World(ledger)
  const accounts = new FakeAccounts((ms) => runtime.sleep(ms))
  const running: Service[] = []
  const whole = { ...runtime, now: () => Math.floor(runtime.now()) }
  const pass = async (ms: number): Promise<void> => {
    await runtime.advance(ms)
    world.now = whole.now()
  }
  t.after(async () => {
    const stopped = Promise.all(running.map((service) => service.stop()))
    await runtime.advance(MINUTE)
    await stopped
    await ledger.close()
  })
  return {
    world,
    runtime,
    accounts,
    pass,
    run: (settings = {}, more = {}, guard) => {
      const bound = ledgerOf(ledger, { name: NAME, quota: NAME })
      const service = directLoop('direct', {
        destination: NAME,
        ledger: { ...bound, ...more },
        accounts,
        settings: { ...SETTINGS, ...settings },
        runtime: whole,
        onSettled: () => {},
        ...(guard ? { guard } : {}),
      })
      running.push(service)
      void service.run()
      return service
    },
    hold: async () => {
      const { holds } = await ledger.readSubmissionStatus(world.now)
      return holds.find(({ until }) => until > world.now)?.name
    },
  }
}

const employees = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `p${index + 1}`)
async function join({ world }: Scene, ...ids: readonly string[]): Promise<void> {
  await world.record(...ids.map((id) => joiner(`hire of ${id}`, id)))
  await world.plan()
}
async function say({ world }: Scene, ...events: readonly HrEvent[]): Promise<void> {
  await world.record(...events)
  await world.plan()
}

async function replayAll(world: World): Promise<void> {
  const dead = await letters(world)
  const targets = dead.map(({ seq, revision }) => ({ store: 'ledger' as const, seq, revision }))
  const order = { name: 'a run', selection: 'all', actor: 'operator', justification: 'a test', targets }
  const run = await world.ledger.freezeReplay(order, world.now)
  const parts = targets.map(({ seq }) => ({ seq, kind: 'as it was' as const }))
  await world.ledger.putBackDeadLetters(run.id, parts, world.now)
}

void describe('a direct destination', () => {
  void it('has an answer for a joiner, a mover and a leaver at once, and the leaver is proven', async (t) => {
    const it = await scene(t)
    it.run()
    await join(it, 'p1')
    await it.pass(2_000)
    assert.deepEqual(await it.world.states('p1'), { 'hire of p1': 'confirmed' })
    const [objectId] = it.accounts.accounts.keys()
    assert.equal((await it.world.ledger.readAccess('p1', it.world.now))?.objectId, objectId)
    await say(it, hrEvent('move', 'p1', { title: 'Head' }, { order: 5 }))
    await it.pass(2_000)
    await say(it, leaver('end', 'p1'))
    await it.pass(2_000)
    assert.deepEqual(await it.world.outcomes(), [
      'hire of p1:1:confirmed',
      'move:1:confirmed',
      'end:1:confirmed',
    ])
    assert.deepEqual(it.accounts.calls, ['find externalId p1', 'create p1', 'update p1', 'update p1'])
    assert.equal(it.accounts.enabled('p1'), 0)
    await it.world.tend()
    assert.deepEqual(await it.world.leavers(), [])
    await it.world.balanced()
    const trace = await it.world.ledger.readTrace('p1')
    assert.deepEqual(
      trace?.operations.map(({ state, records }) => [state, records.map(({ action }) => action)]),
      [
        ['confirmed', ['create']],
        ['confirmed', ['update']],
        ['confirmed', ['update']],
      ],
    )
  })

  void it('writes leavers first, a bounded number at once', async (t) => {
    const it = await scene(t)
    const stopped = it.run()
    await join(it, 'gone')
    await it.pass(2_000)
    await Promise.all([stopped.stop(), it.pass(MINUTE)])
    await join(it, ...employees(9))
    await say(it, leaver('end', 'gone'))
    const before = it.accounts.calls.length
    it.run()
    await it.pass(3_000)
    assert.equal(it.accounts.calls[before], 'update gone')
    assert.equal(it.accounts.mostAtOnce, SETTINGS.atOnce)
    for (const id of employees(9)) assert.equal(it.accounts.enabled(id), 1)
  })

  void it('a record that is refused dies alone, its code with it, and is written after a replay', async (t) => {
    const it = await scene(t)
    const message = 'Invalid value specified for property title.'
    it.accounts.disturb = (call) => (call === 'create p2' ? { answer: response(400, { message }) } : null)
    it.run()
    await join(it, 'p1', 'p2', 'p3')
    await it.pass(2_000)
    await it.world.plan()
    assert.equal(it.accounts.enabled('p1') + it.accounts.enabled('p3'), 2)
    assert.deepEqual(await it.world.states('p2'), { 'hire of p2': 'dead-lettered' })
    const [letter] = (await it.world.ledger.readTrace('p2'))?.events ?? []
    assert.equal(letter?.reason, 'Http400')
    it.accounts.disturb = () => null
    await replayAll(it.world)
    await it.world.plan()
    await it.pass(2_000)
    assert.deepEqual(await it.world.states('p2'), { 'hire of p2': 'confirmed' })
    assert.equal(it.accounts.enabled('p2'), 1)
  })

  void it('repeats what was cut off between the call and its record, and makes no second account', async (t) => {
    const it = await scene(t)
    let isBroken = true
    it.run(
      {},
      {
        endDirectWrite: async (end, now) => {
          if (isBroken) throw new Error('the process died')
          return it.world.ledger.endDirectWrite(end, now)
        },
      },
    )
    await join(it, 'p1')
    await it.pass(5_000)
    assert.deepEqual(await it.world.states('p1'), { 'hire of p1': 'planned' })
    isBroken = false
    await it.pass(3 * MINUTE)
    assert.deepEqual(await it.world.states('p1'), { 'hire of p1': 'confirmed' })
    assert.equal(it.accounts.accounts.size, 1)
    assert.equal(it.accounts.calls.filter((call) => call === 'create p1').length, 1)
  })

  void it('ends what was answered when the process died before the end', async (t) => {
    const it = await scene(t)
    let isBroken = true
    it.run(
      {},
      {
        finalizeOperations: async (now, limit) => {
          if (isBroken) throw new Error('the process died')
          return it.world.ledger.finalizeOperations(now, limit)
        },
      },
    )
    await join(it, 'p1')
    await it.pass(2_000)
    assert.deepEqual(await it.world.outcomes(), [])
    isBroken = false
    await it.pass(2 * MINUTE)
    assert.deepEqual(await it.world.outcomes(), ['hire of p1:1:confirmed'])
  })

  void it('waits as long as a throttled service asks, and loses nothing', async (t) => {
    const it = await scene(t)
    let throttled = 0
    it.accounts.disturb = (call) =>
      call === 'create p1' && throttled++ === 0 ? { answer: response(429, { retryAfter: '60' }) } : null
    it.run({ atOnce: 1 })
    await join(it, 'p1', 'p2')
    await it.pass(30_000)
    assert.equal(await it.hold(), 'throttled')
    assert.equal(it.accounts.calls.length, 2)
    await it.pass(45_000)
    assert.equal(it.accounts.enabled('p1') + it.accounts.enabled('p2'), 2)
    assert.equal(await it.hold(), undefined)
  })

  void it('an operation that the service fails with is repeated less and less often', async (t) => {
    const it = await scene(t)
    it.accounts.disturb = () => ({ answer: response(503) })
    it.run()
    await join(it, 'p1')
    await it.pass(10 * MINUTE)
    const { length } = it.accounts.calls
    assert.ok(length > 8 && length < 30, `${length} calls in ten minutes`)
  })

  void it('what the guard holds is withdrawn before anything is written', async (t) => {
    const it = await scene(t)
    const steps: string[] = []
    const guard: DeactivationGuard = {
      check: async (operations) => void steps.push(`check ${operations.length}`),
    }
    const { takeSlot } = it.world.ledger
    it.run({}, { takeSlot: (...asked) => (steps.push('slot'), takeSlot(...asked)) }, guard)
    await join(it, 'p1', 'p2')
    await it.pass(2_000)
    assert.deepEqual(steps, ['check 2', 'slot'])
  })

  void it('begins nothing more when one operation is throttled', async (t) => {
    const it = await scene(t)
    it.accounts.disturb = (call) => (call.endsWith(' p1') ? { answer: response(429) } : null)
    it.run({ atOnce: 2 })
    await join(it, ...employees(6))
    await it.pass(5_000)
    assert.deepEqual(it.accounts.calls, ['find externalId p1', 'find externalId p2', 'create p2'])
  })

  void it('others are written while one that is refused with 403 waits, and show that it is the account', async (t) => {
    const it = await scene(t)
    it.accounts.disturb = (call) => (call.endsWith(' p1') ? { answer: response(403) } : null)
    it.run()
    await join(it, 'p1')
    await it.pass(2_000)
    await join(it, 'p2')
    await it.pass(8 * MINUTE)
    assert.equal(it.accounts.enabled('p2'), 1)
    await it.pass(8 * MINUTE)
    await it.world.plan()
    assert.deepEqual(await it.world.states('p1'), { 'hire of p1': 'dead-lettered' })
  })

  void it('one account that may not be changed fails alone, and a missing permission holds all', async (t) => {
    const it = await scene(t)
    it.accounts.disturb = () => ({ answer: response(403) })
    it.run()
    await join(it, 'p1', 'p2')
    await it.pass(MINUTE)
    assert.equal(await it.hold(), 'access')
    assert.deepEqual(await it.world.states('p1'), { 'hire of p1': 'planned' })
    it.accounts.disturb = (call) => (call.endsWith(' p1') ? { answer: response(403) } : null)
    await it.pass(15 * MINUTE)
    await it.world.plan()
    assert.deepEqual(
      [await it.world.states('p1'), await it.world.states('p2')],
      [{ 'hire of p1': 'dead-lettered' }, { 'hire of p2': 'confirmed' }],
    )
    assert.equal(await it.hold(), undefined)
  })

  void it('is held while its service is down, and one record that always fails delays no other', async (t) => {
    const it = await scene(t)
    it.accounts.disturb = () => ({ answer: timeout })
    it.run()
    await join(it, ...employees(8))
    await it.pass(1_700)
    const { length } = it.accounts.calls
    assert.ok(length > 0 && length < employees(8).length, `${length} calls: the rest is not tried`)
    it.accounts.disturb = (call) => (call.endsWith(' p1') ? { answer: response(500) } : null)
    await it.pass(MINUTE)
    for (const id of employees(8).slice(1)) assert.equal(it.accounts.enabled(id), 1)
    assert.deepEqual(await it.world.states('p1'), { 'hire of p1': 'planned' })
  })

  void it('stops at the budget of a day or of a month, says so, and goes on when a day has passed or it is raised', async (t) => {
    const it = await scene(t)
    const run = (day: number, month: number): Service =>
      it.run({ budget: { day: 2_000 * day, month: 2_000 * month }, atOnce: 1, pollMs: 15 * MINUTE })
    const first = run(9, 100)
    await join(it, ...employees(5))
    await it.pass(16 * MINUTE)
    // Two calls for a joiner, and what is reserved for the next one must be left too.
    assert.equal(it.accounts.calls.length, 6)
    assert.deepEqual(await it.world.ledger.readDirectSpending(it.world.now), { day: 12_000, month: 12_000 })
    assert.equal(await it.hold(), 'budget')
    await it.pass(26 * HOUR)
    assert.equal(it.accounts.accounts.size, 5)
    await Promise.all([first.stop(), it.pass(MINUTE)])
    await join(it, 'p6')
    const second = run(100, 14)
    await it.pass(MINUTE)
    assert.equal(await it.hold(), 'budget')
    await Promise.all([second.stop(), it.pass(6 * MINUTE)])
    run(100, 15)
    await it.pass(MINUTE)
    assert.equal(it.accounts.accounts.size, 6)
  })

  void it('a leaver who comes while others are written is not activated by what waited', async (t) => {
    const it = await scene(t)
    await join(it, 'p1', 'p2')
    it.run({ atOnce: 1 })
    await it.pass(100)
    // Recorded, and not planned yet.
    await it.world.record(leaver('end', 'p2'))
    await it.pass(5_000)
    assert.equal(it.accounts.enabled('p2'), 0)
    await it.world.plan()
    await it.pass(5_000)
    assert.deepEqual([it.accounts.enabled('p1'), it.accounts.enabled('p2')], [1, 0])
  })

  void it('two instances write nothing twice', async (t) => {
    const it = await scene(t)
    it.run()
    it.run({ owner: 'two' })
    await join(it, ...employees(30))
    await it.pass(10_000)
    assert.equal(it.accounts.accounts.size, 30)
    assert.equal(it.accounts.calls.length, 60)
  })

  void it('the manager is set once the account is known', async (t) => {
    const it = await scene(t)
    it.run()
    await say(it, joiner('e1', 'p1', { managerId: 'boss' }))
    await it.pass(2_000)
    await join(it, 'boss')
    await it.pass(2_000)
    await it.world.plan()
    await it.pass(2_000)
    const manager = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager'
    const [[, first] = [], [boss] = []] = it.accounts.accounts
    assert.deepEqual(first?.get(manager), { value: boss })
  })
})
