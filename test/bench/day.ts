import { test } from 'node:test'
import { simulateDays } from '../suites/provision/days.ts'
import { DAY_MS } from '../../src/core/runtime.ts'

/**
 * A simulated day at 130 % of the real quotas, full batches of 50: `node --test test/bench/day.ts`.
 * Three terminations in a thousand changes.
 */
for (const perDay of [2_000, 6_000])
  void test(`${perDay} calls a day`, { timeout: 3_600_000 }, async (t) => {
    const day = await simulateDays(t, {
      perDay,
      perCall: 50,
      load: 1.3,
      leavers: 3,
      joiners: 50,
      pollMs: 2_000,
      days: 1,
    })
    const spent = day.calls.filter((at) => at < DAY_MS).length
    const late = day.waits.leaver.filter((ms) => ms > 60_000).length
    const changed = Object.values(day.waits).reduce((sum, { length }) => sum + length, 0)
    t.diagnostic(
      `${spent} calls (${((spent / perDay) * 100).toFixed(2)} %), ${day.waiting} people left for tomorrow`,
    )
    t.diagnostic(
      `calls ÷ full calls: ${(day.calls.length / Math.ceil(changed / 50)).toFixed(3)} for ${changed} employees sent`,
    )
    t.diagnostic(
      `${day.waits.leaver.length} leavers, the last to go waited ${Math.max(...day.waits.leaver)} ms, ${late} over a minute`,
    )
    const half = await simulateDays(t, {
      perDay,
      perCall: 50,
      load: 1.3,
      leavers: 3,
      joiners: 50,
      pollMs: 2_000,
      days: 1.5,
      arrivalsEndMs: DAY_MS / 2,
    })
    const told = (half.atNoon?.doneAt ?? 0) - half.site.runtime.now() + DAY_MS
    const took = (half.calls.at(-1) ?? 0) - DAY_MS / 2
    t.diagnostic(
      `at noon ${(told / 3_600_000).toFixed(2)} h were forecast, it took ${(took / 3_600_000).toFixed(2)} h`,
    )
  })
