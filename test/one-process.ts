import { globSync } from 'node:fs'

/**
 * Test files that share a process, by the file that runs them all. To start a process for each
 * costs more than most of them take. What measures time, ends its process or leaves something in it
 * has a process of its own.
 */
export const ONE_PROCESS = {
  'test/light.ts': { folders: 'test/{core,config,http}', except: 'test/core/intake/body' },
  'test/cli/together.ts': { folders: 'test/cli', except: 'test/cli/doubles' },
  'test/local/together.ts': { folders: 'test/local/{entra,service-bus}', except: null },
} as const

export type Together = keyof typeof ONE_PROCESS

/** The files that `together` runs, from the root of the project. */
export function filesOf(together: Together): readonly string[] {
  const { folders, except } = ONE_PROCESS[together]
  const options = { cwd: `${import.meta.dirname}/..`, exclude: except === null ? [] : [`${except}/**`] }
  return globSync(`${folders}/**/*.test.ts`, options).toSorted()
}
