import './private-cache.mjs'

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
