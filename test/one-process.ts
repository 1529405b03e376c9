import { globSync } from 'node:fs'
import { it } from 'node:test'

interface Group {
  readonly files: readonly string[]
  readonly except?: readonly string[]
}

/**
 * Test files that share a process, by the name of the file in `test/groups` that runs them. To
 * start a process for each costs more than most of them take. Tests of one process run one after
 * the other, so a group takes about a minute at most. What measures time, ends its process or
 * leaves something in it has a process of its own.
 */
export const GROUPS = {
  adapters: {
    files: ['test/adapters/{*,{graph,hr-reader,intake-thread,log-analytics,notify,telemetry}/*}.test.ts'],
    except: ['test/adapters/expression-process.test.ts', 'test/adapters/telemetry/otlp.test.ts'],
  },
  cli: { files: ['test/cli/**/*.test.ts'], except: ['test/cli/doubles/destinations.test.ts'] },
  core: { files: ['test/{core,config}/**/*.test.ts'], except: ['test/core/intake/body/*'] },
  'entra-double': { files: ['test/local/{entra/**/*,*}.test.ts'] },
  http: { files: ['test/{http,compose}/**/*.test.ts'] },
  ledger: { files: ['test/adapters/ledger-sql/{*,sealing/*}.test.ts'] },
  postgres: { files: ['test/adapters/ledger-sql/postgres/{address,connect,plans,pooler,together}.test.ts'] },
  sqlite: { files: ['test/adapters/ledger-sql/sqlite/*.test.ts'] },
  'service-bus': { files: ['test/adapters/service-bus/*.test.ts'] },
  'service-bus-double': { files: ['test/local/service-bus/**/*.test.ts'] },
  texts: {
    files: ['test/{*,{clients,deploy,docs,scripts}/*}.test.ts'],
    except: [
      'test/deploy/{compose-flow,container}.test.ts',
      'test/docs/{as-written,guides,long-running}.test.ts',
    ],
  },
  e2e: { files: ['test/suites/e2e/{dead-letters,failures,hostile-names,replay,start}.test.ts'] },
  flow: { files: ['test/suites/flow/*.test.ts'], except: ['test/suites/flow/{correlation,traces}.test.ts'] },
  provision: { files: ['test/suites/provision/*.test.ts'] },
} as const satisfies Readonly<Record<string, Group>>

export type GroupName = keyof typeof GROUPS

/** The files of a group, from the root of the project. */
export function filesOf(name: GroupName): readonly string[] {
  const { files, except = [] }: Group = GROUPS[name]
  return globSync([...files], { cwd: `${import.meta.dirname}/..`, exclude: [...except] }).toSorted()
}

/** Runs the files of a group in this process. */
export async function runGroup(name: GroupName): Promise<void> {
  const loading = Promise.withResolvers<void>()
  // Until the last file is loaded, so that no `after` of a file runs while others still load: Node
  // runs them as soon as no test is left.
  void it('all files of the group can be loaded', () => loading.promise)
  for (const file of filesOf(name)) await import(`../${file}`)
  loading.resolve()
}
