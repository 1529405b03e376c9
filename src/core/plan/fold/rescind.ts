import type { LedgerEvent } from './fold.ts'

/**
 * Which of these events are rescinded, and by which: `seq` → `seq`.
 * A rescind that is itself rescinded does nothing, so its target stays. Rescinds that rescind each other in a circle are all void: none of them
 * takes anything out, and each counts as rescinded by the one that names it. A dead rescind does nothing, and one that `inForce` denies is an
 * event like any other.
 */
export function rescindings(
  events: readonly LedgerEvent[],
  inForce: (rescind: LedgerEvent, target: LedgerEvent | undefined) => boolean = () => true,
): ReadonlyMap<number, number> {
  const removed = new Map<number, number>()
  if (events.every((event) => event.rescinds === null)) return removed

  const byName = new Map(events.map((event) => [nameOf(event), event]))
  const rescinds = events.filter(
    (event) => event.rescinds !== null && !event.dead && inForce(event, byName.get(nameOf(event.rescinds))),
  )
  const namedBy = new Map<number, LedgerEvent[]>()
  for (const rescind of rescinds) {
    const target = rescind.rescinds && byName.get(nameOf(rescind.rescinds))
    if (target && target.folded !== true)
      namedBy.set(target.seq, [...(namedBy.get(target.seq) ?? []), rescind])
  }

  const settled = new Set<number>()
  const settle = (event: LedgerEvent): void => {
    if (settled.has(event.seq)) return
    settled.add(event.seq)
    for (const rescind of namedBy.get(event.seq) ?? []) {
      settle(rescind)
      if (!removed.has(rescind.seq)) removed.set(event.seq, rescind.seq)
    }
  }
  for (const circle of circles(rescinds, byName))
    for (const [target, rescind] of circle) removed.set(target, rescind)
  for (const target of removed.keys()) settled.add(target)
  for (const event of events) if (namedBy.has(event.seq)) settle(event)
  return removed
}

/** Every rescind has one target, so a circle is found by walking from target to target. */
function circles(
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
      const target: LedgerEvent | undefined = byName.get(nameOf(at.rescinds))
      if (!target) break
      walked.set(target.seq, at.seq)
      at = target
    }
    // The walk came back to something of its own: from there on it is the circle.
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

/** A name as one string: neither part can hold the separator, because control characters are refused at intake. */
export function nameOf(name: { readonly source: string; readonly id: string }): string {
  return `${name.source}\n${name.id}`
}
