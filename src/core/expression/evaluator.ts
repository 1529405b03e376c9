import type { Json } from '../model.ts'

/**
 * One input and the expressions to evaluate over it: one employee, one message, one answer of an HR
 * system.
 */
export interface Evaluation {
  readonly expressions: readonly string[]
  readonly input: Json
  /** Variables for the expressions, without their `$`. */
  readonly bindings: Readonly<Record<string, Json>>
}

/**
 * The answer of one expression. `why` describes the failure and its place in the expression, and
 * quotes no value.
 */
export type Evaluated =
  | { readonly kind: 'value'; readonly value: Json | undefined }
  | { readonly kind: 'failed'; readonly why: string }

/**
 * Evaluates expressions that `compileExpression` has accepted. The same input gives the same
 * answer. Expressions come from the configuration and inputs from outside, so an evaluation may
 * need any amount of time or memory. The production evaluator limits both, ends an evaluation that
 * exceeds them, and answers `failed` for that expression only. It does not block the caller.
 * Rejects with `ExpressionsUnavailable` when nothing can be evaluated at the moment, whatever the
 * input.
 */
export interface Evaluator {
  /**
   * One answer for each expression, in their order. Evaluations requested in the same tick are sent
   * together.
   */
  evaluate(evaluation: Evaluation): Promise<readonly Evaluated[]>
}
