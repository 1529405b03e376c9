import { type Command, Option } from '@commander-js/extra-typings'
import type { CommandContext } from '../../support/command.ts'

const FORMATS = ['json', 'csv', 'html'] as const

/** Adds `evidence`, which makes a report and is the parent of `verify`. */
export function registerEvidence(program: Command, { environment, finish }: CommandContext) {
  return (
    program
      .command('evidence')
      // Not required by the parser: that would require it for `verify` too.
      .option('--from <instant>', 'the beginning, as in 2026-07-01 or 90d; needed')
      .option('--to <instant>', 'the end, which is not part of it (default: now)')
      .addOption(
        new Option('--format <format>', 'the form of the report').choices(FORMATS).default('json' as const),
      )
      .option('--out <file>', 'write it to this new file, with its checksum beside it (default: stdout)')
      .option('--key <file>', 'with --out: sign the checksum with this Ed25519 key in PEM')
      .action(async (options) => {
        const { report } = await import('../../evidence/report.ts')
        finish(await report(environment, options))
      })
  )
}
