import { describe, it } from 'node:test'
import { accessCases } from './ledger/access.ts'
import { ageOutCases } from './ledger/age-out.ts'
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
import { candidateCases } from './ledger/candidates.ts'
import { clockCases } from './ledger/clock.ts'
import { connectionCases } from './ledger/connections.ts'
import { correlateCases } from './ledger/correlate.ts'
import { deadLetterListCases } from './ledger/dead-letter-lists.ts'
import { countCases } from './ledger/counts.ts'
import { deadLetterCases } from './ledger/dead-letters.ts'
import { emergencyCases } from './ledger/emergency.ts'
import { directoryCases } from './ledger/directory.ts'
import { erasedCases } from './ledger/erased.ts'
import { figureCases } from './ledger/figures.ts'
import { findingCases } from './ledger/findings.ts'
import { holderCases } from './ledger/holders.ts'
import { incompleteCases } from './ledger/incomplete.ts'
import { instanceCases } from './ledger/instances.ts'
import { intakeCases } from './ledger/intake.ts'
import { destinationCases } from './ledger/destinations.ts'
import { directCases } from './ledger/direct.ts'
import { directoriesCases } from './ledger/two-directories.ts'
import { moveCases } from './ledger/moves.ts'
import { jobCases } from './ledger/job.ts'
import { leaverCases } from './ledger/leavers.ts'
import { leaverTimeCases } from './ledger/leaver-times.ts'
import { limitCases } from './ledger/limits.ts'
import { listCases } from './ledger/lists.ts'
import { nameCases } from './ledger/names.ts'
import { noticeCases } from './ledger/notices.ts'
import { offerCases } from './ledger/resends.ts'
import { ownCases } from './ledger/own.ts'
import { pageCases } from './ledger/pages.ts'
import { pilotCases } from './ledger/pilot.ts'
import { planCases } from './ledger/plan.ts'
import { putBackCases } from './ledger/put-back.ts'
import { refusedCases } from './ledger/refused.ts'
import { replayPartCases } from './ledger/replay-parts.ts'
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

/** By the file that they are in. */
export const LEDGER_GROUPS: Readonly<Record<string, readonly LedgerCase[]>> = {
  intake: intakeCases,
  plan: planCases,
  brake: brakeCases,
  own: ownCases,
  pages: pageCases,
  pilot: pilotCases,
  lists: listCases,
  ahead: aheadCases,
  retention: retentionCases,
  'age-out': ageOutCases,
  erased: erasedCases,
  leavers: leaverCases,
  'leaver-times': leaverTimeCases,
  emergency: emergencyCases,
  blocks: blockCases,
  'send-orders': sendOrderCases,
  evidence: evidenceCases,
  refused: refusedCases,
  notices: noticeCases,
  incomplete: incompleteCases,
  rescind: rescindCases,
  submit: submitCases,
  limits: limitCases,
  report: reportCases,
  candidates: candidateCases,
  correlate: correlateCases,
  late: lateCases,
  connections: connectionCases,
  'dead-letters': deadLetterCases,
  'dead-letter-lists': deadLetterListCases,
  'attribute-failure': blameCases,
  resends: offerCases,
  replay: replayCases,
  'replay-parts': replayPartCases,
  'put-back': putBackCases,
  answers: answerCases,
  trace: traceCases,
  counts: countCases,
  names: nameCases,
  directory: directoryCases,
  holders: holderCases,
  access: accessCases,
  audit: auditCases,
  clock: clockCases,
  findings: findingCases,
  figures: figureCases,
  destinations: destinationCases,
  moves: moveCases,
  directories: directoriesCases,
  direct: directCases,
  job: jobCases,
  restored: restoredCases,
  books: booksCases,
  instances: instanceCases,
  alerts: alertCases,
  running: runningCases,
}

export const ledgerCases: readonly LedgerCase[] = Object.values(LEDGER_GROUPS).flat()
/** A case of each group: enough for a transport that carries every method alike. */
export const transportCases: readonly LedgerCase[] = Object.values(LEDGER_GROUPS).flatMap((cases) =>
  cases.slice(0, 1),
)

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
