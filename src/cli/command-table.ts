import type { RegisterCommand } from './support/command.ts'

/** What is called by one word after `rollcall`: a command, or a group of commands. */
export interface CommandEntry {
  readonly name: string
  /** What it does, for the list of all commands and for its own help. */
  readonly about: string
  /** Loads what registers it and all that is below it. */
  readonly load: () => Promise<RegisterCommand>
}

interface CommandModule {
  readonly register: RegisterCommand
}

const command = (name: string, about: string, load: () => Promise<CommandModule>): CommandEntry => ({
  name,
  about,
  load: async () => (await load()).register,
})

const group = (name: string, about: string, load: () => Promise<readonly CommandModule[]>): CommandEntry => ({
  name,
  about,
  load: async () => {
    const modules = await load()
    return (program, context) => {
      const parent = program.command(name)
      for (const { register } of modules) register(parent, context)
    }
  },
})

/** In the order of the help. Only what is called is loaded, so that help and commands begin quickly. */
export const COMMANDS: readonly CommandEntry[] = [
  command(
    'demo',
    'run both doubles and the connector in one process, on sample events or your own',
    () => import('./commands/demo.ts'),
  ),
  command(
    'run',
    'run the connector; docs/reference/configuration.md lists its settings',
    () => import('./commands/run.ts'),
  ),
  command(
    'health',
    'check whether rollcall run on this machine is ready: exit 0 yes, 1 no; for health checks of containers',
    () => import('./commands/health.ts'),
  ),
  command(
    'status',
    'the counts of the ledger, and whether the books balance',
    () => import('./commands/status.ts'),
  ),
  command(
    'alerts',
    'what needs a person now: how many, since when, and the command that helps',
    () => import('./commands/alerts.ts'),
  ),
  command(
    'instances',
    'the connectors on the ledger: running, lost and ended, with what each runs and how it differs from the configuration here',
    () => import('./commands/instances/list.ts'),
  ),
  command(
    'trace',
    'what was sent and what Entra said: event → operation with its record → batch → log record → Entra object',
    () => import('./commands/trace.ts'),
  ),
  command(
    'explain',
    'why an employee has access or has none and what to do next; why an event is in its state: what applied, what replaced it, what is held and until when',
    () => import('./commands/explain.ts'),
  ),
  command(
    'plan',
    'what would be sent, as a diff against the last accepted record; sends nothing and changes nothing',
    () => import('./commands/plan.ts'),
  ),
  command(
    'events',
    'events in the order they were received, without their values',
    () => import('./commands/events.ts'),
  ),
  command(
    'audit',
    'actions that operators took with commands: who, when, what and why, oldest first',
    () => import('./commands/audit.ts'),
  ),
  {
    name: 'dead-letters',
    about:
      'events and messages that failed, on the bus and in the ledger; listing them locks and changes nothing',
    load: async () => {
      const [{ deadLetterCommands }, { endingCommands }] = await Promise.all([
        import('./dead-letters/register.ts'),
        import('./replay/register.ts'),
      ])
      return (program, context) => endingCommands(deadLetterCommands(program, context), context)
    },
  },
  {
    name: 'replay',
    about:
      'put dead letters back at their own place in the order; the selection is frozen first, and the same command continues an interrupted run',
    load: async () => (await import('./replay/register.ts')).replayCommand,
  },
  group('replays', 'runs of replay and the outcomes of their dead letters', () =>
    Promise.all([
      import('./commands/replays/list.ts'),
      import('./commands/replays/show.ts'),
      import('./commands/replays/resume.ts'),
      import('./commands/replays/pause.ts'),
      import('./commands/replays/cancel.ts'),
    ]),
  ),
  group('findings', 'problems to look at that are not dead letters', () =>
    Promise.all([
      import('./commands/findings/list.ts'),
      import('./commands/findings/show.ts'),
      import('./commands/findings/acknowledge.ts'),
    ]),
  ),
  group('leavers', 'employees who left and are not proven to be disabled in the directory', () =>
    Promise.all([
      import('./commands/leavers/list.ts'),
      import('./commands/leavers/acknowledge.ts'),
      import('./commands/leavers/resend.ts'),
    ]),
  ),
  group('emergency', 'the lane that disables the accounts of leavers past the provisioning job', () =>
    Promise.all([import('./commands/emergency/status.ts'), import('./commands/emergency/calls.ts')]),
  ),
  group('notifications', 'messages about alerts: the channels, and whether they arrive', () =>
    Promise.all([import('./commands/notifications/list.ts'), import('./commands/notifications/test.ts')]),
  ),
  command(
    'block',
    'keep an employee disabled whatever HR says, until rollcall unblock or --until',
    () => import('./commands/blocks/block.ts'),
  ),
  command(
    'unblock',
    'lift a block: the employee is sent as HR says again',
    () => import('./commands/blocks/unblock.ts'),
  ),
  group('blocks', 'employees who are kept disabled whatever HR says', () =>
    Promise.all([import('./commands/blocks/list.ts'), import('./commands/blocks/import.ts')]),
  ),
  {
    name: 'evidence',
    about:
      'a report for auditors: leavers with proof, calls of the emergency lane, moves, decisions, replays, configuration, disclosures',
    load: async () => {
      const [{ registerEvidence }, verify] = await Promise.all([
        import('./commands/evidence/report.ts'),
        import('./commands/evidence/verify.ts'),
      ])
      return (program, context) => verify.register(registerEvidence(program, context), context)
    },
  },
  group('employee', 'one employee: export what is held, send now, send once more', () =>
    Promise.all([
      import('./commands/employee/export.ts'),
      import('./commands/employee/provision.ts'),
      import('./commands/employee/resend.ts'),
    ]),
  ),
  command(
    'check',
    'test mapping, ledger, bus, log and job one by one, as run will use them, and say what to do when one fails',
    () => import('./commands/check.ts'),
  ),
  command(
    'diff',
    'compare the accounts that the directory holds with the ledger, and raise findings',
    () => import('./commands/directory/diff.ts'),
  ),
  group('brake', 'the limit on deactivations in a time window', () =>
    Promise.all([
      import('./commands/brake/status.ts'),
      import('./commands/brake/release.ts'),
      import('./commands/brake/refuse.ts'),
    ]),
  ),
  command(
    'import',
    'import full records as a baseline: a table with dotted attribute paths in its header, or JSON lines',
    () => import('./commands/import.ts'),
  ),
  command(
    'erase',
    'permanently remove everything the ledger holds about one employee; the directory does not change',
    () => import('./commands/erase.ts'),
  ),
  command(
    'init',
    'write a commented configuration, and its schema for editors; asks nothing and overwrites nothing',
    () => import('./commands/init.ts'),
  ),
  group('ledger', 'create, migrate, move, encrypt, back up and restore the ledger', () =>
    Promise.all([
      import('./commands/ledger/migrate.ts'),
      import('./commands/ledger/move.ts'),
      import('./commands/ledger/backup.ts'),
      import('./commands/ledger/verify.ts'),
      import('./commands/ledger/restored.ts'),
      import('./commands/ledger/rotate-key.ts'),
    ]),
  ),
  group('config', 'the configuration: environment and rollcall.yaml', () =>
    Promise.all([
      import('./commands/config/schema.ts'),
      import('./commands/config/check.ts'),
      import('./commands/config/print.ts'),
    ]),
  ),
  group('shape', 'the shapes that read the payloads of sources', async () => [
    await import('./commands/shape/test.ts'),
  ]),
  {
    name: 'local',
    about:
      'run only the doubles of Service Bus and Entra, with the queues and topics that rollcall.yaml names',
    load: async () => {
      const [{ registerLocal }, bus, feed] = await Promise.all([
        import('./commands/local/doubles.ts'),
        import('./commands/local/bus.ts'),
        import('./commands/local/feed.ts'),
      ])
      return (program, context) => {
        const local = registerLocal(program, context)
        bus.register(local, context)
        feed.register(local, context)
      }
    },
  },
  command(
    'completion',
    'a script that completes commands, options and their values in a shell',
    () => import('./commands/completion.ts'),
  ),
]
