import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import {
  type HrReader,
  hydrateLoop,
  type HydrateSettings,
  judgeRead,
  type ReadAnswer,
  readBySource,
} from '../../../../src/core/intake/hydrate/loop.ts'
import type { ClaimedNotice, FinishedRead, NoticeQuery } from '../../../../src/core/ledger/port/intake.ts'
import { type Runtime, silentLogger, silentTelemetry } from '../../../../src/core/runtime.ts'
import { digest } from '../../../fakes/people.ts'
import { runs } from '../../../fakes/runs.ts'

const settings: HydrateSettings = {
  pollMs: 1_000,
  waitMs: 200,
  concurrency: 8,
  leaseMs: 60_000,
  attempts: 3,
  retryMs: 1_000,
  retryCapMs: 10_000,
}
const notice = (seq: number, more: Partial<ClaimedNotice> = {}): ClaimedNotice => ({
  seq,
  source: '/hr/acme',
  id: `n-${seq}`,
  type: 'worker.updated',
  employeeId: '10001',
  recordedAt: 1_000,
  effectiveAt: 1_000,
  attempts: 0,
  claimedUntil: 61_000,
  ...more,
})
const moment = { began: 5_000, now: 5_100, random: 0.5 }

void describe('a notice after a read', () => {
  void test('becomes a snapshot that takes effect, and was recorded, when the read began', () => {
    assert.deepEqual(
      judgeRead(notice(1), { kind: 'record', worker: { title: 'A' }, at: null }, moment, settings),
      {
        kind: 'read',
        seq: 1,
        mode: 'snapshot',
        worker: { title: 'A' },
        began: 5_000,
        recordedAt: 5_000,
        nextAt: null,
      },
    )
  })

  void test('knows no more than HR had recorded when the record was true, nor more than when the read began', () => {
    const recordedAt = (at: number): unknown => {
      const result = judgeRead(notice(1), { kind: 'record', worker: {}, at }, moment, settings)
      return result.kind === 'read' && result.recordedAt
    }
    assert.deepEqual([recordedAt(4_000), recordedAt(5_050)], [4_000, 5_000])
  })

  void test('is read again at its effective moment when that lies in the future', () => {
    const result = judgeRead(
      notice(1, { effectiveAt: 9_000 }),
      { kind: 'record', worker: {}, at: null },
      moment,
      settings,
    )
    assert(result.kind === 'read')
    assert.equal(result.nextAt, 9_000 - settings.waitMs)
  })

  void test('is read again when the answer is older than the notice; an answer without an age is accepted', () => {
    assert.equal(
      judgeRead(notice(1), { kind: 'record', worker: {}, at: 999 }, moment, settings).kind,
      'again',
    )
    assert.equal(
      judgeRead(notice(1), { kind: 'record', worker: {}, at: 1_000 }, moment, settings).kind,
      'read',
    )
  })

  void test('takes active from the answer, or from its type when the answer does not give it', () => {
    const worker = (type: string, answer: { active?: boolean }): unknown => {
      const result = judgeRead(
        notice(1, { type }),
        { kind: 'record', worker: answer, at: null },
        moment,
        settings,
      )
      return result.kind === 'read' ? result.worker['active'] : undefined
    }
    assert.deepEqual(
      [
        worker('worker.terminated', {}),
        worker('worker.terminated', { active: true }),
        worker('worker.updated', {}),
      ],
      [false, true, undefined],
    )
  })

  void test('takes nothing from a type that holds from a later day on, before that day', () => {
    for (const type of ['worker.terminated', 'worker.hired']) {
      const ahead = notice(1, { type, effectiveAt: 9_000 })
      const answer = { kind: 'record', worker: { title: 'A' }, at: null } as const
      const early = judgeRead(ahead, answer, moment, settings)
      assert.deepEqual(early.kind === 'read' && early.worker, { title: 'A' })
      const due = judgeRead(ahead, answer, { ...moment, began: 9_000 }, settings)
      assert.deepEqual(due.kind === 'read' && due.worker, { title: 'A', active: type === 'worker.hired' })
    }
  })

  void test('deactivates an employee unknown to HR when its type is a termination, and fails otherwise', () => {
    const gone = judgeRead(notice(1, { type: 'worker.deleted' }), { kind: 'gone' }, moment, settings)
    assert.deepEqual(
      [gone.kind, gone.kind === 'read' && gone.mode, gone.kind === 'read' && gone.worker],
      ['read', 'delta', { active: false }],
    )
    assert.deepEqual(judgeRead(notice(1, { attempts: 2 }), { kind: 'gone' }, moment, settings), {
      kind: 'failed',
      seq: 1,
      detail: 'NotFound',
    })
  })

  void test('fails at once when a later read would fail too', () => {
    assert.deepEqual(judgeRead(notice(1), { kind: 'unusable', code: 'AnswerInvalid' }, moment, settings), {
      kind: 'failed',
      seq: 1,
      detail: 'AnswerInvalid',
    })
  })

  void test('names the error after the code, also after the last retry', () => {
    const why = 'active is neither true nor false, but text'
    const detail = (answer: ReadAnswer): string => {
      const result = judgeRead(notice(1, { attempts: 2 }), answer, moment, settings)
      assert(result.kind === 'failed')
      return result.detail
    }
    assert.equal(detail({ kind: 'unusable', code: 'AnswerInvalid', why }), `AnswerInvalid: ${why}`)
    assert.equal(
      detail({ kind: 'later', code: 'AnswerEmpty', why: 'worker yields nothing', afterMs: null }),
      'AnswerEmpty: worker yields nothing',
    )
    assert.equal(detail({ kind: 'later', code: 'Http503', afterMs: null }), 'Http503')
  })

  void test('is read again after a wait that doubles, a quarter shorter or longer by chance', () => {
    const waits = (attempts: number, random: number, afterMs: number | null = null): number => {
      const later = { kind: 'later', code: 'Http503', afterMs } as const
      const result = judgeRead(
        notice(1, { attempts }),
        later,
        { ...moment, random },
        {
          ...settings,
          attempts: 9,
        },
      )
      assert(result.kind === 'again')
      return result.at + settings.waitMs - moment.now
    }
    assert.deepEqual([waits(0, 0), waits(0, 0.5), waits(0, 1)], [750, 1_000, 1_250])
    assert.deepEqual([waits(1, 0.5), waits(3, 0.5), waits(4, 0.5)], [2_000, 8_000, 10_000])
    assert.deepEqual([waits(0, 0.5, 3_000), waits(1, 0.5, 1_500)], [3_000, 2_000])
  })

  void test('waits longer each time up to the cap, and its attempts end', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.option(fc.nat(100_000)),
        (attempts, random, afterMs) => {
          const result = judgeRead(
            notice(1, { attempts }),
            { kind: 'later', code: 'Http503', afterMs },
            { ...moment, random },
            settings,
          )
          if (attempts + 1 >= settings.attempts) return assert.equal(result.kind, 'failed')
          assert(result.kind === 'again')
          const waited = result.at + settings.waitMs - moment.now
          assert(
            waited >= (afterMs ?? 0) &&
              waited <= Math.max(afterMs ?? 0, settings.retryCapMs * 1.25) &&
              Number.isInteger(result.at),
          )
        },
      ),
      { numRuns: runs(2_000) },
    )
  })
})

