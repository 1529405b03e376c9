import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ReplayRun } from '../../../../../src/core/ledger/port/replays.ts'
import { leftOf, totalOf } from '../../../../../src/core/report/replay/run/counts.ts'
import { pauseRun } from '../../../../../src/core/report/replay/run/pause.ts'
import { carryOutAlone, resumeRun, type RunContext } from '../../../../../src/core/report/replay/run/run.ts'
import { virtualRuntime } from '../../../../fakes/virtual-runtime.ts'
import { RUN } from './run.ts'

/** Carries the run out, whose dead letters in the ledger are those with these numbers. */
function world(seqs: readonly number[], isHeldElsewhere = false) {
  const runtime = virtualRuntime()
  const steps: string[] = []
  let waiting = [...seqs]
  const context: RunContext = {
    ledger: {
      takeLease: async ({ leaseMs }) => !isHeldElsewhere || leaseMs === 0,
      listReplays: async () => [RUN],
      resumeReplay: async (_run, actor) => void steps.push(`resume by ${actor}`),
      listReplayItems: async (_run, _entity, _stage, limit) =>
        waiting.slice(0, limit).map((seq) => ({ sequence: String(seq), sendingAt: null, body: null })),
      putBackDeadLetters: async (_run, parts) => {
        waiting = waiting.slice(parts.length)
      },
      moveReplayItems: async () => {},
      endReplay: async () => {},
      findCopiesTakenIn: async () => new Map(),
      recordMessages: () => assert.fail('nothing lies on the bus'),
      findDeadLetter: async () => null,
    },
    openQueues: () => null,
    takeIn: () => assert.fail('nothing is edited'),
    settings: { perSecond: 1, clockSkewMs: 0, quietMs: 0, maxWaitMs: 0, leaseMs: 30_000, patienceMs: 500 },
    runtime,
    listenForStop: () => new AbortController().signal,
  }
  const view = {
    waiting: () => void steps.push('waiting'),
    resuming: ({ id }: ReplayRun) => void steps.push(`resuming ${id}`),
    progress: (_run: ReplayRun, settled: number) => void steps.push(`settled ${settled}`),
  }
  return { runtime, steps, context, view }
}

void describe('a run of a replay', () => {
  void it('shows its progress, and ends with how much it settled and how long that took', async () => {
    const { runtime, steps, context, view } = world([7, 8])
    const running = carryOutAlone(RUN, context, view)
    await runtime.advance(2_000)
    const result = await running
    assert.ok(result.kind === 'ended')
    assert.deepEqual([result.ending, result.settled, result.ms], ['finished', 2, 2_000])
    assert.deepEqual(steps, ['settled 1', 'settled 2'])
  })

  void it('is shown and recorded when it is continued, and may have nothing left to settle', async () => {
    const { steps, context, view } = world([])
    const result = await resumeRun(RUN, { actor: 'bob', justification: 'again' }, context, view)
    assert.ok(result.kind === 'ended' && result.settled === 0)
    assert.deepEqual(steps, ['resuming 3', 'resume by bob'])
  })

  void it('is not started while another command carries it out, which is waited for as long as asked', async () => {
    const { runtime, steps, context, view } = world([7], true)
    const running = carryOutAlone(RUN, context, view)
    await runtime.advance(500)
    assert.deepEqual(await running, { kind: 'not-started', stopped: false })
    assert.deepEqual([steps, runtime.sleeping], [['waiting'], 0])
  })

  void it('has parts that are left until each is done, gone or refused', () => {
    const run = { ...RUN, counts: { frozen: 1, sending: 2, sent: 4, done: 8, gone: 16, refused: 32 } }
    assert.deepEqual([totalOf(run), leftOf(run)], [63, 7])
  })

  void it('is paused once, and a later request learns of the first', async () => {
    const asked: string[] = []
    const ledger = { pauseReplay: async (_run: ReplayRun, actor: string) => void asked.push(actor) }
    const request = { actor: 'bob', justification: 'too fast' }
    assert.equal(await pauseRun(ledger, RUN, request, 1), null)
    const paused = { at: 1, actor: 'bob', justification: 'too fast' }
    assert.deepEqual(await pauseRun(ledger, { ...RUN, paused }, { ...request, actor: 'eve' }, 2), paused)
    assert.deepEqual(asked, ['bob'])
  })
})
