import type { Activation } from '../settings.ts'

/** What a fold needs to know of the sources, and when activations count. */
export interface FoldRules {
  /**
   * Whether the source owns the attribute; `null` when no rule decides, so that a source owns what
   * it set last.
   */
  readonly owns: (source: string, path: string) => boolean | null
  /** Without it an activation waits for its effective moment. */
  readonly activation?: Activation
}
export const DEFAULT_FOLD_RULES: FoldRules = { owns: () => null }
