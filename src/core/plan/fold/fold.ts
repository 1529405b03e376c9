import { type Attribute, BASELINE, ERASED, type HrEvent, type Json, isTermination } from '../../model.ts'
import { type Activation, activationsOf, type Activations, announcedDate, HOLD } from './activation.ts'
import { compareEvents } from './order.ts'
import { rescindings } from './rescind.ts'

/** An event as the ledger holds it. `seq` names it there and says nothing about order. */
export interface LedgerEvent extends HrEvent {
  readonly seq: number
  /** Dead-lettered: out of the fold, except that it still keeps a leaver out. */
  readonly dead: boolean
  /** A dead letter that somebody gave up for good: it says nothing any more. */
  readonly discarded?: boolean
  /** What is left of an event that retention folded away: it holds values, and cannot be rescinded any more. */
  readonly folded?: boolean
}

/** What an event comes to in the fold. */
export type Effect =
  /** Takes effect at a later moment than the fold's. */
  | { readonly kind: 'later'; readonly at: number }
  /** A notice nobody has read yet. */
  | { readonly kind: 'unread' }
  /** The same, and what it says is in the record already, disabled. */
  | { readonly kind: 'announced'; readonly at: number }
  | { readonly kind: 'rescinded'; readonly by: number }
  /** Wrote these attributes. Who holds each of them in the end is in `attributes`. */
  | { readonly kind: 'applied'; readonly paths: readonly string[] }

export interface EmployeeState {
  /** Dotted path → value and the event it comes from. A cleared attribute is there with the value `null`. */
  readonly attributes: ReadonlyMap<string, Attribute>
  /** By the event's `seq`; dead events are not in it. */
  readonly effects: ReadonlyMap<number, Effect>
  /** The next moment at which an event takes effect; `null` when none is waiting. */
  readonly nextAt: number | null
}

/** What a fold needs to know of the sources, and when activations count. Without `owns` a source owns the attributes it set last. */
export interface FoldRules {
  readonly owns: (source: string, path: string) => boolean | null
  /** Without it an activation waits for its moment. */
  readonly activation?: Activation
}
export const defaultFoldRules: FoldRules = { owns: () => null }

/**
 * What is known of one employee at `now`: per attribute the last write in order wins, whatever the order of arrival.
 *
 * - A delta writes what it names; `null` clears.
 * - A snapshot writes what differs from what its source could know (events before it in order and recorded no later than it); equal values
 *   keep the event they came from, owned attributes it does not name are cleared, and a back-dated correction recorded after it shows through.
 * - `active` is never decided by absence.
 * - Of an employee who was erased only the last leaving is left; snapshots recorded before it do not make anybody active.
 * - A baseline is a snapshot that yields to everything recorded after it was exported, wherever that stands in order.
 * - A rescinded event is out, and what it hid comes back. What has not come into force yet can be taken back at once, by a rescind dated no
 *   later than it.
 * - A dead event is out, but its `active: false` stays: when in doubt a leaver stays out.
 * - What a dead rescind names does not make anybody active either, nor does what it would have brought into force again.
 * - A discarded event never happened.
 * - An activation comes into force, or is announced, as `activation` says; everything else at its effective moment.
 */
