import { Command, Option } from '@commander-js/extra-typings'
import { DEAD_LETTER_REASONS } from '../../core/report/dead-letters/dead-letter.ts'
import type { CommandContext } from '../support/command.ts'
import { count, formatOption, rowFormatOption, showValuesOption } from '../support/options.ts'

/** Adds `dead-letters` with what only looks, and returns it for the commands that change something. */
export function deadLetterCommands(program: Command, { environment, finish }: CommandContext): Command {
  const deadLetters = program
    .command('dead-letters')
    .description(
      'events and messages that failed, on the bus and in the ledger; looking locks and changes nothing',
    )
  deadLetters.addCommand(
    selection(deadLetters, 'list')
      .description('one row each, first those on the bus, then those in the ledger')
      .option('--limit <n>', 'no more than so many', count)
      .addOption(rowFormatOption())
      .action(async (options) => finish(await (await import('./list.ts')).listDead(environment, options))),
  )
  deadLetters
    .command('show')
    .description('one of them, what its code means and what to do')
    .argument('<id>', 'dl-<number>, or <queue>#<number>')
    .addOption(showValuesOption('show body and properties, which hold personal data'))
    .addOption(formatOption())
    .action(async (id, options) =>
      finish(await (await import('./show.ts')).showDead(environment, id, options)),
    )
  deadLetters.addCommand(
    selection(deadLetters, 'groups')
      .description('how many failed in which way, since when and until when, with one example each')
      .addOption(formatOption())
      .action(async (options) => finish(await (await import('./list.ts')).groupDead(environment, options))),
  )
  deadLetters.addCommand(
    selection(deadLetters, 'export')
      .description('write them to a new file, one JSON object a line')
      .argument('<file>', 'a file that does not exist yet; only its owner will be able to read it')
      .addOption(showValuesOption('with bodies and properties, which hold personal data'))
      .action(async (file, options) =>
        finish(await (await import('./list.ts')).exportDead(environment, file, options)),
      ),
  )
  return deadLetters
}

/** A command with the filters that listing, grouping, exporting, ending and replaying share. */
export function selection(parent: Command, name: string) {
  return new Command(name)
    .copyInheritedSettings(parent)
    .addOption(new Option('--reason <reason>', 'only those with this reason').choices(DEAD_LETTER_REASONS))
    .option('--code <code>', 'only those with this code')
    .option('--type <type>', 'only events of this type')
    .option('--employee <id>', 'only events of this employee')
    .option(
      '--since <instant>',
      'only those that failed at or after this instant (on the bus: were enqueued)',
    )
    .option('--until <instant>', 'only those before this instant')
    .addOption(
      new Option('--store <store>', 'only on the bus, or only in the ledger').choices([
        'bus',
        'ledger',
      ] as const),
    )
    .option('--archived', 'archived ones as well', false)
}
