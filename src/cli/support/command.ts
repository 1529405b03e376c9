import type { Command } from '@commander-js/extra-typings'

/** What a command gets from the process, and how it says its exit code. */
export interface CommandContext {
  readonly environment: NodeJS.ProcessEnv
  finish(exitCode: number): void
}

/** Adds a command to its parent. What the command does is loaded when it is called, so that help is quick. */
export type RegisterCommand = (parent: Command, context: CommandContext) => void
