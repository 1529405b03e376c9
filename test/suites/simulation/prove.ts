import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { Mutant } from '../../mutants/mutant.ts'
import { BROKEN_PROMISES } from './mutants.ts'
import { simulate } from './simulate.ts'

/**
 * `npm run simulate:prove [-- --seeds N]`: breaks one promise after another and shows how many
 * seeds it takes until the simulation notices. Exits with 1 if one goes unnoticed.
 */
const { values } = parseArgs({ options: { seeds: { type: 'string', default: '400' } } })
const here = (path: string): string => pathToFileURL(join(import.meta.dirname, path)).href

async function seedsUntilNoticed(mutant: Mutant): Promise<number | null> {
  const broken = {
    ...mutant,
    file: join(import.meta.dirname, '../../..', BROKEN_PROMISES.folder, mutant.file),
  }
  const child = spawn(
    process.execPath,
    ['--import', here('../../mutants/apply.ts'), join(import.meta.dirname, 'first-failure.ts'), values.seeds],
    { env: { ...process.env, MUTANT: JSON.stringify(broken) }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const said = (await text(child.stdout)).trim()
  return said === 'none' ? null : Number(said)
}

const unbroken = await simulate({ from: 1, seeds: Number(values.seeds) })
if (unbroken.failure !== null) throw new Error(`without a change: ${unbroken.failure}`)

let unnoticed = 0
for (const mutant of BROKEN_PROMISES.mutants) {
  const seeds = await seedsUntilNoticed(mutant)
  if (seeds === null) unnoticed += 1
  process.stdout.write(
    `${(seeds === null ? `not in ${values.seeds}` : String(seeds)).padEnd(12)}${mutant.breaks}\n`,
  )
}
process.exitCode = unnoticed === 0 ? 0 : 1
