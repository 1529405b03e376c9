import type { Command, Option } from 'commander'
import { EXAMPLES } from '../../src/cli/help/examples.ts'
import { callableCommands, type NamedCommand } from '../../src/cli/help/tree.ts'
import { wholeProgram } from '../../src/cli/program.ts'

const START = '## All commands\n'
const program = (await wholeProgram()) as Command

/** The page of commands: its beginning is written by hand, the rest is read off the parser. */
export function renderCommands(page: string): string {
  const start = page.indexOf(START)
  const byHand = start === -1 ? `${page.trimEnd()}\n\n` : page.slice(0, start)
  const sections = callableCommands(program).map(section)
  return `${byHand}${START}
\`npm run docs\` makes this list from the commands themselves. \`--output\` takes \`table\`, \`json\` or \`ndjson\`,
\`--tz\` a time zone, and \`--help\` shows what is here.

${sections.join('\n\n')}
`
}

/** Options that are explained once for all commands. */
const EVERYWHERE = new Set(['--output', '--tz', '--help'])

function section({ name, command }: NamedCommand): string {
  const options = command.options.filter(({ long, hidden }) => !hidden && !EVERYWHERE.has(long ?? ''))
  const words = [
    ...command.registeredArguments.map((one) => [usageOf(one), one.description, one.argChoices] as const),
    ...options.map((option) => [option.flags, describe(option), option.argChoices] as const),
  ]
  return [
    `### ${name}`,
    sentence(command.description()),
    ...(words.length === 0
      ? []
      : [
          ['| | |', '| --- | --- |', ...words.map(([flags, text, values]) => row(flags, text, values))].join(
            '\n',
          ),
        ]),
    ['```sh', ...(EXAMPLES[name] ?? []).map(([line, does]) => `rollcall ${line}  # ${does}`), '```'].join(
      '\n',
    ),
  ].join('\n\n')
}

function usageOf(argument: Command['registeredArguments'][number]): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}

function describe({ description, mandatory, defaultValue }: Option): string {
  const said = defaultValue === undefined || defaultValue === false || description.includes('default:')
  return `${description}${said ? '' : ` (default: \`${String(defaultValue)}\`)`}${mandatory ? ' (required)' : ''}`
}

function row(flags: string, text: string, values: readonly string[] | undefined): string {
  const choices = values === undefined ? '' : `: ${values.map((value) => `\`${value}\``).join(', ')}`
  return `| \`${flags}\` | ${`${text}${choices}`.replaceAll('|', '\\|').replaceAll('<', '&lt;')} |`
}

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
