import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type {
  Batch,
  BatchAnswer,
  BatchOperation,
  Slot,
  SlotQuery,
} from '../../../src/core/ledger/port/submit.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { UploadAnswer } from '../../../src/core/ports.ts'
import { submitLoop, type SubmitSettings } from '../../../src/core/provision/submit-loop.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'
import { response } from '../../fakes/upload-answer.ts'
import { runUntilEnd } from '../../fakes/run-until-end.ts'

const settings: SubmitSettings = {
  owner: 'here',
  maxOperations: 50,
  maxBytes: 1_000_000,
  fillMs: 1_000,
  leaseMs: 120_000,
  pollMs: 1_000,
  attempts: 3,
  limits: { perWindow: 40, windowMs: 5_000, perDay: 2_000 },
  retryMs: 1_000,
  retryCapMs: 30_000,
  throttledMs: 60_000,
  fullMs: 300_000,
  circuitMs: 20_000,
  accessMs: 900_000,
}
const operation = (id: string): BatchOperation => ({
  id,
  employeeId: `of ${id}`,
  record: `{"externalId":"${id}"}`,
  origins: [],
})
const batchOf = (...ids: string[]): Batch => ({
  id: `b-${ids.join('-')}`,
  attempts: 0,
  operations: ids.map(operation),
})
const answer: typeof response = (status, more) => response(status, { requestId: 'request-1', ...more })

/**
 * A ledger with batches to give out, and a service with answers to give; both write down, in one
 * list, what they are asked.
 */
function start(
  t: TestContext,
  batches: readonly Batch[],
  answers: readonly UploadAnswer[],
  slots: readonly Slot[] = [],
) {
  const virtual = virtualRuntime()
  const counted: (readonly unknown[])[] = []
  const telemetry = {
    ...virtual.telemetry,
    count: (...given: readonly unknown[]) => void counted.push(given),
  }
  const runtime = Object.assign(virtual, { telemetry })
  const startedAt = runtime.now()
  const asked: string[] = []
  const recorded: { readonly batch: string; readonly answer: BatchAnswer }[] = []
  const uploads: { readonly at: number; readonly bulkIds: readonly string[]; readonly name: string }[] = []
  const slotQueries: SlotQuery[] = []
  const waiting = [...batches]
  const replies = [...answers]
  const places = [...slots]
  let call = 0
  let gate: Promise<void> | null = null

  const ledger: Pick<Ledger, 'claimBatch' | 'takeSlot' | 'recordBatchAnswer'> = {
    claimBatch: async () => waiting.shift() ?? null,
    takeSlot: async (batchId, query) => {
      asked.push('slot')
      slotQueries.push(query)
      const found = batches.find(({ id }) => id === batchId)
      return places.shift() ?? { kind: 'taken', call: ++call, operations: found?.operations ?? [] }
    },
    recordBatchAnswer: async (batch, answer) => {
      asked.push(answer.kind)
      recorded.push({ batch, answer })
    },
  }
  const provisioning = {
    upload: async (body: string, name: string, cut?: AbortSignal): Promise<UploadAnswer> => {
      asked.push('upload')
      const { Operations } = JSON.parse(body) as { Operations: readonly { bulkId: string }[] }
      uploads.push({ at: runtime.now() - startedAt, bulkIds: Operations.map(({ bulkId }) => bulkId), name })
      const isCut = new Promise<true>((resolve) => cut?.addEventListener('abort', () => resolve(true)))
      if ((await Promise.race([gate, isCut])) === true) return { kind: 'network', code: 'AbortError' }
      return replies.shift() ?? answer(202)
    },
  }
  const service = submitLoop('submit', { ledger, provisioning, settings, runtime })
  runUntilEnd(t, service)
  const hold = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    return resolve
  }
  return { runtime, asked, recorded, uploads, slotQueries, counted, service, hold }
}

