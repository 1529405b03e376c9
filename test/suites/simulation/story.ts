import type { HrEvent } from '../../../src/core/model.ts'
import type { Chance } from '../../fakes/plain-event.ts'

/** What HR says of one employee, in the words of the simulation alone. */
export interface Said {
  readonly id: string
  readonly employee: string
  /** In the order in which HR wrote it. */
  readonly version: number
  readonly recordedAt: number
  readonly effectiveAt: number
  readonly sets: Readonly<Record<string, string | boolean | null>>
  readonly rescinds: string | null
  readonly form: Form
}

/**
 * A `mark` is all that is left of a leaving whose employee was erased. An `export` is a row of a file.
 * A notice only says that something changed, or that the employee leaves; once read it is a `snapshot`,
 * or a `change`.
 */
export type Form = 'change' | 'mark' | 'export' | 'notice' | 'leaving notice' | 'snapshot'
export const isNotice = ({ form }: Said): boolean => form === 'notice' || form === 'leaving notice'

/** A message on its way. */
export interface Arrival {
  readonly at: number
  readonly said: Said
  /** It waits for the next such call about the employee, and arrives while that is under way; `null`: at once. */
  readonly meets: 'commitPlan' | 'takeSlot' | null
  /** From then on the directory refuses every operation of the employee for a while. */
  readonly breaksAccount: boolean
}
/** It arrives at that moment, and that is all. */
const arrivalOf = (said: Said, at: number): Arrival => ({ at, said, meets: null, breaksAccount: false })

export const SOURCE = '/hr/simulated'
const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Long enough for a termination to be given up. */
export const BROKEN_MS = 2 * HOUR
/** Few values, so that records come to hold again what they held before. */
const TITLES = ['Clerk', 'Head', null] as const
const DEPARTMENTS = ['Law', 'Sales', null] as const
/** The directory fails on this one, and the service refuses a whole call for that one. */
export const FAILING = 'fails'
export const REFUSED = 'is refused'
/** A patch replaces them with this one. */
export const MENDED = 'Mended'

/** How much is said and done in a run. */
export interface Size {
  readonly employees: readonly string[]
  /** The most changes of an employee after the hire, and the most that goes wrong or is done besides. */
  readonly mostChanges: number
  readonly mostOthers: number
  readonly spanMs: number
}

/** Most runs are small, because few things have to meet for a fault to show. */
export function sizeOf({ below, oneIn }: Chance): Size {
  return oneIn(4)
    ? {
        employees: ['e1', 'e2', 'e3', 'e4'].slice(0, 2 + below(3)),
        mostChanges: 5,
        mostOthers: 13,
        spanMs: 3 * HOUR,
      }
    : { employees: ['e1', 'e2'].slice(0, 1 + below(2)), mostChanges: 3, mostOthers: 6, spanMs: HOUR }
}

/**
 * Events of some employees within `spanMs`, as they arrive: late, twice, out of order, ahead of
 * their date.
 */
export function storyOf(chance: Chance, from: number, size: Size): readonly Arrival[] {
  const arrivals: Arrival[] = []
  for (const employee of size.employees) arrivals.push(...storyOfOne(employee, chance, from, size))
  const thief = arrivals.find(({ said }) => said.employee === 'e2' && said.version > 1)
  const robbed = arrivals.find(({ said }) => said.employee === 'e1')
  if (thief && robbed && chance.oneIn(6)) {
    // It takes the id of an event of another employee, so it must be refused.
    const sets = { active: false }
    const said: Said = { ...thief.said, id: robbed.said.id, version: 80, sets, rescinds: null }
    arrivals.push(arrivalOf(said, Math.max(thief.at, robbed.at) + 5 * MINUTE))
  }
  return arrivals.toSorted((a, b) => a.at - b.at)
}

function storyOfOne(
  employee: string,
  chance: Chance,
  from: number,
  { mostChanges, spanMs }: Size,
): readonly Arrival[] {
  const { below, oneIn, pick } = chance
  const arrivals: Arrival[] = []
  let version = 0
  let recordedAt = from + below(spanMs / 4)
  const say = (sets: Said['sets'], rescinds: string | null = null, breaksAccount = false): void => {
    version += 1
    // The hire stands before everything, so that a termination always has something to end.
    const effectiveAt =
      version === 1
        ? from - DAY
        : pick([
            recordedAt,
            recordedAt,
            recordedAt,
            recordedAt + below(2 * HOUR),
            recordedAt - below(3 * HOUR),
          ])
    const said: Said = {
      id: `${employee}-${version}`,
      employee,
      version,
      recordedAt,
      effectiveAt,
      sets,
      rescinds,
      form: 'change',
    }
    const at = recordedAt + (oneIn(4) ? below(HOUR) : below(20 * SECOND))
    const meets = oneIn(4) ? pick(['commitPlan', 'takeSlot'] as const) : null
    arrivals.push({ at, said, meets, breaksAccount })
    if (oneIn(8)) arrivals.push(arrivalOf(said, at + below(HOUR)))
    recordedAt += oneIn(2) ? SECOND * (1 + below(100)) : below(spanMs / 3)
  }
  const leave = (): void => {
    const isGivenUp = oneIn(5)
    if (isGivenUp) recordedAt += HOUR
    say({ active: false, ...(oneIn(3) ? { title: pick(TITLES) } : {}) }, null, isGivenUp)
    // What comes later must not make the employee active.
    if (isGivenUp) recordedAt += 80 * MINUTE
    if (isGivenUp) say({ department: pick(DEPARTMENTS) })
  }
  say({ active: true, userName: `${employee}@example.com`, title: pick(TITLES) })
  for (let left = below(mostChanges + 1); left > 0; left--) {
    const kind = below(12)
    const earlier = 2 + below(Math.max(1, version - 1))
    if (kind < 4) leave()
    else if (kind < 6) say({ active: true })
    else if (kind === 6 && earlier <= version) say({}, `${employee}-${earlier}`)
    else if (kind === 7) say({ department: pick(DEPARTMENTS), title: oneIn(2) ? FAILING : REFUSED })
    else say(oneIn(2) ? { title: pick(TITLES) } : { department: pick(DEPARTMENTS) })
  }
  return arrivals
}

