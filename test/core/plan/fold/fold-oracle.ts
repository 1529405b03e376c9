import type { Json, JsonObject } from '../../../../src/core/model.ts'
import type { LedgerEvent } from '../../../../src/core/ledger/event.ts'
import { compareEvents } from '../../../../src/core/plan/fold/order.ts'

/**
 * The fold again, from the words of the design alone and by brute force: for every attribute, look
 * down the sorted list for the write that stands. It is slow on purpose, keeps no state between
 * events, and shares nothing with the code but the order.
 */
export interface Known {
  readonly value: Json
  /** `seq` of the event it comes from. */
  readonly by: number
}

interface Write {
  readonly path: string
  readonly value: Json
  readonly event: LedgerEvent
}

export function oracle(events: readonly LedgerEvent[], now: number): ReadonlyMap<string, Known> {
  const unique = [...new Map(events.map((event) => [event.seq, event])).values()]
  const sorted = [...unique, ...neverStarted(unique, now)]
    .filter((event) => event.effectiveAt <= now)
    .toSorted(compareEvents)
  const doubtful = rescinded(sorted.map((event) => ({ ...event, dead: false })))
  return known(
    sorted,
    [],
    (write) => write.path === 'active' && write.value === true && doubtful.has(write.event.seq),
    (event) => event.worker['active'] === false && !doubtful.has(event.seq),
  )
}

/**
 * What keeps an employee out who never started: of the terminations before every activation the one
 * recorded last, if that was after an activation, has an `active: false` directly behind the
 * activation it means.
 */
function neverStarted(events: readonly LedgerEvent[], now: number): readonly LedgerEvent[] {
  const out = rescinded(events, now)
  const standing = events.filter(({ seq }) => !out.has(seq)).toSorted(compareEvents)
  const activates = ({ worker, mode, dead, activated }: LedgerEvent): boolean =>
    activated === true || (worker['active'] === true && (mode !== 'notice' || dead))
  const start = standing.findIndex(activates)
  const candidates = standing
    .slice(0, start === -1 ? undefined : start)
    .filter(({ worker }) => worker['active'] === false)
  const latest = Math.max(...candidates.map(({ recordedAt }) => recordedAt))
  const leaving = candidates.findLast(({ recordedAt }) => recordedAt === latest)
  if (!leaving) return []
  return standing.flatMap((event, at) => {
    const opens = activates(event) && event.worker['active'] === true && !event.dead
    const endsWithIt = standing
      .slice(at)
      .some((other) => other.worker['active'] === false && other.effectiveAt === event.effectiveAt)
    const saidLater = standing
      .slice(0, at + 1)
      .some((other) => activates(other) && !other.dead && other.recordedAt >= leaving.recordedAt)
    if (!opens || endsWithIt || saidLater) return []
    const { effectiveAt, rank, order } = event
    return [{ ...leaving, effectiveAt, rank, order, rescinds: null, dead: true }]
  })
}

/**
 * What stands after these events, which are in order and in force. What is `withheld` was said, and
 * does not count in the end. Of `knowing` only what it rescinds counts. What is `doubted` keeps its
 * leaver out though it is rescinded.
 */
function known(
  sorted: readonly LedgerEvent[],
  knowing: readonly LedgerEvent[] = [],
  withheld: (write: Write) => boolean = () => false,
  doubted: (event: LedgerEvent) => boolean = () => false,
): ReadonlyMap<string, Known> {
  const cancelled = rescinded([...sorted, ...knowing])
  const present = sorted.filter((event) => !cancelled.has(event.seq) || doubted(event))
  const writesOf = (event: LedgerEvent, written: readonly Write[]): readonly Write[] => {
    if (event.dead || cancelled.has(event.seq))
      return event.worker['active'] === false ? [{ path: 'active', value: false, event }] : []
    const said = leaves(event.worker)
    if (event.mode !== 'snapshot') return said.map(([path, value]) => ({ path, value, event }))
    // What its source could know: the events before it in order and recorded no later than it, and
    // what it rescinds itself.
    const before = sorted
      .slice(0, sorted.indexOf(event))
      .filter((other) => other.recordedAt <= event.recordedAt)
    const standing = (other: LedgerEvent): boolean => !cancelled.has(other.seq)
    const last = written.findLast((write) => write.path === 'active' && standing(write.event))
    const isRepeated = bringsBack(event, before.filter(standing), last)
    return snapshotWrites(
      event,
      said,
      known(before, [event]),
      new Map(before.map((other) => [other.seq, other.source])),
    ).filter(({ path }) => path !== 'active' || !isRepeated)
  }
  const writes: Write[] = []
  for (const event of present) writes.push(...writesOf(event, writes))
  const result = new Map<string, Known>()
  const said = writes.filter((write) => !withheld(write))
  for (const { path } of said) {
    const standing = stands(path, said)
    if (standing) result.set(path, standing)
  }
  return result
}