/** A ledger of notices and a reader, both with visible state, and a clock that stands. */
class Desk {
  waiting: ClaimedNotice[]
  readonly asked: string[] = []
  readonly askedFor: number[] = []
  readonly claims: NoticeQuery[] = []
  /** What the HR system answers, instead of a record. */
  answer: ReadAnswer | null = null
  /** The process stops while the HR system is asked. */
  stops = false
  told = 0
  readonly finished: FinishedRead[] = []
  atOnce = 0
  most = 0
  constructor(waiting: readonly ClaimedNotice[]) {
    this.waiting = [...waiting]
  }
  async work(): Promise<void> {
    const runtime: Runtime = {
      now: () => 5_000,
      sleep: async () => void service.stop(),
      yieldToEventLoop: async () => {},
      random: () => 0.5,
      id: () => 'id',
      digest,
      log: silentLogger,
      telemetry: silentTelemetry,
    }
    const reader: HrReader = {
      read: async ({ employeeId, seq }) => {
        this.asked.push(employeeId)
        this.askedFor.push(seq)
        if (this.stops) void service.stop()
        this.most = Math.max(this.most, ++this.atOnce)
        await Promise.resolve()
        this.atOnce -= 1
        return this.answer ?? { kind: 'record', worker: { title: employeeId }, at: null }
      },
    }
    const service = hydrateLoop(
      {
        claimNotices: async (claim) => {
          this.claims.push(claim)
          return this.waiting.splice(0, claim.limit)
        },
        finishNotices: async (results) => void this.finished.push(...results),
      },
      reader,
      settings,
      runtime,
      () => (this.told += 1),
    )
    await service.run()
  }
}

