import type { Chance } from '../../fakes/plain-event.ts'
import { HOUR, MINUTE, SOURCE } from '../simulation/story.ts'

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
const LATEST_MS = 6 * HOUR

/** Careers without an end: one event after the other, of a fixed number of employees. */
export interface Careers {
  /** The next event, which HR writes at that moment, as the one or two messages that carry it. */
  next(now: number): readonly Sent[]
  readonly standing: ReadonlyMap<string, Standing>
}

export function careersOf(employees: number, { below, oneIn }: Chance): Careers {
  const standing = new Map<string, Standing>()
  let count = 0
  return {
    standing,
    next: (now) => {
      const employee = String(10_000 + below(employees))
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
      const at = now + below(oneIn(LATE) ? LATEST_MS : MINUTE)
      return [{ at, id, text }, ...(oneIn(TWICE) ? [{ at: at + below(LATEST_MS), id, text }] : [])]
    },
  }
}

const named = (employee: string): object => ({
  userName: `${employee}@example.com`,
  displayName: `Employee ${employee}`,
})
