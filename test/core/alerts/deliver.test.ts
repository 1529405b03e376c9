import assert from 'node:assert/strict'
import { beforeEach, describe, it, type TestContext } from 'node:test'
import type { Channel, Sent } from '../../../src/core/alerts/channel.ts'
import { deliveryLoop } from '../../../src/core/alerts/deliver.ts'
import { notifiedAlert } from '../../../src/core/alerts/look.ts'
import type { NotificationMessage } from '../../../src/core/alerts/message.ts'
import type { NewNotification } from '../../../src/core/ledger/port/alerts.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { MINUTE, opened } from '../../fakes/alerts.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const { ledger, empty } = await openMemoryLedger()
beforeEach(empty)
const AGAIN: Sent = { kind: 'again', code: '503', afterMs: null }

/** Channels with scripted answers; they accept when the script is at its end. */
function delivering(t: TestContext, scripts: Readonly<Record<string, readonly (Sent | Error)[]>>) {
  const runtime = virtualRuntime()
  const arrived: { readonly channel: string; readonly at: number; readonly message: NotificationMessage }[] =
    []
  const begunAt = runtime.now()
  let ago = 0
  const services = Object.entries(scripts).map(([name, script]) => {
    const answers = [...script]
    const channel: Channel = {
      send: async (message) => {
        arrived.push({ channel: name, at: runtime.now() - begunAt, message })
        const answer = answers.shift() ?? { kind: 'sent' }
        if (answer instanceof Error) throw answer
        return answer
      },
      probe: async () => '',
    }
    return deliveryLoop(name, channel, { ledger, runtime, link: null })
  })
  for (const service of services) void service.run()
  t.after(async () => {
    const stopped = Promise.all(services.map((service) => service.stop()))
    await runtime.advance(MINUTE)
    await stopped
  })
  return {
    runtime,
    /** From now on notifications are queued this long ago. */
    queuedAgo: (ms: number) => void (ago = ms),
    queue: async (...notifications: readonly Partial<NewNotification>[]) => {
      const { revision } = await ledger.readAlerts()
      await ledger.saveAlerts({
        revision,
        now: runtime.now() - ago,
        changed: [],
        forgotten: [],
        notifications: notifications.map((more, index) => ({
          id: `n${index + 1}`,
          channel: 'ops',
          kind: 'opened',
          names: false,
          alerts: [notifiedAlert(opened(runtime.now()))],
          expiresAt: null,
          ...more,
        })),
      })
    },
    /** `channel id` of each attempt. */
    attempts: () => arrived.map(({ channel, message }) => `${channel} ${message.id}`),
    arrived,
    events: () => runtime.lines.map(({ level, event }) => `${level} ${event}`),
  }
}

void describe('delivery', () => {
  void it('a channel gets its notifications in their order, each once', async (t) => {
    const site = delivering(t, { ops: [] })
    await site.queue({ id: 'a' }, { id: 'b' })
    await site.runtime.advance(10 * MINUTE)
    assert.deepEqual(site.attempts(), ['ops a', 'ops b'])
    assert.deepEqual((await ledger.readAlerts()).waiting, [])
  })

  void it('one that fails is tried again after growing waits and holds up no other channel; its failure is logged once', async (t) => {
    const site = delivering(t, { ops: [AGAIN, AGAIN, AGAIN], mail: [] })
    await site.queue({ id: 'a' }, { id: 'b' }, { id: 'm', channel: 'mail' })
    await site.runtime.advance(5_000)
    assert.ok(site.attempts().includes('mail m'))
    await site.runtime.advance(5 * MINUTE)
    assert.deepEqual(
      site.attempts().filter((one) => one.startsWith('ops')),
      ['ops a', 'ops a', 'ops a', 'ops a', 'ops b'],
    )
    const times = site.arrived.filter(({ channel }) => channel === 'ops').map(({ at }) => at)
    const waits = times.slice(1, 4).map((at, index) => at - (times[index] ?? 0))
    assert.ok(
      waits.every((wait, index) => wait >= 3_750 * 2 ** index && wait <= 6_250 * 2 ** index),
      String(waits),
    )
    assert.ok((waits[0] ?? 0) < 5_000, 'it does not wait for the next look')
    assert.deepEqual(site.events(), ['warn notification.failed', 'info notification.arrives'])
  })

  void it('the wait that a receiver asks for is kept', async (t) => {
    const site = delivering(t, { ops: [{ kind: 'again', code: '429', afterMs: 2 * MINUTE }] })
    await site.queue({})
    await site.runtime.advance(2 * MINUTE)
    assert.equal(site.attempts().length, 1)
    await site.runtime.advance(10_000)
    assert.equal(site.attempts().length, 2)
  })

  void it('one that expires while it waits holds up the next no longer', async (t) => {
    const site = delivering(t, { ops: [{ kind: 'again', code: '429', afterMs: 2 * MINUTE }] })
    await site.queue({ id: 'a', expiresAt: site.runtime.now() + 10_000 }, { id: 'b' })
    await site.runtime.advance(20_000)
    assert.deepEqual(site.attempts(), ['ops a', 'ops b'])
  })

  void it('a notification that its receiver refuses five times is given up with an error in the log, and the next one goes', async (t) => {
    const refused: Sent = { kind: 'refused', code: '400' }
    const site = delivering(t, { ops: [refused, refused, refused, refused, refused] })
    await site.queue({ id: 'a' }, { id: 'b' })
    await site.runtime.advance(30 * MINUTE)
    assert.deepEqual(site.attempts().slice(4), ['ops a', 'ops b'])
    assert.ok(site.events().includes('error notification.lost'))
  })

  void it('a channel that is away for less than three days loses nothing', async (t) => {
    const site = delivering(t, { ops: Array.from({ length: 50 }, () => AGAIN) })
    site.queuedAgo(3 * DAY_MS - 2 * MINUTE)
    await site.queue({ id: 'a' })
    await site.runtime.advance(MINUTE)
    const [waiting] = (await ledger.readAlerts()).waiting
    assert.equal(waiting?.notifications, 1)
    await site.runtime.advance(10 * MINUTE)
    assert.deepEqual((await ledger.readAlerts()).waiting, [])
    assert.ok(site.events().includes('error notification.lost'))
  })

  void it('a notification is given up when it is three days old', async (t) => {
    const nextLookMs = 5_000
    for (const [age, waiting] of [
      [3 * DAY_MS - 1, 1],
      [3 * DAY_MS, 0],
    ] as const) {
      await empty()
      const site = delivering(t, { ops: [AGAIN] })
      site.queuedAgo(age - nextLookMs)
      await site.queue({ id: 'a' })
      await site.runtime.advance(nextLookMs)
      assert.equal(site.attempts().length, 1)
      assert.equal((await ledger.readAlerts()).waiting.length, waiting, `after ${age} ms`)
    }
  })

  void it('a channel that throws is tried again', async (t) => {
    const site = delivering(t, {
      ops: [Object.assign(new Error('the words of a server'), { code: 'EHOST' })],
    })
    await site.queue({})
    await site.runtime.advance(MINUTE)
    assert.equal(site.attempts().length, 2)
    assert.doesNotMatch(JSON.stringify(site.runtime.lines), /words of a server/)
    assert.equal(site.runtime.lines[0]?.fields['code'], 'EHOST')
  })
})