void describe('the loop', () => {
  void test('notices of one employee that wait together share one read', async () => {
    const desk = new Desk([notice(1), notice(2, { recordedAt: 2_000 }), notice(3, { employeeId: '10002' })])
    await desk.work()
    assert.deepEqual(desk.asked.toSorted(), ['10001', '10002'])
    assert.deepEqual(
      desk.finished.map(({ seq, kind }) => [seq, kind]).toSorted(([a], [b]) => Number(a) - Number(b)),
      [
        [1, 'read'],
        [2, 'read'],
        [3, 'read'],
      ],
    )
  })

  void test('the read is that of the notice that HR recorded last', async () => {
    const desk = new Desk([
      notice(1, { recordedAt: 2_000 }),
      notice(2, { recordedAt: 4_000 }),
      notice(3, { recordedAt: 3_000 }),
    ])
    await desk.work()
    assert.deepEqual([desk.askedFor, desk.told], [[2], 1])
  })

  void test('a notice is claimed for the time of a lease once it has waited', async () => {
    const desk = new Desk([notice(1)])
    await desk.work()
    assert.deepEqual(desk.claims[0], {
      now: 5_000,
      noticedBefore: 5_000 - settings.waitMs,
      leaseMs: settings.leaseMs,
      limit: settings.concurrency,
    })
    assert.equal(desk.finished[0]?.claimedUntil, 61_000)
  })

  void test('a read that the end of this process cut short counts as none, and its notice is released', async () => {
    const cutShort: ReadAnswer = { kind: 'later', code: 'ABORT_ERR', afterMs: null }
    const kinds = async (answer: ReadAnswer | null, stops: boolean): Promise<readonly string[]> => {
      const desk = Object.assign(new Desk([notice(1)]), { answer, stops })
      await desk.work()
      return desk.finished.map(({ kind, claimedUntil }) => `${kind} ${claimedUntil}`)
    }
    assert.deepEqual(await kinds(cutShort, true), ['released 61000'])
    assert.deepEqual(await kinds(cutShort, false), ['again 61000'])
    assert.deepEqual(await kinds(null, true), ['read 61000'])
  })

  void test('no more reads run at once than allowed', async () => {
    const desk = new Desk(
      Array.from({ length: 50 }, (_, index) => notice(index, { employeeId: String(index) })),
    )
    await desk.work()
    assert.equal(desk.finished.length, 50)
    assert(desk.most <= settings.concurrency)
  })

  void test('a source without an HR system has no reader', async () => {
    assert.deepEqual(await readBySource(() => null).read(notice(1), new AbortController().signal), {
      kind: 'unusable',
      code: 'NoHrSystem',
    })
  })
})
