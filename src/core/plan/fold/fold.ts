import { BASELINE, ERASED, isTermination } from '../../model.ts'
import type { Activation } from '../settings.ts'
import { activationsOf, type Activations, announcedDateWrites, HOLD } from './activation.ts'
import { isPureRescind } from './event.ts'
import type { LedgerEvent } from '../../ledger/event.ts'
import { flatten, type Write } from './flatten.ts'
import {
  decidesAccess,
  type LateTermination,
  lateTermination,
  partsAfterActivations,
} from './late-termination.ts'
import { compareEvents, inOrder } from './order.ts'
import { rescindedBy } from './rescind.ts'
import { DEFAULT_FOLD_RULES, type FoldRules } from './rules.ts'
import {
  type EarlierEvents,
  type EventInForce,
  isSnapshot,
  NO_PATHS,
  pathsDecidedSince,
  snapshotWrites,
} from './snapshot.ts'
import { AttributeWriter, type Effect, type EmployeeState } from './state.ts'

/**
 * The state of one employee at `now`: for each attribute the last write in order wins, whatever the
 * order of arrival.
 *
 * - A delta writes what it names; `null` clears.
 * - A snapshot writes what differs from what its source knew (earlier events in order, recorded no
 *   later than the snapshot). Equal values keep the event they came from, attributes that the
 *   source owns and the snapshot does not name are cleared, and a back-dated correction recorded
 *   after the snapshot shows through. A snapshot that repeats an activation that died does not
 *   overrule a termination recorded after the snapshot.
 * - A missing `active` never changes `active`.
 * - Of an erased employee only the last termination is left; snapshots recorded before it do not
 *   activate the employee.
 * - A baseline is a snapshot that yields to every event recorded after its export, wherever that
 *   event stands in order.
 * - A rescinded event has no effect, and what it covered shows again. A rescind dated no later than
 *   an event that has not come into force takes that event back at once.
 * - A dead event has no effect, except that its `active: false` stays: in doubt an employee stays
 *   disabled.
 * - An event named by a dead rescind does not activate the employee either, nor does an event that
 *   the dead rescind would bring back.
 * - A discarded event has no effect at all.
 * - A termination recorded after an activation and dated before it, with no earlier activation it
 *   could end, counts from that activation on.
 * - An activation comes into force, or is announced, as `rules.activation` says; every other event
 *   at its effective moment.
 */
export function fold(
  events: readonly LedgerEvent[],
  now: number,
  rules: FoldRules = DEFAULT_FOLD_RULES,
): EmployeeState {
  const inputs = prepareFold(events, now, rules)
  const progress: FoldProgress = {
    writer: new AttributeWriter(),
    effects: new Map(),
    inForce: [],
    recordedLast: Number.NEGATIVE_INFINITY,
    later: [],
  }
  for (const event of inputs.ordered) foldEvent(event, inputs, progress)
  const nextAt = noteLaterEvents(inputs, progress)
  announceNextActivation(inputs, progress)
  return {
    attributes: progress.writer.attributes,
    effects: progress.effects,
    nextAt,
    late: inputs.late && {
      termination: inputs.late.termination.seq,
      activations: inputs.late.activations.map(({ seq }) => seq),
    },
  }
}

/** What is known before the first event is applied. */
interface FoldInputs {
  readonly now: number
  readonly rules: FoldRules
  readonly activation: Activation
  readonly ordered: readonly LedgerEvent[]
  /** Rescinded event → the event that rescinds it. */
  readonly rescinded: ReadonlyMap<number, number>
  /** The same when dead rescinds count too: these events do not activate the employee. */
  readonly doubtful: ReadonlyMap<number, number>
  /** Rescinds that are in force already. */
  readonly actingRescinds: ReadonlySet<number>
  readonly activations: Activations
  readonly late: LateTermination | null
  /** Only a snapshot asks what stands before it. */
  readonly hasSnapshots: boolean
  /** Nothing is known of an event by any later one: what stands before it in order is all. */
  readonly isKnownInOrder: boolean
}

