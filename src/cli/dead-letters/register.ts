import { type Command, InvalidArgumentError, Option } from 'commander'
import { DEAD_LETTER_REASONS } from '../../core/report/dead-letters/dead-letter.ts'

/** `rollcall dead-letters …`. `done` takes the exit code. */
export function deadLetterCommands(program: Command, done: (code: number) => void): Command {
  const deadLetters = program
    .command('dead-letters')
    .description(
      'what could not be taken in or failed later, on the bus and in the ledger; nothing is locked or changed by looking',
    )
  const rows = new Option('--output <format>', 'table, json or ndjson')
    .choices(['table', 'json', 'ndjson'])
    .default('table')

  selecting(deadLetters.command('list'))
    .description('one row each, first those on the bus, then those in the ledger')
    .option('--limit <n>', 'no more than so many', count)
    .addOption(rows)
    .action(async (options) => done(await (await import('./list.ts')).listDead(process.env, options)))
  deadLetters
    .command('show')
    .description('one of them, what its code means and what to do')
    .argument('<id>', 'dl-<number>, or <queue>#<number>')
    .option('--show-values', 'show body and properties, which hold personal data', false)
    .addOption(output())
    .action(async (id: string, options) =>
      done(await (await import('./show.ts')).showDead(process.env, id, options)),
    )
  selecting(deadLetters.command('groups'))
    .description('how many failed in which way, since when and until when, with one example each')
    .addOption(output())
    .action(async (options) => done(await (await import('./list.ts')).groupDead(process.env, options)))
  selecting(deadLetters.command('export'))
    .description('write them to a new file, one JSON object a line')
    .argument('<file>', 'a file that does not exist yet; only its owner will be able to read it')
    .option('--show-values', 'with bodies and properties, which hold personal data', false)
    .action(async (file: string, options) =>
      done(await (await import('./list.ts')).exportDead(process.env, file, options)),
    )
  return deadLetters
}

/** The filters that listing, grouping, exporting and replaying share. */
export function selecting(command: Command): Command {
  return command
    .addOption(new Option('--reason <reason>', 'only those that died for it').choices(DEAD_LETTER_REASONS))
    .option('--code <code>', 'only those with this code')
    .option('--type <type>', 'only events of this type')
    .option('--employee <id>', 'only events of this person')
    .option('--since <instant>', 'only those that died then or later (on the bus: were enqueued)')
    .option('--until <instant>', 'only those before')
    .addOption(
      new Option('--store <store>', 'only on the bus, or only in the ledger').choices(['bus', 'ledger']),
    )
    .option('--archived', 'archived ones as well', false)
}

function output(): Option {
  return new Option('--output <format>', 'table or json').choices(['table', 'json']).default('table')
}

export function count(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('it takes a whole number from 1')
  return value
}