void describe('a batch is sent', () => {
  void test('a slot is taken before the attempt, and the answer is recorded after it', async (t) => {
    const { runtime, asked, recorded, slotQueries } = start(
      t,
      [batchOf('o-1', 'o-2')],
      [answer(202, { serverAt: 4_711 })],
    )
    await runtime.settle()
    assert.deepEqual(asked, ['slot', 'upload', 'accepted'])
    assert.deepEqual(recorded, [
      {
        batch: 'b-o-1-o-2',
        answer: { kind: 'accepted', call: 1, acceptedAt: 4_711, requestId: 'request-1' },
      },
    ])
    assert.deepEqual([slotQueries[0]?.owner, slotQueries[0]?.limits.perDay], ['here', 2_000])
  })

  void test('the next batch follows at once, and an empty ledger is read again after a rest', async (t) => {
    const { runtime, uploads } = start(t, [batchOf('o-1'), batchOf('o-2')], [])
    await runtime.settle()
    assert.deepEqual(
      uploads.map(({ at, bulkIds }) => [at, bulkIds]),
      [
        [0, ['o-1']],
        [0, ['o-2']],
      ],
    )
    assert.equal(runtime.sleeping, 1)
  })

  void test('only the operations that the slot left in it are sent', async (t) => {
    const { runtime, uploads } = start(
      t,
      [batchOf('o-1', 'o-2')],
      [],
      [{ kind: 'taken', call: 1, operations: [operation('o-2')] }],
    )
    await runtime.settle()
    assert.deepEqual(uploads[0]?.bulkIds, ['o-2'])
  })

  void test('a batch that became empty, or that another instance owns, is left alone', async (t) => {
    const { runtime, asked } = start(
      t,
      [batchOf('o-1'), batchOf('o-2')],
      [],
      [{ kind: 'empty' }, { kind: 'lost' }],
    )
    await runtime.settle()
    assert.deepEqual(asked, ['slot', 'slot'])
  })
})

void describe('a batch waits for its turn', () => {
  void test('for the window it waits in place, and takes a slot again', async (t) => {
    const wait = { kind: 'wait', until: virtualRuntime().now() + 3_000, why: 'window' } as const
    const { runtime, asked, uploads } = start(t, [batchOf('o-1')], [], [wait])
    await runtime.advance(2_999)
    assert.deepEqual(asked, ['slot'])
    await runtime.advance(1)
    assert.deepEqual(asked, ['slot', 'slot', 'upload', 'accepted'])
    assert.equal(uploads[0]?.at, 3_000)
  })

  void test('for the quota or a hold it is released, which does not count as an attempt', async (t) => {
    for (const why of ['day', 'hold'] as const) {
      const until = virtualRuntime().now() + 3_600_000
      const { runtime, asked, recorded } = start(t, [batchOf('o-1')], [], [{ kind: 'wait', until, why }])
      await runtime.advance(2_000)
      assert.deepEqual(asked, ['slot', 'again'])
      assert.deepEqual(recorded[0]?.answer, {
        kind: 'again',
        call: null,
        status: null,
        notBefore: until,
        countsAsAttempt: false,
        release: true,
        hold: null,
      })
    }
  })
})

