import { describe, it } from 'node:test'
import { accessCases } from './ledger/access.ts'
import { aheadCases } from './ledger/ahead.ts'
import { alertCases } from './ledger/alerts.ts'
import { answerCases } from './ledger/answers.ts'
import { auditCases } from './ledger/audit.ts'
import { blameCases } from './ledger/attribute-failure.ts'
import { blockCases } from './ledger/blocks.ts'
import { evidenceCases } from './ledger/evidence.ts'
import { sendOrderCases } from './ledger/send-orders.ts'
import { brakeCases } from './ledger/brake.ts'
import { booksCases } from './ledger/books.ts'
import { clockCases } from './ledger/clock.ts'
import { connectionCases } from './ledger/connections.ts'
import { deadLetterCases } from './ledger/dead-letters.ts'
import { emergencyCases } from './ledger/emergency.ts'
import { directoryCases } from './ledger/directory.ts'
import { erasedCases } from './ledger/erased.ts'
import { figureCases } from './ledger/figures.ts'
import { findingCases } from './ledger/findings.ts'
import { incompleteCases } from './ledger/incomplete.ts'
import { instanceCases } from './ledger/instances.ts'
import { intakeCases } from './ledger/intake.ts'
import { destinationCases } from './ledger/destinations.ts'
import { jobCases } from './ledger/job.ts'
import { leaverCases } from './ledger/leavers.ts'
import { leaverTimeCases } from './ledger/leaver-times.ts'
import { listCases } from './ledger/lists.ts'
import { nameCases } from './ledger/names.ts'
import { noticeCases } from './ledger/notices.ts'
import { offerCases } from './ledger/resends.ts'
import { pilotCases } from './ledger/pilot.ts'
import { planCases } from './ledger/plan.ts'
import { putBackCases } from './ledger/put-back.ts'
import { refusedCases } from './ledger/refused.ts'
import { replayCases } from './ledger/replay.ts'
import { lateCases } from './ledger/late.ts'
import { reportCases } from './ledger/report.ts'
import { retentionCases } from './ledger/retention.ts'
import { rescindCases } from './ledger/rescind.ts'
import { restoredCases } from './ledger/restored.ts'
import { runningCases } from './ledger/running.ts'
import { submitCases } from './ledger/submit.ts'
import { traceCases } from './ledger/trace.ts'
import { type LedgerCase, type LedgerUnderTest, World } from './ledger/world.ts'

export type { LedgerUnderTest } from './ledger/world.ts'
export type OpenLedger = () => Promise<LedgerUnderTest>

const groups: readonly (readonly LedgerCase[])[] = [
  intakeCases,
  planCases,
  brakeCases,
  pilotCases,
  listCases,
  aheadCases,
  retentionCases,
  erasedCases,
  leaverCases,
  leaverTimeCases,
  emergencyCases,
  blockCases,
  sendOrderCases,
  evidenceCases,
  refusedCases,
  noticeCases,
  incompleteCases,
  rescindCases,
  submitCases,
  reportCases,
  lateCases,
  connectionCases,
  deadLetterCases,
  blameCases,
  offerCases,
  replayCases,
  putBackCases,
  answerCases,
  traceCases,
  nameCases,
  directoryCases,
  accessCases,
  auditCases,
  clockCases,
  findingCases,
  figureCases,
  destinationCases,
  jobCases,
  restoredCases,
  booksCases,
  instanceCases,
  alertCases,
  runningCases,
]

export const ledgerCases: readonly LedgerCase[] = groups.flat()
/** A case of each group: enough for a transport that carries every method alike. */
export const transportCases: readonly LedgerCase[] = groups.flatMap((cases) => cases.slice(0, 1))

/**
 * Runs one case against a ledger of its own; rejects when the ledger does otherwise. The books are
 * looked at in the end, whatever the case.
 */
export async function runLedgerCase(open: OpenLedger, { run }: LedgerCase): Promise<void> {
  const { ledger, close } = await open()
  try {
    const world = new World(ledger)
    await run(world)
    await world.balanced()
  } finally {
    await close()
  }
}

/** Holds a ledger to what its port promises. `open` gives a fresh and migrated one. */
export function exerciseLedger(name: string, open: OpenLedger, cases = ledgerCases): void {
  void describe(`a ledger (${name})`, () => {
    for (const one of cases) void it(one.name, () => runLedgerCase(open, one))
  })
}
