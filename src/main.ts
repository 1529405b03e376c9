import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Ledger, exports, backups and caches contain personal data, so only the user of this process may
// read them.
process.umask(0o077)

// The compile cache halves the start time, so it comes before every other import. Node executes
// what is in the cache, so the folder must belong to the user.
const { XDG_CACHE_HOME: cacheHome, HOME: home } = process.env
const caches = cacheHome || (home && join(home, '.cache'))
if (caches) enableCompileCache(join(caches, 'rollcall'))

/** Runs one command, and returns its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const { runCommand } = await import('./cli/program.ts')
  return runCommand(argv, process.env)
}

/** Runs one command as the work of this process, and sets its exit code. */
export async function start(argv: readonly string[]): Promise<void> {
  const [{ failureOf }, { keepTerminal, say }] = await Promise.all([
    import('./cli/support/failure.ts'),
    import('./cli/support/output.ts'),
  ])
  keepTerminal()
  const fail = (error: unknown): void => {
    say(...failureOf(error).lines)
    process.exit(1)
  }
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  // process.exit would lose what stdout has not written yet.
  process.exitCode = await main(argv)
}

// Not when this file is imported.
if (import.meta.main) await start(process.argv.slice(2))
