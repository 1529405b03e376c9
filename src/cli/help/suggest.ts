import type { Command } from '@commander-js/extra-typings'
import type { Command as AnyCommand } from 'commander'
import { changesBetween } from '../../config/nearest.ts'

/**
 * For a mistyped command of a group with a default command, which commander reads as an argument
 * too many: the commands of the group, the nearest first, or nothing when no group was called.
 */
export function suggestionFor(program: Command, argv: readonly string[]): readonly string[] {
  const words = argv.filter((word) => !word.startsWith('-'))
  const group = (program as AnyCommand).commands.find((one) => one.name() === words[0])
  const typed = words[1]
  if (group === undefined || typed === undefined) return []
  const names = group.commands.map((one) => one.name())
  if (names.length === 0 || names.includes(typed)) return []
  const [nearest] = names.toSorted((one, other) => changesBetween(one, typed) - changesBetween(other, typed))
  return nearest !== undefined && changesBetween(nearest, typed) <= Math.max(2, typed.length / 2)
    ? [`(Did you mean rollcall ${group.name()} ${nearest}?)`]
    : [`(rollcall ${group.name()} has ${names.join(', ')})`]
}
