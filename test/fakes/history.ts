import { DAY_MS } from '../../src/core/runtime.ts'

/**
 * A history of employees as an HR system reports it, and what the directory must hold at the end.
 * Deterministic: one seed gives one history. The oracle is made from the steps themselves, with no
 * code of the connector.
 */
export interface History {
  /** One CloudEvent a line, shuffled, some of them twice. */
  readonly lines: readonly string[]
  /** How many different events the lines hold. */
  readonly events: number
  readonly oracle: Oracle
}
export type Oracle = ReadonlyMap<string, Expected>
export interface Expected {
  readonly active: boolean
  readonly userName: string
  readonly title: string | null
  readonly department: string | null
  readonly managerId: string | null
}

export interface HistoryOptions {
  readonly employees: number
  readonly seed?: number
  /** The chance that a line comes a second time. */
  readonly duplicates?: number
}

const TITLES = ['Engineer', 'Senior Engineer', 'Staff', 'Senior Staff', 'Manager', 'Ingénieur', '工程师']
const DEPARTMENTS = ['Development', 'Sales', 'Research', 'Finance', 'Human Resources']

/** mulberry32 */
export function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function makeHistory({ employees, seed = 1, duplicates = 0.05 }: HistoryOptions): History {
  const random = chance(seed)
  const pick = <T>(list: readonly [T, ...T[]] | readonly T[]): T =>
    list[Math.floor(random() * list.length)] ?? fail()
  const lines: string[] = []
  const oracle = new Map<string, Expected>()
  for (let number = 0; number < employees; number++) {
    const id = `${10_001 + number}`
    let state: Expected = {
      active: true,
      userName: `person.${id}@contoso.com`,
      title: null,
      department: null,
      managerId: null,
    }
    let day = Date.UTC(2000, 0, 1) + Math.floor(random() * 3_000) * DAY_MS
    let version = 0
    const tell = (type: string, worker: Readonly<Record<string, unknown>>): void => {
      version += 1
      const date = new Date(day).toISOString().slice(0, 10)
      const data = { effectiveDate: date, version, worker }
      lines.push(
        JSON.stringify({
          specversion: '1.0',
          id: `${id}-${version}`,
          source: '/hr/made-up',
          type,
          subject: id,
          time: `${date}T06:00:00Z`,
          data,
        }),
      )
      day += (1 + Math.floor(random() * 300)) * DAY_MS
    }
    const change = (): void => {
      switch (Math.floor(random() * 3)) {
        case 0:
          state = { ...state, title: pick(TITLES) }
          return tell('worker.job.changed', { title: state.title })
        case 1:
          state = { ...state, title: pick(TITLES), department: pick(DEPARTMENTS) }
          return tell('worker.job.changed', { title: state.title, department: state.department })
        default: {
          // Employees never manage themselves, and one in five has no manager from then on.
          const manager = `${10_001 + Math.floor(random() * employees)}`
          state = { ...state, managerId: manager === id || random() < 0.2 ? null : manager }
          return tell('worker.manager.changed', { managerId: state.managerId })
        }
      }
    }
    tell('worker.hired', {
      userName: state.userName,
      displayName: `Person ${id}`,
      name: { givenName: 'Person', familyName: id },
    })
    for (let rest = 1 + Math.floor(random() * 9); rest > 0; rest--) change()
    if (random() < 0.3) {
      tell('worker.terminated', {})
      state = { ...state, active: false }
      if (random() < 0.3) {
        tell('worker.rehired', {})
        state = { ...state, active: true }
        change()
      }
    }
    oracle.set(id, state)
  }
  const events = lines.length
  for (const line of lines.slice()) if (random() < duplicates) lines.push(line)
  for (let at = lines.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    const [one, two] = [lines[at], lines[other]]
    if (one !== undefined && two !== undefined) [lines[at], lines[other]] = [two, one]
  }
  return { lines, events, oracle }
}

function fail(): never {
  throw new Error('there is nothing to choose from')
}
