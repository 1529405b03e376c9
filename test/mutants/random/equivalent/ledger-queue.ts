import { ALWAYS_A_ROW, LONG_AGO, ONLY_SPARES_WORK, type Known } from './known.ts'

/** How long after its first event an employee is due at the latest. */
const DUE_ANYWAY = 'without a quiet time the employee is due at once in either case'

export const LEDGER_QUEUE: readonly Known[] = [
  [
    'dead-letters/dead-letters.ts',
    'row.finished_at ?? 0',
    'row.finished_at ?? 1',
    'a dead letter always has the moment of its death',
  ],
  ['dead-letters/put-back.ts', 'if (rows.length === 0)', 'if (false && rows.length === 0)', ONLY_SPARES_WORK],
  [
    'dead-letters/put-back.ts',
    'if (edits.length === 0)',
    'if (false && edits.length === 0)',
    ONLY_SPARES_WORK,
  ],
  [
    'dead-letters/put-back.ts',
    'due, { now, quietMs: 0, maxWaitMs: 0',
    'due, { now, quietMs: 0, maxWaitMs: 1',
    DUE_ANYWAY,
  ],
  [
    'dead-letters/put-back.ts',
    '    { now, quietMs: 0, maxWaitMs: 0',
    '    { now, quietMs: 0, maxWaitMs: 1',
    DUE_ANYWAY,
  ],
  [
    'dead-letters/replay-entries.ts',
    '{ id, limit: 1 }',
    '{ id, limit: 2 }',
    'a run is found by its number, so there is one at most',
  ],
  ['dead-letters/replays.ts', 'run?.seq ?? 0', 'run?.seq ?? 1', ALWAYS_A_ROW],
  ['report/candidates.ts', 'at: at ?? 0', 'at: at ?? 1', LONG_AGO],
  [
    'report/correlate.ts',
    'record.escrowRetry ? 1 : 0',
    'record.escrowRetry ? 2 : 0',
    'it is only asked whether the column is 0',
  ],
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
