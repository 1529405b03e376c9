import type { Json } from '../model.ts'

/** One input and the expressions to evaluate over it: one employee, one message, one answer of an HR system. */
export interface Evaluation {
  readonly expressions: readonly string[]
  readonly input: Json
  /** Variables the expressions may name, without their `$`. */
  readonly bindings: Readonly<Record<string, Json>>
}

/** The answer of one expression. `why` says what went wrong and where in the expression, and quotes no value. */
export type Evaluated =
  | { readonly kind: 'value'; readonly value: Json | undefined }
  | { readonly kind: 'failed'; readonly why: string }

/**
 * Evaluates expressions that `compileExpression` has accepted. The same input gives the same answer.
 *
 * Expressions come from the configuration and inputs from outside, so the two together may need any amount of time or memory. The
 * production evaluator limits both, ends what exceeds them, and answers `failed` for that expression alone; it does not block the caller
 * meanwhile. Rejects with `ExpressionsUnavailable` when nothing can be evaluated at the moment, which is not the input's fault.
 */
export interface Evaluator {
  /** One answer for each expression, in their order. Evaluations asked for in the same tick travel together. */
  evaluate(evaluation: Evaluation): Promise<readonly Evaluated[]>
}
