import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import type { JobState, ProvisioningJob } from '../../../src/core/ports.ts'
import { jobLoop } from '../../../src/core/provision/job-loop.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const POLL_MS = 60_000
const FORBIDDEN_MS = 10 * POLL_MS
const RESTART_MS = 40 * POLL_MS
const START = Date.UTC(2026, 10, 2)

const NOTHING = { quarantine: null, failures: null }
const running = (startedAt: number | null = null): JobState => ({
  kind: 'running',
  startedAt,
  report: { code: 'Active', ...NOTHING },
})
const stopped = (code: string, reason: string | null = null): JobState => ({
  kind: 'stopped',
  startedAt: null,
  report: {
    code,
    quarantine: reason === null ? null : { reason, since: null, nextAttempt: null },
    failures: null,
  },
})
const FORBIDDEN: JobState = { kind: 'forbidden' }

/** Minutes since the start. */
const minutes = (at: number): number => (at - START) / POLL_MS

/** A loop beside a job that says one state after the other, a poll each; the last one stays. */
async function scene(t: TestContext, { resent = 0, full = false } = {}, ...states: readonly JobState[]) {
  const runtime = virtualRuntime(START)
  const [looks, steps]: [number[], string[]] = [[], []]
  const left = [...states]
  const job: ProvisioningJob = {
    state: async () => {
      looks.push(minutes(runtime.now()))
      const state = left.length > 1 ? left.shift() : left[0]
      assert.ok(state)
      return state
    },
  }
  const service = jobLoop(
    {
      setHold: async ({ name, until, detail }) => void steps.push(`hold ${name} ${minutes(until)} ${detail}`),
      extendHold: async (name, until) => (steps.push(`extend ${name} ${minutes(until)}`), full),
      recordJobReport: async ({ seenAt, code }) => void steps.push(`report ${code} ${minutes(seenAt)}`),
      recordJobRestart: async (startedAt) => (steps.push(`restart ${startedAt}`), resent),
    },
    job,
    { pollMs: POLL_MS, forbiddenMs: FORBIDDEN_MS, restartMs: RESTART_MS },
    runtime,
  )
  const ran = service.run()
  t.after(async () => {
    await service.stop()
    await ran
  })
  const logged = (): readonly string[] => runtime.lines.map(({ event }) => event)
  const extended = (): readonly string[] => steps.filter((step) => step.startsWith('extend'))
  await runtime.settle()
  return {
    runtime,
    looks,
    steps,
    logged,
    extended,
    polls: (count: number) => runtime.advance(count * POLL_MS),
  }
}

void it('a job that is stopped holds submission for a few polls, and says why; one that runs ends that', async (t) => {
  const reason = 'EncounteredEscrowProportionThreshold'
  const { steps, logged, polls, runtime } = await scene(t, {}, stopped('Quarantine', reason), running())
  assert.deepEqual(steps, ['hold job 3 Quarantine', 'report Quarantine 0'])
  await polls(1)
  assert.deepEqual(steps.slice(2), ['hold job 1 null', 'report Active 1'])
  assert.deepEqual(logged(), ['job.holds', 'job.runs'])
  assert.deepEqual(
    [runtime.lines[0]?.fields['code'], runtime.lines[0]?.fields['reason']],
    ['Quarantine', reason],
  )
})

void it('what the job says is logged when it changes, and a job that runs from the start is not', async (t) => {
  const it = await scene(t, {}, running(), running(), stopped('Paused'), stopped('Paused'), running())
  await it.polls(5)
  assert.deepEqual(it.looks, [0, 1, 2, 3, 4, 5])
  assert.deepEqual(it.logged(), ['job.holds', 'job.runs'])
})

void it('without the permission nothing is held, it is asked less often, and the log says so once', async (t) => {
  const it = await scene(t, {}, FORBIDDEN, FORBIDDEN, running())
  await it.polls(20)
  assert.deepEqual(it.looks, [0, 10, 20])
  assert.deepEqual(it.logged(), ['job.unknown'])
  assert.deepEqual(it.steps, ['hold job 20 null', 'report Active 20'])
})

void it('what was accepted before a restart is resent, and the log says how much', async (t) => {
  const none = await scene(t, {}, running(7))
  assert.ok(none.steps.includes('restart 7'))
  assert.deepEqual(none.logged(), [])
  const one = await scene(t, { resent: 1 }, running(7))
  assert.deepEqual(
    one.runtime.lines.map(({ event, fields }) => [event, fields['operations']]),
    [['job.restarted', 1]],
  )
  const unknown = await scene(t, { resent: 1 }, running(null))
  assert.deepEqual(unknown.logged(), [])
})

void it('a job that had no room rests for a while after it was restarted', async (t) => {
  const rests = await scene(t, { full: true }, running(1), running(null), running(2))
  await rests.polls(2)
  // Its first cycle, and the new steady state after a job without one, are the same restart.
  assert.deepEqual([rests.extended(), rests.logged()], [['extend full 41'], ['job.rests']])
  const hasRoom = await scene(t, {}, running(1), running(2))
  await hasRoom.polls(1)
  assert.deepEqual([hasRoom.extended(), hasRoom.logged()], [['extend full 41'], []])
})

void it('a job that goes on, is seen first, or could not be seen before was not restarted', async (t) => {
  for (const states of [
    [running(1), running(1)],
    [running(null), running(1)],
    [running(1), FORBIDDEN, running(2)],
  ]) {
    const { polls, extended } = await scene(t, { full: true }, ...states)
    await polls(11)
    assert.deepEqual(extended(), [])
  }
})
