import type { Chance } from '../../fakes/plain-event.ts'
import { MINUTE, SOURCE } from '../simulation/story.ts'

/** What the directory should hold of an employee in the end. */
export interface Standing {
  readonly title: string
  readonly active: boolean
}
export interface Sent {
  readonly at: number
  readonly id: string
  readonly text: string
}

/** One in so many is late, or comes twice. */
const LATE = 10
const TWICE = 20
const LATEST_ROUNDS = 12

/** HR sends in rounds, so what is late comes with a later one. */
export const ROUND_MS = 30 * MINUTE

/** HR writes a change of an employee as up to so many events, one after the other. */
const EVENTS_A_CHANGE = 9

/** Careers without an end: one event after the other, of a fixed number of employees. */
export interface Careers {
  /** The next event, which HR writes at that moment, as the one or two messages that carry it. */
  next(now: number): readonly Sent[]
  readonly standing: ReadonlyMap<string, Standing>
}

export function careersOf(employees: number, { below, oneIn }: Chance): Careers {
  const standing = new Map<string, Standing>()
  let count = 0
  let employee = ''
  let left = 0
  const later = (): number => below(LATEST_ROUNDS + 1) * ROUND_MS
  return {
    standing,
    next: (now) => {
      if (left === 0) {
        employee = String(10_000 + below(employees))
        left = 1 + below(EVENTS_A_CHANGE)
      }
      left -= 1
      const before = standing.get(employee)
      const id = `soak-${++count}`
      const title = `Title ${below(50)}`
      const active = before?.active === true ? !oneIn(12) : true
      const type = active ? (before?.active === true ? 'job.changed' : 'hired') : 'terminated'
      const isNew = before === undefined
      standing.set(employee, { title: type === 'terminated' && before ? before.title : title, active })
      const text = JSON.stringify({
        specversion: '1.0',
        id,
        source: SOURCE,
        type: `worker.${type}`,
        subject: employee,
        time: new Date(now).toISOString(),
        data: {
          version: count,
          effectiveDate: new Date(now).toISOString(),
          ...(type === 'terminated' ? {} : { worker: { title, ...(isNew ? named(employee) : {}) } }),
        },
      })
      const at = now + below(MINUTE) + (oneIn(LATE) ? later() : 0)
      return [{ at, id, text }, ...(oneIn(TWICE) ? [{ at: at + later(), id, text }] : [])]
    },
  }
}

const named = (employee: string): object => ({
  userName: `${employee}@example.com`,
  displayName: `Employee ${employee}`,
})
