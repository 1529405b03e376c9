import type { AccountHolder, DirectoryLedger, DirectoryRead, Difference } from '../ledger/port/directory.ts'
import type { Account, AccountReader } from '../ports.ts'
import type { Runtime } from '../runtime.ts'
import type { Cleared } from './attributes.ts'
import { compareAccounts, missingAccounts } from './compare.ts'
import { type DifferenceCode, OF_ACCESS, SETTLED_BY_ABSENCE } from './difference.ts'
import { type IdSet, idSet } from './id-set.ts'
import { managerKeys, type Managers, managersOf } from './managers.ts'
import { readPage } from './read-page.ts'

/** A directory, and the destinations whose accounts are in it. */
export interface DirectoryPart {
  readonly reader: AccountReader
  /** Not set: all. */
  readonly seen?: readonly string[] | undefined
}

export interface ComparisonContext {
  readonly ledger: DirectoryLedger
  /** Those of each tenant. They are compared one after the other. */
  readonly directories: readonly DirectoryPart[]
  readonly runtime: Pick<Runtime, 'now' | 'sleep'>
  /** How long the directory may take to show what it accepted. */
  readonly settleMs: number
  readonly cleared: Cleared
  /** Raise no findings and hold no employee. */
  readonly dryRun: boolean
  /** Called with what each page comes to. */
  readonly onDifferences?: (differences: readonly Difference[]) => void
}

/** A comparison under way. */
export interface Comparison {
  /**
   * Does one page of the work. Returns `null` while there is more, and then how it went. Throws
   * what the ledger throws; the same step can be tried again.
   */
  step(signal: AbortSignal): Promise<DirectoryRead | null>
  /** Accounts compared so far. */
  readonly accounts: number
}

/**
 * The most findings of one code that one comparison raises. All differences of access are raised.
 */
const MOST_OF_A_CODE = 1_000
/** Employees and findings that are read in one transaction. */
const PAGE = 1_000
/**
 * Compares all accounts of the directory with the ledger, page by page: first the accounts, then
 * the employees whose account was not among them, then the findings that are no longer true. Memory
 * does not grow with the directory, but for a few bytes for each employee.
 *
 * Nothing is ever written into the directory. Of a comparison that could not read everything, what
 * it found stands; nothing is called missing, and nothing is settled.
 */
export function beginComparison(context: ComparisonContext): Comparison {
  const work: Work = {
    ...context,
    startedAt: context.runtime.now(),
    counts: { accounts: 0, matched: 0, skipped: 0, differences: 0, requests: 0 },
    met: idSet(),
    skipped: idSet(),
    found: new Set(),
    raised: new Map(),
  }
  let next: Step = { what: 'accounts', part: 0, next: null }
  return {
    step: async (signal) => {
      const done = await take(work, next, signal)
      if ('outcome' in done) return finish(work, done)
      next = done
      return null
    },
    get accounts() {
      return work.counts.accounts
    },
  }
}

/** What the steps of one comparison share. */
interface Work extends ComparisonContext {
  readonly startedAt: number
  readonly counts: {
    accounts: number
    matched: number
    skipped: number
    differences: number
    requests: number
  }
  /** Employees whose account was met. */
  readonly met: IdSet
  /** Employees with something under way. */
  readonly skipped: IdSet
  /** The findings that this comparison raised or found again. */
  readonly found: Set<number>
  /** How many differences of each code there were. */
  readonly raised: Map<DifferenceCode, number>
}
type Step =
  | { readonly what: 'accounts'; readonly part: number; readonly next: string | null }
  | { readonly what: 'missing'; readonly part: number; readonly after: string | null }
  | { readonly what: 'settle'; readonly after: number | null }
type End = Pick<DirectoryRead, 'outcome' | 'failure'>

function take(work: Work, step: Step, signal: AbortSignal): Promise<Step | End> {
  switch (step.what) {
    case 'accounts':
      return compareNext(work, step, signal)
    case 'missing':
      return findMissing(work, step)
    case 'settle':
      return work.dryRun ? Promise.resolve(COMPLETE) : settleGone(work, step.after)
  }
}

const COMPLETE: End = { outcome: 'complete', failure: null }

async function finish(
  { ledger, runtime, dryRun, startedAt, counts }: Work,
  end: End,
): Promise<DirectoryRead> {
  const read = { startedAt, endedAt: runtime.now(), ...end, ...counts }
  if (!dryRun) await ledger.recordDirectoryRead(read)
  return read
}

