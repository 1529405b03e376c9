import { type Command, InvalidArgumentError, Option } from 'commander'
import { count, selecting } from '../dead-letters/register.ts'

/** `rollcall replay`, `rollcall replays` and what ends dead letters. `done` takes the exit code. */
export function replayCommands(program: Command, done: (code: number) => void): void {
  selecting(program.command('replay'))
    .description(
      'put dead letters back at their own place in the order; the selection is frozen first, and the same command goes on where it was stopped',
    )
    .argument('[ids...]', 'dl-<number> or <queue>#<number> (default: all that fit)')
    .option('--actor <name>', 'who does it')
    .option('--justification <text>', 'why')
    .option('--patch <json>', 'change each body by this JSON Merge Patch, or by that in @file')
    .option('--edit', 'change the bodies in an editor first', false)
    .option('--rate <n>', 'no more than so many a second', count)
    .option('--max <n>', 'no more than so many', count, 100_000)
    .option('--dry-run', 'say what would be done, and do nothing', false)
    .option('--yes', 'do not ask', false)
    .addOption(output())
    .action(async (ids: string[], options) =>
      done(await (await import('./replay.ts')).replay(ids, options, process.env)),
    )
  program
    .command('replays')
    .description('runs of the past, or every message of one: who, when, why and what came of it')
    .argument('[run]', 'the number of a run', number)
    .addOption(output())
    .action(async (run: number | undefined, { output: format }) =>
      done(await (await import('./replays.ts')).replays(process.env, run, format)),
    )
}

/** Below `dead-letters`. */
export function endingCommands(deadLetters: Command, done: (code: number) => void): void {
  const ending = (name: 'discard' | 'archive', description: string): Command =>
    selecting(deadLetters.command(name))
      .description(description)
      .argument('[ids...]', 'dl-<number> or <queue>#<number> (default: all that fit)')
      .requiredOption('--actor <name>', 'who does it')
      .requiredOption('--justification <text>', 'why')
      .option('--max <n>', 'no more than so many', count, 100_000)
      .option('--dry-run', 'say what would be done, and do nothing', false)
      .option('--yes', 'do it', false)
      .addOption(output())
      .action(async (ids: string[], options) =>
        done(await (await import('../dead-letters/end.ts')).endDead(name, ids, options, process.env)),
      )
  ending(
    'discard',
    'give them up for good: in the ledger they count as if they had never happened, from the bus they are taken away',
  ).option('--terminations', 'also those that put their person out; says who becomes active', false)
  ending('archive', 'put those in the ledger out of sight; who left stays out')
}

function output(): Option {
  return new Option('--output <format>', 'table or json').choices(['table', 'json']).default('table')
}

function number(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('it takes the number of a run')
  return value
}
