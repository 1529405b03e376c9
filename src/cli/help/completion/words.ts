import type { Command, Option } from 'commander'
import { allCommands, isGroup } from '../tree.ts'

/**
 * What can follow a command: sub-commands, options, the values of each option, and whether files
 * can follow.
 */
export interface Node {
  /** The words of the command: `''` for `rollcall` itself, `dead-letters list`. */
  readonly path: string
  readonly commands: readonly Word[]
  readonly options: readonly OptionWord[]
  readonly values: readonly string[]
  readonly takesFile: boolean
}
export interface Word {
  readonly word: string
  readonly about: string
}
export interface OptionWord extends Word {
  readonly takesValue: boolean
  readonly values: readonly string[]
  readonly takesFile: boolean
}

/**
 * Every command that completion knows, from the tree. A group with a default command has its
 * options too.
 */
export function nodesOf(program: Command): readonly Node[] {
  return [nodeOf(program, ''), ...allCommands(program).map(({ name, command }) => nodeOf(command, name))]
}

function nodeOf(command: Command, path: string): Node {
  const called = isGroup(command)
    ? (command.commands.find((one) => isDefault(command, one)) ?? command)
    : command
  const argument = called.registeredArguments[0]
  return {
    path,
    commands: command.commands.map((one) => ({ word: one.name(), about: firstLine(one.description()) })),
    options: [
      ...called.options.filter(({ hidden }) => !hidden).flatMap(optionWords),
      { word: '--help', about: 'show help', takesValue: false, values: [], takesFile: false },
    ],
    values: argument?.argChoices ?? [],
    takesFile: argument !== undefined && /file/.test(argument.name()),
  }
}

/**
 * Commander does not expose the name of the default command. Where a group has a `list`, that is
 * it.
 */
const isDefault = (group: Command, command: Command): boolean =>
  '_defaultCommandName' in group && group._defaultCommandName === command.name()

function optionWords(option: Option): readonly OptionWord[] {
  const takesValue = option.required || option.optional
  const rest = {
    about: firstLine(option.description),
    takesValue,
    values: option.argChoices ?? [],
    takesFile: takesValue && /<(?:file|folder)>/.test(option.flags),
  }
  return option.long === undefined || option.long === null ? [] : [{ word: option.long, ...rest }]
}

const firstLine = (text: string): string => text.split(/[;\n]/)[0] ?? ''

/**
 * One `case` line for each sub-command that can follow the words before it: it names the node that
 * they lead to.
 */
export function walkLines(nodes: readonly Node[]): string {
  return nodes
    .filter(({ path }) => path !== '')
    .map(({ path }) => `    ${quoted(path.includes(' ') ? path : ` ${path}`)}) node=${quoted(path)} ;;`)
    .join('\n')
}

/** One `case` line for each option that takes a value, with what completes the value. */
export function valueLines(nodes: readonly Node[], complete: (option: OptionWord) => string): string {
  return nodes
    .flatMap(({ path, options }) =>
      options
        .filter(({ takesValue }) => takesValue)
        .map((option) => `  ${quoted(`${path}|${option.word}`)}) ${complete(option)} ;;`),
    )
    .join('\n')
}

/** A text as one word of bash and zsh. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
