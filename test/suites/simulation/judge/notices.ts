import { isDeepStrictEqual } from 'node:util'
import type { ClaimedNotice, FinishedRead, Notice } from '../../../../src/core/ledger/port/intake.ts'
import type { SimulatedHr, Told } from '../outside/hr.ts'
import { isNotice, LEAVING, MINUTE, type Said } from '../story.ts'

type Read = Extract<FinishedRead, { kind: 'read' }>

/** What a notice says until its employee was read: at most that the employee leaves. */
export function asNotice(said: Said): Said {
  return { ...said, sets: said.form === 'leaving notice' ? { active: false } : {} }
}

/** Holds what becomes of notices against what the HR system answered. */
export class Notices {
  readonly #hr: SimulatedHr
  readonly #violated: (what: string) => void
  readonly #bySeq = new Map<number, ClaimedNotice>()
  /** Given up before they were read once. */
  readonly #failed = new Set<number>()
  /** By event id: when the change takes effect; without those whose second read was given up. */
  readonly #dueAt = new Map<string, number>()
  /** By event id: when its last read began. */
  readonly #began = new Map<string, number>()

  constructor(hr: SimulatedHr, violated: (what: string) => void) {
    this.#hr = hr
    this.#violated = violated
  }

  claimed(notices: readonly ClaimedNotice[]): void {
    for (const notice of notices) {
      if (!this.#bySeq.has(notice.seq)) this.#dueAt.set(notice.id, notice.effectiveAt)
      this.#bySeq.set(notice.seq, notice)
      this.#failed.delete(notice.seq)
    }
  }

  /** The notices that were read, as they count from now on. */
  finished(results: readonly FinishedRead[], saidOf: (id: string) => Said | undefined): readonly Said[] {
    return results.flatMap((result) => {
      const notice = this.#bySeq.get(result.seq)
      const said = notice && saidOf(notice.id)
      // Another instance has claimed it since.
      if (!said || result.claimedUntil !== notice.claimedUntil) return []
      if (result.kind === 'failed' && isNotice(said)) this.#failed.add(result.seq)
      else if (result.kind === 'failed') this.#dueAt.delete(notice.id)
      if (result.kind !== 'read' || this.#failed.has(result.seq)) return []
      if (!this.#isAnswer(result, notice)) {
        this.#violated(`${notice.id} became what the HR system did not answer`)
        return []
      }
      // The read that began last is the newest, whichever ends last.
      if ((this.#began.get(said.id) ?? -Infinity) > result.began) return []
      this.#began.set(said.id, result.began)
      const { mode, worker, began, recordedAt } = result
      // Whom HR no longer knows has left, whatever the date.
      if (mode === 'delta') this.#dueAt.delete(said.id)
      const sets = worker as Said['sets']
      return [{ ...said, form: mode === 'snapshot' ? mode : 'change', sets, recordedAt, effectiveAt: began }]
    })
  }

  #isAnswer(read: Read, { employeeId, type, recordedAt }: Notice): boolean {
    const { worker, began } = read
    const isLeaving = type === LEAVING
    const agrees = ({ employee, at, asOf, worker: answered }: Told): boolean => {
      if (employee !== employeeId || Math.abs(at - began) > MINUTE) return false
      const knownUntil = answered === null ? began : Math.min(asOf, began)
      if (read.recordedAt !== knownUntil) return false
      if (answered === null) return isLeaving && isDeepStrictEqual(worker, { active: false })
      const named = 'active' in answered || !isLeaving ? worker : { ...worker, active: undefined }
      return (
        asOf >= recordedAt &&
        isDeepStrictEqual({ active: undefined, ...answered }, { active: undefined, ...named })
      )
    }
    return this.#hr.told.some(agrees)
  }

  /** A notice of a change to come is read again when the change takes effect. */
  unread(ids: readonly string[]): readonly string[] {
    return ids.flatMap((id) => {
      const began = this.#began.get(id) ?? Infinity
      const dueAt = this.#dueAt.get(id) ?? -Infinity
      return began + MINUTE >= dueAt ? [] : [`${id} was not read again when it took effect`]
    })
  }
}
