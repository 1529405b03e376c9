/** The rows of every page of the ledger, one after another. */
export async function* rowsOf<T, N = number>(
  readPage: (next: N | null) => Promise<{ readonly rows: readonly T[]; readonly next: N | null }>,
): AsyncGenerator<T> {
  let next: N | null = null
  do {
    const page: { readonly rows: readonly T[]; readonly next: N | null } = await readPage(next)
    yield* page.rows
    next = page.next
  } while (next !== null)
}
