import { type Attribute, type HrEvent, type Json, saysLeaver } from '../model.ts'
import { compareEvents } from './order.ts'
import { rescindings } from './rescind.ts'

/** An event as the ledger holds it. `seq` names it there and says nothing about order. */
export interface LedgerEvent extends HrEvent {
  readonly seq: number
  /** Dead-lettered: out of the fold, except that it still keeps a leaver out. */
  readonly dead: boolean
}

/** What an event comes to in the fold. */
export type Effect =
  /** Takes effect at a later moment than the fold's. */
  | { readonly kind: 'later'; readonly at: number }
  | { readonly kind: 'rescinded'; readonly by: number }
  /** Wrote these attributes. Who holds each of them in the end is in `attributes`. */
  | { readonly kind: 'applied'; readonly paths: readonly string[] }

export interface Folded {
  /** Dotted path → value and the event it comes from. A cleared attribute is there with the value `null`. */
  readonly attributes: ReadonlyMap<string, Attribute>
  /** By the event's `seq`; dead events are not in it. */
  readonly effects: ReadonlyMap<number, Effect>
  /** The next moment at which an event takes effect; `null` when none is waiting. */
  readonly nextAt: number | null
}

/** What a fold needs to know of the sources. Without `owns` a source owns the attributes it set last. */
export interface FoldRules {
  readonly owns: (source: string, path: string) => boolean | null
}
export const defaultFoldRules: FoldRules = { owns: () => null }

/**
 * What is known of one employee at `now`: per attribute the last write in order wins, whatever the order of arrival.
 *
 * - A delta writes what it names; `null` clears.
 * - A snapshot writes what differs from what its source could know (events before it in order and recorded no later than it); equal values
 *   keep the event they came from, owned attributes it does not name are cleared, and a back-dated correction recorded after it shows through.
 * - `active` is never decided by absence.
 * - A rescinded event is out, and what it hid comes back.
 * - A dead event is out, but its `active: false` stays: when in doubt a leaver stays out.
 */
export function fold(events: readonly LedgerEvent[], now: number, rules: FoldRules = defaultFoldRules): Folded {
  const effects = new Map<number, Effect>()
  let nextAt: number | null = null
  const present: LedgerEvent[] = []
  for (const event of events) {
    if (event.effectiveAt <= now) present.push(event)
    else if (!event.dead || saysLeaver(event)) {
      if (!event.dead) effects.set(event.seq, { kind: 'later', at: event.effectiveAt })
      if (nextAt === null || event.effectiveAt < nextAt) nextAt = event.effectiveAt
    }
  }
  present.sort(compareEvents)

  const removed = rescindings(present)
  const sourceOf = new Map<number, string>()
  const state = new State()
  const said: Said[] = []
  for (const event of present) {
    sourceOf.set(event.seq, event.source)
    const writes = event.dead
      ? deadWrites(event)
      : event.mode === 'snapshot'
        ? snapshotWrites(event, known(said, event), sourceOf, rules)
        : flatten(event.worker)
    said.push({ event, writes })
    const by = removed.get(event.seq)
    const paths = by === undefined ? state.apply(writes, event.seq) : []
    if (!event.dead) effects.set(event.seq, by === undefined ? { kind: 'applied', paths } : { kind: 'rescinded', by })
  }
  return { attributes: state.attributes, effects, nextAt }
}

interface Said {
  readonly event: LedgerEvent
  readonly writes: readonly Write[]
}
type Write = readonly [path: string, value: Json]

/**
 * The fold of what its source could know when it recorded a snapshot. A rescind that came later it did not know: what the target had set still
 * counts here, so that a snapshot which merely repeated it does not keep it once it is rescinded. Its own rescind it knew.
 */
function known(said: readonly Said[], snapshot: LedgerEvent): ReadonlyMap<string, Attribute> {
  const before = said.filter(({ event }) => event.recordedAt <= snapshot.recordedAt)
  const removed = rescindings([...before.map(({ event }) => event), snapshot])
  const state = new State()
  for (const { event, writes } of before) if (!removed.has(event.seq)) state.apply(writes, event.seq)
  return state.attributes
}

function snapshotWrites(
  event: LedgerEvent,
  before: ReadonlyMap<string, Attribute>,
  sourceOf: ReadonlyMap<number, string>,
  rules: FoldRules,
): readonly Write[] {
  const said = flatten(event.worker)
  const named = new Set(said.map(([path]) => path))
  const writes = said.filter(([path, value]) => !sameJson(before.get(path)?.value, value) || (value === null && anyBelow(path, before)))
  for (const [path, { value, by }] of before) {
    if (path === 'active' || value === null || named.has(path) || said.some(([other]) => path.startsWith(`${other}.`))) continue
    if (rules.owns(event.source, path) ?? sourceOf.get(by) === event.source) writes.push([path, null])
  }
  return writes
}

/** Whether a part of what is null as a whole has been set since. */
function anyBelow(path: string, attributes: ReadonlyMap<string, Attribute>): boolean {
  for (const [other, { value }] of attributes) if (value !== null && other.startsWith(`${path}.`)) return true
  return false
}

function deadWrites(event: LedgerEvent): readonly Write[] {
  return saysLeaver(event) ? [['active', false]] : []
}

/** Nested objects become dotted paths; a list is one value. */
export function flatten(worker: HrEvent['worker'], prefix = '', into: Write[] = []): Write[] {
  for (const key of Object.keys(worker)) {
    const value = worker[key]
    if (value === undefined) continue
    const path = prefix + key
    if (isObject(value)) flatten(value, `${path}.`, into)
    else into.push([path, value])
  }
  return into
}

export function isObject(value: Json): value is HrEvent['worker'] {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Attributes as they stand after some writes. A write to `name` speaks for everything below `name`. */
class State {
  readonly attributes = new Map<string, Attribute>()
  readonly #parents = new Set<string>()

  /** The paths that were written, those a parent's write cleared included. */
  apply(writes: readonly Write[], by: number): string[] {
    const paths: string[] = []
    for (const [path, value] of writes) {
      if (this.#parents.has(path)) this.#clearBelow(path, by, paths)
      else this.#rememberParents(path)
      this.attributes.set(path, { value, by })
      paths.push(path)
    }
    return paths
  }

  #clearBelow(parent: string, by: number, paths: string[]): void {
    for (const path of this.attributes.keys()) {
      if (!path.startsWith(`${parent}.`)) continue
      this.attributes.set(path, { value: null, by })
      paths.push(path)
    }
  }

  #rememberParents(path: string): void {
    for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) this.#parents.add(path.slice(0, dot))
  }
}

/** Equal as JSON: the order of an object's keys does not count, the order of a list does. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const left = Object.entries(a)
  const right = new Map(Object.entries(b))
  return (
    Array.isArray(a) === Array.isArray(b) &&
    left.length === right.size &&
    left.every(([key, value]) => right.has(key) && sameJson(value, right.get(key)))
  )
}
