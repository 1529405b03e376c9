import type { Retry } from '../log/fact.ts'
import type { Staged } from './provision.ts'
import type { Settings } from '../settings.ts'

export interface EscrowEntry {
  readonly staged: Staged
  readonly changeId: string
  readonly retry: Retry
}

/**
 * Failed operations that wait for a retry: at most one for each user, and none once a newer
 * operation was processed.
 */
export interface Escrow {
  /** Keeps an operation that failed for the first time. */
  keep(staged: Staged, changeId: string, now: number): void
  /** The tries that are due, each taken out. */
  takeDue(now: number): readonly EscrowEntry[]
  /** Keeps an operation whose retry failed, unless it is given up. */
  keepAgain(entry: EscrowEntry): void
  forget(externalId: string): void
  clear(): void
  readonly size: number
}

export function createEscrow({ escrow: settings }: Settings): Escrow {
  const entries = new Map<string, EscrowEntry>()
  let earliest = Infinity

  const delayBefore = (count: number): number => settings.delaysMs[count - 1] ?? settings.thenEveryMs
  /** The retry after one that is made now. */
  function nextRetry(count: number, createdAt: number, now: number): number | undefined {
    const at = now + delayBefore(count)
    return at - createdAt > settings.giveUpAfterMs ? undefined : at
  }
  function put(entry: EscrowEntry): void {
    entries.set(entry.staged.externalId, entry)
    earliest = Math.min(earliest, entry.retry.dueAt)
  }

  return {
    keep(staged, changeId, now) {
      const dueAt = nextRetry(1, now, now)
      if (settings.enabled && dueAt !== undefined)
        put({ staged, changeId, retry: { count: 1, createdAt: now, dueAt, nextAt: undefined } })
    },
    takeDue(now) {
      if (now < earliest) return []
      const due = [...entries.values()].filter(({ retry }) => retry.dueAt <= now)
      earliest = Infinity
      for (const { staged } of due) entries.delete(staged.externalId)
      for (const { retry } of entries.values()) earliest = Math.min(earliest, retry.dueAt)
      return due.map((entry) => ({
        ...entry,
        retry: { ...entry.retry, nextAt: nextRetry(entry.retry.count + 1, entry.retry.createdAt, now) },
      }))
    },
    keepAgain({ staged, changeId, retry: { count, createdAt, nextAt } }) {
      if (nextAt !== undefined)
        put({ staged, changeId, retry: { count: count + 1, createdAt, dueAt: nextAt, nextAt: undefined } })
    },
    forget: (externalId) => void entries.delete(externalId),
    clear() {
      entries.clear()
      earliest = Infinity
    },
    get size() {
      return entries.size
    },
  }
}
