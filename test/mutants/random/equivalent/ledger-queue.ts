import { ALWAYS_A_ROW, ONLY_SPARES_WORK, type Known } from './known.ts'

export const LEDGER_QUEUE: readonly Known[] = [
  [
    'report/correlate.ts',
    'accepted_hash = NULL, revision = revision + 1',
    'accepted_hash = NULL, revision = revision + 0',
    'the answer that leads here has raised the revision in the same transaction (addUnanswered)',
  ],
  ['submit/budget.ts', 'used: row?.used ?? 0', 'used: row?.used ?? 1', ALWAYS_A_ROW],
  ['submit/choose.ts', 'if (byLane.length === 0)', 'if (false && byLane.length === 0)', ONLY_SPARES_WORK],
  ['submit/choose.ts', 'reports.length > 0;', 'reports.length >= 0;', ONLY_SPARES_WORK],
  [
    'submit/choose.ts',
    'LONGEST_CHAIN && reports',
    'LONGEST_CHAIN || reports',
    'a chain ends with what is known already, so this takes only longer',
  ],
  ['submit/claim-batch.ts', 'call: call?.seq ?? 0', 'call: call?.seq ?? 1', ALWAYS_A_ROW],
]