export function fold(
  events: readonly LedgerEvent[],
  now: number,
  rules: FoldRules = defaultFoldRules,
): EmployeeState {
  const ordered = events.filter(({ discarded }) => discarded !== true).toSorted(compareEvents)
  const activation = rules.activation ?? HOLD
  const acting = new Set<number>()
  const inForce = (rescind: LedgerEvent, target: LedgerEvent | undefined): boolean =>
    rescind.effectiveAt <= Math.max(now, target?.effectiveAt ?? now)
  const removed = rescindings(ordered, (rescind, target) => {
    const acts = inForce(rescind, target)
    if (acts) acting.add(rescind.seq)
    return acts
  })
  // What died was to take somebody's activation back: when in doubt that person stays out.
  const doubtful = ordered.some(({ dead, rescinds }) => dead && rescinds !== null)
    ? rescindings(
        ordered.map((event) => ({ ...event, dead: false })),
        inForce,
      )
    : removed
  const activations = activationsOf(
    ordered.filter(({ seq, mode, dead }) => !removed.has(seq) && (mode !== 'notice' || dead)),
    activation,
  )
  const effects = new Map<number, Effect>()
  const later: LedgerEvent[] = []
  const sourceOf = new Map<number, string>()
  const state = new State()
  const said: Statement[] = []
  for (const event of ordered) {
    const by = removed.get(event.seq)
    if (event.mode === 'notice' && !event.dead) {
      effects.set(event.seq, by === undefined ? { kind: 'unread' } : { kind: 'rescinded', by })
      continue
    }
    if ((activations.get(event.seq) ?? event.effectiveAt) > now) {
      if (by !== undefined) {
        if (!event.dead) effects.set(event.seq, { kind: 'rescinded', by })
        if (isTermination(event) && !doubtful.has(event.seq)) later.push({ ...event, dead: true })
      } else if (acting.has(event.seq) && isPureRescind(event))
        effects.set(event.seq, { kind: 'applied', paths: [] })
      else later.push(event)
      continue
    }
    sourceOf.set(event.seq, event.source)
    const writes = writesOf(event, said, sourceOf, activations, rules)
    said.push({ event, writes, stands: by === undefined })
    if (by === undefined) {
      const yields = yieldedBy(event, writes, state, said)
      const paths = state.apply(
        writes.filter(
          ([path, value]) =>
            !yields.has(path) && !(path === 'active' && value === true && doubtful.has(event.seq)),
        ),
        event.seq,
      )
      if (!event.dead) effects.set(event.seq, { kind: 'applied', paths: [...paths, ...yields] })
    } else {
      if (isTermination(event) && !doubtful.has(event.seq)) state.apply([['active', false]], event.seq)
      if (!event.dead) effects.set(event.seq, { kind: 'rescinded', by })
    }
  }
  const nextAt = wait(later, activations, effects)
  announce(later, activations, state, effects, activation)
  return { attributes: state.attributes, effects, nextAt }
}

const NONE: ReadonlySet<string> = new Set()

/**
 * What a baseline would write over something recorded after it was exported: that it could not know, so that stands, above all a leaver. Any
 * snapshot yields to the leaving of an employee who was erased since: what it knew before and merely repeats is gone with the erasure.
 */
function yieldedBy(
  snapshot: LedgerEvent,
  writes: readonly Write[],
  state: State,
  said: readonly Statement[],
): ReadonlySet<string> {
  if (snapshot.mode !== 'snapshot') return NONE
  const isNewer = ({ type, recordedAt }: LedgerEvent): boolean =>
    type === ERASED
      ? recordedAt >= snapshot.recordedAt
      : snapshot.type === BASELINE && recordedAt > snapshot.recordedAt
  const newer = new Set(said.flatMap(({ event }) => (isNewer(event) ? [event.seq] : [])))
  if (newer.size === 0) return NONE
  // A leaving that an older one hides stands all the same: the snapshot could not know it, so it has no say on access.
  const access = said.findLast(
    ({ event, stands }) =>
      stands &&
      newer.has(event.seq) &&
      (isTermination(event) || (!event.dead && event.worker['active'] === true)),
  )
  const leaves = access !== undefined && isTermination(access.event)
  const held = [...state.attributes].flatMap(([path, { by }]) => (newer.has(by) ? [path] : []))
  return new Set(
    writes.flatMap(([path]) =>
      (leaves && path === 'active') || held.some((other) => other === path || other.startsWith(`${path}.`))
        ? [path]
        : [],
    ),
  )
}

/** True for an event that carries no attribute: a rescind that does nothing else. */
export function isPureRescind(event: LedgerEvent): boolean {
  return event.mode === 'delta' && Object.keys(event.worker).length === 0
}

