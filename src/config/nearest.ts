/** Names that are the same but for case and punctuation, such as `user_name` and `userName`. */
const folded = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '')

/**
 * The name that was probably meant by a misspelt one: the same but for case and punctuation, the
 * last part of a dotted path, or at most two letters off. `null` when none is near, or several are
 * as near.
 */
export function nearest(given: string, names: readonly string[]): string | null {
  const word = folded(given)
  if (word === '' || given.length > 100) return null
  return (
    only(names.filter((name) => folded(name) === word)) ??
    only(names.filter((name) => folded(name.slice(name.lastIndexOf('.') + 1)) === word)) ??
    only(closest(word, names))
  )
}

function only(names: readonly string[]): string | null {
  const [name, ...others] = new Set(names)
  return name !== undefined && others.length === 0 ? name : null
}

/** Those with the fewest letters to change: one in a short word, two in a longer one. */
function closest(word: string, names: readonly string[]): readonly string[] {
  const most = word.length < 4 ? 0 : word.length < 8 ? 1 : 2
  const distances = names.map((name) => ({ name, changes: changesBetween(word, folded(name)) }))
  const least = Math.min(...distances.map(({ changes }) => changes))
  return least > most ? [] : distances.filter(({ changes }) => changes === least).map(({ name }) => name)
}

/** Letters to insert, remove, replace or swap with the next one (optimal string alignment). */
export function changesBetween(one: string, other: string): number {
  let before: readonly number[] = []
  let above: readonly number[] = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1]
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      current.push(
        Math.min(
          (above[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (above[column - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (before[column - 2] ?? Number.POSITIVE_INFINITY) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    before = above
    above = current
  }
  return above[other.length] ?? 0
}
