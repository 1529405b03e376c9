import { eventKey } from './event.ts'
import type { LedgerEvent } from '../../ledger/event.ts'

/**
 * Which of these events are rescinded, and by which: rescinded `seq` → rescinding `seq`. A rescind
 * that is itself rescinded has no effect, so its target stays. Rescinds that rescind each other in
 * a circle are all void: each counts as rescinded by the one that names it, and none has an effect.
 * A dead rescind has no effect. A rescind that `isInForce` denies counts as an event without
 * `rescinds`.
 */
export function rescindedBy(
  events: readonly LedgerEvent[],
  isInForce: (rescind: LedgerEvent, target: LedgerEvent | undefined) => boolean = () => true,
): ReadonlyMap<number, number> {
  const rescinded = new Map<number, number>()
  if (events.every((event) => event.rescinds === null)) return rescinded

  const byName = new Map(events.map((event) => [eventKey(event), event]))
  const rescinds = events.filter(
    (event) =>
      event.rescinds !== null && !event.dead && isInForce(event, byName.get(eventKey(event.rescinds))),
  )
  const rescindsOf = new Map<number, LedgerEvent[]>()
  for (const rescind of rescinds) {
    const target = rescind.rescinds && byName.get(eventKey(rescind.rescinds))
    if (target && target.folded !== true)
      rescindsOf.set(target.seq, [...(rescindsOf.get(target.seq) ?? []), rescind])
  }

  const settled = new Set<number>()
  const settle = (event: LedgerEvent): void => {
    if (settled.has(event.seq)) return
    settled.add(event.seq)
    for (const rescind of rescindsOf.get(event.seq) ?? []) {
      settle(rescind)
      if (!rescinded.has(rescind.seq)) rescinded.set(event.seq, rescind.seq)
    }
  }
  for (const circle of circlesOf(rescinds, byName))
    for (const [target, rescind] of circle) rescinded.set(target, rescind)
  for (const target of rescinded.keys()) settled.add(target)
  for (const event of events) if (rescindsOf.has(event.seq)) settle(event)
  return rescinded
}

/**
 * Circles of rescinds, each as rescinded `seq` → rescinding `seq`. A rescind has one target, so
 * walking from target to target finds them.
 */
function circlesOf(
  rescinds: readonly LedgerEvent[],
  byName: ReadonlyMap<string, LedgerEvent>,
): ReadonlyMap<number, number>[] {
  const found: ReadonlyMap<number, number>[] = []
  const done = new Set<number>()
  const acting = new Set(rescinds)
  for (const start of rescinds) {
    const walked = new Map<number, number>()
    let at: LedgerEvent | undefined = start
    while (at?.rescinds && acting.has(at) && !done.has(at.seq)) {
      done.add(at.seq)
      const target: LedgerEvent | undefined = byName.get(eventKey(at.rescinds))
      if (!target) break
      walked.set(target.seq, at.seq)
      at = target
    }
    // The walk came back to an event it had passed: the circle starts there.
    if (at && walked.has(at.seq)) {
      const circle = new Map<number, number>()
      for (
        let seq = at.seq, by = walked.get(seq);
        by !== undefined && !circle.has(seq);
        seq = by, by = walked.get(seq)
      )
        circle.set(seq, by)
      if ([...circle.values()].every((by) => circle.has(by))) found.push(circle)
    }
  }
  return found
}
