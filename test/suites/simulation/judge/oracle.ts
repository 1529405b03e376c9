import { valuesOf } from './fold.ts'
import { inOrder, type Known, leaves, livingOf, standingOf, unrescinded } from './standing.ts'
import type { Said } from '../story.ts'

/** What the directory holds of an employee; a value that is not set is left out. */
export type Holding = Readonly<Record<string, string | boolean>>
/** What it should hold; `null` where there should be nothing. What is left out is not decided. */
export type Expected = Readonly<Record<string, string | boolean | null>>

/**
 * The state that the design asks for, told from what HR said, with no code of the connector: the
 * events in force in order of effect, then of HR's version; the last one decides each attribute.
 * `null` when nothing has said yet that there is such an employee.
 */
export function expectedOf(known: Known, now: number): Expected | null {
  const folded = valuesOf(known, now)
  const values = new Map([...folded].map(([name, { value }]) => [name, value]))
  const active = folded.get('active')
  const isActive = active?.value === true
  // No half of a record is sent, except of a leaver: an erasure left no more, or an export says no more.
  const isComplete = typeof values.get('userName') === 'string' && isActive
  if (!isComplete && active?.value !== false) return null
  // What every account needs is not cleared.
  if (values.get('userName') === null) values.delete('userName')
  if (known.blocked) values.set('active', false)
  else if (isActive && (isDisabledElsewhere(known, now) || known.remains?.isDoubtful(active.by)))
    values.delete('active')
  return Object.fromEntries(values)
}

/** Whether anything that is known allows this employee to be active, were no event dead. */
export function mayBeActive(known: Known, now: number): boolean {
  const remains = known.remains && { ...known.remains, isDoubtful: () => false }
  return expectedOf({ ...known, dead: new Set(), remains }, now)?.['active'] === true
}

/** What HR itself holds of an employee, by what it has written until then. */
export function heldByHr(said: readonly Said[], employee: string, now: number): Expected | null {
  const none: ReadonlySet<string> = new Set()
  const values = valuesOf(
    {
      said: said
        .filter((one) => one.employee === employee && one.recordedAt <= now)
        .map((one): Said => ({ ...one, form: 'change' })),
      dead: none,
      discarded: none,
      disabledAlone: none,
      blocked: false,
      disabledElsewhere: null,
      remains: null,
    },
    now,
  )
  return values.size === 0 ? null : Object.fromEntries([...values].map(([name, { value }]) => [name, value]))
}

/**
 * What is left when an employee is erased: marks of the last leaving and of those to come, and what
 * may have been a leaving.
 */
export function leftOverOf(
  known: Known,
  now: number,
): { readonly marks: readonly Said[]; readonly doubts: readonly Said[] } {
  const living = livingOf(known)
  const standing = new Set(unrescinded(living, known.dead, now))
  const leavings = [...standing].filter(leaves).toSorted(inOrder)
  const last = leavings.findLast(({ effectiveAt }) => effectiveAt <= now)
  const marks = leavings
    .filter((one) => one === last || one.effectiveAt > now)
    .map((one): Said => ({ ...one, id: `mark of ${one.id}`, sets: { active: false }, form: 'mark' }))
  const doubts = living.filter((one) => one.rescinds !== null || (leaves(one) && !standing.has(one)))
  return { marks, doubts }
}

/** Somebody else disabled the account, and HR has recorded nothing since that makes the employee active. */
function isDisabledElsewhere(known: Known, now: number): boolean {
  const since = known.disabledElsewhere
  if (since === null) return false
  const isLeaving = (id: string | null): boolean => known.said.some((one) => one.id === id && leaves(one))
  return !standingOf(known, now).some(
    ({ id, recordedAt, sets, rescinds }) =>
      recordedAt > since && !known.dead.has(id) && (sets['active'] === true || isLeaving(rescinds)),
  )
}
