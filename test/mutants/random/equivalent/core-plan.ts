import type { Known } from './known.ts'

export const CORE_PLAN: readonly Known[] = [
  [
    'plan/retain/retain.ts',
    'compareEvents(event, first) < 0',
    'compareEvents(event, first) <= 0',
    'the order is strict: two events never compare as equal',
  ],
]
