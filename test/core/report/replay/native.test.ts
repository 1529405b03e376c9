import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { RollcallError } from '../../../../src/core/errors.ts'
import type { DeadLetterQueue } from '../../../../src/core/ports.ts'
import type { ReplayLog } from '../../../../src/core/report/replay/log.ts'
import type {
  NativeProgress,
  NativeReplay,
  NativeReplayControl,
  NativeReplaySettings,
} from '../../../../src/core/report/replay/native-run.ts'
import { replayNative } from '../../../../src/core/report/replay/native.ts'
import { day } from '../../../fakes/events.ts'
import { type ReplayWorld, replayWorld } from '../../../fakes/replay.ts'
import { virtualRuntime } from '../../../fakes/virtual-runtime.ts'
import { shelved } from '../../../fakes/shelf.ts'

const settings: NativeReplaySettings = {
  perSecond: null,
  batch: 7,
  removeAtOnce: 20,
  skewMs: 1_000,
  inFlightMs: 500,
}
const never = new AbortController().signal
const letters = (count: number) => Array.from({ length: count }, (_, n) => shelved(n + 1))
const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n + 1))
const partsOf = (
  { deadLetters, queue, log }: ReplayWorld,
  more: Partial<NativeReplay> = {},
): NativeReplay => ({
  run: 'r1',
  deadLetters,
  queue,
  log,
  edit: () => null,
  takeIn: async () => {
    throw new TypeError('nothing is taken in place here')
  },
  ...more,
})
/** Not stopped, and nothing looks at its progress. */
const control = (runtime: NativeReplayControl['runtime']): NativeReplayControl => ({
  runtime,
  signal: never,
  onProgress: () => {},
})

