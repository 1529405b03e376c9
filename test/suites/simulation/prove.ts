import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { COMPILE_CACHE } from '../../fakes/compile-cache.ts'
import { staleAmong, tasksIn } from '../../mutants/lists.ts'
import type { Mutant } from '../../mutants/mutant.ts'
import { BROKEN_PROMISES } from './mutants.ts'
import { simulate } from './simulate.ts'

/**
 * `npm run simulate:prove [-- --seeds N]`: breaks one promise after another and shows how many
 * seeds it takes until the simulation notices. Exits with 1 if one goes unnoticed.
 */
const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '400' }, only: { type: 'string', default: '' } },
})
const here = (path: string): string => pathToFileURL(join(import.meta.dirname, path)).href

/** The seed that noticed it first, and what was violated; `null` when none did. */
async function firstNotice(
  mutant: Mutant,
): Promise<{ readonly seed: number; readonly violation: string } | null> {
  const child = spawn(
    process.execPath,
    ['--import', here('../../mutants/apply.ts'), join(import.meta.dirname, 'first-failure.ts'), values.seeds],
    {
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, MUTANT: JSON.stringify(mutant) },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const said = (await text(child.stdout)).trim()
  if (said === 'none') return null
  const [seed = '', ...words] = said.split(' ')
  return { seed: Number(seed), violation: words.join(' ') }
}

const tasks = tasksIn('simulation', BROKEN_PROMISES)
const [stale] = staleAmong(tasks)
if (stale !== undefined) throw new Error(stale)
const chosen = tasks.filter(({ mutant: { breaks } }) => breaks.includes(values.only))
if (chosen.length === 0) throw new Error(`no promise has '${values.only}' in its name`)
let [unnoticed, most] = [0, 0]
for (const { mutant } of chosen) {
  const notice = await firstNotice(mutant)
  if (notice === null) unnoticed += 1
  most = Math.max(most, notice?.seed ?? 0)
  const seeds = notice?.seed ?? `not in ${values.seeds}`
  process.stdout.write(`${String(seeds).padEnd(12)}${mutant.breaks}\n`)
  if (notice) process.stdout.write(`${' '.repeat(12)}  ${notice.violation.slice(0, 100)}\n`)
}
// What fails without a change proves nothing.
const unbroken = await simulate({ from: 1, seeds: most })
if (unbroken.failure !== null) throw new Error(`without a change: ${unbroken.failure}`)
process.exitCode = unnoticed === 0 ? 0 : 1
