import { LONG_AGO, ONLY_SPARES_WORK, type Known } from './known.ts'

const STOPS = 'a loop that is stopped does not wait'
const FIRST_ROW = 'only the first row is read'

const SAME_KEY = 'it sorts two that are the same'

export const CORE_REPORT: readonly Known[] = [
  [
    'report/correlate/changed-elsewhere.ts',
    'if (unexplained.length',
    'if (false && unexplained.length',
    ONLY_SPARES_WORK,
  ],
  ['report/correlate/changed-elsewhere.ts', 'if (suspicious', 'if (false && suspicious', ONLY_SPARES_WORK],
  [
    'report/correlate/changed-elsewhere.ts',
    'get(sent.employeeId)?.at ?? 0',
    'get(sent.employeeId)?.at ?? 1',
    LONG_AGO,
  ],
  ['report/correlate/elsewhere.ts', 'if (unexplained', 'if (false && unexplained', ONLY_SPARES_WORK],
  [
    'report/correlate/elsewhere.ts',
    'disabled.get(employeeId)?.at ?? 0',
    'disabled.get(employeeId)?.at ?? 1',
    LONG_AGO,
  ],
  [
    'report/correlate/evidence.ts',
    'if (a.operation.record',
    'if (false && a.operation.record',
    'it only spares work: the same record has the same values',
  ],
  [
    'report/correlate/loop.ts',
    'requestedWait(error) ?? 0',
    'requestedWait(error) ?? 1',
    'it waits for the window of the log at least',
  ],
  [
    'report/dead-letters/bus-count.ts',
    'if (stopping.aborted) return 0',
    'if (stopping.aborted) return 1',
    STOPS,
  ],
  ['report/dead-letters/end.ts', 'at < ids.length', 'at <= ids.length', ONLY_SPARES_WORK],
  ['report/dead-letters/newest.ts', 'let looked = 0;', 'let looked = 1;', 'it still looks at four pages'],
  [
    'report/replay/pace.ts',
    'late > CATCH_UP_MS',
    'late >= CATCH_UP_MS',
    'what is just as late does not wait either',
  ],
  ['report/replay/plan-replay.ts', 'at < ids.length', 'at <= ids.length', ONLY_SPARES_WORK],
  ['report/replay/replay.ts', 'open: selection, limit: 1', 'open: selection, limit: 2', FIRST_ROW],
  ['report/replay/find-by-sequence.ts', 'a < b', 'a <= b', SAME_KEY],
  ['report/replay/find-by-sequence.ts', 'a > b', 'a >= b', SAME_KEY],
  [
    'report/replay/find-by-sequence.ts',
    '- from < PAGE',
    '- from <= PAGE',
    'the last one lies behind the page, and is left to the next one',
  ],
  ['report/replay/find-by-sequence.ts', 'a > b ? 1 : 0', 'a > b ? 1 : 1', SAME_KEY],
  ['report/replay/find-by-sequence.ts', 'a > b ? 1 :', 'a > b ? 2 :', 'any positive number sorts it behind'],
  ['report/replay/find-by-sequence.ts', 'peek(sequence, 1)', 'peek(sequence, 2)', FIRST_ROW],
  [
    'report/replay/native-copies.ts',
    'from = 0n; missing.size > 0',
    'from = 0n; missing.size >= 0',
    ONLY_SPARES_WORK,
  ],
  ['report/replay/native-copies.ts', 'if (missing.size > 0)', 'if (missing.size >= 0)', ONLY_SPARES_WORK],
  ['report/dead-letters/find.ts', 'peek(sequence, 1)', 'peek(sequence, 2)', FIRST_ROW],
  [
    'report/dead-letters/find.ts',
    'deadLetterQueues.find(',
    'deadLetterQueues.findLast(',
    'each queue is there once',
  ],
  ['report/dead-letters/groups.ts', 'a.fingerprint < b', 'a.fingerprint <= b', 'no two have the same'],
  ['report/dead-letters/groups.ts', '-1 : 1))', '-1 : 2))', 'any positive number sorts it behind'],
  ['report/dead-letters/groups.ts', "': ', 1)", "': ', 2)", 'only the first part is read'],
  [
    'report/dead-letters/list.ts',
    'if (names.length === 0)',
    'if (false && names.length === 0)',
    ONLY_SPARES_WORK,
  ],
]
