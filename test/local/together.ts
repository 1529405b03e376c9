import { globSync } from 'node:fs'

/** The tests of both doubles, in one process for the reason in `test/light.ts`. */
const files = globSync('{entra,service-bus}/**/*.test.ts', { cwd: import.meta.dirname })
for (const file of files.toSorted()) await import(`./${file}`)
