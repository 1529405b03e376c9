import assert from 'node:assert/strict'
import { beforeEach, describe, it, type TestContext } from 'node:test'
import { alertLoop, type ProcessSigns } from '../../../src/core/alerts/loop.ts'
import { type NotificationRules, NO_NOTIFICATIONS } from '../../../src/core/alerts/rules.ts'
import type { Figures } from '../../../src/core/ledger/port/figures.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { LIMITS, MINUTE, noFigures, rule } from '../../fakes/alerts.ts'
import { anInstance } from '../../fakes/instances.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const POLL_MS = 5_000
const { ledger, empty } = await openMemoryLedger()
beforeEach(empty)

/** The loop over a ledger whose figures are scripted; `restart` kills it and starts another. */
function watched(
  t: TestContext,
  rules: NotificationRules = NO_NOTIFICATIONS,
  more: Partial<ProcessSigns> = {},
) {
  const runtime = virtualRuntime()
  let figures: Figures | Error | 'hangs' = noFigures()
  let outrun = false
  let queued = 0
  const scripted: typeof ledger = {
    ...ledger,
    readFigures: async () => {
      if (figures instanceof Error) throw figures
      return figures === 'hangs' ? new Promise(() => {}) : figures
    },
    saveAlerts: async (look) => {
      const other = { changed: [], forgotten: [], notifications: [] }
      if (outrun) await ledger.saveAlerts({ ...other, revision: look.revision, now: look.now })
      return ledger.saveAlerts(look)
    },
  }
  const start = (startedAt = runtime.now()) => {
    const service = alertLoop({
      ledger: scripted,
      settings: { pollMs: POLL_MS, limits: LIMITS, rules, brakeWindowMs: DAY_MS },
      signs: { receiving: null, ...more },
      startedAt,
      runtime,
      onQueued: () => void (queued += 1),
    })
    void service.run()
    return service
  }
  let service = start()
  t.after(async () => {
    const stopped = service.stop()
    await runtime.advance(POLL_MS)
    await stopped
  })
  return {
    runtime,
    /** What the ledger says from now on. */
    say: (change: Partial<Figures> | Error | 'hangs') =>
      void (figures =
        typeof change === 'string' || change instanceof Error ? change : { ...noFigures(), ...change }),
    /** From now on another instance stores its look before this one does. */
    outrun: (yes: boolean) => void (outrun = yes),
    look: () => runtime.advance(POLL_MS),
    /** How often it said that notifications are queued. */
    queued: () => queued,
    stop: () => service.stop(),
    restart: async () => {
      await service.stop()
      service = start()
    },
    /** The lease goes to an instance that has run for that long. */
    takenOver: async (ranMs: number) => {
      await service.stop()
      service = start(runtime.now() - ranMs)
    },
    /** Each line as its level, event and count. */
    lines: () =>
      runtime.lines.map(({ level, event, fields }) =>
        [level, event, ...['cause', 'count', 'more'].flatMap((name) => textOf(fields[name]))].join(' '),
      ),
  }
}
const textOf = (value: unknown): readonly string[] =>
  typeof value === 'string' || typeof value === 'number' ? [String(value)] : []
const dead = (count: number): Partial<Figures> => ({
  deadLetters: [{ code: 'InvalidValue', count, oldestAt: null }],
})