/** Notes what takes effect later, and answers when the first of it does. A dead leaver is waited for too: its `active: false` counts then. */
function wait(
  later: readonly LedgerEvent[],
  activations: Activations,
  effects: Map<number, Effect>,
): number | null {
  let nextAt: number | null = null
  for (const event of later) {
    if (event.dead && !isTermination(event)) continue
    const at = activations.get(event.seq) ?? event.effectiveAt
    if (!event.dead) effects.set(event.seq, { kind: 'later', at })
    if (nextAt === null || at < nextAt) nextAt = at
  }
  return nextAt
}

/** Tells the directory of the next activation ahead of its moment: everything it says, disabled, and the date. Never of somebody active still. */
function announce(
  later: readonly LedgerEvent[],
  activations: Activations,
  state: State,
  effects: Map<number, Effect>,
  activation: Activation,
): void {
  if (activation.policy !== 'announce' || state.attributes.get('active')?.value === true) return
  const event = later.find(({ seq }) => activations.has(seq))
  if (!event) return
  const says = flatten(event.worker).filter(([path]) => path !== 'active')
  state.apply([...says, ...dateOf(event, activation)], event.seq)
  if (!state.attributes.has('active')) state.apply([['active', false]], event.seq)
  effects.set(event.seq, { kind: 'announced', at: event.effectiveAt })
}

function writesOf(
  event: LedgerEvent,
  said: readonly Statement[],
  sourceOf: ReadonlyMap<number, string>,
  activations: Activations,
  rules: FoldRules,
): readonly Write[] {
  if (event.dead) return isTermination(event) ? [['active', false]] : []
  const writes =
    event.mode === 'snapshot'
      ? snapshotWrites(event, known(said, event), sourceOf, rules)
      : flatten(event.worker)
  return activations.has(event.seq) ? [...writes, ...dateOf(event, rules.activation ?? HOLD)] : writes
}

/** Stays in the record once the moment has come, so that the directory is not told to forget it. An event that names the attribute itself knows better. */
function dateOf(event: LedgerEvent, activation: Activation): readonly Write[] {
  if (
    activation.policy !== 'announce' ||
    flatten(event.worker).some(([path]) => path === activation.attribute)
  )
    return []
  return [[activation.attribute, announcedDate(event)]]
}

interface Statement {
  readonly event: LedgerEvent
  readonly writes: readonly Write[]
  /** It is not rescinded. */
  readonly stands: boolean
}
type Write = readonly [path: string, value: Json]

/**
 * The fold of what its source could know when it recorded a snapshot. A rescind that came later it did not know: what the target had set still
 * counts here, so that a snapshot which merely repeated it does not keep it once it is rescinded. Its own rescind it knew.
 */
function known(said: readonly Statement[], snapshot: LedgerEvent): ReadonlyMap<string, Attribute> {
  const before = said.filter(({ event }) => event.recordedAt <= snapshot.recordedAt)
  const removed = rescindings([...before.map(({ event }) => event), snapshot])
  const state = new State()
  for (const { event, writes } of before) {
    if (removed.has(event.seq)) continue
    const yields = yieldedBy(event, writes, state, before)
    state.apply(yields.size === 0 ? writes : writes.filter(([path]) => !yields.has(path)), event.seq)
  }
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
  const writes = said.filter(
    ([path, value]) =>
      !sameJson(before.get(path)?.value, value) || (value === null && anyBelow(path, before)),
  )
  const kept = rules.activation?.policy === 'announce' ? rules.activation.attribute : 'active'
  for (const [path, { value, by }] of before) {
    if (
      path === 'active' ||
      path === kept ||
      value === null ||
      named.has(path) ||
      said.some(([other]) => path.startsWith(`${other}.`))
    )
      continue
    if (rules.owns(event.source, path) ?? sourceOf.get(by) === event.source) writes.push([path, null])
  }
  return writes
}

/** Whether a part of what is null as a whole has been set since. */
function anyBelow(path: string, attributes: ReadonlyMap<string, Attribute>): boolean {
  for (const [other, { value }] of attributes) if (value !== null && other.startsWith(`${path}.`)) return true
  return false
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
    for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1))
      this.#parents.add(path.slice(0, dot))
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
