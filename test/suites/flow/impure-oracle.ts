import type { FindingCode } from '../../../src/core/findings/codes.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { EntraDouble } from '../../../src/local/entra/server.ts'
import type { ImpureStory } from '../../fakes/impure-stories.ts'

export interface ImpureVerdict {
  readonly messages: number
  readonly impure: number
  readonly refused: Readonly<Record<string, number>>
  /** Who has left in truth, and how it is known. */
  readonly left: Readonly<Record<'disabled' | 'absent' | 'case' | 'finding', number>>
  readonly findings: Readonly<Record<string, number>>
  /** Leavers that the directory holds active, and nothing open names. */
  readonly lost: readonly string[]
  /** Active in the directory, although HR never hired them. */
  readonly invented: readonly string[]
  /** Active by a story in which everything is pure, and not active in the directory. */
  readonly lockedOut: readonly string[]
}

export interface ImpureEvidence {
  readonly ledger: Ledger
  readonly entra: EntraDouble
  readonly stories: readonly ImpureStory[]
  /** By sequence: `complete`, or the reason of the dead letter. */
  readonly settled: ReadonlyMap<string, string>
}

/** Findings that say that an employee's access is in doubt. */
const ABOUT_ACCESS: ReadonlySet<FindingCode> = new Set([
  'AccessContradiction',
  'DisabledElsewhere',
  'PlaceholderDate',
  'TerminationBeforeStart',
])

/** Holds the directory, the leaver cases and the findings against the true stories. */
export async function judgeImpure({
  ledger,
  entra,
  stories,
  settled,
}: ImpureEvidence): Promise<ImpureVerdict> {
  const directory = await entra.directory()
  const isActive = (employeeId: string): boolean => {
    const entry = directory[employeeId]
    return entry !== undefined && entry.record['active'] !== false
  }
  const cased = await openCaseNames(ledger)
  const findings = await openFindings(ledger)
  const found = new Set(findings.flatMap(({ employeeId }) => employeeId ?? []))
  const left = { disabled: 0, absent: 0, case: 0, finding: 0 }
  const lost: string[] = []
  const lockedOut: string[] = []
  const invented: string[] = []
  const accounts = Map.groupBy(Object.keys(directory), likeness)
  for (const story of stories) {
    const { employeeId, hasLeft, pure, started } = story
    const held = accounts.get(likeness(employeeId)) ?? []
    const active = held.filter(isActive)
    if (!started && active.length > 0) invented.push(describe(story, settled))
    if (!hasLeft) {
      if (pure && started && !isActive(employeeId)) lockedOut.push(describe(story, settled))
      continue
    }
    const isPlaceNamed = story.told.some(({ message }) =>
      cased.has(`unknown:${message.entity}#${message.sequence}`),
    )
    const unnamed = active.filter((id) => !cased.has(id) && !isPlaceNamed)
    if (active.length === 0) left[held.length > 0 ? 'disabled' : 'absent'] += 1
    else if (unnamed.length === 0) left.case += 1
    else if (unnamed.every((id) => found.has(id))) left.finding += 1
    else lost.push(describe(story, settled))
  }
  const told = stories.flatMap((story) => story.told)
  return {
    messages: told.length,
    impure: told.filter(({ impurity }) => impurity !== null).length,
    refused: count([...settled.values()].filter((how) => how !== 'complete')),
    left,
    findings: count(findings.map(({ code }) => code)),
    lost,
    lockedOut,
    invented,
  }
}

/** One for all the ways in which a generated id may be written. */
function likeness(id: string): string {
  return id.normalize('NFKC').toLowerCase().replace(/^0+/, '')
}

/** The employees that open leaver cases name, those whose ids nearly match among them. */
async function openCaseNames(ledger: Ledger): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  let next: number | null = null
  do {
    const page = await ledger.listOpenLeavers({ dueBy: null, employeeId: null, next, limit: 500 })
    for (const { leaverCase, candidates } of page.leavers)
      for (const name of [leaverCase.employeeId, ...candidates]) names.add(name)
    next = page.next
  } while (next !== null)
  return names
}

async function openFindings(
  ledger: Ledger,
): Promise<readonly { readonly code: FindingCode; readonly employeeId: string | null }[]> {
  const all = []
  let next: number | null = null
  do {
    const page = await ledger.listFindings({ open: true, code: null, employeeId: null, next, limit: 500 })
    all.push(...page.findings.filter(({ code }) => ABOUT_ACCESS.has(code)))
    next = page.next
  } while (next !== null)
  return all
}

function count(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words.toSorted()) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

/** Enough to make a small test of it. */
function describe({ employeeId, told }: ImpureStory, settled: ReadonlyMap<string, string>): string {
  const lines = told.map(
    ({ says, impurity, message }) =>
      `  ${says} [${impurity?.name ?? 'pure'}] ${settled.get(message.sequence) ?? 'not settled'} ${new Date(message.enqueuedAt).toISOString()} ${message.text}`,
  )
  return [employeeId, ...lines].join('\n')
}
