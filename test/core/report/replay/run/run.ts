import type { ReplayRun } from '../../../../../src/core/ledger/port/replays.ts'

/** An open run with two dead letters, neither of which has begun. */
export const RUN: ReplayRun = {
  id: 3,
  name: 'r',
  selection: 's',
  actor: 'ada',
  justification: 'fixed',
  createdAt: 0,
  endedAt: null,
  resumed: [],
  paused: null,
  entities: [],
  counts: { frozen: 2, sending: 0, sent: 0, done: 0, gone: 0, refused: 0 },
}
