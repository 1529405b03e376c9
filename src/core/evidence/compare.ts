import type { Period } from '../ledger/port/leavers.ts'
import { type ActionRow, ACTIONS, type ActionSection, actionRows } from './actions.ts'
import { CALLS, emergencyRows } from './emergency.ts'
import type { RowKind } from './kind.ts'
import { LEAVERS, leaverRows } from './leavers.ts'
import { MOVES, moveRows } from './moves.ts'
import type { EvidenceLedger, EvidenceRow, Section } from './rows.ts'

/** How the rows of a report compare with what the ledger says about the same period now. */
export interface Comparison {
  /** The same in both; an erasure may have taken the employee id out of the ledger since. */
  readonly same: number
  /** Open in the report; the ledger has read since what ended it before the end of the period. */
  readonly settledLater: number
  /** Only in the report: retention or an erasure removed it from the ledger. */
  readonly gone: number
  /** Only in the ledger. */
  readonly missing: number
  /** In both, and not the same. */
  readonly different: number
}

/** Compares a report with the ledger, section by section. */
export async function compareWithLedger(
  ledger: EvidenceLedger,
  rows: readonly EvidenceRow[],
  period: Period,
): Promise<Readonly<Record<Section, Comparison>>> {
  const compareActions = (section: ActionSection): Promise<Comparison> => {
    const actions = rows.filter((row): row is ActionRow => row.section === section)
    return compareSection(actionRows(ledger, section, period), actions, ACTIONS)
  }
  return {
    leavers: await compareSection(
      leaverRows(ledger, period),
      rows.filter((row) => row.section === 'leavers'),
      LEAVERS,
    ),
    emergency: await compareSection(
      emergencyRows(ledger, period),
      rows.filter((row) => row.section === 'emergency'),
      CALLS,
    ),
    moves: await compareSection(
      moveRows(ledger, period),
      rows.filter((row) => row.section === 'moves'),
      MOVES,
    ),
    decisions: await compareActions('decisions'),
    replays: await compareActions('replays'),
    configuration: await compareActions('configuration'),
    disclosures: await compareActions('disclosures'),
  }
}

async function compareSection<Row>(
  inLedger: AsyncIterable<Row>,
  inReport: readonly Row[],
  kind: RowKind<Row>,
): Promise<Comparison> {
  const left = Map.groupBy(inReport, kind.keyOf)
  const counts = { same: 0, settledLater: 0, missing: 0, different: 0 }
  for await (const row of inLedger) counts[take(left.get(kind.keyOf(row)) ?? [], row, kind)] += 1
  return { ...counts, gone: [...left.values()].reduce((sum, rows) => sum + rows.length, 0) }
}

/** Takes the row that this one of the ledger is the same as, or another state of, out of a report. */
function take<Row>(reported: Row[], row: Row, kind: RowKind<Row>): Exclude<keyof Comparison, 'gone'> {
  const isSame = (one: Row, now: Row): boolean =>
    JSON.stringify(kind.withoutGone(one, now)) === JSON.stringify(now)
  const fits = {
    same: (one: Row) => isSame(one, row),
    settledLater: (one: Row) => {
      const before = kind.beforeItEnded(one, row)
      return before !== null && isSame(one, before)
    },
    different: (one: Row) => kind.isOne(one, row),
  }
  const found = (['same', 'settledLater', 'different'] as const)
    .map((how) => [how, reported.findIndex(fits[how])] as const)
    .find(([, index]) => index !== -1)
  if (!found) return 'missing'
  reported.splice(found[1], 1)
  return found[0]
}
