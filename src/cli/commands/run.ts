import { InvalidArgumentError } from '@commander-js/extra-typings'
import type { Composed } from '../../compose/connector.ts'
import { EXIT_CODES } from '../../core/errors.ts'
import { type Loop, LOOPS } from '../../core/loops.ts'
import type { Serving } from '../../http/serve.ts'
import type { RegisterCommand } from '../support/command.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('run')
    .option(
      '--loops <names>',
      `only these of ${LOOPS.join(', ')}, when other instances run the rest on the same database (default: all)`,
      loopsOf,
    )
    .action(async ({ loops }) => finish(await run(environment, loops)))
}

function loopsOf(text: string): ReadonlySet<Loop> {
  const names = text.split(',').map((name) => name.trim())
  const known = names.flatMap((name) => LOOPS.find((loop) => loop === name) ?? [])
  if (known.length < names.length)
    throw new InvalidArgumentError(`give loops separated by commas: ${LOOPS.join(', ')}`)
  return new Set(known)
}

/** Runs the connector until a signal stops it or it fails. */
async function run(environment: NodeJS.ProcessEnv, loops?: ReadonlySet<Loop>): Promise<number> {
  const [
    { readConfig },
    { compose },
    { endSoon, keepHeapsSmall, processRuntime, stopSignal },
    { serveHttp },
    { observed },
    { warnOfSkew },
    { ledgerName },
    { warnOfExposed },
  ] = await Promise.all([
    import('../../compose/config.ts'),
    import('../../compose/connector.ts'),
    import('../../compose/process.ts'),
    import('../../http/serve.ts'),
    import('../../compose/observe/figures.ts'),
    import('../../core/ledger/clock.ts'),
    import('../../compose/ledger/open.ts'),
    import('../../compose/exposed.ts'),
  ])
  keepHeapsSmall()
  const config = readConfig(environment)
  let composed: Composed | null = null
  const observations = observed(config, () => composed)
  const process = await processRuntime(config, observations.observe)
  const { runtime } = process
  using stopping = stopSignal(runtime.log)
  const stop = stopping.signal
  warnOfExposed(config, runtime.log)
  let probes: Serving | null = null
  try {
    const served = { observed: observations, scrape: process.scrape, ledger: () => composed?.ledger ?? null }
    probes = await serveHttp(config, served, runtime.log)
    composed = await compose(config, runtime, loops)
    runtime.log.info('started', {
      ledger: ledgerName(config),
      ...(loops ? { loops: [...loops] } : {}),
      queues: config.rules.sourceAddresses.map(({ entity }) => entity),
      outcomes: config.OUTCOMES_QUEUE,
    })
    await warnOfSkew(composed.ledger, runtime)
    await runUntilStopped(composed, stop)
  } finally {
    await probes?.pauseReplays()
    await composed?.close()
    await probes?.close()
    runtime.log.info('stopped')
    await process.close()
    observations.close()
    // What failed before it was composed left nothing open.
    if (composed !== null || stop.aborted) endSoon()
  }
  return EXIT_CODES.done
}

async function runUntilStopped({ service, lost }: Composed, stop: AbortSignal): Promise<void> {
  const { whenAborted } = await import('../../compose/process.ts')
  const running = service.run()
  // It may also fail while it stops for another reason, and that reason is the one to report.
  running.catch(() => {})
  try {
    await Promise.race([running, whenAborted(stop), lost])
  } finally {
    await service.stop()
  }
  await running
}