void describe('a replay of native dead letters', () => {
  void it('sends a copy of each selected message in order, removes the original from its dead-letter queue, and touches nothing else', async () => {
    const runtime = virtualRuntime()
    const chosen = numbers(60).filter((_, n) => n % 2 === 0)
    const world = replayWorld(letters(60), chosen, runtime.now)
    const progress: NativeProgress[] = []
    const result = await replayNative(partsOf(world), settings, {
      ...control(runtime),
      onProgress: (one) => progress.push(one),
    })
    assert.deepEqual(result, { kind: 'finished', sent: 30, done: 30, gone: 0, refused: 0 })
    assert.deepEqual(
      world.delivered,
      chosen.map((sequence) => `replay-r1-${sequence}`),
    )
    assert.deepEqual(
      world.deadLetters.messages.map(({ sequence }) => sequence),
      numbers(60).filter((_, n) => n % 2 === 1),
    )
    assert.deepEqual(progress.at(-1), { sent: 30, done: 30, gone: 0, refused: 0 })
    assert.deepEqual(world.queue.messages[4]?.properties, {
      'rollcall-replay': 'r1',
      'rollcall-replay-of': 'hr-events#9',
      'rollcall-original': JSON.stringify({ messageId: 'm-9', enqueuedAt: day(1), sequence: '9' }),
    })
  })

  void it('ignores messages that arrive or die again while it runs', async () => {
    const runtime = virtualRuntime()
    const world = replayWorld(letters(30), numbers(30), runtime.now)
    const move = world.log.move
    // Whatever is sent dies again at once.
    const again: ReplayLog = {
      ...world.log,
      move: async (moves, at) => (await move(moves, at), world.takeOne('dead')),
    }
    const result = await replayNative(partsOf({ ...world }, { log: again }), settings, control(runtime))
    while (world.queue.messages.length > 0) world.takeOne('dead')
    assert.equal(result.kind, 'finished')
    assert.equal(world.delivered.length, 30)
    assert.equal(world.deadLetters.messages.length, 30)
    assert.ok(world.deadLetters.messages.every(({ messageId }) => messageId?.startsWith('replay-r1-')))
  })

  void it('skips messages that another process removed', async () => {
    const runtime = virtualRuntime()
    const world = replayWorld(letters(10), numbers(12), runtime.now)
    const result = await replayNative(partsOf(world), settings, control(runtime))
    assert.deepEqual(result, { kind: 'finished', sent: 10, done: 10, gone: 2, refused: 0 })
  })

  void it('sends the edited body, and refuses messages that cannot be edited without sending them', async () => {
    const runtime = virtualRuntime()
    const world = replayWorld(letters(5), numbers(5), runtime.now)
    const edit: NativeReplay['edit'] = ({ sequence }) => {
      if (sequence === '3') throw new RollcallError('EditAborted', 'it is not an object')
      return `{"edited":${sequence}}`
    }
    const result = await replayNative(partsOf(world, { edit }), settings, control(runtime))
    assert.deepEqual(result, { kind: 'finished', sent: 4, done: 4, gone: 0, refused: 1 })
    assert.equal(world.log.stages.get('3')?.code, 'EditAborted')
    assert.deepEqual(
      world.queue.messages.map(({ text }) => text),
      [1, 2, 4, 5].map((n) => `{"edited":${n}}`),
    )
    assert.deepEqual(
      world.deadLetters.messages.map(({ sequence }) => sequence),
      ['3'],
    )
  })

  void it('refuses messages that the bus does not accept, and sends the rest once', async () => {
    const runtime = virtualRuntime()
    const world = replayWorld(letters(20), numbers(20), runtime.now)
    const { resend } = world.deadLetters
    Object.assign(world.deadLetters, {
      resend: async (copies: Parameters<DeadLetterQueue['resend']>[0]) => {
        const bad = copies.findIndex(({ original }) => original.sequence === '11')
        await resend(bad < 0 ? copies : copies.slice(0, bad))
        if (bad >= 0) throw new RollcallError('MessageTooLarge', 'too large')
      },
    })
    const running = replayNative(partsOf(world), settings, control(runtime))
    await runtime.advance(60_000)
    assert.deepEqual(await running, { kind: 'finished', sent: 19, done: 19, gone: 0, refused: 1 })
    assert.equal(new Set(world.delivered).size, world.delivered.length)
    assert.equal(world.log.stages.get('11')?.code, 'MessageTooLarge')
  })

  void it('takes messages of a subscription into the ledger in place, and leaves those that are refused again', async () => {
    const runtime = virtualRuntime()
    const world = replayWorld(letters(12), numbers(12), runtime.now)
    const taken: string[] = []
    const replay = partsOf(world, {
      deadLetters: Object.assign(world.deadLetters, { takesCopies: false }),
      takeIn: async (messages) => {
        taken.push(...messages.map(({ messageId }) => messageId))
        return new Map([['5', 'FieldMissing']])
      },
    })
    const result = await replayNative(replay, settings, control(runtime))
    assert.deepEqual(result, { kind: 'finished', sent: 11, done: 11, gone: 0, refused: 1 })
    assert.equal(taken.length, 12)
    assert.deepEqual(world.delivered, [])
    assert.deepEqual(
      world.deadLetters.messages.map(({ sequence }) => sequence),
      ['5'],
    )
  })

  void it('sends a batch at once', async () => {
    const runtime = virtualRuntime()
    const world = replayWorld(letters(20), numbers(20), runtime.now)
    const sends: number[] = []
    const { resend } = world.deadLetters
    Object.assign(world.deadLetters, {
      resend: (copies: Parameters<DeadLetterQueue['resend']>[0]) => (
        sends.push(copies.length),
        resend(copies)
      ),
    })
    await replayNative(partsOf(world), settings, control(runtime))
    assert.deepEqual(sends, [7, 7, 6])
  })

  void it('begins to remove originals beside the sending once as many are sent as are removed at once', async () => {
    const runtime = virtualRuntime()
    const world = replayWorld(letters(63), numbers(63), runtime.now)
    const sentBefore: number[] = []
    const remove = world.deadLetters.remove.bind(world.deadLetters)
    Object.assign(world.deadLetters, {
      remove: (...query: Parameters<typeof remove>) => {
        sentBefore.push(world.delivered.length)
        return remove(...query)
      },
    })
    await replayNative(partsOf(world), { ...settings, removeAtOnce: 21 }, control(runtime))
    assert.deepEqual(sentBefore, [21, 42, 63])
  })

  void it('reports originals that another process holds locked, and removes the others', async () => {
    const runtime = virtualRuntime()
    const world = replayWorld(letters(50), numbers(50), runtime.now)
    Object.assign(world.deadLetters, {
      remove: async (sequences: ReadonlySet<string>) => {
        const gone = new Set([...sequences].filter((sequence) => !['2', '3'].includes(sequence)))
        for (const sequence of gone)
          world.deadLetters.messages.splice(
            world.deadLetters.messages.findIndex((one) => one.sequence === sequence),
            1,
          )
        return gone
      },
    })
    const result = await replayNative(partsOf(world), settings, control(runtime))
    assert.deepEqual(result, { kind: 'held', sent: 50, done: 48, gone: 0, refused: 0 })
  })
})