void describe('the loop of the alerts', () => {
  void it('an alert is logged once as a warning, then once a minute with what came since, and its end as information', async (t) => {
    const site = watched(t)
    site.say(dead(1))
    await site.look()
    site.say(dead(4_000))
    await site.look()
    assert.deepEqual(site.lines(), ['warn deadletter.new InvalidValue 1'])
    await site.runtime.advance(MINUTE)
    await site.runtime.advance(10 * MINUTE)
    assert.deepEqual(site.lines().slice(1), ['warn deadletter.new InvalidValue 4000 3999'])
    site.say({})
    await site.runtime.advance(MINUTE)
    assert.deepEqual(site.lines().slice(2), ['info alert.resolved InvalidValue'])
  })

  void it('a count that falls and rises again is logged with what rose', async (t) => {
    const site = watched(t)
    for (const count of [10, 3, 5]) {
      site.say(dead(count))
      await site.runtime.advance(2 * MINUTE)
    }
    assert.deepEqual(site.lines(), [
      'warn deadletter.new InvalidValue 10',
      'warn deadletter.new InvalidValue 5 2',
    ])
  })

  void it('a restart neither logs nor notifies an open alert again', async (t) => {
    const site = watched(t, { rules: [rule()], heartbeats: [] })
    site.say(dead(3))
    await site.look()
    for (let times = 0; times < 3; times++) {
      await site.restart()
      await site.look()
    }
    assert.deepEqual(site.lines(), ['warn deadletter.new InvalidValue 3'])
    const { waiting } = await ledger.readAlerts()
    assert.deepEqual(
      waiting.map(({ notifications }) => notifications),
      [1],
    )
  })

  void it('an orderly stop looks once more, so that what came since the last look is stored with its moment', async (t) => {
    const site = watched(t)
    await site.look()
    site.say(dead(3))
    await site.runtime.advance(1_000)
    assert.deepEqual((await ledger.readAlerts()).alerts, [])
    await site.stop()
    const { alerts, lookedAt } = await ledger.readAlerts()
    assert.deepEqual(
      alerts.map(({ cause, count }) => `${cause} ${count}`),
      ['InvalidValue 3'],
    )
    assert.equal(lookedAt, site.runtime.now())
    assert.deepEqual(site.lines(), ['warn deadletter.new InvalidValue 3'])
  })

  void it('an orderly stop stores its moment, though nothing came', async (t) => {
    const site = watched(t)
    await site.runtime.advance(7_000)
    await site.stop()
    assert.equal((await ledger.readAlerts()).lookedAt, site.runtime.now())
  })

  void it('a loop that is stopped before it runs looks at nothing', async () => {
    const runtime = virtualRuntime()
    const settings = { pollMs: POLL_MS, limits: LIMITS, rules: NO_NOTIFICATIONS, brakeWindowMs: DAY_MS }
    const signs = { receiving: null }
    const service = alertLoop({ ledger, settings, signs, startedAt: runtime.now(), runtime })
    await service.stop()
    await service.run()
    assert.equal((await ledger.readAlerts()).lookedAt, null)
  })

  void it('what needs no time to settle is an alert from the start', async (t) => {
    const site = watched(t)
    site.say(dead(1))
    await site.runtime.advance(0)
    assert.deepEqual(site.lines(), ['warn deadletter.new InvalidValue 1'])
  })

  void it('a ledger that is away when the connector stops neither fails nor delays the stop', async (t) => {
    const site = watched(t)
    await site.look()
    site.say(new Error('the ledger is away'))
    await site.stop()
    site.say({})
    const hung = watched(t)
    await hung.look()
    hung.say('hangs')
    const stopped = hung.stop()
    await hung.runtime.advance(7_000)
    await stopped
    assert.deepEqual(hung.lines().at(-1), 'warn alerts.last-look.left')
  })

  void it('work that waited during a stop is an alert only two minutes after the start', async (t) => {
    const site = watched(t)
    const stages = { ...noFigures().stages, unpublished: { count: 7, oldestAt: 0 } }
    site.say({ stages })
    await site.runtime.advance(MINUTE)
    assert.deepEqual(site.lines(), [])
    await site.runtime.advance(2 * MINUTE)
    assert.deepEqual(site.lines(), ['warn stage.stuck unpublished 7'])
  })

  void it('a loop that runs nowhere is missed once others have had as long to start as it may be missing', async (t) => {
    const site = watched(t)
    const endedAt = site.runtime.now() - 60 * MINUTE
    await ledger.announceInstance(anInstance('one', { seenAt: site.runtime.now(), loops: ['intake'] }))
    await ledger.endInstance('one', endedAt)
    await site.runtime.advance(LIMITS.loopMs - POLL_MS)
    assert.deepEqual(site.lines(), [])
    await site.runtime.advance(2 * POLL_MS)
    assert.deepEqual(site.lines(), ['warn loop.missing intake 1'])
  })

  void it('an instance that has run for long and takes over says at once what waits', async (t) => {
    const site = watched(t)
    await site.takenOver(60 * MINUTE)
    site.say({ stages: { ...noFigures().stages, unpublished: { count: 7, oldestAt: 0 } } })
    await site.runtime.advance(MINUTE)
    assert.deepEqual(site.lines(), ['warn stage.stuck unpublished 7'])
  })

  void it('receivers that are closed for a minute are an alert, and one that reopens in time is not', async (t) => {
    let open = false
    const site = watched(t, NO_NOTIFICATIONS, { receiving: () => open })
    await site.runtime.advance(MINUTE - 2 * POLL_MS)
    open = true
    await site.look()
    open = false
    await site.runtime.advance(MINUTE)
    assert.deepEqual(site.lines(), [])
    await site.look()
    assert.deepEqual(site.lines(), ['warn bus.unreachable 1'])
  })

  void it('a look is stored every half minute though nothing happens, so that others see that alerts are current', async (t) => {
    const site = watched(t)
    const startedAt = site.runtime.now()
    const age = async () => ((await ledger.readAlerts()).lookedAt ?? 0) - startedAt
    await site.runtime.advance(30_000 - 1)
    assert.equal(await age(), 0)
    await site.runtime.advance(1)
    assert.equal(await age(), 30_000)
  })

  void it('a look that a clock stored that was ahead is replaced at once', async (t) => {
    const { revision } = await ledger.readAlerts()
    const nothing = { changed: [], forgotten: [], notifications: [] }
    const site = watched(t)
    await ledger.saveAlerts({ ...nothing, revision, now: site.runtime.now() + 60 * MINUTE })
    await site.look()
    assert.equal((await ledger.readAlerts()).lookedAt, site.runtime.now())
  })

  void it('delivery is woken when notifications are queued, and only then', async (t) => {
    const site = watched(t, { rules: [rule({ alerts: ['deadletter.*'] })], heartbeats: [] })
    site.say({ stages: { ...noFigures().stages, unpublished: { count: 7, oldestAt: 0 } } })
    await site.runtime.advance(5 * MINUTE)
    assert.deepEqual([site.lines(), site.queued()], [['warn stage.stuck unpublished 7'], 0])
    site.say(dead(1))
    await site.look()
    assert.equal(site.queued(), 1)
  })

  void it('an instance that was overtaken by another stores nothing, sends nothing, and looks again', async (t) => {
    const site = watched(t, { rules: [rule()], heartbeats: [] })
    site.say(dead(1))
    site.outrun(true)
    await site.look()
    assert.deepEqual(site.lines(), [])
    assert.deepEqual((await ledger.readAlerts()).alerts, [])
    site.outrun(false)
    await site.look()
    assert.deepEqual(site.lines(), ['warn deadletter.new InvalidValue 1'])
  })
})