void describe('an attempt that does not settle it', () => {
  void test('is measured each time it is sent: how many operations were in the call', async (t) => {
    const { runtime } = start(t, [batchOf('1', '2')], [answer(503)])
    await runtime.advance(60_000)
    assert.deepEqual(runtime.recorded, ['rollcall.batch.operations 2', 'rollcall.batch.operations 2'])
  })

  void test('takes a slot each time, and the last one releases the batch', async (t) => {
    const { runtime, asked, recorded, uploads } = start(
      t,
      [batchOf('o-1')],
      [answer(503), answer(503), answer(503)],
    )
    await runtime.advance(60_000)
    assert.deepEqual(asked, ['slot', 'upload', 'again', 'slot', 'upload', 'again', 'slot', 'upload', 'again'])
    assert.deepEqual(
      recorded.map(
        ({ answer }) =>
          answer.kind === 'again' && [answer.call, answer.countsAsAttempt, answer.release, answer.status],
      ),
      [
        [1, true, false, 503],
        [2, true, false, 503],
        [3, true, true, 503],
      ],
    )
    const gaps = uploads.slice(1).map(({ at }, index) => at - (uploads[index]?.at ?? 0))
    assert(
      gaps.every((gap, index) => gap >= 500 * 2 ** index && gap <= 1_000 * 2 ** index),
      String(gaps),
    )
  })

  void test('is repeated with the same batch and bulkIds, under a new request id', async (t) => {
    const lost: UploadAnswer = { kind: 'network', code: 'ECONNRESET' }
    const { runtime, uploads, recorded } = start(t, [batchOf('o-1', 'o-2')], [lost, answer(202)])
    await runtime.advance(60_000)
    assert.deepEqual(
      uploads.map(({ bulkIds }) => bulkIds),
      [
        ['o-1', 'o-2'],
        ['o-1', 'o-2'],
      ],
    )
    assert.equal(new Set(uploads.map(({ name }) => name)).size, 2)
    assert.equal(recorded.at(-1)?.answer.kind, 'accepted')
  })

  void test('is repeated without operations that were withdrawn', async (t) => {
    const both: Slot = { kind: 'taken', call: 1, operations: [operation('o-1'), operation('o-2')] }
    const one: Slot = { kind: 'taken', call: 2, operations: [operation('o-2')] }
    const { runtime, uploads } = start(t, [batchOf('o-1', 'o-2')], [answer(503)], [both, one])
    await runtime.advance(60_000)
    assert.deepEqual(
      uploads.map(({ bulkIds }) => bulkIds),
      [['o-1', 'o-2'], ['o-2']],
    )
  })

  void test('429 costs no attempt, holds all submission, and is not retried at once', async (t) => {
    const { runtime, asked, recorded } = start(t, [batchOf('o-1')], [answer(429, { retryAfter: '2.5' })])
    const startedAt = runtime.now()
    await runtime.advance(30_000)
    assert.deepEqual(asked, ['slot', 'upload', 'again'])
    assert.deepEqual(recorded[0]?.answer, {
      kind: 'again',
      call: 1,
      status: 429,
      notBefore: startedAt + 2_500,
      countsAsAttempt: false,
      release: true,
      hold: 'throttled',
    })
  })

  void test('400 refuses the whole batch, with the code of the service, and the next batch follows at once', async (t) => {
    const { runtime, recorded } = start(
      t,
      [batchOf('o-1', 'o-2'), batchOf('o-3')],
      [answer(400, { code: 'BadRequest' })],
    )
    await runtime.settle()
    assert.deepEqual(recorded[0], {
      batch: 'b-o-1-o-2',
      answer: { kind: 'refused', call: 1, status: 400, code: 'BadRequest', requestId: 'request-1' },
    })
    assert.equal(recorded[1]?.answer.kind, 'accepted')
  })

  void test('401 is retried once with a fresh token, then stops everything and is logged', async (t) => {
    const { runtime, recorded, asked } = start(t, [batchOf('o-1')], [answer(401), answer(401)])
    await runtime.advance(1_000)
    assert.deepEqual(asked, ['slot', 'upload', 'again', 'slot', 'upload', 'again'])
    const last = recorded.at(-1)?.answer
    assert(last?.kind === 'again')
    assert.deepEqual([last.hold, last.countsAsAttempt, last.status], ['access', false, 401])
    assert.equal(runtime.lines.at(-1)?.event, 'submit.access')
    assert.equal(runtime.lines.at(-1)?.level, 'error')
  })

  void test('is logged as a warning with the time that it waits, when no person needs to act', async (t) => {
    const { runtime } = start(t, [batchOf('o-1')], [answer(429, { retryAfter: '2.5' })])
    await runtime.settle()
    assert.deepEqual(runtime.lines, [
      { level: 'warn', event: 'submit.throttled', fields: { status: 429, untilMs: 2_500 } },
    ])
  })

  void test('is counted as one request, with the status or the network code', async (t) => {
    const lost: UploadAnswer = { kind: 'network', code: 'ECONNRESET' }
    const { runtime, counted } = start(t, [batchOf('o-1')], [lost, answer(202)])
    await runtime.advance(60_000)
    assert.deepEqual(counted, [
      ['rollcall.bulk_upload.requests', 1, { status: 'ECONNRESET' }],
      ['rollcall.bulk_upload.requests', 1, { status: '202' }],
    ])
  })
})

void describe('a stop', () => {
  void test('between two attempts releases the batch at once', async (t) => {
    const { runtime, recorded, service, uploads } = start(t, [batchOf('o-1')], [answer(503), answer(503)])
    await runtime.settle()
    await service.stop()
    assert.equal(uploads.length, 1)
    const last = recorded.at(-1)?.answer
    assert(last?.kind === 'again' && last.release)
  })

  void test('during a call waits for its answer and records it', async (t) => {
    const busy = start(t, [batchOf('o-1')], [])
    const letGo = busy.hold()
    await busy.runtime.settle()
    const stopping = busy.service.stop()
    letGo()
    await stopping
    assert.equal(busy.recorded[0]?.answer.kind, 'accepted')
  })

  void test('during a call that is not answered within five seconds releases the batch', async (t) => {
    const busy = start(t, [batchOf('o-1')], [])
    busy.hold()
    await busy.runtime.settle()
    const stopping = busy.service.stop()
    await busy.runtime.advance(4_999)
    assert.equal(busy.recorded.length, 0)
    await busy.runtime.advance(1)
    await stopping
    const last = busy.recorded.at(-1)?.answer
    assert(last?.kind === 'again' && last.release)
  })
})
