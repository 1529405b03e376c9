import type { RegisterCommand } from '../../support/command.ts'
import { formatOption } from '../../support/options/options.ts'

export const register: RegisterCommand = (evidence, { environment, finish }) => {
  evidence
    .command('verify')
    .argument('<file>', 'a report as JSON')
    .description('check a report: its checksum and signature, its totals, and its rows against the ledger')
    .option('--public-key <file>', 'also check the signature, with this Ed25519 key in PEM')
    .addOption(formatOption())
    .action(async (file, options) => {
      const { verify } = await import('../../evidence/verify.ts')
      finish(await verify(environment, file, options))
    })
}
