import type { Command } from 'commander'
import { callableCommands } from '../../src/cli/help/tree.ts'
import { wholeProgram } from '../../src/cli/program.ts'

/** The words of a command line as a shell makes them. What follows a blank and # is a comment. */
export const wordsOf = (line: string): readonly string[] =>
  [...line.replace(/\s#.*/, '').matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word.replaceAll(
      /"([^"]*)"|'([^']*)'/g,
      (_, double: string | undefined, single: string) => double ?? single,
    ),
  )

/**
 * The name of the command that the parser would run for these words. Rejects as the parser does.
 */
export async function commandOf(words: readonly string[]): Promise<string> {
  const program = (await wholeProgram()) as Command
  let name = ''
  for (const one of callableCommands(program)) one.command.action(() => void (name = one.name))
  await program.parseAsync([...words], { from: 'user' })
  return name
}