/** What the fold builds up, event by event. */
interface FoldProgress {
  readonly writer: AttributeWriter
  readonly effects: Map<number, Effect>
  /** Empty where there are no snapshots. */
  readonly inForce: EventInForce[]
  /** When the last recorded of those in force was recorded. */
  recordedLast: number
  readonly later: LedgerEvent[]
}

function prepareFold(events: readonly LedgerEvent[], now: number, rules: FoldRules): FoldInputs {
  const ordered = inOrder(
    events.some(({ discarded }) => discarded) ? events.filter(({ discarded }) => !discarded) : events,
  )
  const activation = rules.activation ?? HOLD
  const actingRescinds = new Set<number>()
  const isInForce = (rescind: LedgerEvent, target: LedgerEvent | undefined): boolean =>
    rescind.effectiveAt <= Math.max(now, target?.effectiveAt ?? now)
  const rescinded = rescindedBy(ordered, (rescind, target) => {
    const acts = isInForce(rescind, target)
    if (acts) actingRescinds.add(rescind.seq)
    return acts
  })
  // A dead rescind was to take an activation back: in doubt the employee stays disabled.
  const doubtful = ordered.some(({ dead, rescinds }) => dead && rescinds !== null)
    ? rescindedBy(
        ordered.map((event) => ({ ...event, dead: false })),
        isInForce,
      )
    : rescinded
  const onAccess = ordered.filter((event) => decidesAccess(event) && !rescinded.has(event.seq))
  const late = lateTermination(onAccess)
  return {
    now,
    rules,
    activation,
    ordered: withLateTermination(ordered, late),
    rescinded,
    doubtful,
    actingRescinds,
    activations: activationsOf(openActivations(onAccess, late), activation),
    late,
    hasSnapshots: ordered.some(isSnapshot),
    isKnownInOrder: ordered.every(isKnownInOrder),
  }
}

function withLateTermination(
  ordered: readonly LedgerEvent[],
  late: LateTermination | null,
): readonly LedgerEvent[] {
  return late === null ? ordered : [...ordered, ...partsAfterActivations(late)].sort(compareEvents)
}

/** What decides access, without the activations that a late termination ends and without notices. */
function openActivations(
  onAccess: readonly LedgerEvent[],
  late: LateTermination | null,
): readonly LedgerEvent[] {
  return withLateTermination(onAccess, late).filter(
    ({ seq, mode, dead }) =>
      (mode !== 'notice' || dead) && !late?.activations.some((closed) => closed.seq === seq),
  )
}

/** Not so for an event that takes another back, or counts by when it was recorded. */
function isKnownInOrder({ type, rescinds }: LedgerEvent): boolean {
  return rescinds === null && type !== BASELINE && type !== ERASED
}

function foldEvent(event: LedgerEvent, inputs: FoldInputs, progress: FoldProgress): void {
  const { seq, mode, dead } = event
  const by = inputs.rescinded.get(seq)
  if (mode === 'notice' && !dead)
    progress.effects.set(seq, by === undefined ? { kind: 'unread' } : { kind: 'rescinded', by })
  else if (inForceAt(event, inputs) > inputs.now) foldLaterEvent(event, inputs, progress)
  else foldEventInForce(event, inputs, progress)
}

function inForceAt({ seq, effectiveAt }: LedgerEvent, { activations }: FoldInputs): number {
  return activations.get(seq) ?? effectiveAt
}

/**
 * True for a rescinded termination that would not be rescinded if dead rescinds counted: in doubt
 * it still disables.
 */
function stillDisables(event: LedgerEvent, { doubtful }: FoldInputs): boolean {
  return isTermination(event) && !doubtful.has(event.seq)
}

function foldLaterEvent(event: LedgerEvent, inputs: FoldInputs, { effects, later }: FoldProgress): void {
  const by = inputs.rescinded.get(event.seq)
  if (by !== undefined) {
    if (!event.dead) effects.set(event.seq, { kind: 'rescinded', by })
    if (stillDisables(event, inputs)) later.push({ ...event, dead: true })
  } else if (inputs.actingRescinds.has(event.seq) && isPureRescind(event))
    effects.set(event.seq, { kind: 'applied', paths: [] })
  else later.push(event)
}

