import type { Faults } from '../faults.ts'
import type { Provisioner, Staged } from './provision.ts'
import type { Rows } from '../directory/row.ts'
import { flatten } from '../directory/scim.ts'
import type { Slices } from '../support/slices.ts'

/** Accepted operations that wait for a cycle. */
export interface Staging {
  readonly size: number
  add(operations: readonly Staged[]): void
  /** Everything that this cycle is to take; what is asked to wait stays. */
  take(): readonly Staged[]
  purge(): void
}

export function createStaging(faults: Faults, rows: Rows): Staging {
  let waiting: Staged[] = []
  const held = new Map<Staged, number>()

  function isTaken(staged: Staged): boolean {
    const left = held.get(staged)
    if (left !== undefined) {
      if (left > 1) held.set(staged, left - 1)
      else held.delete(staged)
      return left <= 1
    }
    if (!faults.hasOperationRules) return true
    const rule = faults.onOperation('hold', staged.externalId, rows.row(flatten(staged.data, rows)))
    if (rule === undefined) return true
    held.set(staged, rule.cycles)
    return false
  }

  return {
    get size() {
      return waiting.length
    },
    add(operations) {
      waiting.push(...operations)
    },
    take() {
      const all = waiting
      waiting = []
      const taken = all.filter(isTaken)
      if (taken.length < all.length) {
        const isIn = new Set(taken)
        waiting = all.filter((staged) => !isIn.has(staged))
      }
      return taken
    },
    purge() {
      waiting = []
      held.clear()
    },
  }
}

/**
 * Separates the operations that disable users, if there are more such users than the threshold
 * allows.
 */
export async function overThreshold(
  taken: readonly Staged[],
  threshold: number | undefined,
  provisioner: Provisioner,
  slices: Slices,
): Promise<{ readonly allowed: readonly Staged[]; readonly stopped: readonly Staged[] }> {
  if (threshold === undefined) return { allowed: taken, stopped: [] }
  const [allowed, stopped]: [Staged[], Staged[]] = [[], []]
  for (const staged of taken) {
    ;(provisioner.disables(staged) ? stopped : allowed).push(staged)
    await slices.pause()
  }
  const users = new Set(stopped.map(({ externalId }) => externalId))
  return users.size > threshold ? { allowed, stopped } : { allowed: taken, stopped: [] }
}
