import { type Command, InvalidArgumentError } from '@commander-js/extra-typings'
import { selection } from '../dead-letters/register.ts'
import type { CommandContext } from '../support/command.ts'
import { actorOption, count, formatOption, justificationOption } from '../support/options.ts'

/** Adds `replay` and `replays`. */
export function replayCommands(program: Command, { environment, finish }: CommandContext): void {
  program.addCommand(
    selection(program, 'replay')
      .description(
        'put dead letters back at their own place in the order; the selection is frozen first, and the same command continues after a stop',
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
      .addOption(formatOption())
      .action(async (ids, options) =>
        finish(await (await import('./replay.ts')).replay(ids, options, environment)),
      ),
  )
  program
    .command('replays')
    .description('runs of the past, or every message of one: who, when, why and with what result')
    .argument('[run]', 'the number of a run', runNumber)
    .addOption(formatOption())
    .action(async (run, { output }) =>
      finish(await (await import('./replays.ts')).replays(environment, run, output)),
    )
}

/** Adds `discard` and `archive` to `dead-letters`. */
export function endingCommands(deadLetters: Command, { environment, finish }: CommandContext): void {
  deadLetters.addCommand(
    ending(deadLetters, 'discard')
      .description(
        'give them up for good: in the ledger they count as if they had never happened, on the bus they are removed',
      )
      .option('--terminations', 'also terminations; says which employees become active', false)
      .action(async (ids, options) =>
        finish(await (await import('../dead-letters/end.ts')).endDead('discard', ids, options, environment)),
      ),
  )
  deadLetters.addCommand(
    ending(deadLetters, 'archive')
      .description('put those in the ledger out of sight; employees who left stay deactivated')
      .action(async (ids, options) =>
        finish(await (await import('../dead-letters/end.ts')).endDead('archive', ids, options, environment)),
      ),
  )
}

function ending(deadLetters: Command, name: 'discard' | 'archive') {
  return selection(deadLetters, name)
    .argument('[ids...]', 'dl-<number> or <queue>#<number> (default: all that fit)')
    .addOption(actorOption('who does it'))
    .addOption(justificationOption('why'))
    .option('--max <n>', 'no more than so many', count, 100_000)
    .option('--dry-run', 'say what would be done, and do nothing', false)
    .option('--yes', 'do it', false)
    .addOption(formatOption())
}

function runNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('it takes the number of a run')
  return value
}
