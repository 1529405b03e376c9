import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chance as randomOf } from '../../fakes/history.ts'
import { chanceOf } from '../../fakes/plain-event.ts'
import { targetsIn } from './targets.ts'
import type { Target } from './targets/target.ts'

/** A case that takes longer holds up the events behind it. */
const LONGEST_MS = 5_000

export interface Fuzzed {
  readonly cases: Readonly<Record<string, number>>
  readonly longestMs: number
  /** The first case that failed, with its seed. */
  readonly failure: string | null
}

/** Gives spoilt input to every layer that parses what comes from outside. One seed is one case. */
export async function fuzz(cases: number, from: number): Promise<Fuzzed> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-fuzz-'))
  await using stack = new AsyncDisposableStack()
  const targets = targetsIn(folder, stack)
  const byShare = Object.entries(targets).flatMap(([name, target]) =>
    Array.from({ length: target.share }, () => [name, target] as const),
  )
  const counts: Record<string, number> = {}
  const prototypes = inherited()
  let longestMs = 0
  try {
    for (let seed = from; seed < from + cases; seed++) {
      const [name, target] = byShare[seed % byShare.length] ?? []
      if (name === undefined || target === undefined) break
      // Processor time: on a busy machine any case may take long.
      const before = process.cpuUsage()
      const wrong = await failureOf(target, seed)
      const { user, system } = process.cpuUsage(before)
      const ms = (user + system) / 1_000
      longestMs = Math.max(longestMs, ms)
      counts[name] = (counts[name] ?? 0) + 1
      const polluted = inherited() === prototypes ? null : 'a prototype was changed'
      const slow = ms > LONGEST_MS ? `it took ${Math.round(ms)} ms` : null
      const what = wrong ?? polluted ?? slow
      if (what !== null) return { cases: counts, longestMs, failure: `${name}, seed ${seed}: ${what}` }
    }
    return { cases: counts, longestMs, failure: null }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function failureOf(target: Target, seed: number): Promise<string | null> {
  try {
    return await target.run(chanceOf(randomOf(seed)))
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}

/** What every object has from its prototypes. */
function inherited(): string {
  return [Object.prototype, Array.prototype, Function.prototype, String.prototype]
    .map((prototype) => Object.getOwnPropertyNames(prototype).join())
    .join('\n')
}
