import type { AuditEntry } from '../../core/ledger/port/inspect.ts'

/**
 * Entries of one mass action. It has the fields of the first entry; `count` is what the action was
 * done to.
 */
export interface AuditGroup extends AuditEntry {
  /** Entries about something else than the first; missing without one. */
  readonly more?: number
}

/** A mass action is written in several transactions, one soon after another. */
const APART_MS = 60_000

interface Open {
  readonly first: AuditEntry
  /** The second entry; `null` while there is none. */
  readonly second: AuditEntry | null
  readonly entries: number
  readonly more: number
  readonly lastAt: number
}

/**
 * Consecutive entries with the same actor, action and justification become one group. Runs of
 * `replay` are not grouped: each is a mass action already. Holds one group at a time.
 */
export async function* groupEntries(entries: AsyncIterable<AuditEntry>): AsyncGenerator<AuditGroup> {
  let open: Open | null = null
  for await (const entry of entries) {
    if (open !== null && belongs(entry, open)) open = extended(open, entry)
    else {
      if (open !== null) yield closed(open)
      open = { first: entry, second: null, entries: 1, more: 0, lastAt: entry.at }
    }
  }
  if (open !== null) yield closed(open)
}

function belongs({ at, actor, action, justification }: AuditEntry, { first, lastAt }: Open): boolean {
  return (
    !action.startsWith('replay') &&
    actor === first.actor &&
    action === first.action &&
    justification === first.justification &&
    at - lastAt <= APART_MS
  )
}

const extended = (open: Open, entry: AuditEntry): Open => ({
  ...open,
  second: open.second ?? entry,
  entries: open.entries + 1,
  more: open.more + (entry.about === open.first.about ? 0 : 1),
  lastAt: entry.at,
})

/** An order to the brake begins with an entry that only counts those after it. */
function closed({ first, second, entries, more }: Open): AuditGroup {
  if (entries === 1) return first
  const counts = first.action.startsWith('brake.') && first.about === String(entries - 1)
  return counts && second !== null
    ? { ...second, count: entries - 1, more: more - 1 }
    : { ...first, count: entries, more }
}
