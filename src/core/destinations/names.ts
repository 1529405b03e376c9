import type { AccountReader } from '../ports.ts'

type NameReader = Pick<AccountReader, 'findNames'>

/**
 * Reads the names of accounts in every directory, because an object id is in one of them at most. A
 * directory that cannot be asked hides no account of another. Rejects when none can be asked; `null`
 * without readers.
 */
export function namesInAll(readers: readonly NameReader[]): NameReader | null {
  const [only, ...others] = readers
  if (others.length === 0) return only ?? null
  return {
    findNames: async (objectIds, signal) => {
      const found = await Promise.allSettled(readers.map((one) => one.findNames(objectIds, signal)))
      const names = found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      const [failed] = found.flatMap((one) => (one.status === 'rejected' ? [one] : []))
      if (names.length === 0 && failed) throw failed.reason
      return names.flat()
    },
  }
}
