import type { Said } from './story.ts'

/** What the directory holds of an employee; a value that is not set is left out. */
export type Holding = Readonly<Record<string, string | boolean>>
/** What it should hold; `null` where there should be nothing. What is left out is not decided. */
export type Expected = Readonly<Record<string, string | boolean | null>>

/** What became of events, and what operators did, as it is known outside the connector. */
export interface Known {
  readonly said: readonly Said[]
  /** Ids of events that failed: they have no effect, except that a leaver stays out. */
  readonly dead: ReadonlySet<string>
  readonly discarded: ReadonlySet<string>
  /** Of these the directory took the deactivation and refused the rest. */
  readonly disabledAlone: ReadonlySet<string>
  readonly blocked: boolean
  /** When somebody else disabled the account, and no person said since that this may be reversed; `null` when nobody did. */
  readonly disabledElsewhere: number | null
}

/**
 * The state that the design asks for, told from what HR said, with no code of the connector: the
 * events in force in order of effect, then of HR's version; the last one decides each attribute.
 * `null` when nothing has said yet that there is such an employee.
 */
export function expectedOf(known: Known, now: number): Expected | null {
  const values = new Map<string, string | boolean | null>()
  for (const { id, sets } of standingOf(known, now)) {
    for (const [name, value] of Object.entries(sets)) {
      if (name === 'active' && value === false) values.set(name, false)
      else if (known.disabledAlone.has(id)) values.delete(name)
      else if (!known.dead.has(id)) values.set(name, value)
    }
  }
  if (values.size === 0) return null
  if (known.blocked) values.set('active', false)
  else if (values.get('active') === true && isDisabledElsewhere(known, now)) values.delete('active')
  return Object.fromEntries(values)
}

/** Whether anything that is known allows this employee to be active, were no event dead. */
export function mayBeActive(known: Known, now: number): boolean {
  return expectedOf({ ...known, dead: new Set() }, now)?.['active'] === true
}

/** Somebody else disabled the account, and HR has recorded nothing since that makes the employee active. */
function isDisabledElsewhere(known: Known, now: number): boolean {
  const since = known.disabledElsewhere
  if (since === null) return false
  const isLeaving = (id: string | null): boolean =>
    known.said.some((one) => one.id === id && one.sets['active'] === false)
  return !standingOf(known, now).some(
    ({ id, recordedAt, sets, rescinds }) =>
      recordedAt > since && !known.dead.has(id) && (sets['active'] === true || isLeaving(rescinds)),
  )
}

/** In force and not rescinded, in order. */
function standingOf({ said, dead, discarded }: Known, now: number): readonly Said[] {
  const living = [...new Map(said.map((one) => [one.id, one])).values()].filter(
    ({ id, steals }) => !discarded.has(id) && !steals,
  )
  const isRescinded = (target: Said): boolean =>
    living.some(
      (one) =>
        one.rescinds === target.id &&
        !dead.has(one.id) &&
        one.effectiveAt <= Math.max(now, target.effectiveAt) &&
        !isRescinded(one),
    )
  return living
    .filter((one) => one.effectiveAt <= now && !isRescinded(one))
    .toSorted((a, b) => a.effectiveAt - b.effectiveAt || a.version - b.version)
}
