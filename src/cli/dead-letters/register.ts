import { Command, Option } from '@commander-js/extra-typings'
import { DEAD_LETTER_REASONS } from '../../core/report/dead-letters/dead-letter.ts'
import type { CommandContext } from '../support/command.ts'
import { disclosureActorOption, disclosureJustificationOption } from '../support/options/disclosure.ts'
import { limitOption, pageOption, sortOption } from '../support/list/options.ts'
import {
  actorOption,
  count,
  formatOption,
  justificationOption,
  rowFormatOption,
  showValuesOption,
} from '../support/options/options.ts'
import { COLUMNS, GROUP_COLUMNS } from './row.ts'

/**
 * Adds `dead-letters` with its read-only commands. Returns it, so that commands that change
 * something can be added.
 */
export function deadLetterCommands(program: Command, context: CommandContext): Command {
  const { environment, finish } = context
  const deadLetters = program.command('dead-letters')
  deadLetters.addCommand(
    selection(deadLetters, 'list')
      .description('list them, first those on the bus, then those in the ledger')
      .addOption(limitOption())
      .addOption(pageOption())
      .addOption(sortOption(COLUMNS))
      .addOption(rowFormatOption())
      .action(async (options) => finish(await (await import('./list.ts')).listDead(environment, options))),
  )
  deadLetters
    .command('show')
    .description('show one dead letter, what its code means and what to do')
    .argument('<id>', 'dl-<number>, or <queue>#<number>')
    .addOption(showValuesOption('also show body and properties, which hold personal data'))
    .addOption(disclosureActorOption())
    .addOption(disclosureJustificationOption())
    .addOption(formatOption())
    .action(async (id, options) =>
      finish(await (await import('./show.ts')).showDead(environment, id, options)),
    )
  deadLetters.addCommand(
    selection(deadLetters, 'groups')
      .description('count dead letters that failed in the same way, with the first, the last and an example')
      .addOption(limitOption())
      .addOption(pageOption())
      .addOption(sortOption(GROUP_COLUMNS))
      .addOption(rowFormatOption())
      .action(async (options) => finish(await (await import('./list.ts')).groupDead(environment, options))),
  )
  addNames(deadLetters, context)
  deadLetters.addCommand(
    selection(deadLetters, 'export')
      .description('write them to a new file, one JSON object per line')
      .argument('<file>', 'a file that does not exist yet; only its owner can read it')
      .addOption(showValuesOption('include bodies and properties, which hold personal data'))
      .addOption(disclosureActorOption())
      .addOption(disclosureJustificationOption())
      .action(async (file, options) =>
        finish(await (await import('./list.ts')).exportDead(environment, file, options)),
      ),
  )
  return deadLetters
}

function addNames(deadLetters: Command, { environment, finish }: CommandContext): void {
  deadLetters.addCommand(
    selection(deadLetters, 'names')
      .description(
        'say who has the user names that employees were refused for, and propose free ones; shows personal values, so it is audited, and changes nothing',
      )
      .argument('[ids...]', 'dl-<number> (default: all that fit)')
      .addOption(actorOption('who asks'))
      .addOption(justificationOption())
      .option('--out <file>', 'write the first free name of each to a new table for replay --patch')
      .option('--max <n>', 'at most this many', count, 1_000)
      .addOption(formatOption())
      .action(async (ids, options) =>
        finish(await (await import('./names.ts')).proposeUserNames(ids, options, environment)),
      ),
  )
}

/** A command with the filters that listing, grouping, exporting, ending and replaying share. */
export function selection(parent: Command, name: string) {
  return new Command(name)
    .copyInheritedSettings(parent)
    .addOption(
      new Option('--reason <reason>', 'only dead letters with this reason').choices(DEAD_LETTER_REASONS),
    )
    .option('--code <code>', 'only dead letters with this code')
    .option('--type <type>', 'only events of this type')
    .option(
      '--employee <id>',
      'only events of this employee: employee id, user name, mail address or object id',
    )
    .option(
      '--since <instant>',
      'only those that failed at or after this instant, as in 1h or 2026-11-02 (on the bus: that were enqueued)',
    )
    .option('--until <instant>', 'only those before this instant')
    .addOption(
      new Option('--store <store>', 'only those on the bus, or only those in the ledger').choices([
        'bus',
        'ledger',
      ] as const),
    )
    .option('--archived', 'include archived ones', false)
}
