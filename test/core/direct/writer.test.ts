import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { DirectBegun } from '../../../src/core/direct/ledger.ts'
import { type DirectParts, DirectWriter } from '../../../src/core/direct/writer.ts'
import type { BatchAnswer, Slot } from '../../../src/core/ledger/port/submit.ts'
import type { UploadAnswer } from '../../../src/core/ports.ts'
import { FakeAccounts, timeout } from '../../fakes/direct-accounts.ts'
import { response } from '../../fakes/upload-answer.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const SECOND = 1_000
const WAITS = {
  retryMs: SECOND,
  retryCapMs: HOUR,
  throttledMs: 30 * SECOND,
  fullMs: 1,
  circuitMs: 1,
  accessMs: 5 * MINUTE,
}
const OF_TURN = { owner: 'one', leaseMs: 2 * MINUTE, maxOperations: 20, pollMs: SECOND, finishMs: MINUTE }
const PRICE = { budgetMs: MINUTE, microUsdPerCall: 2_000, budget: { day: 1e9, month: 1e9 } }
const LIMITS = { perWindow: 1, windowMs: 1, perDay: 1 }

/** Employees whose accounts the ledger knows, so that one call writes each of them. */
function scene({ atOnce = 1, known = true, slot }: { atOnce?: number; known?: boolean; slot?: Slot } = {}) {
  const clock = virtualRuntime()
  const accounts = new FakeAccounts()
  const counted: string[] = []
  const answers: BatchAnswer[] = []
  const runtime: DirectParts['runtime'] = {
    ...clock,
    telemetry: {
      ...clock.telemetry,
      count: (name, value, attributes) =>
        void counted.push([name, value, ...Object.values(attributes ?? {})].join(' ')),
    },
  }
  const employees = (ids: readonly string[]) =>
    ids.map((id) => {
      accounts.accounts.set(`o-${id}`, new Map([['externalId', id]]))
      const record = JSON.stringify({ externalId: id, userName: `${id}@example.com`, active: true })
      return { id, employeeId: id, record, origins: [] }
    })
  let operations: ReturnType<typeof employees> = []
  const ledger: DirectParts['ledger'] = {
    takeSlot: async () => slot ?? { kind: 'taken', call: 1, operations },
    recordBatchAnswer: async (_batch, answer) => void answers.push(answer),
    setHold: async () => {},
    beginDirectWrite: async ({ operation }): Promise<DirectBegun> => ({
      kind: 'begun',
      reservation: { hour: 1, microUsd: 10_000 },
      objectId: known ? `o-${operation}` : null,
      managerObjectId: null,
    }),
    endDirectWrite: async () => {},
  }
  const settings = { ...WAITS, ...OF_TURN, ...PRICE, atOnce, limits: LIMITS }
  const writer = new DirectWriter({ destination: 'main', ledger, accounts, settings, runtime })
  const answerAs = (of: Readonly<Record<string, UploadAnswer>>): void => {
    accounts.disturb = (call) => {
      const answer = of[call.split(' ').at(-1) ?? '']
      return answer ? { answer } : null
    }
  }
  return {
    clock,
    accounts,
    counted,
    answers,
    answerAs,
    /** Resolves to how the batch was answered. */
    turn: async (ids: readonly string[], attempts = 0): Promise<BatchAnswer | undefined> => {
      operations = employees(ids)
      await writer.turn({ id: 'b', attempts, operations }, new AbortController().signal)
      return answers.at(-1)
    },
  }
}
const holds = ({ clock }: ReturnType<typeof scene>): readonly unknown[] =>
  clock.lines.flatMap(({ event, fields }) => (event === 'direct.held' ? [fields['hold']] : []))

void it('every call is counted with its answer, and what was billed with its price', async () => {
  const it = scene({ known: false })
  it.answerAs({ p2: response(500) })
  await it.turn(['p1', 'p2'])
  assert.deepEqual(it.counted, [
    'rollcall.direct.requests 1 200',
    'rollcall.direct.requests 1 204',
    'rollcall.direct.cost_usd 0.004',
    'rollcall.direct.requests 1 500',
  ])
  const known = scene()
  await known.turn(['p1'])
  assert.deepEqual(known.counted, ['rollcall.direct.requests 1 204', 'rollcall.direct.cost_usd 0.002'])
})

void it('operations that fail one after the other end the turn, and those that fail now and then do not', async () => {
  const now = scene({ atOnce: 2 })
  now.answerAs({ p1: timeout, p3: timeout, p5: timeout })
  await now.turn(['p1', 'p2', 'p3', 'p4', 'p5', 'p6'])
  assert.equal(now.accounts.calls.length, 6)
  const all = scene({ atOnce: 2 })
  all.answerAs({ p1: timeout, p2: timeout })
  await all.turn(['p1', 'p2', 'p3', 'p4', 'p5', 'p6'])
  // One more may have begun when the second fails.
  assert.ok(all.accounts.calls.length <= 3, `${all.accounts.calls.length} calls`)
})

void it('a hold of the destination is logged, and a wait of one operation is not', async () => {
  const it = scene()
  it.answerAs({ p1: timeout })
  await it.turn(['p1'])
  assert.deepEqual(holds(it), [])
  it.answerAs({ p1: response(429) })
  await it.turn(['p1'])
  it.answerAs({ p1: response(403) })
  await it.turn(['p1'])
  assert.deepEqual(holds(it), ['throttled', 'access'])
})

void it('each attempt of a batch doubles the wait for its next one', async () => {
  const it = scene()
  it.answerAs({ p1: timeout })
  for (const [attempts, least] of [
    [0, 0.5],
    [1, 1],
    [4, 8],
  ] as const) {
    const answer = await it.turn(['p1'], attempts)
    assert.ok(answer?.kind === 'again')
    const seconds = (answer.notBefore - it.clock.now()) / SECOND
    assert.ok(seconds >= least && seconds <= 2 * least, `${seconds} s after ${attempts} attempts`)
  }
})

void it('a batch that has to wait for its slot is given back, and that is no attempt', async () => {
  const it = scene({ slot: { kind: 'wait', until: 77, why: 'window' } })
  assert.deepEqual(await it.turn(['p1']), {
    kind: 'again',
    call: null,
    status: null,
    notBefore: 77,
    countsAsAttempt: false,
    release: true,
    hold: null,
  })
})

void it('a record that the directory took within the hour shows that a 403 is about the account', async () => {
  const it = scene()
  const isDeadAfter = async (ms: number): Promise<boolean> => {
    it.answerAs({})
    await it.turn(['p1'])
    await it.clock.advance(ms)
    it.answerAs({ p2: response(403) })
    return (await it.turn(['p2']))?.kind === 'accepted'
  }
  assert.deepEqual([await isDeadAfter(HOUR - 1), await isDeadAfter(HOUR)], [true, false])
})
