import assert from 'node:assert/strict'
import { test } from 'node:test'
import { takeIn } from '../../../../src/core/intake/message.ts'
import { DEFAULT_SOURCE } from '../../../../src/core/intake/sources.ts'
import type { IntakeBatch } from '../../../../src/core/ledger/port/intake.ts'
import type { CarryOutContext } from '../../../../src/core/report/replay/carry-out-context.ts'
import { takeInPlace } from '../../../../src/core/report/replay/take-in-place.ts'
import { shelved } from '../../../fakes/shelf.ts'
import { virtualRuntime } from '../../../fakes/virtual-runtime.ts'

const bodyOf = (id: string): string => {
  const data = { effectiveDate: '2026-01-01', worker: { title: 'A' } }
  const name = { id, source: '/hr', type: 'worker.updated', subject: 'p1' }
  return JSON.stringify({ specversion: '1.0', ...name, time: '2026-01-01T12:00:00Z', data })
}
const letter = (n: number, text: string | null = bodyOf(`e-${n}`), edited: string | null = null) => ({
  message: shelved(n, { text }),
  messageId: `replay-r1-${n}`,
  text: edited,
})

/**
 * Takes these in. `known` are message ids that were taken in before, with the code of each refused
 * one; the ledger refuses the messages with the sequence numbers in `refuses`.
 */
async function taken(
  letters: Parameters<typeof takeInPlace>[0],
  {
    known = new Map(),
    refuses = [],
  }: { known?: ReadonlyMap<string, string | null>; refuses?: readonly string[] } = {},
) {
  const batches: IntakeBatch[] = []
  const context: Pick<CarryOutContext, 'ledger' | 'takeIn' | 'settings' | 'runtime'> = {
    ledger: {
      listReplayItems: async () => [],
      moveReplayItems: async () => {},
      putBackDeadLetters: async () => {},
      endReplay: async () => {},
      findDeadLetter: async () => null,
      findCopiesTakenIn: async (ids) => new Map([...known].filter(([id]) => ids.includes(id))),
      recordMessages: async (batch) => {
        batches.push(batch)
        const refused = batch.messages.flatMap(({ sequence }, message) =>
          refuses.includes(sequence)
            ? [{ message, code: 'RescindMismatch' as const, field: 'rescinds', description: '' }]
            : [],
        )
        return { fresh: 1, duplicates: 0, replays: 0, redelivered: 0, rejected: 0, refused }
      },
    },
    takeIn: async (message) => takeIn(message, () => DEFAULT_SOURCE),
    settings: { perSecond: null, clockSkewMs: 0, quietMs: 0, maxWaitMs: 0 },
    runtime: virtualRuntime(),
  }
  const refused = await takeInPlace(letters, { ...context, openQueues: () => null })
  const recorded = batches.map(({ messages }) =>
    messages.map(({ sequence, events }) => [sequence, ...events.map(({ id }) => id)]),
  )
  return { refused: [...refused], recorded, backlog: batches.map(({ backlog }) => backlog) }
}

void test('messages of a subscription are taken in together, each with its edited body if it has one', async () => {
  const { refused, recorded, backlog } = await taken([letter(1), letter(2, 'no JSON', bodyOf('e-2'))])
  assert.deepEqual(
    [refused, recorded],
    [
      [],
      [
        [
          ['1', 'e-1'],
          ['2', 'e-2'],
        ],
      ],
    ],
  )
  // Planned at once, and not only when intake has caught up.
  assert.deepEqual(backlog, [false])
})

void test('a message that intake refuses again is not recorded, nor one that the ledger took in before', async () => {
  const known = new Map([
    ['replay-r1-2', null],
    ['replay-r1-3', 'RescindMismatch'],
  ])
  const all = [letter(1, 'no JSON'), letter(2), letter(3), letter(4)]
  const { refused, recorded } = await taken(all, { known })
  assert.deepEqual(refused, [
    ['1', 'BodyNotJson'],
    ['3', 'RescindMismatch'],
  ])
  assert.deepEqual(recorded, [[['4', 'e-4']]])
  assert.deepEqual((await taken(all.slice(0, 3), { known })).recorded, [])
})

void test('a message that only the ledger refuses gets its code', async () => {
  const { refused } = await taken([letter(1, 'no JSON'), letter(2), letter(3)], { refuses: ['3'] })
  assert.deepEqual(refused, [
    ['1', 'BodyNotJson'],
    ['3', 'RescindMismatch'],
  ])
})
