import type { OrderedEvent } from '../../ledger/event.ts'
import type { OrderValue } from '../../model.ts'

/** The events in their total order. Copies nothing when they are in order already. */
export function inOrder<E extends OrderedEvent>(events: readonly E[]): readonly E[] {
  return isInOrder(events) ? events : events.toSorted(compareEvents)
}

function isInOrder(events: readonly OrderedEvent[]): boolean {
  let before: OrderedEvent | null = null
  for (const event of events) {
    if (before !== null && compareEvents(before, event) > 0) return false
    before = event
  }
  return true
}

/**
 * The one strict total order of an employee's events, compared field by field: effective moment,
 * source rank, order value, recorded time, source, id. A later event in this order wins. Two events
 * compare equal only when they are the same event. An order value that is missing sorts lowest;
 * comparing it "only when both have one" would not be transitive.
 */
export function compareEvents(a: OrderedEvent, b: OrderedEvent): number {
  return (
    a.effectiveAt - b.effectiveAt ||
    a.rank - b.rank ||
    compareOrderValues(a.order, b.order) ||
    a.recordedAt - b.recordedAt ||
    compareText(a.source, b.source) ||
    compareText(a.id, b.id)
  )
}

function compareOrderValues(a: OrderValue, b: OrderValue): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const kinds = kindOfOrderValue(a) - kindOfOrderValue(b)
  if (kinds !== 0 || typeof a !== 'string' || typeof b !== 'string') return kinds
  // Of two whole numbers without leading zeros the longer is the greater.
  return (isWholeNumber(a) ? a.length - b.length : 0) || compareText(a, b)
}

/** A whole number that a double cannot hold is text, and above every one that a double holds. */
function kindOfOrderValue(value: OrderValue): number {
  if (value === null) return 0
  if (typeof value === 'number') return 1
  return isWholeNumber(value) ? 2 : 3
}

function isWholeNumber(text: string): boolean {
  return /^[1-9]\d*$/.test(text)
}

/**
 * Compares by code point, so that every machine and every database agrees. `<` on strings compares
 * UTF-16 units and misplaces characters beyond them.
 */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1
  }
  return a.length - b.length
}

/** A surrogate stands for a code point above every single unit. */
function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}
