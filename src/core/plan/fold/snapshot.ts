import { type Attribute, BASELINE, ERASED, isTermination } from '../../model.ts'
import type { LedgerEvent } from '../../ledger/event.ts'
import { flatten, type Write } from './flatten.ts'
import { rescindedBy } from './rescind.ts'
import type { FoldRules } from './rules.ts'
import { AttributeWriter, hasValueBelow, sameJson } from './state.ts'

/** An event that is in force at the moment of the fold, and what it writes. */
export interface EventInForce {
  readonly event: LedgerEvent
  readonly writes: readonly Write[]
  readonly isRescinded: boolean
}

/** What stands before a snapshot in order, and in force. */
export interface EarlierEvents {
  readonly inForce: readonly EventInForce[]
  /** What these events made of the employee, where the snapshot's source knew all of them. */
  readonly allKnown: ReadonlyMap<string, Attribute> | null
}

/**
 * What a snapshot writes: the values that differ from what its source knew, and `null` for
 * attributes the source owns and the snapshot does not name.
 */
export function snapshotWrites(
  event: LedgerEvent,
  { inForce, allKnown }: EarlierEvents,
  rules: FoldRules,
): readonly Write[] {
  const known = allKnown ?? attributesKnownTo(event, inForce)
  const named = flatten(event.worker)
  const namedPaths = new Set(named.map(([path]) => path))
  const differing = named.filter(
    ([path, value]) =>
      !sameJson(known.get(path)?.value, value) || (value === null && hasValueBelow(path, known)),
  )
  const writes = repeatsDeadActivation(event, inForce)
    ? differing.filter(([path]) => path !== 'active')
    : differing
  const announced = rules.activation?.policy === 'announce' ? rules.activation.attribute : null
  for (const [path, { value, by }] of known) {
    const isKept =
      path === 'active' ||
      path === announced ||
      value === null ||
      namedPaths.has(path) ||
      named.some(([parent]) => path.startsWith(`${parent}.`))
    if (!isKept && (rules.owns(event.source, path) ?? isFrom(event.source, by, inForce)))
      writes.push([path, null])
  }
  return writes
}

/**
 * Whether a snapshot only repeats that the employee is active, from an activation that died, while
 * HR has recorded since that the employee leaves. Were the activation not dead, the snapshot would
 * not set `active`, and that it died must not bring a leaver back.
 */
function repeatsDeadActivation(snapshot: LedgerEvent, inForce: readonly EventInForce[]): boolean {
  if (snapshot.worker['active'] !== true) return false
  const standing = inForce.filter(({ isRescinded }) => !isRescinded)
  const last = standing.findLast(({ writes }) => writes.some(([path]) => path === 'active'))
  if (!last || last.event.recordedAt <= snapshot.recordedAt || !isTermination(last.event)) return false
  const known = standing.flatMap(({ event }) =>
    event.recordedAt <= snapshot.recordedAt && typeof event.worker['active'] === 'boolean' ? [event] : [],
  )
  return known.slice(known.findLastIndex(isTermination) + 1).some(({ dead }) => dead)
}

function isFrom(source: string, seq: number, inForce: readonly EventInForce[]): boolean {
  return inForce.some(({ event }) => event.seq === seq && event.source === source)
}

/**
 * The attributes that a snapshot's source knew when it recorded the snapshot. It did not know a
 * rescind recorded later, so the values of the rescinded event still count here: a snapshot that
 * only repeated them does not keep them. It knew what the snapshot itself rescinds.
 */
function attributesKnownTo(
  snapshot: LedgerEvent,
  inForce: readonly EventInForce[],
): ReadonlyMap<string, Attribute> {
  const before = inForce.filter(({ event }) => event.recordedAt <= snapshot.recordedAt)
  const rescinded = rescindedBy([...before.map(({ event }) => event), snapshot])
  const writer = new AttributeWriter()
  const stood: EventInForce[] = []
  for (const { event, writes } of before) {
    if (rescinded.has(event.seq)) continue
    stood.push({ event, writes, isRescinded: false })
    const decided = pathsDecidedSince(event, writes, writer.attributes, stood)
    writer.apply(decided.size === 0 ? writes : writes.filter(([path]) => !decided.has(path)), event.seq)
  }
  return writer.attributes
}

export const NO_PATHS: ReadonlySet<string> = new Set()

/**
 * Retention keeps an older baseline as a delta of the values that come from it (`cutOf`), and it
 * still yields as the whole one did.
 */
export const isSnapshot = ({ mode, type }: LedgerEvent): boolean => mode === 'snapshot' || type === BASELINE

/**
 * The paths a snapshot may not write, because an event it could not know has decided them. For a
 * baseline that is every event recorded after the export, terminations above all. For any snapshot
 * it is the erasure of the employee recorded since: the erasure removed what the snapshot repeats.
 */
export function pathsDecidedSince(
  snapshot: LedgerEvent,
  writes: readonly Write[],
  attributes: ReadonlyMap<string, Attribute>,
  inForce: readonly EventInForce[],
): ReadonlySet<string> {
  if (!isSnapshot(snapshot)) return NO_PATHS
  const isNewer = ({ type, recordedAt }: LedgerEvent): boolean =>
    type === ERASED
      ? recordedAt >= snapshot.recordedAt
      : snapshot.type === BASELINE && recordedAt > snapshot.recordedAt
  const newer = new Set(inForce.flatMap(({ event }) => (isNewer(event) ? [event.seq] : [])))
  if (newer.size === 0) return NO_PATHS
  // A termination counts even when an older event overrides it: the snapshot could not know it.
  const lastOnAccess = inForce.findLast(
    ({ event, isRescinded }) =>
      !isRescinded &&
      newer.has(event.seq) &&
      (isTermination(event) || (!event.dead && event.worker['active'] === true)),
  )
  const hasLeft = lastOnAccess !== undefined && isTermination(lastOnAccess.event)
  const decided = [...attributes].flatMap(([path, { by }]) => (newer.has(by) ? [path] : []))
  return new Set(
    writes.flatMap(([path]) =>
      (hasLeft && path === 'active') ||
      decided.some((other) => other === path || other.startsWith(`${path}.`))
        ? [path]
        : [],
    ),
  )
}
