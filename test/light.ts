import { globSync } from 'node:fs'

/**
 * Tests of rules that need neither a process nor a thread run in one process: to start one for each
 * file costs more than most of them. `npm test` runs this file instead of theirs. Tests of unpacking
 * measure time, so they keep a process of their own.
 */
const light = globSync('{core,config,http}/**/*.test.ts', {
  cwd: import.meta.dirname,
  exclude: ['core/intake/body/**'],
})
for (const file of light.toSorted()) await import(`./${file}`)
