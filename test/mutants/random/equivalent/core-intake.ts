import type { Known } from './known.ts'

export const CORE_INTAKE: readonly Known[] = [
  [
    'intake/hydrate/loop.ts',
    'Math.max(afterMs ?? 0, backoff)',
    'Math.max(afterMs ?? 1, backoff)',
    'the wait before a retry is always longer than a millisecond',
  ],
  [
    'parse-json.ts',
    "if (typeof value !== 'object' || value === null) return 0",
    "if (false && typeof value !== 'object' || value === null) return 0",
    'a text alone is then looked through for a double key, and has none',
  ],
]
