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
  /** `null` for an employee who was never erased. */
  readonly remains: Remains | null
}

/** What an erasure leaves of an employee. */
export interface Remains {
  /** The last leaving that stood then, and those to come, with nothing but their places in the order. */
  readonly marks: readonly Said[]
  /**
   * Whether an activation may be overruled by something that the ledger knew and had not told when it
   * erased the employee.
   */
  isDoubtful(activation: Said): boolean
}

/**
 * The state that the design asks for, told from what HR said, with no code of the connector: the
 * events in force in order of effect, then of HR's version; the last one decides each attribute.
 * `null` when nothing has said yet that there is such an employee.
 */
export function expectedOf(known: Known, now: number): Expected | null {
  const values = new Map<string, string | boolean | null>()
  const standing = standingOf(known, now)
  const ended = endedFromTheStart(standing, known.dead)
  let activation: Said | null = null
  for (const said of standing) {
    for (const [name, value] of Object.entries(said.sets)) {
      if (name === 'active' && (value === false || ended.has(said))) values.set(name, false)
      else if (known.disabledAlone.has(said.id)) values.delete(name)
      else if (!known.dead.has(said.id)) values.set(name, value)
      if (name === 'active' && values.get('active') === true) activation = said
    }
  }
  const isActive = values.get('active') === true
  // The ledger forgot the rest of the record, and sends no half of one, except of a leaver.
  const isIncomplete = known.remains !== null && typeof values.get('userName') !== 'string'
  if (values.size === 0 || (isIncomplete && values.get('active') !== false)) return null
  if (known.blocked) values.set('active', false)
  else if (
    isActive &&
    (isDisabledElsewhere(known, now) || (activation && known.remains?.isDoubtful(activation)))
  )
    values.delete('active')
  return Object.fromEntries(values)
}

/** Whether anything that is known allows this employee to be active, were no event dead. */
export function mayBeActive(known: Known, now: number): boolean {
  const remains = known.remains && { ...known.remains, isDoubtful: () => false }
  return expectedOf({ ...known, dead: new Set(), remains }, now)?.['active'] === true
}

/**
 * Activations that HR ended after it had recorded them, with a date before them and before any other
 * activation. That lasts until HR records an activation later than that.
 */
function endedFromTheStart(standing: readonly Said[], dead: ReadonlySet<string>): ReadonlySet<Said> {
  const activates = ({ sets }: Said): boolean => sets['active'] === true
  const first = standing.findIndex(activates)
  const leavings = standing.slice(0, Math.max(0, first)).filter((one) => leaves(one) && one.form !== 'mark')
  if (leavings.length === 0) return new Set()
  const lastAt = Math.max(...leavings.map(({ recordedAt }) => recordedAt))
  const activations = standing.filter((one) => activates(one) && !dead.has(one.id))
  const until = activations.findIndex(({ recordedAt }) => recordedAt >= lastAt)
  return new Set(until === -1 ? activations : activations.slice(0, until))
}

const leaves = ({ sets }: Said): boolean => sets['active'] === false

/**
 * What is left when an employee is erased: marks of the last leaving and of those to come, and what
 * may have been a leaving.
 */
export function leftOverOf(
  known: Known,
  now: number,
): { readonly marks: readonly Said[]; readonly doubts: readonly Said[] } {
  const standing = new Set(unrescinded(known, now))
  const leavings = [...standing].filter(leaves).toSorted(inOrder)
  const last = leavings.findLast(({ effectiveAt }) => effectiveAt <= now)
  const marks = leavings
    .filter((one) => one === last || one.effectiveAt > now)
    .map((one): Said => ({ ...one, id: `mark of ${one.id}`, sets: { active: false }, form: 'mark' }))
  const doubts = livingOf(known).filter((one) => one.rescinds !== null || (leaves(one) && !standing.has(one)))
  return { marks, doubts }
}

export function inOrder(a: Said, b: Said): number {
  return a.effectiveAt - b.effectiveAt || a.version - b.version
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
function standingOf(known: Known, now: number): readonly Said[] {
  return unrescinded(known, now)
    .filter((one) => one.effectiveAt <= now)
    .toSorted(inOrder)
}

function livingOf({ said, discarded, remains }: Known): readonly Said[] {
  const all = [...(remains?.marks ?? []), ...said]
  return [...new Map(all.map((one) => [one.id, one])).values()].filter(({ id }) => !discarded.has(id))
}

/** Also what takes effect later. */
function unrescinded(known: Known, now: number): readonly Said[] {
  const living = livingOf(known)
  const { dead } = known
  const isRescinded = (target: Said): boolean =>
    living.some(
      (one) =>
        one.rescinds === target.id &&
        !dead.has(one.id) &&
        one.effectiveAt <= Math.max(now, target.effectiveAt) &&
        !isRescinded(one),
    )
  return living.filter((one) => !isRescinded(one))
}
