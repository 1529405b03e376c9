import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '../../../adapters/support/postgres.ts'
import { expectAllDone, startUnderLoad, type UnderLoad } from '../under-load.ts'
import type { Scenario } from './scenario.ts'

const INSTANCES = 3
const SAMPLE_MS = 100
const WINDOW_MS = 1_000

/** How much was done when. */
interface Sample {
  readonly at: number
  readonly steps: number
}

/** Each of three instances is asked to end, in turn, and another takes its place, while they work. */
export const rollingRestart: Scenario = async (t, { employees, seed, say }) => {
  const server = await startPostgres({ alone: true })
  t.after(() => server.close())
  const load = await startUnderLoad(t, await server.database(), {
    employees,
    seed,
    loops: Array.from({ length: INSTANCES }, () => null),
    withinMs: 600_000,
  })
  for (let index = 0; index < INSTANCES; index++) await load.started(index, 0)
  await load.reach(0.02)
  const samples: Sample[] = []
  const sampling = new AbortController()
  t.after(() => sampling.abort())
  const sampled = sample(load, samples, sampling.signal)
  await load.reach(0.1)
  const from = Date.now()
  for (let index = 0; index < INSTANCES; index++) {
    const since = Date.now()
    assert.equal(await load.fleet.restart(index), 0, load.fleet.said())
    await load.started(index, since)
  }
  const to = Date.now()
  const share = await load.done()
  assert.ok(share < 0.95, `the restarts ended at ${Math.round(share * 100)} %: too late to be under load`)
  await load.rest()
  sampling.abort()
  await sampled
  assert.deepEqual(await load.fleet.stop(), [0, 0, 0], load.fleet.said())
  const totals = await expectAllDone(load)
  const before = ratesOf(samples.filter(({ at }) => at < from))
  const during = ratesOf(samples.filter(({ at }) => at >= from && at <= to))
  const rates = (all: readonly number[]): string =>
    `${median(all)} steps/s (least second ${Math.min(...all)})`
  say(
    `${rates(before)} before, ${rates(during)} during ${((to - from) / 1_000).toFixed(1)} s of restarts, longest time without a step ${longestPause(samples, from, to)} ms; ${totals.messages} messages, ${totals.redelivered} redelivered`,
  )
}

async function sample({ steps }: UnderLoad, samples: Sample[], ending: AbortSignal): Promise<void> {
  while (!ending.aborted) {
    const done = await steps()
    samples.push({ at: Date.now(), steps: done })
    await sleep(SAMPLE_MS)
  }
}

/** Steps a second in each window that begins with a sample. */
function ratesOf(samples: readonly Sample[]): readonly number[] {
  return samples.flatMap(({ at, steps }) => {
    const end = samples.find((later) => later.at >= at + WINDOW_MS)
    return end ? [Math.round(((end.steps - steps) * 1_000) / (end.at - at))] : []
  })
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

function longestPause(samples: readonly Sample[], from: number, to: number): number {
  let [longest, moved] = [0, from]
  for (const [index, { at, steps }] of samples.entries()) {
    if (at < from || at > to) continue
    if (steps > (samples[index - 1]?.steps ?? 0)) moved = at
    longest = Math.max(longest, at - moved)
  }
  return longest
}
