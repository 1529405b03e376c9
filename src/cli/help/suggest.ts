import type { Command } from '@commander-js/extra-typings'
import type { Command as AnyCommand } from 'commander'

/**
 * For a mistyped command of a group with a default command, which commander reads as an argument too many: the
 * commands of the group, the nearest first, or nothing when no group was called.
 */
export function suggestionFor(program: Command, argv: readonly string[]): readonly string[] {
  const words = argv.filter((word) => !word.startsWith('-'))
  const group = (program as AnyCommand).commands.find((one) => one.name() === words[0])
  const typed = words[1]
  if (group === undefined || typed === undefined) return []
  const names = group.commands.map((one) => one.name())
  if (names.length === 0 || names.includes(typed)) return []
  const [nearest] = names.toSorted((one, other) => distance(one, typed) - distance(other, typed))
  return nearest !== undefined && distance(nearest, typed) <= Math.max(2, typed.length / 2)
    ? [`(Did you mean rollcall ${group.name()} ${nearest}?)`]
    : [`(rollcall ${group.name()} has ${names.join(', ')})`]
}

/** How many letters have to be added, removed or replaced. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, letter] of Array.from(one).entries()) {
    const next = [index + 1]
    for (const [at, its] of Array.from(other).entries())
      next.push(
        Math.min((next[at] ?? 0) + 1, (row[at + 1] ?? 0) + 1, (row[at] ?? 0) + (letter === its ? 0 : 1)),
      )
    row = next
  }
  return row[other.length] ?? 0
}
