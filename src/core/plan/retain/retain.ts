import type { Cut } from '../../ledger/port/upkeep.ts'
import { isErasedMark } from '../../leavers/erased.ts'
import { type Json, type JsonObject, isTermination } from '../../model.ts'
import { flatten } from '../fold/flatten.ts'
import { fold } from '../fold/fold.ts'
import { type EmployeeState, sameJson } from '../fold/state.ts'
import type { FoldRules } from '../fold/rules.ts'
import type { LedgerEvent } from '../../ledger/event.ts'
import { eventKey } from '../fold/event.ts'
import { isActivation, leavingsWithoutStart } from '../fold/late-termination.ts'
import { compareEvents } from '../fold/order.ts'
import { EVENT_REASONS } from '../../ledger/event-reason.ts'

/**
 * Folds settled events away without changing the result: the fold of the rest has the same values
 * from the same events, now and at every later moment an event waits for. Only events before every
 * kept event in order are folded away, so the result equals that of the whole history whatever
 * happens to the kept events. `null` when there is nothing to fold, or when no cut keeps the
 * result.
 */
export function cutOf(
  whole: readonly (LedgerEvent & { readonly reason?: string | null })[],
  settled: ReadonlySet<number>,
  now: number,
  rules?: FoldRules,
): Cut | null {
  // The mark of an erasure takes part in every fold, and the ledger keeps it in a table of its own.
  const marks = whole.filter(isErasedMark)
  const events = whole
    .filter((event) => !isErasedMark(event))
    .map((event) =>
      settled.has(event.seq) && event.reason === EVENT_REASONS.deactivationOnly
        ? deactivationPart(event)
        : event,
    )
  const discarded = events.filter((event) => event.discarded === true && settled.has(event.seq))
  const ordered = events.filter((event) => event.discarded !== true).toSorted(compareEvents)
  const earlier = ordered.filter(({ folded }) => folded === true)
  const going = foldableEvents(
    ordered.filter(({ folded }) => folded !== true),
    settled,
    now,
  )
  if (going.length === 0)
    return discarded.length === 0 ? null : { gone: discarded.map(({ seq }) => seq), remains: earlier }
  // Whether such a termination counts may still change with an activation that arrives late.
  if (fold(events, now, rules).late !== null) return null
  const gone = new Set([...going, ...discarded].map(({ seq }) => seq))
  const rest = events.filter((event) => event.folded !== true && !gone.has(event.seq))
  for (const remains of [
    trim([...marks, ...earlier, ...going], now, rules, true),
    trim([...marks, ...earlier, ...going], now, rules, false),
  ])
    if (sameResult([...marks, ...events], [...marks, ...remains, ...rest], now, rules))
      return { gone: [...gone], remains }
  return null
}

/**
 * When the directory accepted only the deactivation of an event, only that is kept. It refused the
 * other values, and once the event is gone a further refusal could not be attributed to it.
 */
function deactivationPart(event: LedgerEvent): LedgerEvent {
  return { ...event, mode: 'delta', worker: { active: false } }
}

/**
 * The settled events that may be folded away. Dead, future and unread events always stay. A kept
 * event also keeps every event after it, by order or by recorded time, and the event it rescinds,
 * even when the rescind is dead.
 */
function foldableEvents(
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
  const standing = ordered.filter((event) => folded.effects.get(event.seq)?.kind !== 'rescinded')
  const first = standing.find(isActivation)
  const leavings = new Set(leavingsWithoutStart(standing))
  const surviving = survivingWrites(folded)
  const last = snapshots ? lastSnapshots(ordered) : new Set<number>()
  return ordered.flatMap((event): LedgerEvent[] => {
    if (isErasedMark(event)) return []
    const writes = surviving.get(event.seq) ?? new Map<string, Json>()
    // An activation that arrives late may be one that such a termination counts from.
    if (leavings.has(event)) writes.set('active', false)
    const effect = folded.effects.get(event.seq)
    const keepsSnapshot = last.has(event.seq) && effect?.kind === 'applied'
    // A rescind is kept, because the event it names may still arrive; not one that is rescinded
    // itself.
    // That there was an activation decides whether a termination has one that it could end.
    const activated = event === first && writes.get('active') !== true
    if (
      writes.size === 0 &&
      !keepsSnapshot &&
      !activated &&
      (event.rescinds === null || effect?.kind !== 'applied')
    )
      return []
    const worker: JsonObject = Object.fromEntries(
      keepsSnapshot ? [...repeatedValues(event, ordered, folded), ...writes] : writes,
    )
    const mode = keepsSnapshot ? 'snapshot' : 'delta'
    const { activated: _before, ...rest } = event
    return [
      {
        ...rest,
        mode,
        worker,
        traceparent: null,
        effectiveRaw: null,
        folded: true,
        ...(activated ? { activated } : {}),
      },
    ]
  })
}

/** By event, the attributes that come from it. */
function survivingWrites({ attributes }: EmployeeState): ReadonlyMap<number, Map<string, Json>> {
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

/**
 * Values in effect that a snapshot only repeats: naming them keeps the snapshot from clearing them.
 */
function repeatedValues(
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

/**
 * Whether two histories give the same values from the same events, now and whenever an event comes
 * into force.
 */
function sameResult(
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
