import type { BatchQuery } from '../ledger/port/submit.ts'
import { LANES } from '../model.ts'
import { type Budget, nextCallAt } from './pace.ts'

/** A pending operation, as far as forming a batch needs it. */
export interface WaitingOperation {
  /** Ledger sequence; a lower one was planned earlier. */
  readonly seq: number
  readonly employeeId: string
  readonly lane: number
  /** Employee id of the manager the record names. */
  readonly managerId: string | null
  readonly createdAt: number
  /** Size of the record in UTF-8. */
  readonly bytes: number
}

/** What waits, seen from both ends. Each list holds at most one batch. */
export interface WaitingOperations {
  /** The first by lane, then by age. */
  readonly byLane: readonly WaitingOperation[]
  /** The oldest, whatever their lane; see {@link oldestShare}. */
  readonly oldest: readonly WaitingOperation[]
}

type BatchLimits = Pick<BatchQuery, 'now' | 'maxOperations' | 'maxBytes' | 'fillMs' | 'limits'>

/** This share of every batch goes to the oldest operations, so that no lane starves another. */
const OLDEST_SHARE = 0.2

/** How many places of a batch belong to the oldest operations. */
export function oldestShare(maxOperations: number): number {
  return Math.floor(maxOperations * OLDEST_SHARE)
}

/** Whether the budget lets a batch leave now. A waiting leaver may leave sooner than the rest. */
export function mayLeave(byLane: readonly WaitingOperation[], budget: Budget, limits: BatchLimits): boolean {
  const leaver = byLane[0]?.lane === LANES.leaver
  // A leaver waits for others to share its call. A call that is full of leavers has nothing to wait
  // for.
  const full = byLane.length === limits.maxOperations && byLane.every(isLeaver)
  return limits.now >= nextCallAt(full ? { ...budget, lastAt: null } : budget, limits.limits, leaver)
}

/** Leavers, then the oldest, then the rest by lane, as many as fit; in the order of the lanes. */
export function mixLanes({ byLane, oldest }: WaitingOperations, most: number): readonly WaitingOperation[] {
  const rows = new Map([...byLane.filter(isLeaver), ...oldest, ...byLane].map((row) => [row.seq, row]))
  return [...rows.values()].slice(0, most).sort((a, b) => a.lane - b.lane || a.seq - b.seq)
}

/**
 * The operations of the next batch, in the order they are sent, or none while the batch should
 * still fill up.
 *
 * - Leavers come first and never wait for the batch to fill.
 * - A manager's operation comes before those of the manager's reports, from wherever it waits.
 *   `managers` are the pending operations of managers, and of their managers, by employee id.
 *   Cycles are broken.
 * - An employee whose manager has no pending operation does not wait.
 * - At most `maxOperations`, and at most `maxBytes` unless a single operation is larger.
 */
export function formBatch(
  waiting: WaitingOperations,
  managers: ReadonlyMap<string, WaitingOperation>,
  { now, maxOperations, maxBytes, fillMs }: BatchLimits,
): readonly WaitingOperation[] {
  const mixed = mixLanes(waiting, maxOperations)
  const chosen = withinBytes(managersFirst(mixed, waiting.oldest, managers).slice(0, maxOperations), maxBytes)
  const full = chosen.length >= maxOperations || chosen.length < mixed.length
  // An operation from the future was planned by a clock that was ahead: how long it has waited is
  // not known.
  const waitedLongEnough = mixed.some(
    ({ createdAt }) => createdAt <= now - fillMs || createdAt > now + fillMs,
  )
  return full || waitedLongEnough || mixed.some(isLeaver) ? chosen : []
}

function managersFirst(
  rows: readonly WaitingOperation[],
  oldest: readonly WaitingOperation[],
  managers: ReadonlyMap<string, WaitingOperation>,
): readonly WaitingOperation[] {
  const byEmployee = new Map([...managers, ...rows.map((row) => [row.employeeId, row] as const)])
  const ordered = new Set<WaitingOperation>()
  const place = (row: WaitingOperation, below: ReadonlySet<string>): void => {
    if (ordered.has(row) || below.has(row.employeeId)) return
    const manager = row.managerId === null ? undefined : byEmployee.get(row.managerId)
    if (manager) place(manager, new Set(below).add(row.employeeId))
    ordered.add(row)
  }
  // Leavers wait for no manager.
  for (const row of rows) if (isLeaver(row)) ordered.add(row)
  // Managers that are brought forward displace the end of the batch, so the oldest come before
  // them.
  const old = new Set(oldest.map(({ seq }) => seq))
  for (const row of rows) if (old.has(row.seq)) place(row, new Set())
  for (const row of rows) place(row, new Set())
  return [...ordered]
}

function withinBytes(rows: readonly WaitingOperation[], maxBytes: number): readonly WaitingOperation[] {
  let bytes = 0
  return rows.filter((row, index) => (bytes += row.bytes) <= maxBytes || index === 0)
}

function isLeaver({ lane }: WaitingOperation): boolean {
  return lane === LANES.leaver
}
