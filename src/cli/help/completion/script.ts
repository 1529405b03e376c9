import type { Command } from '@commander-js/extra-typings'
import type { Command as AnyCommand } from 'commander'
import { bashScript } from './bash.ts'
import { fishScript } from './fish.ts'
import { nodesOf } from './words.ts'
import { zshScript } from './zsh.ts'

/**
 * The completion script of a shell. It calls no `rollcall`, so that completing is as quick as the
 * shell.
 */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', program: Command): string {
  const nodes = nodesOf(program as AnyCommand)
  switch (shell) {
    case 'bash':
      return bashScript(nodes)
    case 'zsh':
      return zshScript(nodes)
    case 'fish':
      return fishScript(nodes)
  }
}
