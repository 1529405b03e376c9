import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { leased, whileLeased } from '../../../src/core/ledger/lease.ts'
import type { LeaseQuery } from '../../../src/core/ledger/port/upkeep.ts'
import { loop, type Service } from '../../../src/core/service.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const LEASE_MS = 3_000
const runtime = virtualRuntime(0)

/** The ledger's leases, and how it fails. */
function leases() {
  const held = new Map<string, { owner: string; until: number }>()
  const cutOff = new Set<string>()
  const hanging = new Set<string>()
  return {
    cutOff,
    hanging,
    takeLease: async ({ name, owner, now, leaseMs }: LeaseQuery): Promise<boolean> => {
      if (hanging.has(owner)) return new Promise(() => {})
      if (cutOff.has(owner)) throw new Error('no way to the ledger')
      const there = held.get(name)
      if (there && there.owner !== owner && there.until > now) return false
      held.set(name, { owner, until: now + leaseMs })
      return true
    },
  }
}

/** Instances that would all do the same, and which of them are doing it. */
function instances(names: readonly string[]) {
  const ledger = leases()
  const busy = new Set<string>()
  const services = new Map<string, Service & { wake(): void }>()
  let most = 0
  for (const name of names)
    services.set(
      name,
      leased('report', ledger, { owner: name, leaseMs: LEASE_MS }, runtime, () => {
        const inner = loop('inner', runtime, async () => 100)
        return {
          ...inner,
          run: async () => {
            busy.add(name)
            most = Math.max(most, busy.size)
            await inner.run()
            busy.delete(name)
          },
        }
      }),
    )
  const running = [...services.values()].map((service) => service.run())
  return {
    ledger,
    busy: () => [...busy].join(),
    most: () => most,
    stop: (name: string) => services.get(name)?.stop(),
    end: async () => {
      for (const service of services.values()) await service.stop()
      await Promise.all(running)
    },
  }
}

void it('one of several instances does the work, and renews its lease while it runs', async () => {
  const world = instances(['one', 'two', 'three'])
  await runtime.advance(60_000)
  assert.deepEqual([world.busy(), world.most()], ['one', 1])
  await world.end()
  assert.equal(world.busy(), '')
})

void it('an orderly end releases the lease at once', async () => {
  const world = instances(['one', 'two'])
  await runtime.advance(500)
  const stopped = world.stop('one')
  await runtime.advance(0)
  await stopped
  assert.equal(world.busy(), '')
  await runtime.advance(LEASE_MS / 3)
  assert.deepEqual([world.busy(), world.most()], ['two', 1])
  await world.end()
})

for (const kind of ['cutOff', 'hanging'] as const)
  void it(`an instance whose ledger ${kind === 'cutOff' ? 'cannot be reached' : 'does not answer'} stops its work before another begins, and may start again later`, async () => {
    const world = instances(['one', 'two'])
    await runtime.advance(500)
    world.ledger[kind].add('one')
    await runtime.advance(LEASE_MS - 600)
    assert.equal(world.busy(), 'one')
    await runtime.advance(2 * LEASE_MS)
    assert.deepEqual([world.busy(), world.most()], ['two', 1])
    world.ledger[kind].clear()
    await runtime.advance(2 * LEASE_MS)
    assert.equal(world.busy(), 'two')
    const stopped = world.stop('two')
    await runtime.advance(2 * LEASE_MS)
    await stopped
    assert.deepEqual([world.busy(), world.most()], ['one', 1])
    await world.end()
  })

void it('a short outage of the ledger does not stop the work', async () => {
  const world = instances(['one', 'two'])
  await runtime.advance(500)
  world.ledger.cutOff.add('one').add('two')
  await runtime.advance(LEASE_MS / 2)
  world.ledger.cutOff.clear()
  await runtime.advance(10 * LEASE_MS)
  assert.deepEqual([world.busy(), world.most()], ['one', 1])
  await world.end()
})

for (const step of ['asks for the lease', 'renews the lease'] as const)
  void it(`a stop while the ledger does not answer an instance that ${step} is bounded`, async () => {
    const world = instances(['one'])
    if (step === 'renews the lease') await runtime.advance(500)
    world.ledger.hanging.add('one')
    await runtime.advance(LEASE_MS / 2)
    let ended = false
    const stopped = world.stop('one')?.then(() => (ended = true))
    await runtime.advance(LEASE_MS / 3)
    assert.equal(ended, true)
    await stopped
    await world.end()
  })

