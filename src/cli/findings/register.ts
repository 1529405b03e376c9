import { type Command, Option } from 'commander'
import type { AcknowledgeOptions, FindingsOptions } from './findings.ts'
import type { Format } from '../support/output.ts'

/** `rollcall findings`: what a person should look at that is not a dead letter. */
export function findingsCommands(program: Command, done: (code: number) => void): void {
  const findings = program
    .command('findings')
    .description('what a person should look at that is not a dead letter')
  findings
    .command('list', { isDefault: true })
    .description('findings that are open, the oldest first')
    .option('--all', 'settled and acknowledged ones too', false)
    .option('--code <code>', 'only those of this code')
    .option('--employee <id>', 'only those about this employee')
    .addOption(
      new Option('--output <format>', 'table, json or ndjson')
        .choices(['table', 'json', 'ndjson'])
        .default('table'),
    )
    .action(async (options: FindingsOptions) => {
      done(await (await import('./findings.ts')).listFindings(process.env, options))
    })
  findings
    .command('show')
    .description('one finding, with its cause and what to do')
    .argument('<finding>', 'finding-…')
    .addOption(format())
    .action(async (name: string, options: { output: Format }) => {
      done(await (await import('./findings.ts')).showFinding(process.env, name, options.output))
    })
  findings
    .command('acknowledge')
    .description('say that a person has looked at findings, and why they may rest')
    .argument('<findings...>', 'finding-…')
    .requiredOption('--actor <name>', 'who says so')
    .requiredOption('--justification <text>', 'why')
    .addOption(format())
    .action(async (names: string[], options: AcknowledgeOptions) => {
      done(await (await import('./findings.ts')).acknowledgeFindings(process.env, names, options))
    })
}

function format(): Option {
  return new Option('--output <format>', 'table or json').choices(['table', 'json']).default('table')
}
