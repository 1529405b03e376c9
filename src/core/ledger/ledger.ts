import type { AlertLedger } from './port/alerts.ts'
import type { AccessLedger } from './port/views/access.ts'
import type { BlockLedger } from './port/blocks.ts'
import type { DeadLetterLedger } from './port/dead-letters.ts'
import type { DirectLedger } from '../direct/ledger.ts'
import type { DirectoryLedger } from './port/directory.ts'
import type { EmergencyLedger } from '../emergency/ledger.ts'
import type { FigureLedger } from './port/figures.ts'
import type { FindingLedger } from './port/findings.ts'
import type { HeldLedger } from './port/views/held.ts'
import type { HistoryLedger } from './port/views/history.ts'
import type { StageLedger } from './port/views/stages.ts'
import type { MoveLedger } from './port/views/moves.ts'
import type { InspectLedger } from './port/inspect.ts'
import type { InstanceLedger } from './port/instances.ts'
import type { IntakeLedger } from './port/intake.ts'
import type { LeaverLedger } from './port/leavers.ts'
import type { PlanLedger } from './port/plan.ts'
import type { ReplayLedger } from './port/replays.ts'
import type { ReportLedger } from './port/report.ts'
import type { SubmitLedger } from './port/submit.ts'
import type { UpkeepLedger } from './port/upkeep.ts'

/**
 * Everything the connector remembers. Each method is one transaction: all of it happens, or none of
 * it. A call that rejects has changed nothing and may be repeated. The loops share only the ledger.
 * The caller always supplies `now`, in epoch milliseconds, as is every other instant.
 */
export type Ledger = IntakeLedger &
  PlanLedger &
  SubmitLedger &
  ReportLedger &
  DeadLetterLedger &
  ReplayLedger &
  LeaverLedger &
  EmergencyLedger &
  DirectLedger &
  BlockLedger &
  FindingLedger &
  DirectoryLedger &
  AlertLedger &
  InspectLedger &
  AccessLedger &
  FigureLedger &
  HeldLedger &
  HistoryLedger &
  StageLedger &
  MoveLedger &
  InstanceLedger &
  UpkeepLedger &
  LedgerConnection

export interface LedgerConnection {
  /**
   * Returns the time of the database's own clock, `null` where that is the clock of this machine.
   * Rejects while the ledger cannot accept work.
   */
  ping(): Promise<number | null>
  close(): Promise<void>
}
