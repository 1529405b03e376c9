import { Command, CommanderError, type CommandUnknownOpts, Help } from '@commander-js/extra-typings'
import { EXIT_CODES } from '../core/errors.ts'
import { COMMANDS, type CommandEntry } from './command-table.ts'
import { completeCommands } from './help/tree.ts'
import { suggestionFor } from './help/suggest.ts'
import type { CommandContext } from './support/command.ts'
import { failureOf } from './support/failure.ts'
import { printJsonInLines, printLines, say } from './support/output.ts'
import { showTimesIn } from './support/screen/when.ts'
import { versionOf } from './support/version.ts'

/**
 * Runs one command and returns its exit code (see `EXIT_CODES`). Prints every error and never
 * rejects.
 */
export async function runCommand(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  let exitCode: number = EXIT_CODES.done
  const program = await programFor(argv, { environment, finish: (code) => void (exitCode = code) })
  printJsonInLines(false)
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.code === 'commander.excessArguments') say(...suggestionFor(program, argv))
      return error.exitCode === 0 ? EXIT_CODES.done : EXIT_CODES.calledWrongly
    }
    const failure = failureOf(error)
    say(...failure.lines)
    return failure.exitCode
  }
}

/**
 * The commands, ready to parse `argv`. Only the one that it calls is loaded; of the others there are
 * the names, for the help and for the nearest name.
 */
function programFor(argv: readonly string[], context: CommandContext): Promise<Command> {
  const [first, second] = argv.filter((word) => !word.startsWith('-'))
  const called = first === 'help' ? second : first
  // A script of completions has all words of all commands.
  return programWith(argv, context, ({ name }) => name === called || called === 'completion')
}

/** All commands with everything that they take, to be looked at and not run. */
export function wholeProgram(): Promise<Command> {
  return programWith([], { environment: {}, finish: () => {} }, () => true)
}

async function programWith(
  argv: readonly string[],
  context: CommandContext,
  isLoaded: (entry: CommandEntry) => boolean,
): Promise<Command> {
  const entries = await Promise.all(
    COMMANDS.map(async (entry) => ({ ...entry, register: isLoaded(entry) ? await entry.load() : null })),
  )
  const program = newProgram(argv)
  for (const { name, about, register } of entries) {
    if (register) register(program, context)
    else program.command(name)
    program.commands.find((one) => one.name() === name)?.description(about)
  }
  completeCommands(program)
  return program.hook('preAction', (_, command) => {
    const { tz }: { readonly tz?: string } = command.opts()
    showTimesIn(tz ?? null)
  })
}

function newProgram(argv: readonly string[]): Command {
  // A line break in an argument must not begin a new line of the message.
  const brokenArgument = argv.some((one) => one.includes('\n'))
  return new Command('rollcall')
    .description(
      'HR events from Azure Service Bus to Microsoft Entra API-driven provisioning, with an answer for every event',
    )
    .version(versionOf(), '-V, --version', 'print the version of rollcall and of Node')
    .exitOverride()
    .showHelpAfterError('(--help lists commands and options)')
    .enablePositionalOptions()
    .configureHelp({ subcommandTerm })
    .configureOutput({
      writeOut: (text) => printLines(...linesOf(text)),
      writeErr: (text) => say(...linesOf(text)),
      outputError: (text) => say(...(brokenArgument ? [text.trimEnd()] : linesOf(text))),
    })
}

const help = new Help()
/** In the list of all commands only the name, because most of them are not loaded. */
const subcommandTerm = (command: CommandUnknownOpts): string =>
  command.parent?.parent === null ? command.name() : help.subcommandTerm(command)

const linesOf = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n')
