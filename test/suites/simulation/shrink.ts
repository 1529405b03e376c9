/**
 * A shorter list that still fails: parts are left out, first large ones and then single items, as
 * long as `fails` says that the rest fails too.
 */
export async function shrink<T>(
  items: readonly T[],
  fails: (items: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let left = items
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < left.length;) {
      const without = left.toSpliced(from, size)
      if (await fails(without)) left = without
      else from += size
    }
  }
  return left
}
