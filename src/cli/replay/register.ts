import type { Command } from '@commander-js/extra-typings'
import { selection } from '../dead-letters/register.ts'
import type { CommandContext } from '../support/command.ts'
import { ownConfigOption } from '../support/running/in-force.ts'
import { yesOption } from '../support/options/confirm.ts'
import {
  actorOption,
  optionalActorOption,
  count,
  formatOption,
  justificationOption,
  optionalJustificationOption,
  showValuesOption,
} from '../support/options/options.ts'

/** Adds `replay`. */
export function replayCommand(program: Command, { environment, finish }: CommandContext): void {
  program.addCommand(
    selection(program, 'replay')
      .argument('[ids...]', 'dl-<number> or <queue>#<number> (default: all that fit)')
      .addOption(optionalActorOption('who does it'))
      .addOption(optionalJustificationOption('why'))
      .option(
        '--patch <patch>',
        'change each body first: a JSON Merge Patch, or the one in @file; FILE.jsonata, an expression that yields the new body; or FILE.csv, new values by id or employee',
      )
      .option('--edit', 'edit the bodies in an editor first', false)
      .option('--rate <n>', 'at most this many a second', count)
      .option('--max <n>', 'at most this many', count, 100_000)
      .option('--dry-run', 'show what would be done, and change nothing', false)
      .addOption(yesOption())
      .addOption(showValuesOption('show the values that an edit changes'))
      .addOption(ownConfigOption())
      .addOption(formatOption())
      .action(async (ids, options) =>
        finish(await (await import('./replay.ts')).replay(ids, options, environment)),
      ),
  )
}

/** Adds `discard` and `archive` to `dead-letters`. */
export function endingCommands(deadLetters: Command, { environment, finish }: CommandContext): void {
  deadLetters.addCommand(
    ending(deadLetters, 'discard')
      .description(
        'give dead letters up: those in the ledger count as if they had never happened, those on the bus are removed',
      )
      .option('--terminations', 'discard terminations too; lists the employees who become active', false)
      .action(async (ids, options) =>
        finish(await (await import('../dead-letters/end.ts')).endDead('discard', ids, options, environment)),
      ),
  )
  deadLetters.addCommand(
    ending(deadLetters, 'archive')
      .description('hide dead letters of the ledger; employees who left stay deactivated')
      .action(async (ids, options) =>
        finish(await (await import('../dead-letters/end.ts')).endDead('archive', ids, options, environment)),
      ),
  )
}

function ending(deadLetters: Command, name: 'discard' | 'archive') {
  return selection(deadLetters, name)
    .argument('[ids...]', 'dl-<number> or <queue>#<number> (default: all that fit)')
    .addOption(actorOption('who does it'))
    .addOption(justificationOption())
    .option('--max <n>', 'at most this many', count, 100_000)
    .option('--dry-run', 'show what would be done, and change nothing', false)
    .addOption(yesOption())
    .addOption(formatOption())
}
