import type { Mutant } from '../../mutant.ts'

/** Whether these test files notice a mutant. */
export interface Question {
  readonly id: number
  readonly mutant: Mutant
  readonly suites: readonly string[]
}

export type Answer =
  /** The process is busy for so long at most. */
  | { readonly type: 'alive'; readonly ms: number }
  | { readonly type: 'done'; readonly noticedBy: string | null }
  /** The tests cannot be run in this way. */
  | { readonly type: 'unfit'; readonly why: string }
