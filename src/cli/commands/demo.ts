import type { RegisterCommand } from '../support/command.ts'
import { formatOption } from '../support/options/options.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('demo')
    .option('--events <file>', 'events as JSON lines, one CloudEvent a line (default: bundled sample events)')
    .option('--queue <name>', 'with --events: their queue or topic (default: that of the first source)')
    .option('--fast', 'short cycles, lag and windows, no call limits', false)
    .option('--exit', 'end when every event has its final outcome or waits for an instant', false)
    .option('--fresh', 'first remove the ledger of an earlier demo', false)
    .option('--directory <file>', 'at the end, write the content of the directory to this file')
    .option('--ledger <file>', 'keep the ledger in this file (default: a temporary one)')
    .addOption(formatOption())
    .action(async (options) => {
      const { demo } = await import('../doubles/demo.ts')
      finish(await demo(options, environment))
    })
}
