import type { Known } from './known.ts'

export const CORE_ANSWERS: readonly Known[] = [
  [
    'history/series.ts',
    'at < (steps[0] ?? 0)',
    'at < (steps[0] ?? 1)',
    'without steps there is nothing to return',
  ],
  [
    'explain/answer.ts',
    'facts.holds.find(',
    'facts.holds.findLast(',
    'a destination has one hold of each name',
  ],
  ['explain/timeline.ts', 'steps[0]?.at ?? 0', 'steps[0]?.at ?? 1', 'a chapter begins with a step'],
  ['evidence/totals.ts', 'one < other', 'one <= other', 'a key is there once'],
  ['evidence/totals.ts', 'one < other ? -1 : 1', 'one < other ? -1 : 2', 'only the sign counts'],
]
