import { type Command, Option } from '@commander-js/extra-typings'
import { EXIT_CODES } from '../../../core/errors.ts'
import { destinationLines, destinationList, endpointsToCome } from '../../doubles/destinations.ts'
import { envLines } from '../../doubles/env-lines.ts'
import type { DoublesOptions } from '../../doubles/doubles.ts'
import type { CommandContext } from '../../support/command.ts'
import { port } from '../../support/options/options.ts'
import { printJsonLine, printLines, say } from '../../support/output.ts'

/** Adds `local`, which starts both doubles and is the parent of `bus` and `feed`. */
export function registerLocal(program: Command, { environment, finish }: CommandContext) {
  return program
    .command('local')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--bus-port <port>', 'AMQP port (default: any free one)', port, 0)
    .option('--entra-port <port>', 'HTTP port (default: any free one)', port, 0)
    .option(
      '--destinations <names>',
      'an Entra double for each of these destinations, separated by commas, with a directory of its own; the ports follow --entra-port',
      destinationList,
    )
    .option('--fast', 'short cycles and lag, no call limits', false)
    .option(
      '--entra-settings <file>',
      'settings of the Entra double as JSON: limits, mapping, faults, initial directory',
    )
    .option('--bus-file <file>', 'store the messages of the bus in this file, so that they survive a crash')
    .option('--bus-settings <file>', 'settings and faults of the bus as JSON')
    .option('--bus-tls <folder>', 'let the bus speak TLS with a certificate made in this folder')
    .option('--bus-tls-port <port>', 'a port of the bus for TLS only (clients expect 5671)', port)
    .addOption(
      new Option('--format <format>', 'how the variables are printed: json, or env for a shell')
        .choices(['json', 'env'] as const)
        .default('json' as const),
    )
    .action(async ({ format, ...options }) => finish(await startBoth(options, format, environment)))
}

/**
 * Runs until a signal. One line of JSON on stdout says that the doubles are ready, and how to use
 * them; with `env`, lines for a shell, of which the last is `# ready`.
 */
async function startBoth(
  options: DoublesOptions,
  format: 'json' | 'env',
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const [
    { namedEntities },
    { readConfig },
    { checkFiles },
    { processLog, stopSignal, whenAborted },
    { startDoubles, tlsOf },
  ] = await Promise.all([
    import('../../../compose/check/run-needs.ts'),
    import('../../../compose/config.ts'),
    import('../../../compose/files.ts'),
    import('../../../compose/process.ts'),
    import('../../doubles/doubles.ts'),
  ])
  checkFiles({
    readable: { '--entra-settings': options.entraSettings },
    writable: { '--bus-file': options.busFile },
  })
  const { destinations = [] } = options
  const { rules } = readConfig({ ...environment, ...endpointsToCome(destinations) })
  const entities = namedEntities(rules)
  using stop = stopSignal(processLog())
  const doubles = await startDoubles({ ...options, entities })
  try {
    const { bus, busCaFile, entra, entraOf, environment: env } = doubles
    if (entraOf.size > 0) say('For rollcall.yaml:', ...destinationLines(destinations))
    const entraPorts = Object.fromEntries([...entraOf].map(([name, { port }]) => [name, port]))
    if (format === 'env') printLines(...envLines(env), '# ready')
    else
      printJsonLine({
        ready: true,
        busPort: bus.port,
        entraPort: entra.port,
        ...(entraOf.size > 0 ? { entraPorts } : {}),
        ...tlsOf(bus, busCaFile),
        env,
      })
    await whenAborted(stop.signal)
  } finally {
    await doubles.stop()
  }
  return EXIT_CODES.done
}