void it('a stop also releases a lease whose last answer is unknown', async () => {
  const ledger = leases()
  let answer: (() => void) | null = null
  const slow: typeof ledger.takeLease = async (query) => {
    const taken = await ledger.takeLease(query)
    if (query.leaseMs > 0) await new Promise<void>((resolve) => (answer = resolve))
    return taken
  }
  const service = leased('report', { takeLease: slow }, { owner: 'one', leaseMs: LEASE_MS }, runtime, () =>
    loop('inner', runtime, async () => 100),
  )
  const running = service.run()
  await runtime.settle()
  assert.notEqual(answer, null)
  await service.stop()
  await running
  const now = runtime.now()
  assert.equal(await ledger.takeLease({ name: 'report', owner: 'two', now, leaseMs: LEASE_MS }), true)
})

void it('it may be stopped before it runs, and twice', async () => {
  const service = leased('report', leases(), { owner: 'one', leaseMs: LEASE_MS }, runtime, () =>
    loop('inner', runtime, async () => 100),
  )
  await service.stop()
  await service.run()
  await service.stop()
  service.wake()
})

/** Work that goes on until its lease is lost or the test ends it, for this owner of the lease. */
function worker(ledger: ReturnType<typeof leases>, owner: string) {
  const told = new AbortController()
  const state = { working: false, answer: undefined as string | null | undefined }
  const done = whileLeased('run', ledger, { owner, leaseMs: LEASE_MS }, runtime, async (lost) => {
    state.working = true
    await runtime.sleep(1_000_000, AbortSignal.any([lost, told.signal]))
    state.working = false
    return lost.aborted ? 'lost' : 'done'
  }).then((answer) => void (state.answer = answer))
  return { state, done, end: () => told.abort() }
}

void it('work under a lease keeps the lease while it runs, and releases it at its end', async () => {
  const ledger = leases()
  const first = worker(ledger, 'one')
  await runtime.advance(10 * LEASE_MS)
  const second = worker(ledger, 'two')
  await runtime.advance(0)
  assert.deepEqual([first.state, second.state.answer], [{ working: true, answer: undefined }, null])
  first.end()
  await first.done
  const third = worker(ledger, 'three')
  await runtime.advance(0)
  assert.deepEqual([first.state.answer, third.state.working], ['done', true])
  third.end()
  await third.done
})

for (const kind of ['cutOff', 'hanging'] as const)
  void it(`work under a lease learns that the lease is lost before another owner can get it, also when the ledger is ${kind}`, async () => {
    const ledger = leases()
    const one = worker(ledger, 'one')
    await runtime.advance(100)
    ledger[kind].add('one')
    await runtime.advance(LEASE_MS + LEASE_MS / 3 - 110)
    assert.deepEqual(one.state, { working: false, answer: 'lost' })
  })

void it('an error of the work is passed on, and the lease is released', async () => {
  const ledger = leases()
  const failing = whileLeased('run', ledger, { owner: 'one', leaseMs: LEASE_MS }, runtime, () =>
    Promise.reject(new Error('broken')),
  )
  await assert.rejects(failing, /broken/)
  assert.equal(
    await ledger.takeLease({ name: 'run', owner: 'two', now: runtime.now(), leaseMs: LEASE_MS }),
    true,
  )
})

void describe('a lease of three milliseconds, which is renewed every millisecond,', () => {
  /** The ledger refuses nothing, and cannot be reached in these milliseconds. */
  const during = (away: readonly number[]) => {
    const clock = virtualRuntime(0)
    const ledger = {
      takeLease: async ({ now }: LeaseQuery) => {
        if (away.includes(now)) throw new Error('no way to the ledger')
        return true
      },
    }
    return { clock, ledger, settings: { owner: 'one', leaseMs: 3 } }
  }
  void it('is lost when its end has come, and not a millisecond before', async () => {
    for (const [away, events] of [
      [[1], ['lease.taken']],
      [
        [1, 2],
        ['lease.taken', 'lease.lost', 'lease.taken'],
      ],
    ] as const) {
      const { clock, ledger, settings } = during(away)
      const service = leased('report', ledger, settings, clock, () => loop('inner', clock, async () => 100))
      const running = service.run()
      await clock.advance(5)
      await service.stop()
      await running
      assert.deepEqual(
        clock.lines.map(({ event }) => event),
        events,
      )
      assert.equal(clock.sleeping, 0, 'an orderly end leaves nothing behind')
    }
  })

  void it('ends the work under it at the same moment', async () => {
    for (const [away, lostAt] of [
      [[1], null],
      [[1, 2], 3],
    ] as const) {
      const { clock, ledger, settings } = during(away)
      let at: number | null = null
      const done = whileLeased('run', ledger, settings, clock, async (signal) => {
        signal.addEventListener('abort', () => void (at = clock.now()))
        await clock.sleep(5, signal)
      })
      await clock.advance(10)
      await done
      assert.equal(at, lostAt)
      assert.equal(clock.sleeping, 0)
    }
  })
})
