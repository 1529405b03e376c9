import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { type Loop, LOOPS } from './core/loops.ts'
import { deadLetterCommands } from './cli/dead-letters/register.ts'
import { failureOf } from './cli/support/failure.ts'
import { type Format, keepTerminal, printLines, say } from './cli/support/output.ts'
import { findingsCommands } from './cli/findings/register.ts'
import { leaverCommands } from './cli/leavers/register.ts'
import { endingCommands, replayCommands } from './cli/replay/register.ts'

// Ledger, exports, backups, caches: all of it is about people, so only the user whose process this is may read it.
process.umask(0o077)

// Halves what it takes to begin. In a folder of the user's own, since what lies there is run; where there is none, or it cannot be written, it goes without.
const caches = process.env['XDG_CACHE_HOME'] || (process.env['HOME'] && join(process.env['HOME'], '.cache'))
if (caches) enableCompileCache(join(caches, 'rollcall'))

/**
 * argv → command → exit code: 0 done, 1 failed, 2 called wrongly, 3 the books do not balance, 4 not found, 5 the brake holds people,
 * 6 the ledger is of a newer release, 7 part of it was refused, gone or kept, 8 stopped before its end: the same command goes on.
 * Commands are loaded when they are asked for, so that `--help` is quick.
 */
export async function main(argv: readonly string[]): Promise<number> {
  let code = 0
  const program = new Command('rollcall')
    .description(
      'HR events from Azure Service Bus to Microsoft Entra API-driven provisioning, with an answer for every event',
    )
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)')
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => printLines(...linesOf(text)),
      writeErr: (text) => say(...linesOf(text)),
      // A line break in an argument is none of the message.
      outputError: (text) =>
        say(...(argv.some((one) => one.includes('\n')) ? [text.trimEnd()] : linesOf(text))),
    })

  program
    .command('demo')
    .description('both doubles and the connector in one process, on sample events or your own')
    .option('--events <file>', 'events as JSON lines, one CloudEvent a line (default: bundled sample events)')
    .option('--fast', 'short cycles, lag and windows, no call limits', false)
    .option('--exit', 'end when every event has its final outcome or waits for a moment', false)
    .option('--fresh', 'remove a former ledger of that name first', false)
    .option('--directory <file>', 'write what the directory holds in the end')
    .option('--ledger <file>', 'keep the ledger in this file (default: a temporary one)')
    .addOption(output())
    .action(async (options) => {
      code = await (await import('./cli/commands/demo.ts')).demo(options, process.env)
    })
  program
    .command('run')
    .description('run the connector; the environment says where (see docs/reference/configuration.md)')
    .option(
      '--loops <names>',
      `only these of ${LOOPS.join(', ')}; others run elsewhere on the same database (default: all)`,
      loops,
    )
    .action(async (options: { loops?: ReadonlySet<Loop> }) => {
      code = await (await import('./cli/commands/run.ts')).run(process.env, options.loops)
    })
  program
    .command('health')
    .description(
      'ask the rollcall run beside this whether it is ready: 0 yes, 1 no; for health checks of containers',
    )
    .option('--live', 'ask only whether it is alive', false)
    .action(async (options: { live: boolean }) => {
      code = await (
        await import('./cli/commands/health.ts')
      ).health(process.env, options.live ? 'live' : 'ready')
    })
  program
    .command('status')
    .description('what is in the ledger, and whether the books balance')
    .addOption(output())
    .action(async (options: { output: Format }) => {
      code = await (await import('./cli/commands/status.ts')).status(process.env, options.output)
    })
  program
    .command('trace')
    .description('the chain event → operation → batch → log record → Entra object')
    .argument(
      '<reference>',
      'event id, employee, operation (op-…), batch (batch-…), request id or Entra object id',
    )
    .option('--show-values', 'show the words of the service too, which may quote values', false)
    .addOption(output())
    .action(async (reference: string, options: { output: Format; showValues: boolean }) => {
      code = await (await import('./cli/commands/trace.ts')).trace(process.env, reference, options)
    })
  program
    .command('explain')
    .description(
      'why an event or a person is as it is: what applied, what stands in its place, what is held until when',
    )
    .argument('<reference>', 'event id, employee, or any other name that trace takes')
    .option('--show-values', 'show values of personal attributes', false)
    .addOption(output())
    .action(async (reference: string, options: { output: Format; showValues: boolean }) => {
      code = await (await import('./cli/commands/explain.ts')).explain(process.env, reference, options)
    })
  program
    .command('plan')
    .description(
      'what would be sent, as a diff against the last record taken; sends nothing and changes nothing',
    )
    .option('--events <file>', 'fold these events too: JSON lines, one CloudEvent a line')
    .option('--alone', 'with --events: leave the ledger out', false)
    .option('--mapping <file>', 'with the mapping of this rollcall.yaml instead of the one in force')
    .option(
      '--queue <name>',
      'with --events: the queue they are read as if they came from (default: that of the first source)',
    )
    .option('--as-of <date>', 'as it will be at this date or date-time (default: now)')
    .option('--employee <id>', 'only this person')
    .option('--show-values', 'show values of personal attributes', false)
    .addOption(output())
    .action(async (options) => {
      code = await (await import('./cli/commands/plan.ts')).plan(options, process.env)
    })

  program
    .command('events')
    .description('events in the order they were received, without their values')
    .option('--state <state>', 'only those in this state')
    .option('--since <instant>', 'only those received then or later')
    .addOption(
      new Option('--output <format>', 'table, json or ndjson')
        .choices(['table', 'json', 'ndjson'])
        .default('table'),
    )
    .action(async (options: { state?: string; since?: string; output: 'table' | 'json' | 'ndjson' }) => {
      code = await (await import('./cli/commands/events.ts')).events(process.env, options)
    })

  program
    .command('audit')
    .description('what people did by commands: who, when, what and why')
    .argument('[about]', 'dl-<number>, <queue>#<number> or "replay <number>" (default: everything)')
    .option('--since <instant>', 'only what was done then or later')
    .addOption(
      new Option('--output <format>', 'table, json or ndjson')
        .choices(['table', 'json', 'ndjson'])
        .default('table'),
    )
    .action(
      async (about: string | undefined, options: { since?: string; output: 'table' | 'json' | 'ndjson' }) => {
        code = await (await import('./cli/commands/audit.ts')).audit(process.env, about, options)
      },
    )

  const done = (result: number): void => {
    code = result
  }
  endingCommands(deadLetterCommands(program, done), done)
  replayCommands(program, done)
  findingsCommands(program, done)
  leaverCommands(program, done)

  program
    .command('check')
    .description('prove ledger, bus, log and job one by one, with what to do when one fails')
    .addOption(output())
    .action(async (options: { output: Format }) => {
      code = await (await import('./cli/commands/check.ts')).check(process.env, options.output)
    })
  const brake = program.command('brake').description('the limit on people put out at once')
  brake
    .command('status')
    .description('what it counts and whom it holds')
    .addOption(output())
    .action(async (options: { output: Format }) => {
      code = await (await import('./cli/commands/brake.ts')).brakeStatus(process.env, options.output)
    })
  brake
    .command('release')
    .description('let the people go who are held now')
    .requiredOption('--actor <name>', 'who decides it')
    .requiredOption('--justification <text>', 'why')
    .addOption(output())
    .action(async (options: { actor: string; justification: string; output: Format }) => {
      code = await (
        await import('./cli/commands/brake.ts')
      ).brakeRelease(process.env, options.actor, options.justification, options.output)
    })

  program
    .command('import')
    .description('full records as a baseline: CSV with dotted attribute paths in its header, or JSON lines')
    .argument('<file>', 'a .csv or .jsonl file; one column or key is employee')
    .requiredOption('--as-of <instant>', 'when the file was exported: what was recorded after it stands')
    .option('--source <name>', 'the source the records are of, as its events name it', '/import')
    .option('--rejected <file>', 'where rows that were not taken are listed (default: <file>.rejected.csv)')
    .addOption(output())
    .action(async (file: string, options) => {
      code = await (await import('./cli/commands/import.ts')).importFile(file, options, process.env)
    })

  program
    .command('erase')
    .description(
      'take everything the ledger holds of one person out of it, for good; the directory is untouched',
    )
    .argument('<employee>', 'employee id')
    .requiredOption('--actor <name>', 'who does it')
    .requiredOption('--justification <text>', 'why; free text, which is kept as it is')
    .option('--vacuum', 'PostgreSQL: write the tables anew, so that nothing stays in their files', false)
    .addOption(output())
    .action(async (employeeId: string, options) => {
      code = await (await import('./cli/commands/erase.ts')).erase(employeeId, options, process.env)
    })

  const ledger = program.command('ledger').description('the tables of the ledger, and where they are')
  ledger
    .command('migrate')
    .description(
      "make this release's tables in LEDGER, or bring those of an older release to it; run does so itself where it may",
    )
    .option('--grant-to <role>', 'PostgreSQL: let this role run on the tables, without the right to make any')
    .addOption(output())
    .action(async (options: { grantTo?: string; output: Format }) => {
      code = await (await import('./cli/commands/ledger-migrate.ts')).migrateLedger(options, process.env)
    })
  ledger
    .command('move')
    .description(
      'carry a ledger from a SQLite file to an empty PostgreSQL database, every row compared; all of it or nothing',
    )
    .requiredOption('--from <file>', 'the SQLite file; nobody may be running on it')
    .option(
      '--to <url>',
      'postgres://user@host/database (default: LEDGER); a password is better given by LEDGER_PASSWORD',
    )
    .addOption(output())
    .action(async (options: { from: string; to?: string; output: Format }) => {
      code = await (await import('./cli/commands/ledger-move.ts')).move(options, process.env)
    })

  ledger
    .command('restored')
    .description(
      'say that a ledger restored from a backup is whole again, so that planning and sending go on',
    )
    .requiredOption('--since <instant>', 'from when on everything HR sent was fed again')
    .requiredOption('--actor <name>', 'who says so')
    .requiredOption('--justification <text>', 'why')
    .addOption(output())
    .action(async (options) => {
      code = await (await import('./cli/commands/ledger-restored.ts')).ledgerRestored(process.env, options)
    })

  const config = program.command('config').description('the configuration: environment and rollcall.yaml')
  config
    .command('schema')
    .description('JSON Schema of rollcall.yaml, for editors')
    .action(async () => {
      code = (await import('./cli/commands/config.ts')).configSchema()
    })
  config
    .command('check')
    .description('read everything, compile mapping, shapes and sources, and say what is wrong and where')
    .argument('[file]', 'the file (default: ROLLCALL_CONFIG, or rollcall.yaml)')
    .action(async (file: string | undefined) => {
      code = (await import('./cli/commands/config.ts')).configCheck(process.env, file)
    })
  config
    .command('print')
    .description('what is in force, as a file; secrets masked')
    .action(async () => {
      code = (await import('./cli/commands/config.ts')).configPrint(process.env)
    })

  const local = program
    .command('local')
    .description('the local doubles of Service Bus and Entra alone')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--bus-port <port>', 'AMQP port (default: any free one)', port, 0)
    .option('--entra-port <port>', 'HTTP port (default: any free one)', port, 0)
    .option('--fast', 'short cycles and lag, no call limits', false)
    .option(
      '--entra-settings <file>',
      'settings of the Entra double as JSON: limits, mapping, faults, a directory to begin with',
    )
    .option('--bus-file <file>', 'keep what the bus holds in this file, so that killing it loses nothing')
    .option('--bus-settings <file>', 'settings and faults of the bus as JSON')
    .option('--bus-tls <folder>', 'let the bus speak TLS with a certificate made in this folder')
    .option('--bus-tls-port <port>', 'a port of the bus for TLS alone (clients look for it at 5671)', port)
    .action(async (options) => {
      code = await (await import('./cli/commands/local.ts')).local(options)
    })
  local
    .command('bus')
    .description('the Service Bus double alone, for any client')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'AMQP port', port, 5672)
    .option('--config <file>', 'Config.json of the official emulator (default: the one of the demo)')
    .option('--file <file>', 'keep what it holds in this file, so that killing it loses nothing')
    .option('--settings <file>', 'settings and faults as JSON')
    .option('--tls <folder>', 'speak TLS with a certificate made in this folder')
    .option('--tls-port <port>', 'a port for TLS alone (clients look for it at 5671)', port)
    .action(async (options) => {
      code = await (await import('./cli/commands/local.ts')).localBus(options)
    })
  local
    .command('feed')
    .description('send a file of events to the configured queue')
    .argument('<file>', 'events as JSON lines')
    .action(async (file: string) => {
      code = await (await import('./cli/commands/local.ts')).feedFile(file, process.env)
    })

  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const { lines, exitCode } = failureOf(error)
    say(...lines)
    return exitCode
  }
}

const linesOf = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n')

function output(): Option {
  return new Option('--output <format>', 'table or json').choices(['table', 'json']).default('table')
}

function loops(text: string): ReadonlySet<Loop> {
  const names = text.split(',').map((name) => name.trim())
  const known = names.flatMap((name) => LOOPS.find((loop) => loop === name) ?? [])
  if (known.length < names.length)
    throw new InvalidArgumentError(`loops are ${LOOPS.join(', ')}, with commas between them`)
  return new Set(known)
}

function port(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('a port is a whole number from 0 to 65535')
  return value
}

// Not where it is imported.
if (import.meta.main) {
  keepTerminal()
  const ended = (error: unknown): void => {
    say(...failureOf(error).lines)
    process.exit(1)
  }
  process.on('uncaughtException', ended)
  process.on('unhandledRejection', ended)
  // Not process.exit: what was written to stdout may still be on its way.
  process.exitCode = await main(process.argv.slice(2))
}