void describe('the rate of a replay', () => {
  for (const perSecond of [0.5, 3, 40, 500])
    void it(`keeps within 5 % of ${perSecond} messages a second`, async () => {
      const runtime = virtualRuntime()
      const count = Math.ceil(perSecond * 60)
      const world = replayWorld(letters(count), numbers(count), runtime.now)
      const startedAt = runtime.now()
      const finished = replayNative(
        partsOf(world),
        { ...settings, perSecond, batch: 500 },
        control(runtime),
      ).then(() => runtime.now())
      await runtime.advance(30_000)
      const half = world.delivered.length
      assert.ok(half >= perSecond * 30 * 0.95 - 1 && half <= perSecond * 30 * 1.05, `${half} after 30 s`)
      await runtime.advance(40_000)
      const seconds = ((await finished) - startedAt) / 1_000
      assert.ok(
        Math.abs(seconds - count / perSecond) <= (count / perSecond) * 0.05,
        `${count} in ${seconds} s`,
      )
    })

  void it('does not end in a burst after a stall', async () => {
    const runtime = virtualRuntime()
    const world = replayWorld(letters(400), numbers(400), runtime.now)
    const { resend } = world.deadLetters
    let stalled = false
    Object.assign(world.deadLetters, {
      resend: async (copies: Parameters<DeadLetterQueue['resend']>[0]) => {
        if (!stalled && world.delivered.length >= 100) {
          stalled = true
          await runtime.sleep(20_000)
        }
        await resend(copies)
      },
    })
    const running = replayNative(partsOf(world), { ...settings, perSecond: 10 }, control(runtime))
    await runtime.advance(30_500)
    const before = world.delivered.length
    await runtime.advance(5_000)
    assert.ok(world.delivered.length - before <= 62, `${world.delivered.length - before} in 5 s`)
    await runtime.advance(60_000)
    await running
  })

  void it('an abort pauses between batches, and the same call continues from there', async () => {
    const runtime = virtualRuntime()
    const world = replayWorld(letters(100), numbers(100), runtime.now)
    const stopping = new AbortController()
    const running = replayNative(
      partsOf(world),
      { ...settings, perSecond: 10 },
      { ...control(runtime), signal: stopping.signal },
    )
    await runtime.advance(4_000)
    stopping.abort()
    assert.equal((await running).kind, 'paused')
    const before = world.delivered.length
    assert.ok(before > 30 && before < 50, `${before}`)
    const result = await replayNative(partsOf(world), settings, control(runtime))
    assert.deepEqual([result.kind, result.sent], ['finished', 100 - before])
    assert.deepEqual(world.deadLetters.messages, [])
    assert.deepEqual(
      world.delivered,
      numbers(100).map((sequence) => `replay-r1-${sequence}`),
    )
  })
})

/**
 * What happens at one call of a port: it fails before, after, or in the middle of what it does; and
 * whether the process dies of it.
 */
