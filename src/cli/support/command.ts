import type { Command } from '@commander-js/extra-typings'

/** What a command gets from the process, and how it reports its exit code. */
export interface CommandContext {
  readonly environment: NodeJS.ProcessEnv
  finish(exitCode: number): void
}

/**
 * Adds a command to its parent. The modules of the command are loaded when it is called, so that
 * help is quick.
 */
export type RegisterCommand = (parent: Command, context: CommandContext) => void
