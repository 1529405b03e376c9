import type { Known } from './known.ts'

export const CORE_ANSWERS: readonly Known[] = [
  [
    'history/series.ts',
    'at < (steps[0] ?? 0)',
    'at < (steps[0] ?? 1)',
    'without steps there is nothing to return',
  ],
]
