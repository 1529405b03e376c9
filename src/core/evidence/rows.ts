import type { Ledger } from '../ledger/ledger.ts'
import type { Period } from '../ledger/port/leavers.ts'
import { type ActionRow, actionRows } from './actions.ts'
import { type EmergencyRow, emergencyRows } from './emergency.ts'
import { type LeaverRow, leaverRows } from './leavers.ts'
import { type MoveRow, moveRows } from './moves.ts'

/** The parts of a report, in their order. Each is read from the ledger by itself. */
export const SECTIONS = [
  'leavers',
  'emergency',
  'moves',
  'decisions',
  'replays',
  'configuration',
  'disclosures',
] as const
export type Section = (typeof SECTIONS)[number]

export type EvidenceRow = LeaverRow | EmergencyRow | MoveRow | ActionRow

export type EvidenceLedger = Pick<
  Ledger,
  'listLeaversIn' | 'listEmergencyCallsIn' | 'listMovesIn' | 'listAudit'
>

/**
 * The rows of a section, read a page at a time. They name employees by id and hold no personal
 * value; a justification is what a person wrote.
 */
export function rowsIn(ledger: EvidenceLedger, section: Section, period: Period): AsyncIterable<EvidenceRow> {
  switch (section) {
    case 'leavers':
      return leaverRows(ledger, period)
    case 'emergency':
      return emergencyRows(ledger, period)
    case 'moves':
      return moveRows(ledger, period)
    case 'decisions':
    case 'replays':
    case 'configuration':
    case 'disclosures':
      return actionRows(ledger, section, period)
  }
}