interface Fault {
  readonly at: number
  readonly when: 'before' | 'after' | 'midway'
  readonly deadly: boolean
}
class Died extends Error {}

/**
 * Ports that fail as the test says. After a deadly fault nothing of the process has an effect
 * any more.
 */
function faulty(
  world: ReplayWorld,
  faults: readonly Fault[],
  takes: readonly ('taken' | 'dead' | 'waits')[],
) {
  const dying = new AbortController()
  let calls = 0
  const call = async <T>(work: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> => {
    if (dying.signal.aborted) throw new Died()
    const take = takes[calls % Math.max(1, takes.length)] ?? 'waits'
    if (take !== 'waits') world.takeOne(take)
    const fault = faults.find(({ at }) => at === calls)
    calls += 1
    if (!fault) return work()
    if (fault.when === 'after') await work()
    if (fault.when === 'midway') await half?.()
    if (fault.deadly) dying.abort()
    throw new Died()
  }
  const { deadLetters, log } = world
  const ports: Pick<NativeReplay, 'deadLetters' | 'queue' | 'log'> = {
    deadLetters: {
      entity: deadLetters.entity,
      takesCopies: true,
      peek: (from, limit) => call(() => deadLetters.peek(from, limit)),
      resend: (copies) =>
        call(
          () => deadLetters.resend(copies),
          () => deadLetters.resend(copies.slice(0, Math.ceil(copies.length / 2))),
        ),
      remove: (sequences, signal) =>
        call(
          () => deadLetters.remove(sequences, signal),
          () => deadLetters.remove(new Set([...sequences].filter((_, n) => n % 2 === 0)), signal),
        ),
      close: async () => {},
    },
    queue: { peek: (from, limit) => call(() => world.queue.peek(from, limit)) },
    log: {
      items: (stage, limit) => call(() => log.items(stage, limit)),
      move: (moves, at) => call(() => log.move(moves, at)),
      takenIn: (ids) => call(() => log.takenIn(ids)),
    },
  }
  return { ports, dying: dying.signal }
}

void describe('a replay that is interrupted at any point', () => {
  void it('finds a copy that was sent whatever the page size and the clock of the bus, and does not send it again', async () => {
    const runtime = virtualRuntime()
    const world = replayWorld([shelved(7), shelved(8)], ['7', '8'], runtime.now)
    world.queue.messages.push(...letters(3))
    await world.log.move([{ sequence: '7', stage: 'sending', code: null }], runtime.now())
    const copy = { original: shelved(7), messageId: 'replay-r1-7', text: null, properties: {} }
    await world.deadLetters.resend([copy])
    // The clock of the bus is as far behind as it may be.
    const sent = world.queue.messages.pop()
    assert(sent)
    world.queue.messages.push({ ...sent, enqueuedAt: runtime.now() - settings.skewMs })
    await runtime.advance(60_000)
    await world.log.move([{ sequence: '8', stage: 'sending', code: null }], runtime.now())
    const queue = { peek: (from: string) => world.queue.peek(from, 1) }
    const continued = replayNative(partsOf(world, { queue }), settings, control(runtime))
    await runtime.advance(settings.inFlightMs)
    assert.equal((await continued).kind, 'finished')
    assert.deepEqual(world.delivered, ['replay-r1-7', 'replay-r1-8'])
  })

  void it('waits once for a send that was cut off, and not where nothing is sent', async () => {
    for (const [takesCopies, waitMs] of [
      [true, settings.inFlightMs],
      [false, 0],
    ] as const) {
      const runtime = virtualRuntime()
      const world = replayWorld(letters(20), numbers(20), runtime.now)
      Object.assign(world.deadLetters, { takesCopies })
      await world.log.move(
        numbers(20).map((sequence) => ({ sequence, stage: 'sending', code: null })),
        runtime.now(),
      )
      const parts = partsOf(world, { takeIn: async () => new Map() })
      const continued = replayNative(parts, settings, control(runtime)).then(() => runtime.now())
      const startedAt = runtime.now()
      await runtime.advance(10_000)
      assert.equal((await continued) - startedAt, waitMs)
    }
  })

  void it('ends with the error after four failures in a row', async () => {
    const runtime = virtualRuntime()
    const world = replayWorld(letters(1), numbers(1), runtime.now)
    let attempts = 0
    const log: ReplayLog = {
      ...world.log,
      items: async () => {
        attempts += 1
        throw new Error('the ledger is away')
      },
    }
    const failed = assert.rejects(
      replayNative(partsOf(world, { log }), settings, control(runtime)),
      /the ledger is away/,
    )
    await runtime.advance(60_000)
    await failed
    assert.equal(attempts, 4)
  })

  void it('does not send a copy again when the search for it was aborted', async () => {
    const runtime = virtualRuntime()
    const world = replayWorld([shelved(2_000)], ['2000'], runtime.now)
    // An earlier call sent the copy and ended before it wrote that down. The copy waits behind more
    // messages than one page of the search shows.
    world.queue.messages.push(...letters(1_000))
    await world.log.move([{ sequence: '2000', stage: 'sending', code: null }], runtime.now())
    const copy = { original: shelved(2_000), messageId: 'replay-r1-2000', text: null, properties: {} }
    await world.deadLetters.resend([copy])
    const stopping = new AbortController()
    let pages = 0
    const peek: DeadLetterQueue['peek'] = (from, limit) => {
      pages += 1
      stopping.abort()
      return world.queue.peek(from, limit)
    }
    const stopped = replayNative(partsOf(world, { queue: { peek } }), settings, {
      ...control(runtime),
      signal: stopping.signal,
    })
    await runtime.advance(settings.inFlightMs)
    assert.deepEqual([(await stopped).kind, pages], ['paused', 1])
    const continued = replayNative(partsOf(world), settings, control(runtime))
    await runtime.advance(settings.inFlightMs)
    assert.deepEqual(await continued, { kind: 'finished', sent: 1, done: 1, gone: 0, refused: 0 })
    assert.deepEqual(world.delivered, ['replay-r1-2000'])
    assert.ok(world.queue.shown < 1_500, 'each message is read once')
  })

  void it('loses and duplicates nothing, however often it is killed or the bus and ledger fail, and whatever intake does at the same time', async () => {
    const fault = fc.record({
      at: fc.nat(60),
      when: fc.constantFrom('before', 'after', 'midway'),
      deadly: fc.boolean(),
    })
    const lives = fc.array(fc.array(fault, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 })
    const takes = fc.array(fc.constantFrom('taken', 'dead', 'waits'), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(lives, takes, fc.integer({ min: 1, max: 9 }), async (lives, takes, batch) => {
        const runtime = virtualRuntime()
        const chosen = numbers(40).filter((_, n) => n % 3 !== 0)
        const world = replayWorld(letters(40), chosen, runtime.now)
        for (const faults of [...lives, []]) {
          const { ports, dying } = faulty(world, faults, takes)
          const running = replayNative(partsOf(world, ports), { ...settings, batch }, control(runtime)).catch(
            () => null,
          )
          // A process that is dead sleeps no more.
          for (let turn = 0; turn < 200; turn += 1) await runtime.advance(dying.aborted ? 60_000 : 1_000)
          await running
        }
        const finished = await replayNative(partsOf(world), { ...settings, batch }, control(runtime))
        assert.equal(finished.kind, 'finished')
        assert.deepEqual(
          world.delivered.toSorted(),
          chosen.map((sequence) => `replay-r1-${sequence}`).toSorted(),
        )
        const originals = world.deadLetters.messages.filter(({ messageId }) => messageId?.startsWith('m-'))
        assert.deepEqual(
          originals.map(({ sequence }) => sequence),
          numbers(40).filter((_, n) => n % 3 === 0),
        )
        assert.ok([...world.log.stages.values()].every(({ stage }) => stage === 'done'))
      }),
      { numRuns: 60 },
    )
  })
})
