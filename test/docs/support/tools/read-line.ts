import { TOOL_COMMANDS, type ToolCommand } from './commands.ts'

/** A line of a tool that we do not run, as its own parser would read it. */
export interface ToolLine {
  /** Such as `az group create`. */
  readonly name: string
  /** Long name → the values given. A flag has the value `''`. */
  readonly options: ReadonlyMap<string, readonly string[]>
  readonly operands: readonly string[]
  /** What is run inside, such as the command of `docker compose exec`. */
  readonly inside: readonly string[]
  readonly problems: readonly string[]
}

/** `elided`: the line is shortened by an `…`, so something may be missing. */
export function readToolLine(words: readonly string[], elided = false): ToolLine {
  const length = [4, 3, 2, 1].find((count) => Object.hasOwn(TOOL_COMMANDS, words.slice(0, count).join(' ')))
  const name = words.slice(0, length).join(' ')
  const command = TOOL_COMMANDS[name]
  if (length === undefined || command === undefined)
    return {
      name: words.join(' '),
      options: new Map(),
      operands: [],
      inside: [],
      problems: ['no such command'],
    }
  return { name, ...readArguments(command, words.slice(length), elided) }
}

function readArguments(
  command: ToolCommand,
  words: readonly string[],
  elided: boolean,
): Omit<ToolLine, 'name'> {
  const problems: string[] = []
  const options = new Map<string, string[]>()
  const operands: string[] = []
  const [least, most] = command.operands ?? [0, 0]
  let at = 0
  for (; at < words.length; at += 1) {
    const word = words[at] ?? ''
    if (command.endsInCommand && operands.length === most) break
    if (!word.startsWith('-')) {
      operands.push(word)
      continue
    }
    const [, flag = word, attached] = /^(--?[\w-]+)=(.*)$/s.exec(word) ?? []
    const known = command.options.find((one) =>
      one.split('|').some((alias) => alias.replace('=', '') === flag),
    )
    if (known === undefined) {
      problems.push(`${flag} is not an option`)
      continue
    }
    const long = (known.split('|')[0] ?? '').replace('=', '')
    const takesValue = known.includes('=')
    if (takesValue && attached === undefined) at += 1
    const value = takesValue ? (attached ?? words[at]) : ''
    if (value === undefined) problems.push(`${flag} has no value`)
    options.set(long, [...(options.get(long) ?? []), value ?? ''])
  }
  if (operands.length > most) problems.push(`${operands.slice(most).join(' ')} belongs to no option`)
  if (!elided) {
    if (operands.length < least) problems.push('a name or a file is missing')
    for (const one of command.required ?? []) if (!options.has(one)) problems.push(`${one} is missing`)
  }
  const rest = words.slice(at)
  return { options, operands, inside: rest[0] === '--' ? rest.slice(1) : rest, problems }
}
