import { Command, CommanderError } from '@commander-js/extra-typings'
import { EXIT_CODES } from '../core/errors.ts'
import * as alerts from './commands/alerts.ts'
import * as audit from './commands/audit.ts'
import * as block from './commands/blocks/block.ts'
import * as blocksImport from './commands/blocks/import.ts'
import * as blocksList from './commands/blocks/list.ts'
import * as unblock from './commands/blocks/unblock.ts'
import * as brakeRefuse from './commands/brake/refuse.ts'
import * as brakeRelease from './commands/brake/release.ts'
import * as brakeStatus from './commands/brake/status.ts'
import * as check from './commands/check.ts'
import * as completion from './commands/completion.ts'
import * as configCheck from './commands/config/check.ts'
import * as configPrint from './commands/config/print.ts'
import * as configSchema from './commands/config/schema.ts'
import * as demo from './commands/demo.ts'
import * as diff from './commands/directory/diff.ts'
import * as emergencyCalls from './commands/emergency/calls.ts'
import * as emergencyStatus from './commands/emergency/status.ts'
import * as employeeExport from './commands/employee/export.ts'
import * as employeeProvision from './commands/employee/provision.ts'
import * as employeeResend from './commands/employee/resend.ts'
import * as erase from './commands/erase.ts'
import * as events from './commands/events.ts'
import { registerEvidence } from './commands/evidence/report.ts'
import * as evidenceVerify from './commands/evidence/verify.ts'
import * as explain from './commands/explain.ts'
import * as findingsAcknowledge from './commands/findings/acknowledge.ts'
import * as findingsList from './commands/findings/list.ts'
import * as findingsShow from './commands/findings/show.ts'
import * as instances from './commands/instances/list.ts'
import * as health from './commands/health.ts'
import * as importBaseline from './commands/import.ts'
import * as init from './commands/init.ts'
import * as leaversAcknowledge from './commands/leavers/acknowledge.ts'
import * as leaversList from './commands/leavers/list.ts'
import * as leaversResend from './commands/leavers/resend.ts'
import * as ledgerBackup from './commands/ledger/backup.ts'
import * as ledgerMigrate from './commands/ledger/migrate.ts'
import * as ledgerMove from './commands/ledger/move.ts'
import * as ledgerRestored from './commands/ledger/restored.ts'
import * as ledgerRotateKey from './commands/ledger/rotate-key.ts'
import * as ledgerVerify from './commands/ledger/verify.ts'
import * as localBus from './commands/local/bus.ts'
import { registerLocal } from './commands/local/doubles.ts'
import * as localFeed from './commands/local/feed.ts'
import * as notificationsList from './commands/notifications/list.ts'
import * as notificationsTest from './commands/notifications/test.ts'
import * as plan from './commands/plan.ts'
import * as replaysCancel from './commands/replays/cancel.ts'
import * as replaysList from './commands/replays/list.ts'
import * as replaysPause from './commands/replays/pause.ts'
import * as replaysResume from './commands/replays/resume.ts'
import * as replaysShow from './commands/replays/show.ts'
import * as run from './commands/run.ts'
import * as shapeTest from './commands/shape/test.ts'
import * as status from './commands/status.ts'
import * as trace from './commands/trace.ts'
import { completeCommands } from './help/tree.ts'
import { suggestionFor } from './help/suggest.ts'
import { deadLetterCommands } from './dead-letters/register.ts'
import { endingCommands, replayCommand } from './replay/register.ts'
import type { CommandContext, RegisterCommand } from './support/command.ts'
import { failureOf } from './support/failure.ts'
import { printJsonInLines, printLines, say } from './support/output.ts'
import { showTimesIn } from './support/screen/when.ts'
import { versionOf } from './support/version.ts'

/**
 * Runs one command and returns its exit code (see `EXIT_CODES`). Prints every error and never
 * rejects. Each command loads its modules when it is called, so that `--help` is quick.
 */
export async function runCommand(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  let exitCode: number = EXIT_CODES.done
  const program = programFor(argv, { environment, finish: (code) => void (exitCode = code) })
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

/** All commands, ready to parse `argv`. */
export function programFor(argv: readonly string[], context: CommandContext): Command {
  const program = newProgram(argv)
  registerAll(program, context)
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
    .configureOutput({
      writeOut: (text) => printLines(...linesOf(text)),
      writeErr: (text) => say(...linesOf(text)),
      outputError: (text) => say(...(brokenArgument ? [text.trimEnd()] : linesOf(text))),
    })
}

const linesOf = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n')

/** Registers the commands in the order of the help. */
function registerAll(program: Command, context: CommandContext): void {
  const register = (parent: Command, ...commands: readonly { register: RegisterCommand }[]): void => {
    for (const command of commands) command.register(parent, context)
  }
  const group = (name: string, description: string): Command => program.command(name).description(description)

  register(program, demo, run, health, status, alerts, instances, trace, explain, plan, events, audit)
  endingCommands(deadLetterCommands(program, context), context)
  replayCommand(program, context)
  register(
    group('replays', 'runs of replay and the outcomes of their dead letters'),
    replaysList,
    replaysShow,
    replaysResume,
    replaysPause,
    replaysCancel,
  )
  register(
    group('findings', 'problems to look at that are not dead letters'),
    findingsList,
    findingsShow,
    findingsAcknowledge,
  )
  register(
    group('leavers', 'employees who left and are not proven to be disabled in the directory'),
    leaversList,
    leaversAcknowledge,
    leaversResend,
  )
  register(
    group('emergency', 'the lane that disables the accounts of leavers past the provisioning job'),
    emergencyStatus,
    emergencyCalls,
  )
  register(
    group('notifications', 'messages about alerts: the channels, and whether they arrive'),
    notificationsList,
    notificationsTest,
  )
  register(program, block, unblock)
  register(group('blocks', 'employees who are kept disabled whatever HR says'), blocksList, blocksImport)
  register(registerEvidence(program, context), evidenceVerify)
  register(
    group('employee', 'one employee: export what is held, send now, send once more'),
    employeeExport,
    employeeProvision,
    employeeResend,
  )
  register(program, check, diff)
  register(
    group('brake', 'the limit on deactivations in a time window'),
    brakeStatus,
    brakeRelease,
    brakeRefuse,
  )
  register(program, importBaseline, erase, init)
  register(
    group('ledger', 'create, migrate, move, encrypt, back up and restore the ledger'),
    ledgerMigrate,
    ledgerMove,
    ledgerBackup,
    ledgerVerify,
    ledgerRestored,
    ledgerRotateKey,
  )
  register(
    group('config', 'the configuration: environment and rollcall.yaml'),
    configSchema,
    configCheck,
    configPrint,
  )
  register(group('shape', 'the shapes that read the payloads of sources'), shapeTest)
  register(registerLocal(program, context), localBus, localFeed)
  register(program, completion)
}