async function compareNext(
  work: Work,
  { part, next }: Extract<Step, { what: 'accounts' }>,
  signal: AbortSignal,
): Promise<Step | End> {
  const { ledger, runtime, counts, settleMs, met, cleared, directories } = work
  const directory = directories[part]
  if (!directory) return { what: 'settle', after: null }
  const { reader, seen } = directory
  const read = await readPage({ reader, runtime }, next, signal)
  counts.requests += read.requests
  if (read.kind === 'failed')
    return { outcome: read.code === 'DirectoryForbidden' ? 'forbidden' : 'incomplete', failure: read.code }
  const { page, askedAt } = read
  const holders = await ledger.findAccountHolders(page.accounts, runtime.now(), seen)
  const managers = await findManagers(work, page.accounts, holders)
  const context = { seenAt: askedAt, settleMs, seen: met, cleared, managers }
  const compared = compareAccounts(page.accounts, holders, context)
  if (!work.dryRun && compared.enabledAgain.length > 0)
    await ledger.releaseEnabled(compared.enabledAgain, runtime.now())
  await record(work, compared.differences)
  // Only now, so that a step that failed can be taken again.
  for (const mark of compared.met) met.add(mark)
  counts.accounts += page.accounts.length
  counts.matched += compared.matched
  skip(work, compared.skipped)
  return page.next === null
    ? { what: 'missing', part, after: null }
    : { what: 'accounts', part, next: page.next }
}

async function findManagers(
  { ledger, runtime }: Work,
  accounts: readonly Account[],
  holders: readonly AccountHolder[],
): Promise<Managers> {
  const keys = managerKeys(accounts, holders)
  return managersOf(keys.length === 0 ? [] : await ledger.findAccountHolders(keys, runtime.now()))
}

async function findMissing(work: Work, { part, after }: Extract<Step, { what: 'missing' }>): Promise<Step> {
  const { ledger, runtime, startedAt: seenAt, settleMs, met, directories } = work
  const seen = directories[part]?.seen
  const { holders, next } = await ledger.listActiveHolders({ after, limit: PAGE, now: runtime.now(), seen })
  await record(work, missingAccounts(holders, { seenAt, settleMs, seen: met }))
  return next === null
    ? { what: 'accounts', part: part + 1, next: null }
    : { what: 'missing', part, after: next }
}

/** What the limit cut off, or what was left out because something is under way, is not gone. */
async function settleGone(
  { ledger, runtime, raised, found, skipped }: Work,
  after: number | null,
): Promise<Step | End> {
  const codes = SETTLED_BY_ABSENCE.filter(
    (code) => OF_ACCESS.has(code) || (raised.get(code) ?? 0) <= MOST_OF_A_CODE,
  )
  const { findings, next } = await ledger.listDifferences({ codes, after, limit: PAGE })
  const gone = findings.flatMap(({ seq, employeeId }) =>
    found.has(seq) || (employeeId !== null && skipped.has(employeeId)) ? [] : [seq],
  )
  await ledger.settleDifferences(gone, runtime.now())
  return next === null ? COMPLETE : { what: 'settle', after: next }
}

/** Raises what may be raised: a job that computes an attribute would fill the list of findings. */
async function record(work: Work, differences: readonly Difference[]): Promise<void> {
  const { ledger, runtime, raised, counts, found } = work
  const wanted = within(MOST_OF_A_CODE, differences, raised)
  if (!work.dryRun && wanted.length > 0) {
    const { findings, dropped } = await ledger.recordDifferences(wanted, runtime.now())
    for (const seq of findings) found.add(seq)
    skip(work, dropped)
  }
  for (const { code } of differences) raised.set(code, (raised.get(code) ?? 0) + 1)
  counts.differences += differences.length
  work.onDifferences?.(differences)
}

function skip({ skipped, counts }: Work, employees: readonly string[]): void {
  for (const id of employees) skipped.add(id)
  counts.skipped = skipped.size
}

/** Without those of a code that has been raised often enough. */
function within(
  most: number,
  differences: readonly Difference[],
  raised: ReadonlyMap<DifferenceCode, number>,
): readonly Difference[] {
  const counts = new Map(raised)
  return differences.filter(({ code }) => {
    const count = (counts.get(code) ?? 0) + 1
    counts.set(code, count)
    return OF_ACCESS.has(code) || count <= most
  })
}
