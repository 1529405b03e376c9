import { activates, inOrder, type Known, leaves, livingOf, unrescinded } from './standing.ts'
import { isNotice, type Said } from '../story.ts'

/** A value, and what it comes from. */
export interface Value {
  readonly value: string | boolean | null
  readonly by: Said
}
type Write = readonly [name: string, value: Value['value']]
/** What is in force, in order, with what it writes. */
interface Written {
  readonly said: Said
  readonly writes: readonly Write[]
}

/** The values of an employee by the design alone: the last in order decides each attribute. */
export function valuesOf(known: Known, now: number): ReadonlyMap<string, Value> {
  const living = livingOf(known)
  const standing = new Set(unrescinded(living, known.dead, now))
  const inForce = living.filter(({ effectiveAt }) => effectiveAt <= now).toSorted(inOrder)
  const late = lateLeaving(
    inForce.filter((one) => standing.has(one)),
    known.dead,
  )
  const values = new Map<string, Value>()
  const before: Written[] = []
  for (const said of inForce) {
    const writes = writesOf(said, before, known.dead)
    const allowed = allowedOf(
      { said, writes },
      values,
      before.filter((one) => standing.has(one.said)),
    )
    before.push({ said, writes })
    if (!standing.has(said)) continue
    for (const [name, value] of allowed)
      if (known.disabledAlone.has(said.id) && !(name === 'active' && value === false)) values.delete(name)
      else values.set(name, { value, by: said })
    if (late?.activations.has(said)) values.set('active', { value: false, by: late.leaving })
  }
  return values
}

function writesOf(said: Said, before: readonly Written[], dead: ReadonlySet<string>): readonly Write[] {
  if (dead.has(said.id)) return leaves(said) ? [['active', false]] : []
  if (isNotice(said)) return []
  return isWhole(said) ? wholeWrites(said, before, dead) : Object.entries(said.sets)
}

const isWhole = ({ form }: Said): boolean => form === 'export' || form === 'snapshot'

/**
 * A whole record sets what differs from what HR knew when it wrote it, and clears what it does not
 * name. What it repeats keeps the event that it comes from.
 */
function wholeWrites(said: Said, before: readonly Written[], dead: ReadonlySet<string>): readonly Write[] {
  const knew = before.filter((one) => one.said.recordedAt <= said.recordedAt)
  const standing = new Set(
    unrescinded(
      knew.map((one) => one.said),
      dead,
      said.effectiveAt,
    ),
  )
  const values = new Map<string, Value>()
  const stood: Written[] = []
  const stands = knew.filter((one) => standing.has(one.said))
  const late = lateLeaving(
    stands.map((one) => one.said),
    dead,
  )
  for (const one of stands) {
    for (const [name, value] of allowedOf(one, values, stood)) values.set(name, { value, by: one.said })
    if (late?.activations.has(one.said)) values.set('active', { value: false, by: late.leaving })
    stood.push(one)
  }
  const repeats = repeatsDead(said, before, dead)
  const sets = Object.entries(said.sets).filter(
    ([name, value]) => values.get(name)?.value !== value && !(name === 'active' && repeats),
  )
  const clears = [...values].flatMap(([name, { value }]): Write[] =>
    name === 'active' || value === null || name in said.sets ? [] : [[name, null]],
  )
  return [...sets, ...clears]
}

/**
 * Whether a whole record only repeats an activation that died, while HR has recorded a leaving since:
 * a leaver stays out whatever dies.
 */
function repeatsDead(said: Said, before: readonly Written[], dead: ReadonlySet<string>): boolean {
  const standing = new Set(
    unrescinded(
      before.map((one) => one.said),
      dead,
      said.effectiveAt,
    ),
  )
  const stood = before.filter((one) => standing.has(one.said))
  const last = stood.findLast(({ writes }) => writes.some(([name]) => name === 'active'))
  if (!activates(said) || !last || last.said.recordedAt <= said.recordedAt || !leaves(last.said)) return false
  const words = stood
    .map((one) => one.said)
    .filter((one) => one.recordedAt <= said.recordedAt && typeof one.sets['active'] === 'boolean')
  return words.slice(words.findLastIndex(leaves) + 1).some(({ id }) => dead.has(id))
}

/** What HR recorded after an export counts, wherever it stands; so does a leaving that was erased since. */
function allowedOf(
  { said, writes }: Written,
  values: ReadonlyMap<string, Value>,
  before: readonly Written[],
): readonly Write[] {
  if (!isWhole(said)) return writes
  const isNewer = ({ form, recordedAt }: Said): boolean =>
    form === 'mark' ? recordedAt >= said.recordedAt : said.form === 'export' && recordedAt > said.recordedAt
  const word = before.findLast((one) => isNewer(one.said) && one.writes.some(([name]) => name === 'active'))
  return writes.filter(([name]) => {
    const value = values.get(name)
    const isDecided = value !== undefined && isNewer(value.by)
    return !isDecided && !(name === 'active' && word && leaves(word.said))
  })
}

/**
 * A leaving that HR recorded after activations, with a date before them and before any other that it
 * could end: it ends them, until HR records an activation later than that. `null`: there is none.
 */
function lateLeaving(
  standing: readonly Said[],
  dead: ReadonlySet<string>,
): { readonly leaving: Said; readonly activations: ReadonlySet<Said> } | null {
  const first = standing.findIndex(activates)
  const [leaving] = standing
    .slice(0, Math.max(0, first))
    .filter((one) => leaves(one) && one.form !== 'mark' && (!isNotice(one) || dead.has(one.id)))
    .toSorted((a, b) => b.recordedAt - a.recordedAt)
  if (!leaving) return null
  const activations = standing.filter((one) => activates(one) && !dead.has(one.id))
  const until = activations.findIndex(({ recordedAt }) => recordedAt >= leaving.recordedAt)
  return { leaving, activations: new Set(until === -1 ? activations : activations.slice(0, until)) }
}
