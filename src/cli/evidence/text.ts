import type { EvidenceHead } from '../../core/evidence/document.ts'
import {
  type EvidenceLedger,
  type EvidenceRow,
  rowsIn,
  SECTIONS,
  type Section,
} from '../../core/evidence/rows.ts'
import { type EvidenceTotals, totalsOfRows } from '../../core/evidence/totals.ts'
import type { Period } from '../../core/ledger/port/leavers.ts'

/** A form of the report: the text of each of its parts, in the order of these methods. */
export interface EvidenceForm {
  head(head: EvidenceHead): string
  beginSection(section: Section): string
  row(row: EvidenceRow, isFirst: boolean): string
  endSection(): string
  totals(totals: EvidenceTotals): string
}

/** A connector with one destination has no moves. */
const ONLY_WITH_ROWS: ReadonlySet<Section> = new Set(['moves'])

/** The report, a piece at a time: memory holds a page of rows, and two numbers for each proof and each move. */
export async function* evidenceText(
  ledger: EvidenceLedger,
  {
    head,
    period,
    form,
  }: { readonly head: EvidenceHead; readonly period: Period; readonly form: EvidenceForm },
): AsyncGenerator<string> {
  const sums = totalsOfRows()
  yield form.head(head)
  for (const section of SECTIONS) {
    let rows = 0
    if (!ONLY_WITH_ROWS.has(section)) yield form.beginSection(section)
    for await (const row of rowsIn(ledger, section, period)) {
      if (rows === 0 && ONLY_WITH_ROWS.has(section)) yield form.beginSection(section)
      sums.add(row)
      yield form.row(row, rows === 0)
      rows += 1
    }
    if (rows > 0 || !ONLY_WITH_ROWS.has(section)) yield form.endSection()
  }
  yield form.totals(sums.totals())
}

/** The totals as names and numbers, `null` for a duration without a case. */
export function totalLines(
  totals: EvidenceTotals,
): readonly (readonly [name: string, value: number | null])[] {
  const { leavers, emergency, moves, decisions, replays } = totals
  const { deadLettersReplayed, configuration, disclosures } = totals
  const under = (name: string, values: Readonly<Record<string, number | null>>) =>
    Object.entries(values).map(([key, value]) => [`${name}.${key}`, value] as const)
  return [
    ['leavers.cases', leavers.cases],
    ...under('leavers.ended', leavers.ended),
    ...under('leavers.provenBy', leavers.provenBy),
    ...under('leavers.proof.fromReceipt', { ...leavers.proof.fromReceipt }),
    ...under('leavers.proof.fromRecorded', { ...leavers.proof.fromRecorded }),
    ['emergency.calls', emergency.calls],
    ...under('emergency.results', emergency.results),
    ...under('emergency.job', emergency.job),
    ['emergency.usd', emergency.usd],
    ...(moves === undefined
      ? []
      : [
          ['moves.departures', moves.departures] as const,
          ...under('moves.outcomes', moves.outcomes),
          ...under('moves.disabled', { ...moves.disabled }),
          ...under('moves.enabled', { ...moves.enabled }),
        ]),
    ...under('decisions', decisions),
    ...under('replays', replays),
    ['deadLettersReplayed', deadLettersReplayed],
    ['configuration', configuration],
    ['disclosures', disclosures],
  ]
}
