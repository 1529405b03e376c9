import type { OrderedEvent } from '../../ledger/event.ts'
import type { OrderValue } from '../../model.ts'

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
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  return kindOfOrderValue(a) - kindOfOrderValue(b)
}

function kindOfOrderValue(value: OrderValue): number {
  return value === null ? 0 : typeof value === 'number' ? 1 : 2
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
