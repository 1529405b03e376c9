import { type Command, Option } from 'commander'
import { LEAVER_CAUSES } from '../../core/leavers/causes.ts'

/** `rollcall leavers …`. `done` takes the exit code. */
export function leaverCommands(program: Command, done: (code: number) => void): void {
  const leavers = program
    .command('leavers')
    .description('employees who leave and are not proven to be disabled in the directory')
  leavers
    .command('list', { isDefault: true })
    .description('the open cases, oldest first, with cause and age')
    .addOption(cause('only those with this cause'))
    .addOption(
      new Option('--output <format>', 'table, json or ndjson')
        .choices(['table', 'json', 'ndjson'])
        .default('table'),
    )
    .action(async (options) => done(await (await import('./leavers.ts')).listLeavers(process.env, options)))
  leavers
    .command('acknowledge')
    .description('close cases on your word, which is kept in the audit trail')
    .argument('[cases...]', 'employee ids or leaver-<number> (with --cause: all of that cause)')
    .addOption(cause('all open cases with this cause'))
    .requiredOption('--actor <name>', 'who decides it')
    .requiredOption('--justification <text>', 'why; free text, so keep personal data out of it')
    .addOption(new Option('--output <format>', 'table or json').choices(['table', 'json']).default('table'))
    .action(async (cases: string[], options) =>
      done(await (await import('./leavers.ts')).acknowledgeLeavers(process.env, cases, options)),
    )
  leavers
    .command('resend')
    .description(
      'send what else a leaver’s event said, where the directory took only that they are out (DisabledAlone)',
    )
    .argument('<employees...>', 'employee ids')
    .requiredOption('--actor <name>', 'who decides it')
    .requiredOption('--justification <text>', 'why; free text, so keep personal data out of it')
    .addOption(new Option('--output <format>', 'table or json').choices(['table', 'json']).default('table'))
    .action(async (employees: string[], options) =>
      done(await (await import('./leavers.ts')).resendRest(process.env, employees, options)),
    )
}

function cause(description: string): Option {
  return new Option('--cause <cause>', description).choices(Object.keys(LEAVER_CAUSES))
}
