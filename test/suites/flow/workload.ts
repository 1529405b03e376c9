import type { HrEvent, Json, JsonObject } from '../../../src/core/model.ts'
import { ENTERPRISE_USER } from '../../../src/core/plan/mapping/scim.ts'
import { randomFrom } from './simulation.ts'

/**
 * Some people and what happens to them in a day: the events, and the moments at which they arrive.
 */
export interface Workload {
  readonly employees: readonly string[]
  readonly arrivals: readonly Arrival[]
}
export interface Arrival {
  readonly at: number
  readonly event: HrEvent
}

const MINUTE = 60_000
/**
 * Few values, so that records come to hold again what they held before; few names, so that they
 * identify no employee.
 */
const TITLES = ['Engineer', 'Senior Engineer', 'Head', null]
const DEPARTMENTS = ['Sales', 'Finance', 'IT', null]
const GIVEN = ['Ann', 'Bo', 'Cy']
const FAMILY = ['Lee', 'Ray']

/**
 * `events` changes over `employees`, in `spanMs`: joiners, changes of one attribute, values that go
 * and come back, terminations and rehires, in bursts, so that much of it meets an operation under
 * way. Events arrive up to a quarter of an hour late and so out of order, some twice, some ahead of
 * their moment.
 */
export function workload(
  seed: number,
  size: { readonly employees: number; readonly events: number },
  from: number,
  spanMs: number,
): Workload {
  const random = randomFrom(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  const pick = <T>(values: readonly T[], fallback: T): T => values[below(values.length)] ?? fallback
  const employees = Array.from({ length: size.employees }, (_, index) => String(10_001 + index))
  const arrivals: Arrival[] = []
  const versions = new Map<string, number>()
  const lastAt = new Map<string, number>()

  const say = (employeeId: string, at: number, type: string, worker: JsonObject): void => {
    const order = (versions.get(employeeId) ?? 0) + 1
    versions.set(employeeId, order)
    lastAt.set(employeeId, at)
    const event: HrEvent = {
      source: '/hr/flow',
      id: `${employeeId}-${order}`,
      type,
      employeeId,
      recordedAt: at,
      effectiveAt: random() < 0.05 ? at + 45 * MINUTE : at,
      effectiveRaw: null,
      order,
      rank: 0,
      mode: 'delta',
      worker,
      rescinds: null,
      traceparent: null,
    }
    const arrival = { at: at + (random() < 0.2 ? below(15 * MINUTE) : below(5_000)), event }
    arrivals.push(arrival)
    if (random() < 0.03) arrivals.push({ ...arrival, at: arrival.at + below(30 * MINUTE) })
  }

  for (const employeeId of employees)
    say(employeeId, from + below(spanMs / 4), 'worker.hired', {
      userName: `${employeeId}@contoso.com`,
      active: true,
      displayName: `${pick(GIVEN, 'Ann')} ${pick(FAMILY, 'Lee')}`,
      name: { givenName: pick(GIVEN, 'Ann'), familyName: pick(FAMILY, 'Lee') },
      title: pick(TITLES, null),
      department: pick(DEPARTMENTS, null),
      managerId: random() < 0.5 ? pick(employees, null) : null,
    })
  while (arrivals.length < size.events) {
    const employeeId = pick(employees, '10001')
    const last = lastAt.get(employeeId) ?? from
    // Half of an employee's events follow closely on another.
    const at = random() < 0.5 ? last + below(40 * MINUTE) : Math.max(last, from + below(spanMs))
    const chance = random()
    if (at > from + spanMs * 1.2) continue
    if (chance < 0.15) say(employeeId, at, 'worker.terminated', { active: false })
    else if (chance < 0.27) say(employeeId, at, 'worker.rehired', { active: true })
    else if (chance < 0.5) say(employeeId, at, 'worker.updated', { department: pick(DEPARTMENTS, null) })
    else if (chance < 0.6) say(employeeId, at, 'worker.updated', { managerId: pick(employees, null) })
    else say(employeeId, at, 'worker.updated', { title: pick(TITLES, null) })
  }
  return { employees, arrivals: arrivals.toSorted((a, b) => a.at - b.at) }
}

/** What is known of an employee, by HR's attribute names; `null` and absent are the same here. */
export type Facts = Readonly<Record<string, Json>>

/**
 * What the directory should hold in the end: of the events that count, the one with the highest
 * version speaks for what it names. Versions count with the moment of effect before them. Nothing
 * of the connector's own fold is used.
 */
export function expected(events: readonly HrEvent[], counts: (event: HrEvent) => boolean): Facts {
  const facts: Record<string, Json> = {}
  const inOrder = events.toSorted((a, b) =>
    a.effectiveAt === b.effectiveAt ? Number(a.order) - Number(b.order) : a.effectiveAt - b.effectiveAt,
  )
  for (const event of inOrder) {
    const { name, ...plain } = event.worker
    if (!counts(event)) {
      if (event.worker['active'] === false) facts['active'] = false
      continue
    }
    Object.assign(facts, plain)
    if (typeof name === 'object' && name !== null && !Array.isArray(name)) Object.assign(facts, name)
  }
  return withoutNothing(facts)
}

/** The same of a person in the double's directory. */
export function held(record: Readonly<Record<string, unknown>>): Facts {
  const { schemas: _schemas, externalId: _externalId, name, [ENTERPRISE_USER]: enterprise, ...plain } = record
  const { manager, ...rest } = object(enterprise)
  const facts = { ...plain, ...object(name), ...rest, managerId: object(manager)['value'] ?? null }
  return withoutNothing(facts as Record<string, Json>)
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
function withoutNothing(facts: Readonly<Record<string, Json>>): Facts {
  return Object.fromEntries(
    Object.entries(facts)
      .filter(([, value]) => value !== null)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
}
