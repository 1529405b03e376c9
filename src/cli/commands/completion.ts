import { Argument } from '@commander-js/extra-typings'
import { EXIT_CODES } from '../../core/errors.ts'
import type { RegisterCommand } from '../support/command.ts'
import { printLines } from '../support/output.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

export const register: RegisterCommand = (program, { finish }) => {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action(async (shell) => {
      const { completionScript } = await import('../help/completion/script.ts')
      printLines(...completionScript(shell, program).split('\n'))
      finish(EXIT_CODES.done)
    })
}
