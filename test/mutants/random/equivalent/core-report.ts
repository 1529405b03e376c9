import { LONG_AGO, ONLY_SPARES_WORK, type Known } from './known.ts'

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
  ['report/dead-letters/newest.ts', 'let looked = 0;', 'let looked = 1;', 'it still looks at four pages'],
]
