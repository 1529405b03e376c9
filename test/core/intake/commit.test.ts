import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { committer } from '../../../src/core/intake/commit.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import type { IntakeBatch, RecordResult } from '../../../src/core/ledger/port/intake.ts'
import type { SourceMessage } from '../../../src/core/ports.ts'
import type { SpanOptions, Telemetry } from '../../../src/core/runtime.ts'
import { cloudEvent, message } from '../../fakes/messages.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const NOTHING_NEW: RecordResult = { fresh: 0, duplicates: 0, replays: 0, redelivered: 0, rejected: 0 }

/** How often the event loop gets a turn while so many messages of this length are read. */
async function turnsFor(count: number, characters: number): Promise<number> {
  let turns = 0
  const runtime = { ...virtualRuntime(), yieldToEventLoop: async () => void (turns += 1) }
  const recorded: (string | undefined)[] = []
  const ledger = {
    recordMessages: async ({ messages }: IntakeBatch) => {
      recorded.push(...messages.map(({ events }) => events[0]?.id))
      return NOTHING_NEW
    },
  }
  const settings = { quietMs: 0, maxWaitMs: 0, skewMs: 1_000 }
  const long = { ...cloudEvent, note: 'x'.repeat(characters) }
  const { read } = committer(ledger, () => DEFAULT_SOURCE, settings, runtime)
  const all = Array.from({ length: count }, (_, n) => message({ ...long, id: `e-${n}` }))
  await (await read(all)).commit(false)
  assert.deepEqual(
    recorded,
    all.map((_, n) => `e-${n}`),
  )
  return turns
}

/** What the span of a commit of these messages says. */
async function spanOf(messages: readonly SourceMessage[]): Promise<SpanOptions | undefined> {
  const spans: SpanOptions[] = []
  const span: Telemetry['span'] = async (_name, start, work) => {
    spans.push(start)
    return work({ concerns: () => {}, passedOn: (origin) => origin })
  }
  const runtime = virtualRuntime()
  const ledger = { recordMessages: async () => NOTHING_NEW }
  const settings = { quietMs: 0, maxWaitMs: 0, skewMs: 1_000 }
  const telemetry = { ...runtime.telemetry, span }
  const { read } = committer(ledger, () => DEFAULT_SOURCE, settings, { ...runtime, telemetry })
  await (await read(messages)).commit(false)
  return spans[0]
}

void describe('the span of a commit', () => {
  const traced = (digit: string): string => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`

  void it('links to the span of every event that has one, and names the queue of its messages', async () => {
    const event = { ...cloudEvent, id: 'e-2' }
    const [one, other, none] = [
      message({ ...cloudEvent, traceparent: traced('a') }),
      message({ ...event, traceparent: traced('b') }),
      message({ ...event, id: 'e-3' }),
    ]
    assert.deepEqual(await spanOf([one, other, none]), {
      origins: [traced('a'), traced('b')],
      messages: { count: 3, queue: 'hr-events' },
    })
  })
  void it('names no queue when the messages come from several', async () => {
    const elsewhere = message(cloudEvent, { entity: 'hr-vendor' })
    assert.deepEqual(await spanOf([message(cloudEvent), elsewhere]), {
      origins: [],
      messages: { count: 2, queue: null },
    })
  })
})

void describe('reading messages', () => {
  void it('gives the event loop a turn after so many of them, and after so much text', async () => {
    assert.equal(await turnsFor(10, 10), 0)
    assert.equal(await turnsFor(64, 10), 1)
    assert.equal(await turnsFor(130, 10), 2)
    assert.equal(await turnsFor(10, 100_000), 4)
    assert.equal(await turnsFor(3, 1_000_000), 2)
    const around = JSON.stringify({ ...cloudEvent, note: '' }).length
    assert.equal(await turnsFor(2, 128_000 - around), 0)
    assert.equal(await turnsFor(2, 128_001 - around), 1)
  })
})

void it('a finding about an attribute is raised by the first commit that succeeds', async () => {
  const raised: (readonly string[])[] = []
  let isAway = true
  const ledger = {
    recordMessages: async ({ findings = [] }: IntakeBatch) => {
      if (isAway) throw new TypeError('the ledger is away')
      raised.push(findings.map(({ detail }) => detail ?? ''))
      return NOTHING_NEW
    },
  }
  const unmapped = { uses: (path: string) => path !== 'title', nameOf: () => 'acme' }
  const settings = { quietMs: 0, maxWaitMs: 0, skewMs: 1_000, unmapped }
  const { read } = committer(ledger, () => DEFAULT_SOURCE, settings, virtualRuntime())
  const commit = async () => (await read([message(cloudEvent)])).commit(false)
  await assert.rejects(commit())
  isAway = false
  await commit()
  await commit()
  assert.deepEqual(raised, [['title of source acme'], []])
})