/**
 * It would only set again what a dead activation said, against a leaving that HR recorded since.
 */
function bringsBack(snapshot: LedgerEvent, before: readonly LedgerEvent[], last: Write | undefined): boolean {
  if (snapshot.worker['active'] !== true || last?.event.worker['active'] !== false) return false
  if (last.event.recordedAt <= snapshot.recordedAt) return false
  const words = before.filter(({ worker }) => typeof worker['active'] === 'boolean').toReversed()
  const left = words.findIndex(({ worker }) => worker['active'] === false)
  return words.slice(0, left === -1 ? undefined : left).some(({ dead }) => dead)
}

/**
 * It sets what differs from what its source could know, and clears what its source owns and it does
 * not mention; `active` never.
 */
function snapshotWrites(
  event: LedgerEvent,
  said: readonly (readonly [string, Json])[],
  view: ReadonlyMap<string, Known>,
  sourceOf: ReadonlyMap<number, string>,
): Write[] {
  const writes: Write[] = []
  for (const [path, value] of said) {
    const there = view.get(path)
    const partsLeft = [...view].some(([other, part]) => other.startsWith(`${path}.`) && part.value !== null)
    if (there === undefined || partsLeft || JSON.stringify(there.value) !== JSON.stringify(value))
      writes.push({ path, value, event })
  }
  for (const [path, { value, by }] of view) {
    const mentioned = said.some(([other]) => other === path || path.startsWith(`${other}.`))
    if (!mentioned && path !== 'active' && value !== null && sourceOf.get(by) === event.source)
      writes.push({ path, value: null, event })
  }
  return writes
}

/** The last write to the path, or to something that it is a part of. */
function stands(path: string, writes: readonly Write[]): Known | undefined {
  const last = writes.findLast((write) => write.path === path || path.startsWith(`${write.path}.`))
  return last && { value: last.path === path ? last.value : null, by: last.event.seq }
}

/**
 * `seq` of every event that is out. A rescind that is not out itself takes its target out; a dead
 * one does nothing. Rescinds that lead back to themselves are void: they are out, and take nothing
 * out.
 */
export function rescinded(
  events: readonly LedgerEvent[],
  now = Number.POSITIVE_INFINITY,
): ReadonlySet<number> {
  const rescinds = acting(events, now)
  const targetOf = (rescind: LedgerEvent): LedgerEvent | undefined =>
    events.find((event) => rescind.rescinds?.source === event.source && rescind.rescinds.id === event.id)
  const isVoid = (start: LedgerEvent): boolean => {
    let at = targetOf(start)
    for (let steps = 0; at && rescinds.includes(at) && at !== start && steps < events.length; steps++)
      at = targetOf(at)
    return at === start
  }
  const circles = rescinds.filter(isVoid)
  const out = (event: LedgerEvent): boolean =>
    circles.includes(event) ||
    rescinds.some((rescind) => targetOf(rescind) === event && !circles.includes(rescind) && !out(rescind))
  return new Set(events.filter(out).map(({ seq }) => seq))
}

/**
 * Living rescinds in force at `now`: those dated until then, and those dated no later than what
 * they take out.
 */
function acting(events: readonly LedgerEvent[], now: number): readonly LedgerEvent[] {
  return events.filter((event) => {
    if (event.rescinds === null || event.dead) return false
    const target = events.find(
      ({ source, id }) => event.rescinds?.source === source && event.rescinds.id === id,
    )
    return event.effectiveAt <= now || (target !== undefined && event.effectiveAt <= target.effectiveAt)
  })
}

/**
 * The next moment at which something comes into force, a leaver whose event died included, and one
 * whose being out hangs on a dead rescind. What else is out waits for nothing, and neither does a
 * rescind that says nothing else and is in force already.
 */
export function nextMoment(events: readonly LedgerEvent[], now: number): number | null {
  const out = rescinded(events, now)
  const doubtful = rescinded(
    events.map((event) => ({ ...event, dead: false })),
    now,
  )
  const doubted = (event: LedgerEvent): boolean =>
    event.worker['active'] === false && out.has(event.seq) && !doubtful.has(event.seq)
  const done = new Set(
    acting(events, now).filter(({ mode, worker }) => mode === 'delta' && Object.keys(worker).length === 0),
  )
  const moments = events
    .filter(
      (event) =>
        doubted(event) ||
        (!out.has(event.seq) && !done.has(event) && (!event.dead || event.worker['active'] === false)),
    )
    .map((event) => event.effectiveAt)
  return moments.filter((at) => at > now).toSorted((a, b) => a - b)[0] ?? null
}

function leaves(worker: JsonObject, prefix = ''): (readonly [string, Json])[] {
  return Object.entries(worker).flatMap(([key, value]): (readonly [string, Json])[] =>
    isObject(value) ? leaves(value, `${prefix}${key}.`) : [[prefix + key, value]],
  )
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
