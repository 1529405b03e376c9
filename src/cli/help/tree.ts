import { type Command, Option } from '@commander-js/extra-typings'
import type { Command as AnyCommand } from 'commander'
import { EXAMPLES } from './examples.ts'

/** A command that does something, and its name under `rollcall`: `dead-letters list`. */
export interface NamedCommand {
  readonly name: string
  readonly command: AnyCommand
}

/** Every command and group under this one, in the order of the help. */
export function allCommands(parent: AnyCommand, prefix = ''): readonly NamedCommand[] {
  return parent.commands.flatMap((command) => {
    const name = `${prefix}${command.name()}`
    return [{ name, command }, ...allCommands(command, `${name} `)]
  })
}

/** Commands that also hold some. */
const WITH_COMMANDS = new Set(['local', 'evidence'])

/** A group only holds commands. */
export function isGroup(command: AnyCommand): boolean {
  return command.commands.length > 0 && !WITH_COMMANDS.has(command.name())
}

/** Those that can be called, without groups. */
export function callableCommands(program: AnyCommand): readonly NamedCommand[] {
  return allCommands(program).filter(({ command }) => !isGroup(command))
}

/** Adds examples to the help of each command, and `--tz` to those that print a table. */
export function completeCommands(program: Command): void {
  for (const { name, command } of callableCommands(program as AnyCommand)) {
    if (command.options.some(({ long }) => long === '--output'))
      command.addOption(
        new Option(
          '--tz <zone>',
          'the zone of local times in tables, as in Europe/Berlin (default: of the machine)',
        ),
      )
    const examples = EXAMPLES[name] ?? []
    if (examples.length === 0) continue
    const lines = examples.flatMap(([line, does]) => [`  rollcall ${line}`, `      ${does}`])
    command.addHelpText('after', ['', 'Examples:', ...lines].join('\n'))
  }
}