function foldEventInForce(event: LedgerEvent, inputs: FoldInputs, progress: FoldProgress): void {
  const { writer, effects, inForce } = progress
  const { seq, dead } = event
  const by = inputs.rescinded.get(seq)
  const writes = writesOf(event, inputs, progress)
  if (inputs.hasSnapshots) {
    inForce.push({ event, writes, isRescinded: by !== undefined })
    progress.recordedLast = Math.max(progress.recordedLast, event.recordedAt)
  }
  if (by !== undefined) {
    if (stillDisables(event, inputs)) writer.apply([['active', false]], seq)
    if (!dead) effects.set(seq, { kind: 'rescinded', by })
    return
  }
  const decided = inputs.isKnownInOrder
    ? NO_PATHS
    : pathsDecidedSince(event, writes, writer.attributes, inForce)
  const isDoubtful = inputs.doubtful.has(seq)
  const allowed =
    decided.size === 0 && !isDoubtful
      ? writes
      : writes.filter(
          ([path, value]) => !decided.has(path) && !(path === 'active' && value === true && isDoubtful),
        )
  const paths = writer.apply(allowed, seq)
  if (!dead) effects.set(seq, { kind: 'applied', paths: decided.size === 0 ? paths : [...paths, ...decided] })
  else addPaths(effects, seq, paths)
}

/** The part of a late termination behind its activation adds to what the termination wrote. */
function addPaths(effects: Map<number, Effect>, seq: number, paths: readonly string[]): void {
  const effect = effects.get(seq)
  if (effect?.kind === 'applied')
    effects.set(seq, { kind: 'applied', paths: [...new Set([...effect.paths, ...paths])] })
}

function writesOf(event: LedgerEvent, inputs: FoldInputs, progress: FoldProgress): readonly Write[] {
  if (event.dead) return isTermination(event) ? [['active', false]] : []
  const writes =
    event.mode === 'snapshot'
      ? snapshotWrites(event, earlierEvents(event, inputs, progress), inputs.rules)
      : flatten(event.worker)
  return inputs.activations.has(event.seq)
    ? [...writes, ...announcedDateWrites(event, inputs.activation)]
    : writes
}

function earlierEvents(
  { recordedAt }: LedgerEvent,
  { isKnownInOrder }: FoldInputs,
  { writer, inForce, recordedLast }: FoldProgress,
): EarlierEvents {
  return { inForce, allKnown: isKnownInOrder && recordedLast <= recordedAt ? writer.attributes : null }
}

/**
 * Notes the events that take effect later and returns the first of their moments. A dead
 * termination counts too: its `active: false` takes effect then.
 */
function noteLaterEvents(inputs: FoldInputs, { later, effects }: FoldProgress): number | null {
  let nextAt: number | null = null
  for (const event of later) {
    if (event.dead && !isTermination(event)) continue
    const at = inForceAt(event, inputs)
    if (!event.dead) effects.set(event.seq, { kind: 'later', at })
    if (nextAt === null || at < nextAt) nextAt = at
  }
  return nextAt
}

/**
 * Writes the next activation ahead of its moment: its attributes and its date, with `active:
 * false`. An active employee is not announced.
 */
function announceNextActivation(
  { activation, activations }: FoldInputs,
  { later, writer, effects }: FoldProgress,
): void {
  if (activation.policy !== 'announce' || writer.attributes.get('active')?.value === true) return
  const event = later.find(({ seq }) => activations.has(seq))
  if (!event) return
  const writes = flatten(event.worker).filter(([path]) => path !== 'active')
  writer.apply([...writes, ...announcedDateWrites(event, activation)], event.seq)
  if (!writer.attributes.has('active')) writer.apply([['active', false]], event.seq)
  effects.set(event.seq, { kind: 'announced', at: event.effectiveAt })
}
