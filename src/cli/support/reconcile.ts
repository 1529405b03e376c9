import type { StateCounts, Totals } from '../../core/ledger/port/inspect.ts'
import { OPEN_EVENT_STATES } from '../../core/ledger/lifecycle.ts'

/**
 * The books. The unit is an occurrence, one event in one committed message: occurrences = events
 * first seen + duplicates. Totals are counted as messages are committed, state counts are counted
 * from the rows as they are now, so that a mistake in either shows.
 */
export interface Reconciliation {
  readonly messages: number
  readonly duplicates: number
  /** Events that share source and id with another event; their messages are dead letters. */
  readonly collisions: number
  readonly rejected: number
  /** Rows of baseline files. */
  readonly imported: number
  /** Events that retention folded away. */
  readonly folded: number
  readonly erased: number
  readonly events: StateCounts['events']
  /** Events without a final outcome. */
  readonly open: number
  readonly operations: number
  readonly calls: number
  readonly employees: number
  readonly unpublished: number
  readonly balanced: boolean
  /** The counts that do not agree; empty when all agree. */
  readonly wrong: readonly string[]
}

export function reconcile(totals: Totals, stateCounts: StateCounts): Reconciliation {
  const counted = sum(Object.values(stateCounts.events))
  const open = sum(OPEN_EVENT_STATES.map((state) => stateCounts.events[state]))
  const wrong = [
    ...differs('messages', totals.messages, 'decoded + rejected', totals.decoded + totals.rejected),
    ...differs(
      'events first seen + imported',
      totals.events + totals.imported,
      'events by state + folded + erased',
      counted + totals.folded + totals.erased,
    ),
    ...differs(
      'outcomes decided',
      totals.finished,
      'published + unpublished + withheld',
      totals.published + stateCounts.unpublished + totals.withheld,
    ),
    ...differs(
      'operations planned',
      totals.operations,
      'operations by state + dropped',
      sum(Object.values(stateCounts.operations)) + totals.dropped,
    ),
    ...(counted - open > totals.finished
      ? [`events with a final state (${counted - open}) are more than outcomes decided (${totals.finished})`]
      : []),
  ]
  return {
    messages: totals.messages,
    duplicates: totals.duplicates,
    collisions: totals.collisions,
    rejected: totals.rejected,
    imported: totals.imported,
    folded: totals.folded,
    erased: totals.erased,
    events: stateCounts.events,
    open,
    operations: totals.operations,
    calls: totals.calls,
    employees: stateCounts.employees,
    unpublished: stateCounts.unpublished,
    balanced: wrong.length === 0,
    wrong,
  }
}

/** `[]` when the two counts are the same. */
export function differs(one: string, left: number, other: string, right: number): string[] {
  return left === right ? [] : [`${one} (${left}) is not ${other} (${right})`]
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
