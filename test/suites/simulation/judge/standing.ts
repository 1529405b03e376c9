import type { Said } from '../story.ts'

/** What became of events, and what operators did, as it is known outside the connector. */
export interface Known {
  readonly said: readonly Said[]
  /** Ids of events that failed: they have no effect, except that a leaver stays out. */
  readonly dead: ReadonlySet<string>
  readonly discarded: ReadonlySet<string>
  /** Of these the directory took the deactivation and refused the rest. */
  readonly disabledAlone: ReadonlySet<string>
  readonly blocked: boolean
  /** When another system disabled the account, and no person said since that this may be reversed; `null` when none did. */
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

export const leaves = ({ sets }: Said): boolean => sets['active'] === false
export const activates = ({ sets }: Said): boolean => sets['active'] === true

export function inOrder(a: Said, b: Said): number {
  return a.effectiveAt - b.effectiveAt || a.version - b.version
}

/** In force and not rescinded, in order. */
export function standingOf(known: Known, now: number): readonly Said[] {
  return unrescinded(livingOf(known), known.dead, now)
    .filter((one) => one.effectiveAt <= now)
    .toSorted(inOrder)
}

export function livingOf({ said, discarded, remains }: Known): readonly Said[] {
  const all = [...(remains?.marks ?? []), ...said]
  return [...new Map(all.map((one) => [one.id, one])).values()].filter(({ id }) => !discarded.has(id))
}

/** Also what takes effect later. */
export function unrescinded(
  living: readonly Said[],
  dead: ReadonlySet<string>,
  now: number,
): readonly Said[] {
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
