import assert from 'node:assert/strict'
import { openMemoryLedger } from '../../../adapters/support/memory-ledger.ts'
import { readConfig } from '../../../../src/compose/config.ts'
import { deadLettersBeside } from '../../../../src/compose/dead-letters/beside.ts'
import { takingIn } from '../../../../src/compose/rules.ts'
import { originalOf } from '../../../../src/core/intake/message.ts'
import { sourceRules } from '../../../../src/core/intake/sources.ts'
import { messageReader } from '../../../../src/core/report/dead-letters/read-message.ts'
import { type Runtime, silentLogger } from '../../../../src/core/runtime.ts'
import { replayRunner } from '../../../../src/http/console/acts/replay/runner.ts'
import type { ConsoleContext } from '../../../../src/http/console/context.ts'
import { type FakeShelf, fakeShelf, shelved } from '../../../fakes/shelf.ts'
import { failAll } from '../../../suites/conformance/ledger/dead-letters.ts'
import { messageOf, World } from '../../../suites/conformance/ledger/world.ts'
import { contextOf } from '../office.ts'

/** A ledger with dead letters, a dead-letter queue, and a console that replays both. */
export interface Night {
  readonly world: World
  readonly shelf: FakeShelf
  /** A console of a process of its own. */
  console(): ConsoleContext
}

/** `runtime`: how time passes for a replay that goes on behind the pages. */
export async function aNight(
  stack: AsyncDisposableStack,
  runtime: Pick<Runtime, 'id' | 'now' | 'sleep'>,
): Promise<Night> {
  const ledger = stack.adopt((await openMemoryLedger()).ledger, (it) => it.close())
  const world = new World(ledger)
  const shelf = fakeShelf()
  return { world, shelf, console: () => consoleOf(stack, { world, shelf }, runtime) }
}

function consoleOf(
  stack: AsyncDisposableStack,
  { world, shelf }: Pick<Night, 'world' | 'shelf'>,
  runtime: Pick<Runtime, 'id' | 'now' | 'sleep'>,
): ConsoleContext {
  const { ledger } = world
  const base = contextOf(stack, { ledger, now: () => world.now })
  const { sources, shapes } = sourceRules(base.config.rules.sources)
  const replays = replayRunner({ runtime, leaseMs: 30_000, log: silentLogger })
  stack.defer(() => replays.close())
  return {
    ...base,
    replays,
    deadLetters: async (options, own) => {
      const beside = await deadLettersBeside(
        base.config,
        { ...options, store: 'ledger', now: world.now },
        own,
      )
      return {
        ...beside,
        runtime: { ...beside.runtime, now: () => world.now, sleep: runtime.sleep },
        withStores: (work) =>
          work({
            deadLetterQueues: options.store === 'ledger' ? [] : [shelf],
            read: messageReader(sources, shapes),
            ledger: options.store === 'bus' ? null : ledger,
            knownEvents: (names) => ledger.findKnownEvents(names),
            findEmployeeIds: (text) => ledger.findEmployeeIds(text),
          }),
        openDeadLetterQueue: () => shelf,
        openQueues: () => ({ deadLetters: shelf, queue: { peek: async () => [] }, close: async () => {} }),
      }
    },
  }
}

/** A hire as HR writes it. */
export function hired(id: string, worker: object = {}): object {
  return {
    specversion: '1.0',
    id: `hire of ${id}`,
    source: '/hr',
    type: 'worker.hired',
    subject: id,
    data: {
      mode: 'snapshot',
      effectiveDate: '2026-01-01',
      worker: { userName: `${id}@taken.example`, displayName: 'Secret', active: true, ...worker },
    },
  }
}

/** Takes messages in as the connector does, with their bodies. */
export async function arrive({ world }: Pick<Night, 'world'>, events: readonly object[]): Promise<void> {
  const takeIn = takingIn(readConfig({}))
  for (const event of events) {
    const text = JSON.stringify(event)
    const read = shelved(text.length, { text, messageId: null })
    const { rejected, events: taken } = await takeIn(read)
    assert.equal(rejected, null)
    await world.intake([{ ...messageOf(`of ${text}`, ...taken), original: originalOf(read) }])
  }
}

/** Everything that is due is sent, and fails with this code. */
export async function failEach({ world }: Pick<Night, 'world'>, code: string): Promise<void> {
  await world.plan()
  await failAll(world, code)
}
