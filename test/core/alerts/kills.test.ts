import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Channel } from '../../../src/core/alerts/channel.ts'
import { alertService } from '../../../src/core/alerts/service.ts'
import type { Figures } from '../../../src/core/ledger/port/figures.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { LIMITS, MINUTE, noFigures, rule } from '../../fakes/alerts.ts'
import { runs } from '../../fakes/runs.ts'
import { type VirtualRuntime, virtualRuntime } from '../../fakes/virtual-runtime.ts'

/** What happens to the process at one of its calls. */
interface Blow {
  /** The number of the call, from the last blow on. */
  readonly after: number
  /**
   * Killed before the call has its effect or after it; or suspended for a while, and then it goes
   * on.
   */
  readonly how: 'killed before' | 'killed after' | 'suspended'
}
interface Story {
  /** For each half minute: which causes have dead letters, and whether the channel accepts. */
  readonly halfMinutes: readonly {
    readonly a: boolean
    readonly b: boolean
    readonly accepts: boolean
  }[]
  readonly blows: readonly Blow[]
}

const HALF_MINUTE = 30_000
const SUSPENDED_MS = 2 * MINUTE
const { ledger, empty } = await openMemoryLedger()

/** Calls that a process makes and that it may be struck down in. */
const STRUCK = ['readAlerts', 'saveAlerts', 'claimNotification', 'recordDelivery'] as const

class World {
  readonly runtime: VirtualRuntime = virtualRuntime()
  /** Each arrival: id, kind and cause. */
  readonly arrived: { readonly id: string; readonly kind: string; readonly cause: string }[] = []
  accepts = true
  figures = noFigures()
  readonly #blows: Blow[]
  #calls = 0

  constructor(blows: readonly Blow[]) {
    this.#blows = [...blows]
    this.start()
  }

  start(): void {
    const process = { dead: false }
    const struck = <A extends readonly unknown[], T>(call: (...given: A) => Promise<T>) => {
      return async (...given: A): Promise<T> => {
        const never = new Promise<never>(() => {})
        if (process.dead) return never
        this.#calls += 1
        const blow = this.#blows[0]
        if (blow === undefined || this.#calls < blow.after) return call(...given)
        this.#blows.shift()
        this.#calls = 0
        // Another process takes over.
        if (blow.how === 'suspended') {
          this.start()
          await this.runtime.sleep(SUSPENDED_MS)
          return call(...given)
        }
        process.dead = true
        if (blow.how === 'killed after') await call(...given)
        this.start()
        return never
      }
    }
    const wrapped: Ledger = { ...ledger, readFigures: async () => this.figures }
    for (const name of STRUCK)
      Object.assign(wrapped, { [name]: struck(ledger[name] as () => Promise<unknown>) })
    const channel: Channel = {
      send: struck(async ({ id, kind, alerts }) => {
        if (!this.accepts) return { kind: 'again', code: '503', afterMs: null } as const
        for (const { cause } of alerts) this.arrived.push({ id, kind, cause })
        return { kind: 'sent' } as const
      }),
      probe: async () => '',
    }
    const settings = {
      pollMs: 5_000,
      limits: LIMITS,
      rules: { rules: [rule()], heartbeats: [] },
      brakeWindowMs: DAY_MS,
      link: null,
    }
    const service = alertService({
      ledger: wrapped,
      settings,
      signs: { receiving: null },
      startedAt: this.runtime.now(),
      channels: new Map([['ops', channel]]),
      runtime: this.runtime,
    })
    void service.run()
  }

  say(causes: readonly string[]): void {
    const deadLetters: Figures['deadLetters'] = causes.map((code) => ({ code, count: 1, oldestAt: null }))
    this.figures = { ...noFigures(), deadLetters }
  }
}

/** The messages about one cause, without repetitions. */
function told(arrived: World['arrived'], cause: string): readonly string[] {
  const seen = new Set<string>()
  return arrived
    .filter((one) => one.cause === cause && !seen.has(one.id) && seen.add(one.id))
    .map(({ kind }) => kind)
}

async function live({ halfMinutes, blows }: Story): Promise<World> {
  await empty()
  const world = new World(blows)
  for (const { a, b, accepts } of halfMinutes) {
    world.say([...(a ? ['A'] : []), ...(b ? ['B'] : [])])
    world.accepts = accepts
    await world.runtime.advance(HALF_MINUTE)
  }
  world.say([])
  world.accepts = true
  await world.runtime.advance(25 * MINUTE)
  return world
}

const story: fc.Arbitrary<Story> = fc.record({
  halfMinutes: fc.array(fc.record({ a: fc.boolean(), b: fc.boolean(), accepts: fc.boolean() }), {
    minLength: 1,
    maxLength: 8,
  }),
  blows: fc.array(
    fc.record({
      after: fc.integer({ min: 1, max: 12 }),
      how: fc.constantFrom('killed before' as const, 'killed after' as const, 'suspended' as const),
    }),
    { maxLength: 5 },
  ),
})

void test('wherever a process is killed or suspended, no alert is lost, and none is sent twice in a row', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (given) => {
      const { arrived } = await live(given)
      for (const [cause, there] of [
        ['A', given.halfMinutes.some(({ a }) => a)],
        ['B', given.halfMinutes.some(({ b }) => b)],
      ] as const) {
        const kinds = told(arrived, cause)
        assert.equal(kinds.length > 0, there, `${cause}: ${kinds.join()}`)
        assert.equal(kinds.length % 2, 0, `${cause} ends as resolved: ${kinds.join()}`)
        for (const [index, kind] of kinds.entries())
          assert.equal(kind, index % 2 === 0 ? 'opened' : 'resolved', `${cause}: ${kinds.join()}`)
      }
    }),
    { numRuns: runs(50) },
  )
})
