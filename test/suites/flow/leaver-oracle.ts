import type { HrEvent } from '../../../src/core/model.ts'

/** An event as it was taken in. */
interface Statement {
  readonly event: HrEvent
  /** Retention folded it away: it cannot be rescinded any more. */
  folded: boolean
  discarded: boolean
}

/**
 * Who has left, derived from what was recorded, without code of the connector. It names an employee
 * only where nothing can be read otherwise. The record of any other employee may say `active`.
 */
export class LeaverOracle {
  readonly #said = new Map<string, Statement[]>()
  /** Where employees who were erased left last. */
  readonly #marks = new Map<string, HrEvent>()

  record(event: HrEvent): void {
    const known = this.#said.get(event.employeeId) ?? []
    if (known.some(({ event: { id } }) => id === event.id)) return
    this.#said.set(event.employeeId, [...known, { event, folded: false, discarded: false }])
  }
  eventsOf(employeeId: string): readonly HrEvent[] {
    return (this.#said.get(employeeId) ?? []).map(({ event }) => event)
  }
  discard(employeeId: string, id: string): void {
    for (const said of this.#said.get(employeeId) ?? []) if (said.event.id === id) said.discarded = true
  }
  /** What is rescinded then stays so, and what counts then cannot be rescinded any more. */
  fold(employeeId: string, ids: ReadonlySet<string>, now: number): void {
    const standing = new Set(this.#standing(employeeId, now))
    for (const said of this.#said.get(employeeId) ?? []) {
      if (!ids.has(said.event.id)) continue
      if (standing.has(said.event)) said.folded = true
      else said.discarded = true
    }
  }
  erase(employeeId: string, now: number): void {
    const left = this.#standing(employeeId, now).filter(({ worker }) => worker['active'] === false)
    const last = left.toSorted(compare).at(-1)
    if (last) this.#marks.set(employeeId, last)
    this.#said.delete(employeeId)
  }

  hasLeft(employeeId: string, now: number): boolean {
    const inForce = this.#standing(employeeId, now).filter(({ effectiveAt }) => effectiveAt <= now)
    const left = inForce.filter(({ worker }) => worker['active'] === false)
    const words = inForce.filter(
      (event) =>
        event.worker['active'] !== undefined &&
        !(event.mode === 'snapshot' && left.some((out) => isOlder(event, out, this.#marks.get(employeeId)))),
    )
    const last = words.toSorted(compare).at(-1)
    if (last) return last.worker['active'] === false
    // Every word on it was taken back, and none is still to come.
    const events = this.eventsOf(employeeId)
    return (
      events.some(({ worker }) => worker['active'] === true) &&
      !inForce.some(({ worker }) => worker['active'] === true) &&
      !events.some(({ effectiveAt }) => effectiveAt > now)
    )
  }

  /** Without what is discarded or rescinded; with the mark of an erasure. */
  #standing(employeeId: string, now: number): readonly HrEvent[] {
    const said = (this.#said.get(employeeId) ?? []).filter(({ discarded }) => !discarded)
    const removed = (target: Statement): boolean =>
      !target.folded &&
      said.some(
        (one) =>
          one.event.rescinds?.id === target.event.id &&
          one.event.effectiveAt <= Math.max(now, target.event.effectiveAt) &&
          !removed(one),
      )
    const mark = this.#marks.get(employeeId)
    return [...(mark ? [mark] : []), ...said.filter((one) => !removed(one)).map(({ event }) => event)]
  }
}

/**
 * A file that was exported before a leaving was recorded does not contradict it, wherever the
 * leaving stands.
 */
function isOlder(snapshot: HrEvent, out: HrEvent, mark: HrEvent | undefined): boolean {
  return out === mark ? out.recordedAt >= snapshot.recordedAt : out.recordedAt > snapshot.recordedAt
}

function compare(a: HrEvent, b: HrEvent): number {
  return a.effectiveAt - b.effectiveAt || a.recordedAt - b.recordedAt || (a.id < b.id ? -1 : 1)
}