/**
 * What HR says of an employee who was erased: what it had said before, under a new id, or that the
 * employee is back.
 */
export function storyAfterErasure(chance: Chance, employee: string, erasedAt: number): readonly Arrival[] {
  const { below, oneIn, pick } = chance
  if (oneIn(3)) return []
  const recordedAt = oneIn(3) ? erasedAt + below(HOUR) : erasedAt - below(4 * HOUR)
  const said: Said = {
    id: `${employee}-again-${erasedAt}`,
    employee,
    version: 90,
    recordedAt,
    effectiveAt: recordedAt - (oneIn(3) ? below(2 * HOUR) : 0),
    sets: { active: true, userName: `${employee}@example.com`, title: pick(TITLES) },
    rescinds: null,
    form: 'change',
  }
  const at = Math.max(recordedAt, erasedAt) + below(20 * MINUTE)
  return [arrivalOf(said, at)]
}

/**
 * What HR says of an employee whose past only an export tells: recorded after it, and dated before it
 * or after.
 */
export function storyAfterExport(chance: Chance, employee: string, asOf: number): readonly Arrival[] {
  const { below, oneIn, pick } = chance
  return Array.from({ length: 1 + below(2) }, (_, index): Arrival => {
    const recordedAt = asOf + 1 + below(3 * HOUR)
    const said: Said = {
      id: `${employee}-since-${recordedAt}`,
      employee,
      version: 70 + index,
      recordedAt,
      effectiveAt: recordedAt - (oneIn(3) ? 0 : below(6 * HOUR)),
      sets: pick<Said['sets']>([
        { active: false },
        { title: pick(TITLES) },
        { department: pick(DEPARTMENTS) },
      ]),
      rescinds: null,
      form: 'change',
    }
    return arrivalOf(said, recordedAt + below(HOUR))
  })
}

/** Changes of which HR only sends notices, some of them ahead of their dates. */
export function noticesOf(chance: Chance, from: number, { employees, spanMs }: Size): readonly Arrival[] {
  const { below, oneIn, pick } = chance
  return Array.from({ length: 1 + below(3) }, (_, index): Arrival => {
    const employee = `e${1 + below(Math.min(2, employees.length))}`
    const recordedAt = from + below(spanMs)
    const sets = pick<Said['sets']>([
      { title: pick(TITLES) },
      { department: pick(DEPARTMENTS) },
      LEAVES,
      { active: true },
    ])
    const said: Said = {
      id: `${employee}-notice-${index + 1}`,
      employee,
      version: 60 + index,
      recordedAt,
      effectiveAt: recordedAt + (oneIn(3) ? below(2 * HOUR) : 0),
      sets,
      rescinds: null,
      form: sets === LEAVES && !oneIn(3) ? 'leaving notice' : 'notice',
    }
    return arrivalOf(said, recordedAt + below(oneIn(3) ? HOUR : MINUTE))
  })
}
const LEAVES = { active: false }
export const LEAVING = 'worker.terminated'

function typeOf({ form, rescinds }: Said): string {
  if (form === 'leaving notice') return LEAVING
  return rescinds === null ? 'worker.updated' : 'worker.rescinded'
}

/** The same as a CloudEvent. */
export function bodyOf(said: Said): string {
  const { id, employee, version, recordedAt, effectiveAt, sets, rescinds } = said
  const content = rescinds === null ? { worker: sets } : { rescinds }
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: SOURCE,
    type: typeOf(said),
    subject: employee,
    time: new Date(recordedAt).toISOString(),
    data: {
      version,
      effectiveDate: new Date(effectiveAt).toISOString(),
      ...(isNotice(said) ? { mode: 'notice' } : content),
    },
  })
}

/** The same as intake reads it. */
export function eventOf({ id, employee, version, recordedAt, effectiveAt, sets }: Said): HrEvent {
  return {
    source: SOURCE,
    id,
    type: 'worker.updated',
    employeeId: employee,
    recordedAt,
    effectiveAt,
    effectiveRaw: new Date(effectiveAt).toISOString(),
    order: version,
    rank: 0,
    mode: 'delta',
    worker: sets,
    rescinds: null,
    traceparent: null,
  }
}
