import type { Cut } from '../../ledger/port/upkeep.ts'
import { isErasedMark } from '../../leavers/erased.ts'
import { type Json, type JsonObject, isTermination } from '../../model.ts'
import { flatten } from '../fold/flatten.ts'
import { fold } from '../fold/fold.ts'
import { type EmployeeState, sameJson } from '../fold/state.ts'
import type { FoldRules } from '../fold/rules.ts'
import type { LedgerEvent } from '../../ledger/event.ts'
import { eventKey } from '../fold/event.ts'
import { compareEvents } from '../fold/order.ts'
import { EVENT_REASONS } from '../../ledger/event-reason.ts'

/**
 * Folds settled events away so that nothing changes: the fold of what stays has the same values from the same events, now and at every moment
 * that is waited for. Only events that stand before everything that is kept go, so that whatever becomes of what is kept, the result is that of
 * the whole history. `null` when there is nothing to fold, or no way to keep the result.
 */
export function cutOf(
  whole: readonly (LedgerEvent & { readonly reason?: string | null })[],
  settled: ReadonlySet<number>,
  now: number,
  rules?: FoldRules,
): Cut | null {
  // The mark of an erasure takes part in every fold, outlives them all, and is kept elsewhere.
  const marks = whole.filter(isErasedMark)
  const events = whole
    .filter((event) => !isErasedMark(event))
    .map((event) =>
      settled.has(event.seq) && event.reason === EVENT_REASONS.deactivationOnly ? onlyOut(event) : event,
    )
  const discarded = events.filter((event) => event.discarded === true && settled.has(event.seq))
  const ordered = events.filter((event) => event.discarded !== true).toSorted(compareEvents)
  const earlier = ordered.filter(({ folded }) => folded === true)
  const going = goingOf(
    ordered.filter(({ folded }) => folded !== true),
    settled,
    now,
  )
  if (going.length === 0)
    return discarded.length === 0 ? null : { gone: discarded.map(({ seq }) => seq), remains: earlier }
  const gone = new Set([...going, ...discarded].map(({ seq }) => seq))
  const rest = events.filter((event) => event.folded !== true && !gone.has(event.seq))
  for (const remains of [
    trim([...marks, ...earlier, ...going], now, rules, true),
    trim([...marks, ...earlier, ...going], now, rules, false),
  ])
    if (same([...marks, ...events], [...marks, ...remains, ...rest], now, rules))
      return { gone: [...gone], remains }
  return null
}

/**
 * Of an event of which nothing but that its person is out was taken, nothing else stays: the directory refused it, and once the event is gone nobody
 * could be told of it any more when it is refused again.
 */
function onlyOut(event: LedgerEvent): LedgerEvent {
  return { ...event, mode: 'delta', worker: { active: false } }
}

/**
 * Dead, future and unread events never go, whatever is said of them. What stays and counts holds back what stands behind it, in order or in the time it
 * was recorded, and what it rescinds or, being dead, would rescind.
 */
function goingOf(
  ordered: readonly LedgerEvent[],
  settled: ReadonlySet<number>,
  now: number,
): readonly LedgerEvent[] {
  let going = ordered.filter(
    (event) => settled.has(event.seq) && !event.dead && event.effectiveAt <= now && event.mode !== 'notice',
  )
  for (;;) {
    const gone = new Set(going)
    const kept = ordered.filter((event) => !gone.has(event))
    const living = kept.filter((event) => !event.dead || isTermination(event))
    const [first] = living
    const recorded = Math.min(...living.map(({ recordedAt }) => recordedAt))
    const named = new Set(kept.flatMap(({ rescinds }) => (rescinds ? [eventKey(rescinds)] : [])))
    const left = going.filter(
      (event) =>
        (first === undefined || compareEvents(event, first) < 0) &&
        event.recordedAt <= recorded &&
        !named.has(eventKey(event)),
    )
    if (left.length === going.length) return left
    going = left
  }
}

function trim(
  events: readonly LedgerEvent[],
  now: number,
  rules: FoldRules | undefined,
  snapshots: boolean,
): readonly LedgerEvent[] {
  const folded = fold(events, now, rules)
  const ordered = events.toSorted(compareEvents)
  const standing = survivingWrites(folded)
  const last = snapshots ? lastSnapshots(ordered) : new Set<number>()
  return ordered.flatMap((event): LedgerEvent[] => {
    if (isErasedMark(event)) return []
    const writes = standing.get(event.seq) ?? new Map<string, Json>()
    const effect = folded.effects.get(event.seq)
    const keepsSnapshot = last.has(event.seq) && effect?.kind === 'applied'
    // A rescind stays as a tombstone: what it names may come yet. One that is out itself takes nothing out.
    if (writes.size === 0 && !keepsSnapshot && (event.rescinds === null || effect?.kind !== 'applied'))
      return []
    const worker: JsonObject = Object.fromEntries(
      keepsSnapshot ? [...repeated(event, ordered, folded), ...writes] : writes,
    )
    const mode = keepsSnapshot ? 'snapshot' : 'delta'
    return [{ ...event, mode, worker, traceparent: null, effectiveRaw: null, folded: true }]
  })
}

/** By event, what comes from it. */
function survivingWrites({ attributes }: EmployeeState): ReadonlyMap<number, ReadonlyMap<string, Json>> {
  const writes = new Map<number, Map<string, Json>>()
  for (const [path, { value, by }] of attributes)
    writes.set(by, (writes.get(by) ?? new Map<string, Json>()).set(path, value))
  return writes
}

function lastSnapshots(ordered: readonly LedgerEvent[]): ReadonlySet<number> {
  const last = new Map<string, number>()
  for (const { mode, source, seq } of ordered) if (mode === 'snapshot') last.set(source, seq)
  return new Set(last.values())
}

/** What a snapshot says that was known before it and stands: naming it is what keeps it from being cleared. */
function repeated(
  event: LedgerEvent,
  ordered: readonly LedgerEvent[],
  { attributes }: EmployeeState,
): readonly (readonly [string, Json])[] {
  const place = new Map(ordered.map(({ seq }, index) => [seq, index]))
  const here = place.get(event.seq) ?? 0
  return flatten(event.worker).filter(([path, value]) => {
    const held = attributes.get(path)
    return held !== undefined && (place.get(held.by) ?? 0) <= here && sameJson(held.value, value)
  })
}

/** The same values from the same events, now and whenever something comes into force. */
function same(
  one: readonly LedgerEvent[],
  other: readonly LedgerEvent[],
  now: number,
  rules?: FoldRules,
): boolean {
  for (let at: number | null = now; at !== null;) {
    const left: EmployeeState = fold(one, at, rules)
    const right = fold(other, at, rules)
    if (left.attributes.size !== right.attributes.size || left.nextAt !== right.nextAt) return false
    for (const [path, { value, by }] of left.attributes) {
      const there = right.attributes.get(path)
      if (there?.by !== by || JSON.stringify(there.value) !== JSON.stringify(value)) return false
    }
    at = left.nextAt
  }
  return true
}
